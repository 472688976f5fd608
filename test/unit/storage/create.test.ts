// New torrents of real files: the same bytes each time, right hashes, what is left out, what is refused.

import { appendFileSync, rmSync, truncateSync } from 'node:fs';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import { sha1 } from '../../../src/hash/digest.js';
import { hashOf } from '../../../src/metainfo/piece-hashes.js';
import { StorageError } from '../../../src/model/error.js';
import { toHex } from '../../../src/model/ids.js';
import {
  choosePieceLength,
  createTorrent as createFromContent,
  type CreatedTorrent,
  type CreateOptions,
} from '../../../src/storage/create.js';
import { CreateOptionError } from '../../../src/storage/create-option-error.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { fixturePayload } from '../../support/torrent-fixtures.js';

const KIB = 1024;
const MIB = 1024 * KIB;

function createTorrent(location: string, options: CreateOptions = {}): Promise<CreatedTorrent> {
  return createFromContent(location, options, CONFIG.hashing);
}

async function makeFolder(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const root = path.join(await makeTempFolder(), 'content');
  await mkdir(root);
  for (const [name, content] of Object.entries(files)) {
    const location = path.join(root, name);
    await mkdir(path.dirname(location), { recursive: true });
    await writeFile(location, content);
  }
  return root;
}

async function errnoOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (error instanceof StorageError) return `${error.detail.errno} ${path.basename(error.detail.path)}`;
  throw new Error('no StorageError', { cause: error });
}

