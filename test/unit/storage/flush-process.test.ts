import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { flushInProcess } from '../../../src/storage/flush-process.js';
import { putFiles } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

test('flushes each file and says which could not be', async () => {
  const folder = await makeTempFolder();
  const names = Array.from({ length: 20 }, (_, index) => `sub/${index}`);
  await putFiles(folder, Object.fromEntries(names.map((name) => [name, new Uint8Array(1000)])));
  const paths = [...names, 'sub/absent'].map((name) => path.join(folder, name));
  const results = await flushInProcess(paths, new AbortController().signal);
  expect(results).toEqual([...names.map(() => null), 'ENOENT']);
});

test('knows nothing where the signal comes first, however long the disk takes', async () => {
  const folder = await makeTempFolder();
  const endless = path.join(folder, 'endless');
  // To open one for reading takes until somebody writes to it.
  execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', endless]);
  expect(await flushInProcess([endless], AbortSignal.abort())).toBeNull();
  const stop = new AbortController();
  const flushing = flushInProcess([endless], stop.signal);
  setTimeout(() => stop.abort(), 300);
  expect(await flushing).toBeNull();
});

test('knows nothing where a process cannot even be begun', async () => {
  const execPath = vi.spyOn(process, 'execPath', 'get').mockReturnValue('\0');
  try {
    expect(await flushInProcess(['any'], new AbortController().signal)).toBeNull();
  } finally {
    execPath.mockRestore();
  }
});
