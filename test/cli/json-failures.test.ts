// A command with --json always has an object to read on stdout, also where it failed or was refused: the same error that stands on stderr, with the
// exit code that the run ends with. How download and seed tell it is in results.test.ts.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { commandsWith } from '../support/command-names.js';
import { freePort } from '../support/free-port.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** What each command fails with, by its arguments. */
const FAILURES: Readonly<Record<string, readonly [args: string, code: string, exit: number]>> = {
  download: ['none.torrent', 'torrent_unreadable', 3],
  seed: ['none.torrent', 'torrent_unreadable', 3],
  create: ['none', 'usage_error', 2],
  edit: ['none.torrent --comment x --in-place', 'torrent_unreadable', 3],
  info: ['none.torrent', 'torrent_unreadable', 3],
  files: ['none.torrent', 'torrent_unreadable', 3],
  magnet: ['none.torrent', 'torrent_unreadable', 3],
  metadata: ['none.torrent', 'torrent_unreadable', 3],
  verify: ['none.torrent', 'torrent_unreadable', 3],
  peers: ['none.torrent', 'torrent_unreadable', 3],
  doctor: ['none.torrent', 'torrent_unreadable', 3],
  config: ['nonsense', 'usage_error', 2],
};

interface Facts {
  readonly code: string;
  readonly exit: number;
  readonly message: string;
  readonly hint: string;
}

/** The one object on stdout, which says what stderr says. */
function expectError(end: ChildEnd, code: string, exit: number): Record<string, unknown> {
  expect(end.code, end.stderr).toBe(exit);
  expect(end.stdout).toMatch(/^\{.*\}\n$/);
  const object = JSON.parse(end.stdout) as Record<string, unknown>;
  const error = object['error'] as Facts;
  expect(error).toMatchObject({ code, exit });
  expect(end.stderr).toContain(`effusion: error: ${error.message}. ${error.hint} (exit ${exit})\n`);
  return object;
}

async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'data'));
  for (const name of ['a', 'b']) {
    await writeFile(path.join(cwd, 'data', name), name);
    expect((await cli.run(['create', `data/${name}`], { cwd })).code).toBe(0);
  }
  return cwd;
}

const linesOf = ({ stdout }: ChildEnd): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('every command with --json is tried', () => {
  expect(Object.keys(FAILURES).toSorted()).toEqual([...commandsWith('--json')].toSorted());
});

describe.each(Object.entries(FAILURES))('%s', (command, [args, code, exit]) => {
  test('that fails', async () => {
    const end = await cli.run([command, ...args.split(' '), '--json'], { cwd: await makeTempFolder() });
    expectError(end, code, exit);
  });

  test('that is refused', async () => {
    const end = await cli.run([command, '--frob', '--json'], { cwd: await makeTempFolder() });
    expectError(end, 'usage_error', 2);
  });
});

test('swarm says it where somebody waits for its line, and nothing is asked for', async () => {
  const cwd = await makeTempFolder();
  expect(Object.keys(expectError(await cli.run(['swarm', 'none'], { cwd }), 'usage_error', 2))).toEqual(['error']);
  const shown = await cli.terminal('', 'swarm none', { cwd });
  expect(shown.stdout).toMatch(/^effusion: error: there is no file or folder none/);
});

test('a value that is the name of a command, and one that looks like the option, are values', async () => {
  const cwd = await makeTempFolder();
  const named = await cli.run(['--log-file', 'info', 'none.torrent', '--json', '--frob'], { cwd });
  expect(expectError(named, 'usage_error', 2)).toMatchObject({ v: 1, torrent: null, status: 'failed' });
  const saved = await cli.run(['info', 'none.torrent', '--save', '--json'], { cwd });
  expect(saved).toMatchObject({ code: 3, stdout: '' });
});

test('a configuration that says it counts as the option does', async () => {
  const cwd = await makeTempFolder();
  await writeFile(path.join(cwd, 'own.toml'), 'json = true\n');
  expectError(await cli.run(['create', 'none', '--config', 'own.toml'], { cwd }), 'usage_error', 2);
  expectError(await cli.run(['create', 'none'], { cwd, env: { EFFUSION_JSON: '1' } }), 'usage_error', 2);
});

test.each(['info', 'verify'])('%s of several torrents: the error of one stands in its place, with its name', async (command) => {
  const cwd = await prepare();
  const end = await cli.run([command, 'a.torrent', 'none.torrent', 'b.torrent', '--json', ...dataOf(command)], { cwd });
  expect(end.code).toBe(14);
  const [first, failed, last, ...more] = linesOf(end);
  expect([first['name'], last['name'], more]).toEqual(['a', 'b', []]);
  expect(failed).toEqual({ input: 'none.torrent', error: expect.objectContaining({ code: 'torrent_unreadable', exit: 3 }) });
});

test('of a plan too', async () => {
  const cwd = await prepare();
  const end = await cli.run(['download', 'none.torrent', 'a.torrent', '--dry-run', '--json'], { cwd });
  expect(end.code).toBe(14);
  expect(linesOf(end)).toMatchObject([
    { input: 'none.torrent', error: { exit: 3 } },
    { dryRun: true, name: 'a' },
  ]);
});

test('what was found out is one object, with the error in it where that is one', async () => {
  const cwd = await prepare();
  await writeFile(path.join(cwd, 'data/a'), 'x');
  const bad = await cli.run(['verify', 'a.torrent', 'data', '--json'], { cwd });
  expect(bad.code).toBe(10);
  expect(JSON.parse(bad.stdout)).toMatchObject({ whole: false });
  expect(bad.stdout).not.toContain('"error"');
  const wrong = await cli.run(['verify', 'b.torrent', 'data', '--checksum', `md5:${'0'.repeat(32)}`, '--json'], { cwd });
  expect(wrong.code).toBe(11);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ whole: true, error: { code: 'checksum_mismatch', exit: 11 } });
  const dead = `http://127.0.0.1:${await freePort()}/announce`;
  const scrape = await cli.run(['info', 'a.torrent', '--scrape', '--no-dht', '--tracker', dead, '--json'], { cwd });
  expect(scrape.code).toBe(6);
  expect(JSON.parse(scrape.stdout)).toMatchObject({
    name: 'a',
    scrape: [{ error: 'connection refused' }],
    error: { code: 'network_failed', exit: 6 },
  });
});

test('a torrent whose trackers do not answer is shown all the same, where it waits for one before it', async () => {
  const cwd = await prepare();
  const dead = `http://127.0.0.1:${await freePort()}/announce`;
  const end = await cli.run(['info', 'a.torrent', 'b.torrent', '--scrape', '--no-dht', '--tracker', dead, '--json'], { cwd });
  expect(end.code).toBe(6);
  expect(linesOf(end).map(({ name }) => name)).toEqual(['a', 'b']);
});

function dataOf(command: string): string[] {
  return command === 'verify' ? ['--data', 'data'] : [];
}
