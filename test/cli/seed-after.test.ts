// Serving after the download: as long as was asked for, told, and with the exit code of its end; and `seed` with a limit.

import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Child } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const NAMES = ['a', 'b'] as const;
const payloadOf = (name: string): Uint8Array => fixturePayload(name.charCodeAt(0), 400_000);

async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  for (const name of NAMES) {
    await writeFile(path.join(cwd, `seed/${name}.bin`), payloadOf(name));
    const end = await cli.run(['create', `seed/${name}.bin`, '-o', `${name}.torrent`], { cwd });
    expect(end.code, end.stderr).toBe(0);
  }
  return cwd;
}

async function seed(cwd: string, ...args: readonly string[]): Promise<{ child: Child; peer: string }> {
  const child = cli.start(['seed', 'a.torrent', 'b.torrent', '--data', 'seed', '--no-trackers', ...args], { cwd });
  const [, port] = await child.outputMatching(/^seeding a\.bin on port (\d+)$/m);
  await child.outputMatching(/^seeding b\.bin on port (\d+)$/m);
  return { child, peer: `127.0.0.1:${port}` };
}

const fetchFrom = (cwd: string, peer: string, out: string, ...args: readonly string[]): Child =>
  cli.start(['a.torrent', '-o', out, '--no-trackers', '--peer', peer, ...args], { cwd });

async function expectWhole(cwd: string, out: string): Promise<void> {
  expect(Buffer.compare(await readFile(path.join(cwd, out, 'a.bin')), payloadOf('a'))).toBe(0);
}

describe('download --seed', () => {
  test('says its path when it is whole and goes on; others get it all from it; ^C is 130', async () => {
    const cwd = await prepare();
    const first = await seed(cwd);
    // What follows a bare --seed is a torrent, not its value.
    const child = cli.start(['-q', '--seed', 'a.torrent', '-o', 'out', '--no-trackers', '--port', '0', '--peer', first.peer], {
      cwd,
    });
    await child.outputMatching(/^out\/a\.bin$/m);
    await expectWhole(cwd, 'out');
    child.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: 130, stdout: 'out/a.bin\n', stderr: '' });
  });

  test('SIGTERM while it serves is 143, and the last line says what was sent', async () => {
    const cwd = await prepare();
    const first = await seed(cwd);
    const child = fetchFrom(cwd, first.peer, 'out', '--seed');
    const [, port] = await child.outputMatching(/^seeding a\.bin on port (\d+) until stopped$/m);
    first.child.kill();
    await first.child.ended;
    expect((await fetchFrom(cwd, `127.0.0.1:${port}`, 'other').ended).code).toBe(0);
    await expectWhole(cwd, 'other');
    child.kill('SIGTERM');
    const end = await child.ended;
    expect(end.code).toBe(143);
    expect(end.stderr).toMatch(/^done: out\/a\.bin, .*\nseeding a\.bin /m);
    expect(end.stderr).toMatch(/^a\.bin: stopped: 390\.6 KiB sent$/m);
  });

  test('a file behind --seed is a torrent, even where it is called like a ratio', async () => {
    const cwd = await prepare();
    await copyFile(path.join(cwd, 'a.torrent'), path.join(cwd, '2x'));
    const end = await cli.run(['--seed', '2x', '-o', 'seed', '--no-trackers', '--seed-time', '100ms'], { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'seed/a.bin\n' });
  });

  test('serving that fails is an error event and a second object, and no word against the data', async () => {
    const cwd = await prepare();
    const first = await seed(cwd);
    const out = path.join(cwd, 'out/a.bin');
    const hook = ['--exec', 'touch whole', '--exec-error', 'touch failed'];
    const child = fetchFrom(cwd, first.peer, 'out', '--seed', '--json', '--events=events', ...hook);
    const [, port] = await child.outputMatching(/^seeding a\.bin on port (\d+) until stopped$/m);
    await truncate(out, 1000);
    const other = fetchFrom(cwd, `127.0.0.1:${port}`, 'other');
    const end = await child.ended;
    other.kill();
    expect(end.code, end.stderr).toBe(9);
    const [complete, failed, ...more] = end.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(more).toEqual([]);
    expect(complete).toMatchObject({ status: 'complete', exit: 0, error: null });
    const size = payloadOf('a').length;
    const error = { code: 'storage_failed', exit: 9 };
    expect(failed).toMatchObject({ status: 'failed', exit: 9, path: out, size, doneBytes: size, error });
    const events = (await readFile(path.join(cwd, 'events'), 'utf8')).trimEnd().split('\n');
    const told = events
      .map((line) => JSON.parse(line) as { event: string })
      .filter(({ event }) => /complete|error|done/.test(event));
    expect(told).toMatchObject([
      { event: 'complete', id: 1 },
      { event: 'error', id: 1, ...error },
      { event: 'done', exit: 9 },
    ]);
    expect([existsSync(path.join(cwd, 'whole')), existsSync(path.join(cwd, 'failed'))]).toEqual([true, false]);
  });

  test('ends by itself with 0 at its ratio', async () => {
    const cwd = await prepare();
    const first = await seed(cwd);
    const child = fetchFrom(cwd, first.peer, 'out', '--seed=1x', '--seed-time', '1h');
    const [, port] = await child.outputMatching(/^seeding a\.bin on port (\d+) until its ratio is 1, for 1h at most$/m);
    expect((await fetchFrom(cwd, `127.0.0.1:${port}`, 'other', '--no-listen').ended).code).toBe(0);
    const end = await child.ended;
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'out/a.bin\n' });
    expect(end.stderr).toMatch(/^a\.bin: its ratio is 1: 390\.6 KiB sent$/m);
  });

  test('ends by itself with 0 when its time is up, also where all was there before', async () => {
    const cwd = await prepare();
    const end = await cli.run(['a.torrent', '-o', 'seed', '--no-trackers', '--seed-time', '300ms'], { cwd });
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'seed/a.bin\n' });
    expect(end.stderr).toMatch(/^already complete: .*\nseeding a\.bin on port \d+ for 300ms$/m);
    expect(end.stderr).toMatch(/^a\.bin: it has served for 300ms: 0 B sent$/m);
  });

  test('--timeout ends serving too, and takes nothing back', async () => {
    const cwd = await prepare();
    const end = await cli.run(['a.torrent', '-o', 'seed', '--no-trackers', '--seed', '-t', '3s'], { cwd });
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'seed/a.bin\n' });
    expect(end.stderr).toMatch(/^a\.bin: the 3s of --timeout are up: 0 B sent$/m);
  });

  test('--seed-time=0 is off, as others have it', async () => {
    const cwd = await prepare();
    const end = await cli.run(['a.torrent', '-o', 'seed', '--no-trackers', '--seed-time=0', '--seed-ratio=2'], { cwd });
    expect(end.code).toBe(0);
    expect(end.stderr).not.toContain('seeding');
    expect(end.stderr).toContain('nothing is served: --seed-time 0 goes before --seed-ratio\n');
  });

  test('before it is whole ^C is that of a download', async () => {
    const cwd = await prepare();
    const child = fetchFrom(cwd, '127.0.0.1:1', 'out', '--seed', '--port', '0');
    await child.outputMatching(/a\.bin: 390\.6 KiB/);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).toMatch(/^stopped: 0\.0% of 390\.6 KiB is there/m);
  });

  test('who serves gives up its turn to the next torrent', async () => {
    const cwd = await prepare();
    const first = await seed(cwd);
    const args = ['a.torrent', 'b.torrent', '-j', '1', '-o', 'out', '--no-trackers', '--peer', first.peer, '--seed'];
    const child = cli.start(args, { cwd });
    await child.outputMatching(/^out\/a\.bin$/m);
    await child.outputMatching(/^out\/b\.bin$/m);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).toMatch(/^a\.bin: stopped: /m);
    expect(end.stderr).toMatch(/^b\.bin: stopped: /m);
  });
});