describe('createTorrent', () => {
  test('a single file', async () => {
    const root = await makeFolder({ 'hello.txt': 'Hello world!\n' });
    const { bytes, metainfo } = await createTorrent(path.join(root, 'hello.txt'));
    expect(Buffer.from(bytes).toString('latin1')).toMatch(
      /^d4:infod6:lengthi13e4:name9:hello\.txt12:piece lengthi16384e6:pieces20:[^]{20}ee$/,
    );
    expect(toHex(metainfo.pieceHashes)).toBe('47a013e660d408619d894b20806b1d5086aab03b');
    expect(metainfo).toMatchObject({ name: 'hello.txt', isSingleFile: true, isCanonical: true });
  });

  test('a folder: order of bytes, empty files, nothing that is no file of the user', async () => {
    const root = await makeFolder({
      'b.bin': fixturePayload(1, 40_000),
      'a/z.bin': fixturePayload(2, 30_000),
      'a.txt': 'x',
      'B.bin': 'y',
      empty: '',
      'ü.txt': 'z',
      '.hidden': 'h',
      'x.part': 'p',
      '.effusion-state/resume': 'ours',
      '.effusion.lock': 'ours',
    });
    await mkdir(path.join(root, 'no files'));
    await symlink('/etc/hostname', path.join(root, 'link'));
    await symlink('..', path.join(root, 'loop'));
    const { metainfo } = await createTorrent(root, { pieceLength: 16_384 });
    const paths = metainfo.files.map((file) => file.path.join('/'));
    const names = ['.hidden', 'B.bin', 'a.txt', 'a/z.bin', 'b.bin', 'empty', 'x.part', 'ü.txt'];
    expect(paths).toEqual(names.map((name) => `content/${name}`));
    const contents = ['h', 'y', 'x', fixturePayload(2, 30_000), fixturePayload(1, 40_000), '', 'p', 'z'];
    const all = Buffer.concat(contents.map((content) => Buffer.from(content as Uint8Array)));
    for (const piece of metainfo.geometry.pieces()) {
      const part = all.subarray(piece * 16_384, (piece + 1) * 16_384);
      expect(hashOf(metainfo.pieceHashes, piece)).toEqual(sha1(part));
    }
  });

  test('the same bytes each time, whatever the dates, and whoever hashes', async () => {
    const root = await makeFolder({ 'a.bin': fixturePayload(1, 33 * MIB), 'b.bin': fixturePayload(2, 1000) });
    const first = await createTorrent(root, { threads: 0 });
    await utimes(path.join(root, 'a.bin'), 1, 1);
    const progress: number[] = [];
    const total = 33 * MIB + 1000;
    const second = await createTorrent(root, { threads: 2, onProgress: (hashed, all) => progress.push(hashed, all - total) });
    expect(second.bytes).toEqual(first.bytes);
    expect(progress.at(-2)).toBe(total);
    expect(progress.filter((_, index) => index % 2 === 1).every((difference) => difference === 0)).toBe(true);
  });

  test('says how much it has found, and stops where it is told to while it looks', async () => {
    const root = await makeFolder(
      Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`d${index % 3}/${index}`, 'xy'])),
    );
    const found: [number, number][] = [];
    await createTorrent(root, { onFound: (files, bytes) => found.push([files, bytes]) });
    expect(found.at(-1)).toEqual([130, 260]);
    expect(found.every(([files, bytes]) => bytes === 2 * files)).toBe(true);
    const control = new AbortController();
    const reason = new Error('enough');
    const onFound = (): void => control.abort(reason);
    await expect(createTorrent(root, { signal: control.signal, onFound })).rejects.toBe(reason);
  });

  test('what no torrent can hold is refused before it is read', async () => {
    const root = await makeFolder({ small: 'x' });
    for (let index = 0; index < 8; index++) {
      await writeFile(path.join(root, `${index}`), '');
      truncateSync(path.join(root, `${index}`), 8 * 2 ** 40);
    }
    expect(await errnoOf(createTorrent(root))).toBe('EFBIG content');
    expect(await errnoOf(createTorrent(path.join(root, '0'), { pieceLength: 16_384 }))).toBe('EFBIG 0');
  });

  test.skipIf(process.getuid?.() === 0)('what cannot be read is refused before all else is', async () => {
    const root = await makeFolder({ 'a.bin': 'x', 'b/c.bin': 'y' });
    await chmod(path.join(root, 'a.bin'), 0);
    expect(await errnoOf(createTorrent(root))).toBe('EACCES a.bin');
    await chmod(path.join(root, 'a.bin'), 0o600);
    await chmod(path.join(root, 'b'), 0);
    expect(await errnoOf(createTorrent(root))).toBe('EACCES b');
  });

  test('every option', async () => {
    const root = await makeFolder({ 'a.bin': 'content' });
    const options = {
      pieceLength: 64 * KIB,
      trackers: [['http://a/announce', 'http://b/announce'], [], ['udp://c:1']],
      webSeeds: ['http://w/'],
      isPrivate: true,
      comment: 'a comment',
      createdBy: 'me',
      name: 'another name',
      creationDate: 1_600_000_000,
      source: 'S',
    };
    const { bytes, metainfo } = await createTorrent(root, options);
    expect(metainfo).toMatchObject({
      name: 'another name',
      isPrivate: true,
      announceTiers: [['http://a/announce', 'http://b/announce'], ['udp://c:1']],
      webSeeds: ['http://w/'],
      comment: 'a comment',
      createdBy: 'me',
      creationDate: 1_600_000_000,
    });
    expect(metainfo.geometry.standardPieceLength).toBe(64 * KIB);
    expect(metainfo.files[0].path).toEqual(['another name', 'a.bin']);
    const text = Buffer.from(bytes).toString('latin1');
    expect(text.startsWith('d8:announce17:http://a/announce13:announce-list')).toBe(true);
    expect(text).toContain('6:source1:S');
    const other = await createTorrent(root, { ...options, source: 'T' });
    expect(other.metainfo.infoHash.v1).not.toEqual(metainfo.infoHash.v1);
  });

  test('one tracker needs no list', async () => {
    const root = await makeFolder({ 'a.bin': 'content' });
    const { bytes } = await createTorrent(root, { trackers: [['http://a/announce']] });
    expect(Buffer.from(bytes).toString('latin1')).not.toContain('announce-list');
  });

  test('only empty files', async () => {
    const { metainfo } = await createTorrent(await makeFolder({ a: '', b: '' }));
    expect(metainfo.geometry).toMatchObject({ totalLength: 0, pieceCount: 0 });
    expect(metainfo.files).toHaveLength(2);
  });
});

