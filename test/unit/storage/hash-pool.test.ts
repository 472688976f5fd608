// Inline and with real threads: the same digests, absent pieces, several jobs at once, stopping, threads that can't start.

import { mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sha1 } from '../../../src/hash/digest.js';
import { toHex } from '../../../src/model/ids.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import type { HashJob } from '../../../src/storage/hash-pool.js';
import { RangeHasher } from '../../../src/storage/range-hasher.js';
import type { HashFile } from '../../../src/storage/range-hasher.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { fixturePayload } from '../../support/torrent-fixtures.js';

interface Scene {
  readonly files: HashFile[];
  readonly bytes: Uint8Array;
}

/** Files of these lengths on disk; a negative length is a padding file. */
async function makeScene(folder: string, lengths: readonly number[]): Promise<Scene> {
  const files: HashFile[] = [];
  const parts: Uint8Array[] = [];
  for (const [index, length] of lengths.entries()) {
    const location = path.join(folder, `${index}.bin`);
    const isPadding = length < 0;
    const bytes = isPadding ? new Uint8Array(-length) : fixturePayload(index + 1, length);
    if (!isPadding) await writeFile(location, bytes);
    files.push({ path: isPadding ? null : location, length: bytes.length, isPadding });
    parts.push(bytes);
  }
  return { files, bytes: new Uint8Array(Buffer.concat(parts)) };
}

function jobOf(scene: Scene, pieceLength: number): HashJob {
  const totalLength = scene.bytes.length;
  return { files: scene.files, totalLength, pieceLength, firstPiece: 0, lastPiece: Math.ceil(totalLength / pieceLength) - 1 };
}

function expected(scene: Scene, job: HashJob, absent: readonly number[] = []): (string | null)[] {
  const digests: (string | null)[] = [];
  for (let piece = job.firstPiece; piece <= job.lastPiece; piece++) {
    const bytes = scene.bytes.subarray(piece * job.pieceLength, (piece + 1) * job.pieceLength);
    digests.push(absent.includes(piece) ? null : toHex(sha1(bytes)));
  }
  return digests;
}

/** Digests by piece from the job's first on; fails where a piece comes twice. */
async function collect(pool: HashPool, job: HashJob): Promise<{ digests: (string | null)[]; failures: string[] }> {
  const digests: (string | null)[] = [];
  const failures: string[] = [];
  for await (const batch of pool.hash(job)) {
    if (batch.failure !== null) failures.push(`${batch.failure.operation} ${batch.failure.errno}`);
    for (let i = 0; i < batch.pieceCount; i++) {
      const at = batch.firstPiece + i - job.firstPiece;
      expect(digests[at]).toBeUndefined();
      digests[at] = batch.present[i] === 1 ? toHex(batch.digests.subarray(i * 20, (i + 1) * 20)) : null;
    }
  }
  return { digests, failures };
}

const SMALL_RANGES = { inlineBytes: 0, turnBytes: 100_000, rangeBytes: 200_000, rangesPerThread: 2 };