describe('seed', () => {
  test('--seed-time: each ends by itself, and the run with 0', async () => {
    const cwd = await prepare();
    const { child } = await seed(cwd, '--seed-time', '300ms');
    const end = await child.ended;
    expect(end.code).toBe(0);
    expect(end.stderr).toMatch(/^a\.bin: serves for 300ms$/m);
    expect(end.stderr).toMatch(/^b\.bin: it has served for 300ms: 0 B sent$/m);
    expect(end.stderr).toMatch(/^done: 0 B sent$/m);
  });

  test('--seed-ratio: one is through, the other goes on', async () => {
    const cwd = await prepare();
    const { child, peer } = await seed(cwd, '--seed-ratio', '1');
    expect((await fetchFrom(cwd, peer, 'out').ended).code).toBe(0);
    await child.outputMatching(/^a\.bin: its ratio is 1: 390\.6 KiB sent$/m);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).toMatch(/^stopped: 390\.6 KiB sent$/m);
  });

  test('a disk that fails while it serves is no success', async () => {
    const cwd = await prepare();
    const first = await seed(cwd);
    const child = fetchFrom(cwd, first.peer, 'out', '--seed');
    const [, port] = await child.outputMatching(/^seeding a\.bin on port (\d+)/m);
    await rm(path.join(cwd, 'out/a.bin'));
    await writeFile(path.join(cwd, 'out/a.bin'), 'short');
    const other = fetchFrom(cwd, `127.0.0.1:${port}`, 'other', '--stall-timeout', '5');
    const end = await child.ended;
    expect(end.code, end.stderr).toBe(9);
    expect(end.stderr).toMatch(/\(exit 9\)$/m);
    other.kill();
    await other.ended;
  });
});
