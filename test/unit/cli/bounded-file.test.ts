// A file into memory up to a size: by its bytes, whatever its size is said to be, and never at the price of a program that can't be ended.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { readBoundedFile } from '../../../src/cli/bounded-file.js';
import { startChild } from '../../support/child-process.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const MODULE = new URL('../../../src/cli/bounded-file.ts', import.meta.url).href;
const MIB = 1024 * 1024;

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** `before` is called before each read of a regular file. */
function watchReads(before: () => void): void {
  const real = fs.readSync as (...parameters: unknown[]) => number;
  const watched = (...parameters: unknown[]): number => {
    before();
    return real(...parameters);
  };
  vi.spyOn(fs, 'readSync').mockImplementation(watched);
  syncBuiltinESMExports();
}

async function fileOf(content: string | Uint8Array): Promise<string> {
  const file = path.join(await makeTempFolder(), 'file');
  fs.writeFileSync(file, content);
  return file;
}

async function pipe(): Promise<string> {
  const file = path.join(await makeTempFolder(), 'pipe');
  execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', file]);
  return file;
}

const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

/** In a process of its own, which may hang, after `script`. What was read goes to stdout. */
function readElsewhere(script: string, file: string): ReturnType<typeof startChild> {
  const source = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
${script}
syncBuiltinESMExports();
const { readBoundedFile } = await import(${JSON.stringify(MODULE)});
const reading = readBoundedFile(${JSON.stringify(file)}, 100);
process.stderr.write('begun');
process.stdout.write(Buffer.from(await reading));`;
  return startChild(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], { timeoutMs: 20_000 });
}

test('is whole up to the limit, and nothing above it', async () => {
  expect(textOf(await readBoundedFile(await fileOf('12345'), 5))).toBe('12345');
  expect(await readBoundedFile(await fileOf('123456'), 5)).toBeNull();
  expect(textOf(await readBoundedFile(await fileOf(''), 5))).toBe('');
});

test('of which nothing is read where its size says so', async () => {
  const file = await fileOf('');
  fs.truncateSync(file, 2 ** 40);
  let reads = 0;
  watchReads(() => reads++);
  expect(await readBoundedFile(file, MIB)).toBeNull();
  expect(reads).toBe(0);
  expect(await readBoundedFile(await fileOf('12345'), MIB)).toHaveLength(5);
  expect(reads).toBe(2);
});

test('one that grows while it is read', async () => {
  const file = await fileOf(new Uint8Array(1000).fill(1));
  const added = new Uint8Array(MIB).fill(2);
  let isGrown = false;
  watchReads(() => {
    if (!isGrown) fs.appendFileSync(file, added);
    isGrown = true;
  });
  const bytes = await readBoundedFile(file, MIB + 1000);
  expect(bytes).toHaveLength(MIB + 1000);
  expect(Buffer.compare(bytes ?? added, fs.readFileSync(file))).toBe(0);

  fs.truncateSync(file, 1000);
  isGrown = false;
  expect(await readBoundedFile(file, MIB)).toBeNull();
});

test.skipIf(process.platform !== 'linux')('what the kernel makes up, of no size', async () => {
  expect(fs.statSync('/proc/version').size).toBe(0);
  expect(textOf(await readBoundedFile('/proc/version', MIB))).toMatch(/^Linux version .*\n$/);
  expect(await readBoundedFile('/proc/version', 5)).toBeNull();
});

test('a device', async () => {
  expect(textOf(await readBoundedFile('/dev/null', MIB))).toBe('');
  expect(await readBoundedFile('/dev/zero', MIB)).toBeNull();
});

test('a pipe, whose writer is not cut off', async () => {
  const file = await pipe();
  const writer = startChild('/bin/sh', ['-c', 'printf %070000d 1 > "$1"', 'sh', file]);
  const quickOpens = vi.spyOn(fs, 'openSync');
  syncBuiltinESMExports();
  const bytes = await readBoundedFile(file, MIB);
  expect(quickOpens).not.toHaveBeenCalled();
  expect(textOf(bytes)).toBe('1'.padStart(70_000, '0'));
  expect((await writer.ended).code).toBe(0);
});

test('the program goes on while it waits for a pipe', async () => {
  const reader = readElsewhere('', await pipe());
  await reader.outputMatching(/begun/);
  reader.kill();
  expect(await reader.ended).toMatchObject({ signal: 'SIGTERM', timedOut: false });
});

test('a pipe that took the place of a file', async () => {
  const file = await pipe();
  const reader = readElsewhere(`const { statSync } = fs; fs.statSync = () => statSync(process.execPath);`, file);
  await reader.outputMatching(/begun/);
  const writer = startChild('/bin/sh', ['-c', 'echo late > "$1"', 'sh', file]);
  expect(await reader.ended).toMatchObject({ code: 0, stdout: 'late\n' });
  expect((await writer.ended).code).toBe(0);
});

test.each([
  ['ENOENT', async () => path.join(await makeTempFolder(), 'none')],
  ['EISDIR', makeTempFolder],
  ['ENOTDIR', async () => path.join(await fileOf(''), 'x')],
  ['ENAMETOOLONG', async () => path.join(await makeTempFolder(), 'x'.repeat(300))],
])('%s', async (code, make) => {
  await expect(readBoundedFile(await make(), 5)).rejects.toMatchObject({ code });
});

test.skipIf(process.getuid?.() === 0)('EACCES', async () => {
  const file = await fileOf('secret');
  fs.chmodSync(file, 0);
  await expect(readBoundedFile(file, 5)).rejects.toMatchObject({ code: 'EACCES' });
});