describe.each([
  ['inline', 0],
  ['with threads', 2],
])('%s', (_, threads) => {
  const pool = new HashPool(threads, SMALL_RANGES);

  test.each([1000, 16_384, 65_536, 262_144, 300_000, 1_048_576, 9_000_000])('pieces of %i bytes', async (pieceLength) => {
    const scene = await makeScene(await makeTempFolder(), [10, 0, 700_000, -5000, 1, 299_999, 800_000]);
    const job = jobOf(scene, pieceLength);
    expect(await collect(pool, job)).toEqual({ digests: expected(scene, job), failures: [] });
  });

  test('a part of the pieces', async () => {
    const scene = await makeScene(await makeTempFolder(), [500_000]);
    const job = { ...jobOf(scene, 10_000), firstPiece: 7, lastPiece: 48 };
    expect((await collect(pool, job)).digests).toEqual(expected(scene, job));
  });

  test('missing, short and too long files', async () => {
    const folder = await makeTempFolder();
    const scene = await makeScene(folder, [100_000, 100_000, 100_000, 100_000]);
    scene.files[1] = { ...scene.files[1], path: path.join(folder, 'nowhere', 'x') };
    await truncate(path.join(folder, '2.bin'), 55_000);
    await writeFile(path.join(folder, '3.bin'), Buffer.concat([scene.bytes.subarray(300_000), Buffer.alloc(1000)]));
    const job = jobOf(scene, 30_000);
    // Pieces 3 to 6 touch file 1; 8 and 9 what file 2 lacks.
    expect(await collect(pool, job)).toEqual({ digests: expected(scene, job, [3, 4, 5, 6, 8, 9]), failures: [] });
  });

  test('a folder in the way is told apart from nothing', async () => {
    const folder = await makeTempFolder();
    const scene = await makeScene(folder, [100_000, 1000]);
    await mkdir(path.join(folder, 'sub'));
    scene.files[1] = { ...scene.files[1], path: path.join(folder, 'sub') };
    const job = jobOf(scene, 50_000);
    expect(await collect(pool, job)).toEqual({ digests: expected(scene, job, [2]), failures: ['open EISDIR'] });
  });

  test('a file that is known to be nowhere, and a job of no pieces', async () => {
    const scene = await makeScene(await makeTempFolder(), [50_000]);
    scene.files[0] = { ...scene.files[0], path: null };
    expect((await collect(pool, jobOf(scene, 20_000))).digests).toEqual([null, null, null]);
    expect((await collect(pool, { files: [], totalLength: 0, pieceLength: 5, firstPiece: 0, lastPiece: -1 })).digests).toEqual(
      [],
    );
  });

  test('several jobs at once', async () => {
    const folder = await makeTempFolder();
    const sizes = [2_000_000, 900_000, 10_000];
    const scenes: Scene[] = [];
    for (const [index, size] of sizes.entries()) {
      const sub = path.join(folder, String(index));
      await mkdir(sub);
      scenes.push(await makeScene(sub, [size + index]));
    }
    const jobs = scenes.map((scene) => jobOf(scene, 16_384));
    const results = await Promise.all(jobs.map((job) => collect(pool, job)));
    for (const [index, result] of results.entries()) expect(result.digests).toEqual(expected(scenes[index], jobs[index]));
  });

  test('a signal ends it with its reason, and the pool goes on', async () => {
    const scene = await makeScene(await makeTempFolder(), [3_000_000]);
    const job = jobOf(scene, 16_384);
    const controller = new AbortController();
    const reason = new Error('enough');
    const run = async (): Promise<void> => {
      for await (const batch of pool.hash(job, controller.signal)) if (batch.pieceCount > 0) controller.abort(reason);
    };
    await expect(run()).rejects.toBe(reason);
    await expect(run()).rejects.toBe(reason);
    expect((await collect(pool, job)).digests).toEqual(expected(scene, job));
  });

  test('leaving the loop early stops it', async () => {
    const scene = await makeScene(await makeTempFolder(), [2_000_000]);
    const job = jobOf(scene, 16_384);
    for await (const batch of pool.hash(job)) {
      expect(batch.pieceCount).toBeGreaterThan(0);
      break;
    }
    expect((await collect(pool, job)).digests).toEqual(expected(scene, job));
  });
});

test('a small job that comes while threads work on a large one is done too', async () => {
  const folder = await makeTempFolder();
  const large = await makeScene(folder, [3_000_000]);
  const pool = new HashPool(2, { ...SMALL_RANGES, inlineBytes: 1_000_000 });
  const largeJob = jobOf(large, 16_384);
  const smallJob = { ...largeJob, firstPiece: 3, lastPiece: 9 };
  let small: Promise<{ digests: (string | null)[] }> | null = null;
  for await (const batch of pool.hash(largeJob)) {
    expect(batch.failure).toBeNull();
    small ??= collect(pool, smallJob);
  }
  expect((await small)?.digests).toEqual(expected(large, smallJob));
});

test('where threads can be had, they do all of it', async () => {
  const inline = vi.spyOn(RangeHasher.prototype, 'hashRange');
  onTestFinished(() => inline.mockRestore());
  const scene = await makeScene(await makeTempFolder(), [1_000_000]);
  const job = jobOf(scene, 16_384);
  expect((await collect(new HashPool(2, SMALL_RANGES), job)).digests).toEqual(expected(scene, job));
  expect(inline).not.toHaveBeenCalled();
  expect((await collect(new HashPool(2, { ...SMALL_RANGES, inlineBytes: 1_000_001 }), job)).digests).toEqual(
    expected(scene, job),
  );
  expect(inline).toHaveBeenCalled();
});