describe('what is refused', () => {
  test('nothing there, nothing in it, nothing to share', async () => {
    const root = await makeFolder({});
    expect(await errnoOf(createTorrent(path.join(root, 'nothing')))).toBe('ENOENT nothing');
    expect(await errnoOf(createTorrent(root))).toBe('EEMPTY content');
    expect(await errnoOf(createTorrent('/dev/null'))).toBe('ENOTREG null');
  });

  test.runIf(process.platform === 'linux')('names that would not arrive', async () => {
    const backslash = await makeFolder({ ok: '1', 'a\\b': '2' });
    expect(await errnoOf(createTorrent(backslash))).toBe('EINVAL a\\b');
    const control = await makeFolder({ ok: '1', 'a\nb': '2' });
    expect(await errnoOf(createTorrent(control))).toBe('EINVAL a\nb');
    const padding = await makeFolder({ _____padding_file_1: '2' });
    expect(await errnoOf(createTorrent(padding))).toBe('EINVAL _____padding_file_1');
    const binary = await makeFolder({});
    await writeFile(Buffer.concat([Buffer.from(`${binary}/`), Buffer.of(0x61, 0xff)]), 'x');
    expect(await errnoOf(createTorrent(binary))).toMatch(/^EILSEQ a/);
  });

  test.each([
    [{ pieceLength: 16_383 }, 'pieceLength'],
    [{ pieceLength: 8192 }, 'pieceLength'],
    [{ pieceLength: 48 * KIB }, 'pieceLength'],
    [{ pieceLength: 512 * MIB }, 'pieceLength'],
    [{ pieceLength: NaN }, 'pieceLength'],
    [{ creationDate: 1.5 }, 'creationDate'],
    [{ name: 'a\nb' }, 'name'],
  ])('%j', async (options, option) => {
    const root = await makeFolder({ a: 'x' });
    const error = await createTorrent(root, options).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(CreateOptionError);
    expect(error).toMatchObject({ code: 'invalid_option', detail: { option } });
  });

  test('a file that changes or goes away meanwhile', async () => {
    // Two ranges of the pool, so that the first progress comes before the end.
    const content = { 'a.bin': fixturePayload(1, 9 * MIB), 'b.bin': 'x' };
    const grown = await makeFolder(content);
    const onceGrown = { threads: 0, onProgress: () => appendFileSync(path.join(grown, 'b.bin'), 'y') };
    expect(await errnoOf(createTorrent(grown, onceGrown))).toBe('ECHANGED b.bin');
    const shrunk = await makeFolder(content);
    const onceShrunk = { threads: 0, onProgress: () => truncateSync(path.join(shrunk, 'a.bin'), 5) };
    expect(await errnoOf(createTorrent(shrunk, onceShrunk))).toBe('ECHANGED a.bin');
    const gone = await makeFolder(content);
    const onceGone = { threads: 0, onProgress: () => rmSync(path.join(gone, 'b.bin'), { force: true }) };
    expect(await errnoOf(createTorrent(gone, onceGone))).toBe('ENOENT b.bin');
  });

  test('a signal ends it', async () => {
    const root = await makeFolder({ 'a.bin': fixturePayload(1, 9 * MIB) });
    const controller = new AbortController();
    const reason = new Error('enough');
    const options = { threads: 0, signal: controller.signal, onProgress: () => controller.abort(reason) };
    await expect(createTorrent(root, options)).rejects.toBe(reason);
  });
});

test.each([
  [0, 16 * KIB],
  [16 * KIB * 2000, 16 * KIB],
  [16 * KIB * 2000 + 1, 32 * KIB],
  [4 * KIB * MIB, 4 * MIB],
  [1000 * KIB * MIB, 16 * MIB],
])('the piece length chosen for %i bytes', (totalLength, pieceLength) => {
  expect(choosePieceLength(totalLength)).toBe(pieceLength);
});
