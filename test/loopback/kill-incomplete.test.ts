// Kill -9 with a folder of its own for what is not whole, on another file system where the machine has one at hand: nothing that a run had is
// lost, what has its name is whole at any moment, also while it is copied there, and nothing is left at the end.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCountingProxy } from '../support/counting-proxy.js';
import { runEffusion, startEffusion } from '../support/effusion-command.js';
import { leftovers, makePayload, type Payload, payloadDifferences, writePayload, writeTorrent } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

const KILLS = 8;
const PIECE = 64 * 1024;
/** What one kill may cost on a busy machine; a run that began anew would cost all that there was. */
const LOST_PER_KILL = 8 * PIECE;
const SHARED_MEMORY = '/dev/shm';

async function makeIncomplete(output: string): Promise<string> {
  const isOther = existsSync(SHARED_MEMORY) && statSync(SHARED_MEMORY).dev !== statSync(output).dev;
  if (!isOther) return join(await makeTempFolder(), 'incomplete');
  const folder = mkdtempSync(join(SHARED_MEMORY, 'effusion-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every name of the torrent that is there has all of its bytes, and there is no other but hidden copies. */
function expectOnlyWhole(payload: Payload, output: string): number {
  const root = join(output, payload.name);
  if (!existsSync(root)) return 0;
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(root, name)).isFile());
  const visible = names.filter((name) => !/(?:^|\/)\.effusion-[0-9a-f]{8}-\d+\.copy$/.test(name));
  for (const name of visible) {
    const file = payload.files.find(({ path }) => path === name);
    expect(file, name).toBeDefined();
    expect(readFileSync(join(root, name)).equals(file?.bytes ?? new Uint8Array()), name).toBe(true);
  }
  return visible.length;
}

test('kill -9 with --incomplete-dir loses nothing and never shows half a file', { timeout: 120_000 }, async () => {
  const folder = await makeTempFolder();
  const [seedFolder, output] = [join(folder, 'seed'), join(folder, 'output')];
  // Files of a piece are whole early, the large ones late.
  const small = Array.from({ length: 24 }, (_, index) => [`small/${index}`, PIECE] as const);
  const payload = makePayload('killed', [
    ...small,
    ['a/first.bin', 1_900_001],
    ['a/empty', 0],
    ['b/second.bin', 3_345_678],
    ['third.bin', 1_210_987],
    ['fourth.bin', 2_000_000],
  ]);
  await mkdir(output);
  await writePayload(payload, seedFolder);
  const torrent = await writeTorrent(payload, folder, PIECE);
  const incomplete = await makeIncomplete(output);

  const seed = ['seed', torrent.path, '--data', seedFolder, '--no-trackers', '--max-upload', '3M'];
  const seeder = startEffusion(seed, { timeoutMs: 120_000 });
  const [, seederPort] = await seeder.outputMatching(/seeding .* on port (\d+)/);
  const proxy = await startCountingProxy(Number(seederPort));
  const peer = `127.0.0.1:${proxy.port}`;
  const download = [
    'download',
    torrent.path,
    '--output',
    output,
    '--incomplete-dir',
    incomplete,
    '--no-trackers',
    '--peer',
    peer,
  ];

  const step = Math.floor(payload.totalBytes / (KILLS + 2));
  let most = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const run = startEffusion(download);
    const early = run.ended.then((end) => ({ end }));
    const outcome = await Promise.race([early, proxy.reached(proxy.bytesFromTarget() + step)]);
    expect(outcome?.end, `run ${kill} was to be killed, but ended by itself`).toBeUndefined();
    run.kill('SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
    most = Math.max(most, expectOnlyWhole(payload, output));
  }
  // Some were whole before the end, so some were moved in a run that was killed.
  expect(most).toBeGreaterThan(0);
  const last = await runEffusion(download);
  expect(last.code, last.stderr).toBe(0);
  expect(await payloadDifferences(payload, output)).toEqual([]);
  expect(await leftovers(output)).toEqual([]);
  expect(readdirSync(incomplete)).toEqual([]);
  expect(proxy.bytesFromTarget()).toBeLessThan(payload.totalBytes * 1.01 + KILLS * LOST_PER_KILL);
});
