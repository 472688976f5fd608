// Twenty times kill -9 in one download lose nothing: each run goes on from what the one before had on disk, the end is exact,
// nearly nothing is fetched twice, and no state is left.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCountingProxy } from '../support/counting-proxy.js';
import { runEffusion, startEffusion } from '../support/effusion-command.js';
import { leftovers, makePayload, payloadDifferences, writePayload, writeTorrent } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

const KILLS = 20;
const PIECE = 64 * 1024;
/** What one kill may cost: the pieces that were open or on their way, and what lay in the sockets. */
const LOST_PER_KILL = 4 * PIECE;

test('twenty kill -9 in one download lose nothing', { timeout: 120_000 }, async () => {
  const folder = await makeTempFolder();
  const [seedFolder, output] = [join(folder, 'seed'), join(folder, 'output')];
  const payload = makePayload('killed', [
    ['a/first.bin', 9_000_001],
    ['a/empty', 0],
    ['b/second.bin', 12_345_678],
    ['third.bin', 3_210_987],
  ]);
  await mkdir(output);
  await writePayload(payload, seedFolder);
  const torrent = await writeTorrent(payload, folder, PIECE);

  const seed = ['seed', torrent.path, '--data', seedFolder, '--no-trackers', '--max-upload', '4M'];
  const seeder = startEffusion(seed, { timeoutMs: 120_000 });
  const [, seederPort] = await seeder.outputMatching(/seeding .* on port (\d+)/);
  const proxy = await startCountingProxy(Number(seederPort));
  const download = ['download', torrent.path, '--output', output, '--no-trackers', '--peer', `127.0.0.1:${proxy.port}`];

  const step = Math.floor(payload.totalBytes / (KILLS + 2));
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const run = startEffusion(download);
    const early = run.ended.then((end) => ({ end }));
    const outcome = await Promise.race([early, proxy.heldAt(proxy.bytesFromTarget() + step)]);
    expect(outcome?.end, `run ${kill} was to be killed, but ended by itself`).toBeUndefined();
    run.kill('SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
  }
  const last = await runEffusion(download);
  expect(last.code, last.stderr).toBe(0);
  expect(await payloadDifferences(payload, output)).toEqual([]);
  expect(await leftovers(output)).toEqual([]);
  expect(proxy.bytesFromTarget()).toBeGreaterThan(payload.totalBytes);
  expect(proxy.bytesFromTarget()).toBeLessThan(payload.totalBytes * 1.01 + KILLS * LOST_PER_KILL);
});
