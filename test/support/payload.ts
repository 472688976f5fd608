// Real multi-file content for downloads and the .torrent that describes it, written here byte by byte: tests of the
// download must not lean on the code under test, nor on a tool that may be missing.

import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface PayloadFile {
  /** Relative to the payload's folder, with slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Payload {
  readonly name: string;
  readonly files: readonly PayloadFile[];
  readonly totalBytes: number;
}

export interface Torrent {
  readonly path: string;
  /** Hex. */
  readonly infoHash: string;
  readonly bytes: Uint8Array;
}

type Bencodable = number | string | Uint8Array | readonly Bencodable[] | { readonly [key: string]: Bencodable };

/** Bytes that don't compress and are the same for the same seed. */
export function pseudoRandomBytes(seed: string, length: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return new Uint8Array(createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length)));
}

/** Odd sizes, an empty file, one byte, an exact multiple of the piece, names beyond ASCII; a few MiB in all. */
export function awkwardPayload(name = 'album'): Payload {
  const sizes: [path: string, length: number][] = [
    ['01 first.bin', 1_234_567],
    ['empty.txt', 0],
    ['sub/deeper/one byte', 1],
    ['sub/even.bin', 3 * 65_536],
    ['sub/größe 名前.bin', 777_777],
    ['zz-last.bin', 2_000_003],
  ];
  return makePayload(name, sizes);
}

/** One file of `length` bytes, in a folder of its own (a multi-file torrent with one file). */
export function makePayload(name: string, sizes: readonly (readonly [path: string, length: number])[]): Payload {
  const files = sizes.map(([path, length]) => ({ path, bytes: pseudoRandomBytes(`${name}/${path}`, length) }));
  return { name, files, totalBytes: files.reduce((sum, file) => sum + file.bytes.length, 0) };
}

/** Writes the content as `folder/name/…`, as a seeder has it. */
export async function writePayload(payload: Payload, folder: string): Promise<void> {
  for (const file of payload.files) {
    const path = join(folder, payload.name, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.bytes);
  }
}

/** Writes `folder/name.torrent` (v1, multi-file). */
export async function writeTorrent(
  payload: Payload,
  folder: string,
  pieceLength = 65_536,
  trackers: readonly string[] = [],
): Promise<Torrent> {
  const content = Buffer.concat(payload.files.map((file) => file.bytes));
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  const info = bencode({
    files: payload.files.map((file) => ({ length: file.bytes.length, path: file.path.split('/') })),
    name: payload.name,
    'piece length': pieceLength,
    pieces: Buffer.concat(hashes),
  });
  const [first] = trackers;
  const parts = first === undefined ? ['d'] : ['d', bencode('announce'), bencode(first)];
  if (trackers.length > 1) parts.push(bencode('announce-list'), bencode([trackers]));
  parts.push(bencode('info'), info, 'e');
  const bytes = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const path = join(folder, `${payload.name}.torrent`);
  await writeFile(path, bytes);
  return { path, bytes, infoHash: createHash('sha1').update(info).digest('hex') };
}

/** What differs between the payload and `folder/name`; empty when every byte is there and nothing else is. */
export async function payloadDifferences(payload: Payload, folder: string): Promise<string[]> {
  const root = join(folder, payload.name);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const there = new Set(
    entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
  const differences: string[] = [];
  for (const file of payload.files) {
    if (!there.delete(file.path)) differences.push(`${file.path} is missing`);
    else if (!(await readFile(join(root, file.path))).equals(file.bytes)) differences.push(`${file.path} differs`);
  }
  return [...differences, ...[...there].map((path) => `${path} is too much`)];
}

/** Names in `folder`, at any depth, that a finished download leaves none of: state and partial files. */
export async function leftovers(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /(?:^|\/)\.effusion|\.part$/.test(name));
}

function bencode(value: Bencodable): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`);
  if (typeof value === 'string') return bencode(Buffer.from(value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(`${value.length}:`), value]);
  if (isList(value)) return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')]);
  const entries = Object.entries(value).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Buffer.concat([Buffer.from('d'), ...entries.flatMap(([key, item]) => [bencode(key), bencode(item)]), Buffer.from('e')]);
}

function isList(value: Bencodable): value is readonly Bencodable[] {
  return Array.isArray(value);
}
