// A player: how it ended, and that it is asked to end, also when it has only just been started, and not waited for without a limit.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startPlayer } from '../../../src/cli/player.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const URL = 'http://127.0.0.1:1/1/film.mp4';
const LONG_MS = 30_000;

test.each([
  ['in order', 'process.exit(0)', null],
  ['with a code', 'process.exit(3)', `${process.execPath} ended with exit code 3`],
  [
    'by a signal',
    "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)",
    `${process.execPath} was ended by SIGKILL`,
  ],
])('one that ends %s', async (_, script, expected) => {
  const player = startPlayer([process.execPath, '-e', script], URL, true);
  expect(await player.ended).toBe(expected);
  expect(await player.stop(0)).toBe(true);
});

test('gets the URL behind its arguments', async () => {
  const script = `process.exit(process.argv[1] === '--fs' && process.argv[2] === ${JSON.stringify(URL)} ? 0 : 1)`;
  expect(await startPlayer([process.execPath, '-e', script, '--', '--fs'], URL, true).ended).toBeNull();
});

test('one that is gone by the time it is started', async () => {
  const player = startPlayer(['./no-such-player'], URL, true);
  await expect(player.ended).rejects.toThrow(UsageError);
  await expect(player.ended).rejects.toThrow(/--open: cannot start '\.\/no-such-player': .*ENOENT/);
  expect(await player.stop(LONG_MS)).toBe(true);
});

test('one that is asked to end in the moment of its start ends', async () => {
  const player = startPlayer([process.execPath, '-e', 'setInterval(() => {}, 1000)'], URL, true);
  expect(await player.stop(LONG_MS)).toBe(true);
  expect(await player.ended).toBe(`${process.execPath} was ended by SIGTERM`);
});

test('one that does not end is left to itself', async () => {
  const ready = path.join(await makeTempFolder(), 'ready');
  const script = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); require('fs').writeFileSync(${JSON.stringify(ready)}, '')`;
  const player = startPlayer([process.execPath, '-e', script], URL, true);
  onTestFinished(async () => {
    process.kill(player.pid ?? 0, 'SIGKILL');
    await player.ended;
  });
  while (!existsSync(ready)) await setImmediate();
  expect(await player.stop(50)).toBe(false);
});
