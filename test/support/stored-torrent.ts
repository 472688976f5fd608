// A torrent for tests of storage/: its bytes, and the part of a Metainfo that storage/ looks at, made here and not by the
// parser. Contents differ from byte to byte, so that anything in the wrong place shows.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { Metainfo, MetainfoFile } from '../../src/metainfo/metainfo.js';
import { Geometry } from '../../src/model/geometry.js';
import type { PieceIndex } from '../../src/model/ids.js';
import { pseudoRandomBytes } from './payload.js';

export interface StoredTorrent {
  readonly metainfo: Metainfo;
  /** All files laid end to end; padding is zeros. */
  readonly content: Uint8Array;
  pieceBytes(piece: number): Uint8Array;
  fileBytes(file: number): Uint8Array;
}

export interface TorrentShape {
  readonly pieceLength: number;
  /** Below the torrent's name; `padding` in place of a path is a padding file. One file with an empty path: a single file. */
  readonly files: readonly (readonly [path: string, length: number])[];
  readonly name?: string;
  readonly seed?: string;
}

export function storedTorrent(shape: TorrentShape): StoredTorrent {
  const name = shape.name ?? 'album';
  const files: MetainfoFile[] = [];
  let offset = 0;
  for (const [below, length] of shape.files) {
    files.push({ path: below === '' ? [name] : [name, ...below.split('/')], length, offset, isPadding: below === 'padding' });
    offset += length;
  }
  const content = pseudoRandomBytes(shape.seed ?? name, offset);
  for (const file of files) if (file.isPadding) content.fill(0, file.offset, file.offset + file.length);
  const geometry = new Geometry(offset, shape.pieceLength);
  const pieceBytes = (piece: number): Uint8Array => {
    const start = geometry.pieceOffset(piece as PieceIndex);
    return content.subarray(start, start + geometry.pieceLength(piece as PieceIndex));
  };
  const pieceHashes = new Uint8Array(geometry.pieceCount * 20);
  for (const piece of geometry.pieces()) pieceHashes.set(createHash('sha1').update(pieceBytes(piece)).digest(), piece * 20);
  const metainfo: Metainfo = {
    infoHash: { v1: new Uint8Array(createHash('sha1').update(pieceHashes).update(name).digest()) },
    infoBytes: new Uint8Array(),
    name,
    files,
    isSingleFile: shape.files[0]?.[0] === '',
    geometry,
    pieceHashes,
    isPrivate: false,
    isHybrid: false,
    isCanonical: true,
    announceTiers: [],
    webSeeds: [],
    nodes: [],
  };
  const fileBytes = (file: number): Uint8Array => content.subarray(files[file].offset, files[file].offset + files[file].length);
  return { metainfo, content, pieceBytes, fileBytes };
}

/** Writes files below `folder`; names end as given, so `.part` files can be made too. */
export async function putFiles(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [below, bytes] of Object.entries(files)) {
    const full = path.join(folder, below);
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, bytes);
  }
}

/** A copy with one byte changed. */
export function damaged(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] ^= 0xff;
  return copy;
}

/** Compares many bytes quickly, and says where they differ. */
export function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  if (Buffer.compare(actual, expected) === 0) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  expect.fail(`byte ${at} of ${expected.length} is ${actual[at]}, not ${expected[at]}`);
}
