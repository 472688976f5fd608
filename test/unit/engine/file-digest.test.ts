import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { digestFile } from '../../../src/engine/file-digest.js';
import { DIGEST_DIGITS, type DigestKind } from '../../../src/model/digest-kind.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { fixturePayload } from '../../support/torrent-fixtures.js';

const bytes = fixturePayload(4, 600_001);

async function made(): Promise<string> {
  const file = path.join(await makeTempFolder(), 'data.bin');
  await writeFile(file, bytes);
  return file;
}

test('every kind, in one pass, in the order that was asked for, each as long as it is said to be', async () => {
  const kinds = Object.keys(DIGEST_DIGITS) as DigestKind[];
  const read: number[] = [];
  const digests = await digestFile(await made(), kinds, { onRead: (count) => read.push(count) });
  expect(digests).toEqual(kinds.map((kind) => createHash(kind).update(bytes).digest('hex')));
  expect(digests.map((digest) => digest.length)).toEqual(kinds.map((kind) => DIGEST_DIGITS[kind]));
  expect(read.reduce((sum, count) => sum + count, 0)).toBe(bytes.length);
  expect(read.length).toBeGreaterThan(2);
});

test('a file that is not there, and a folder, are the disk’s fault', async () => {
  const folder = await makeTempFolder();
  await expect(digestFile(path.join(folder, 'none'), ['sha256'])).rejects.toMatchObject({
    code: 'storage_failed',
    detail: { errno: 'ENOENT' },
  });
  await expect(digestFile(folder, ['sha256'])).rejects.toMatchObject({ code: 'storage_failed', detail: { errno: 'EISDIR' } });
});

test('who wants the end gets it in the middle of a file', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const digests = digestFile(await made(), ['sha256'], { onRead: () => stop.abort(reason), signal: stop.signal });
  await expect(digests).rejects.toBe(reason);
});
