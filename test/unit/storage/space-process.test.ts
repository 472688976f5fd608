// The command that takes the space of a file, run for real, and the ways in which it does not come to that.

import { closeSync, existsSync, fstatSync, openSync, readFileSync, statfsSync, unlinkSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takeSpaceInProcess } from '../../../src/storage/space-process.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const MIB = 1_048_576;
const WAIT_MS = 20_000;
const NEVER = new AbortController().signal;
const isLinux = process.platform === 'linux';

function openNew(folder: string): number {
  const fd = openSync(path.join(folder, 'file'), 'w+');
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** Of this process, for the length of a test. */
function setPath(value: string): void {
  const before = process.env.PATH;
  process.env.PATH = value;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}

function hasCommand(): boolean {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, 'fallocate')));
}

/** ext4, tmpfs, btrfs, XFS, overlay: all of them can. */
const CAPABLE: ReadonlySet<number> = new Set([0xef53, 0x1021994, 0x9123683e, 0x58465342, 0x794c7630]);

test.runIf(isLinux && hasCommand())('the file has its space and keeps its length, whatever its name is by then', async () => {
  const folder = await makeTempFolder();
  const fd = openNew(folder);
  const isCapable = CAPABLE.has(statfsSync(folder).type);
  unlinkSync(path.join(folder, 'file'));
  await takeSpaceInProcess(fd, 4 * MIB, NEVER);
  const { size, blocks } = fstatSync(fd);
  expect(size).toBe(0);
  expect(blocks * 512 >= 4 * MIB).toBe(isCapable);
  expect(await readdir(folder)).toEqual([]);
});

test('nothing comes of it where there is no such command, where it refuses, or after the signal', async () => {
  const folder = await makeTempFolder();
  const fd = openNew(folder);
  await takeSpaceInProcess(fd, MIB, AbortSignal.abort());
  await takeSpaceInProcess(fd, 2 ** 62, NEVER);
  await takeSpaceInProcess(fd, -1, NEVER);
  await takeSpaceInProcess(999_999, MIB, NEVER);
  setPath(folder);
  await takeSpaceInProcess(fd, MIB, NEVER);
  expect(fstatSync(fd)).toMatchObject({ size: 0, blocks: 0 });
});

test.runIf(isLinux)('one that does not come to an end is stopped by the signal', async () => {
  const folder = await makeTempFolder();
  const [pidFile, command] = [path.join(folder, 'pid'), path.join(folder, 'fallocate')];
  await writeFile(command, `#!/bin/sh\necho $$ > '${pidFile}'\nexec sleep 600\n`, { mode: 0o755 });
  const fd = openNew(folder);
  setPath(`${folder}:${process.env.PATH}`);
  const stop = new AbortController();
  const taking = takeSpaceInProcess(fd, MIB, stop.signal);
  await expect.poll(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'), { timeout: WAIT_MS }).toBe(true);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(isRunning(pid)).toBe(true);
  stop.abort();
  await taking;
  expect(isRunning(pid)).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
