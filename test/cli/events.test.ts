// `--events` of the real command, at every kind of end: each line is held against the shipped schema, `start` is the first and `done` the
// last and only one, and its exit code is that of the process.

import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Child, startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { namesOf, only, readEvents } from '../support/event-lines.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const LENGTH = 300_000;
const ALONE = ['--no-trackers', '--no-dht'];

/** A folder with `seed/a.bin`, `seed/b.bin` and torrents of them. */
async function prepare(...trackers: readonly string[]): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  for (const name of ['a', 'b']) {
    await writeFile(path.join(cwd, `seed/${name}.bin`), fixturePayload(name.charCodeAt(0), LENGTH));
    const urls = trackers.flatMap((url) => ['--tracker', url]);
    const end = await cli.run(['create', `seed/${name}.bin`, '-o', `${name}.torrent`, ...urls], { cwd });
    expect(end.code, end.stderr).toBe(0);
  }
  return cwd;
}

async function seed(cwd: string, ...args: readonly string[]): Promise<{ child: Child; peer: string }> {
  const child = cli.start(['seed', 'a.torrent', 'b.torrent', '--data', 'seed', ...ALONE, ...args], { cwd });
  const [, port] = await child.outputMatching(/seeding a\.bin on port (\d+)/);
  await child.outputMatching(/seeding b\.bin on port/);
  return { child, peer: `127.0.0.1:${port}` };
}

/** A tracker that takes announces and never answers one. */
async function silentTracker(): Promise<string> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce?passkey=0123456789abcdef0123456789abcdef`;
}

async function infoHashOf(cwd: string, file: string): Promise<string> {
  const end = await cli.run(['info', file, '--json'], { cwd });
  return (JSON.parse(end.stdout) as { infoHash: string }).infoHash;
}

describe('a download that goes well', () => {
  test('on stdout, where nothing else is then: every piece, the file, 0 and 100 percent', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const end = await cli.run(['download', 'a.torrent', '-o', 'out', ...ALONE, '--peer', peer, '--events'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    const lines = readEvents(end.stdout);
    const infoHash = await infoHashOf(cwd, 'a.torrent');
    for (const line of lines.slice(1, -1)) expect(line).toMatchObject({ id: 1, infoHash });
    const [torrent] = only(lines, 'torrent');
    expect(torrent).toMatchObject({ name: 'a.bin', size: LENGTH, files: 1, private: false, path: path.join(cwd, 'out/a.bin') });
    const pieces = only(lines, 'piece');
    expect(new Set(pieces.map((line) => line['piece']))).toEqual(new Set(Array.from({ length: 19 }, (_, index) => index)));
    expect(pieces.at(-1)).toMatchObject({ have: 19, pieces: 19 });
    expect(only(lines, 'file')).toMatchObject([{ index: 1, path: 'a.bin', size: LENGTH }]);
    expect(only(lines, 'peer')).toMatchObject([
      { state: 'connected', address: peer, incoming: false },
      { state: 'ended', address: peer, bytes: LENGTH },
    ]);
    const progress = only(lines, 'progress');
    expect(progress[0]).toMatchObject({ doneBytes: 0, totalBytes: LENGTH });
    expect(progress.at(-1)).toMatchObject({ doneBytes: LENGTH, phase: 'finished' });
    expect(only(lines, 'complete')).toMatchObject([{ size: LENGTH, downloadedBytes: LENGTH, alreadyComplete: false }]);
    expect(lines.at(-1)).toMatchObject({ exit: 0, name: 'ok', cause: null });
  });

  test('on a descriptor of the caller: the path stays on stdout; of two torrents each has its id', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const line = `download a.torrent b.torrent -o out ${ALONE.join(' ')} --peer ${peer} --events=3 3>events.jsonl`;
    const end = await cli.shell(line, { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout.split('\n').toSorted()).toEqual(['', 'out/a.bin', 'out/b.bin']);
    const lines = readEvents(await readFile(path.join(cwd, 'events.jsonl'), 'utf8'));
    for (const [index, name] of ['a', 'b'].entries()) {
      const own = lines.filter((event) => event.id === index + 1);
      expect(new Set(own.map((event) => event.infoHash))).toEqual(new Set([await infoHashOf(cwd, `${name}.torrent`)]));
      expect(only(own, 'complete')).toMatchObject([{ name: `${name}.bin` }]);
      expect(only(own, 'piece')).toHaveLength(19);
    }
  });

  test('a magnet link: its metadata first, its info hash from the beginning', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const infoHash = await infoHashOf(cwd, 'a.torrent');
    const link = `magnet:?xt=urn:btih:${infoHash}`;
    const end = await cli.run(['download', link, '-o', 'out', ...ALONE, '--peer', peer, '--events'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    const lines = readEvents(end.stdout);
    expect(only(lines, 'metadata')).toMatchObject([
      { state: 'fetching', infoHash },
      { state: 'fetched', infoHash },
    ]);
    expect(namesOf(lines).indexOf('torrent')).toBeGreaterThan(namesOf(lines).lastIndexOf('metadata'));
  });

  test('into a file, of data that is there: resumed, hashed, complete', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'events.jsonl'), 'old\n'.repeat(1000));
    const end = await cli.run(['download', 'a.torrent', '-o', 'seed', '--events=events.jsonl'], { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'seed/a.bin\n' });
    const lines = readEvents(await readFile(path.join(cwd, 'events.jsonl'), 'utf8'));
    expect(only(lines, 'verify').at(-1)).toMatchObject({ state: 'done', checkedBytes: LENGTH, bytesToCheck: LENGTH });
    expect(only(lines, 'resume')).toMatchObject([{ havePieces: 19, pieces: 19 }]);
    expect(only(lines, 'progress').at(-1)).toMatchObject({ doneBytes: LENGTH });
    expect(only(lines, 'complete')).toMatchObject([{ alreadyComplete: true, downloadedBytes: 0 }]);
  });
});

describe('every other end', () => {
  test.each([
    [
      'an unknown option',
      ['download', 'a.torrent', '--events', '--prot', '5'],
      "unknown option '--prot'",
      'Did you mean --port?',
    ],
    ['an unknown option in front', ['download', '--prot', '--events', 'a.torrent'], "unknown option '--prot'", null],
    ['a mistyped command', ['inof', '--events'], "'inof' is neither a command nor a file", null],
    ['a bad value', ['a.torrent', '--events', '--timeout', '5x'], "--timeout: '5x' is no duration", null],
    ['no torrent', ['download', '--events'], "missing required argument 'TORRENT'", null],
    ['an option that another command has', ['info', 'a.torrent', '--events'], "unknown option '--events' of effusion info", null],
    ['two things for stdout', ['download', 'a.torrent', '--events', '--json'], 'both write to stdout', null],
  ])('%s', async (_, args, message, hint) => {
    const end = await cli.run(args, { cwd: await makeTempFolder() });
    expect(end.code).toBe(2);
    const lines = readEvents(end.stdout);
    expect(namesOf(lines)).toEqual(['start', 'error', 'done']);
    expect(lines[1]).toMatchObject({ code: 'usage_error', exit: 2 });
    expect(lines[1]['message']).toContain(message);
    if (hint !== null) expect(lines[1]['hint']).toBe(hint);
    expect(lines[2]).toMatchObject({ exit: 2, name: 'usage', cause: null });
    expect(end.stderr).toMatch(/^effusion: error: .* \(exit 2\)\n$/);
  });

  test('--help: events on stdout, the help elsewhere', async () => {
    const end = await cli.run(['download', '--help', '--events']);
    expect(end.code).toBe(0);
    expect(namesOf(readEvents(end.stdout))).toEqual(['start', 'done']);
    expect(end.stderr).toContain('--events[=FD|FILE]');
  });

  test('a torrent that is not there, beside one that is', async () => {
    const cwd = await prepare();
    const end = await cli.run(['download', 'nothing.torrent', 'a.torrent', '-o', 'seed', '--events'], { cwd });
    expect(end.code).toBe(14);
    const lines = readEvents(end.stdout);
    expect(only(lines, 'error')).toMatchObject([{ id: 1, code: 'torrent_unreadable', exit: 3 }]);
    expect(only(lines, 'complete')).toMatchObject([{ id: 2 }]);
    expect(lines.at(-1)).toMatchObject({ exit: 14, name: 'some-failed' });
  });

  test('a plan: its lines elsewhere, an error for each torrent that has none', async () => {
    const cwd = await prepare();
    const end = await cli.run(['download', 'none.torrent', 'a.torrent', '--dry-run', '--events', '-o', 'out'], { cwd });
    expect(end.code).toBe(14);
    const events = readEvents(end.stdout);
    expect(namesOf(events)).toEqual(['start', 'error', 'done']);
    expect(only(events, 'error')).toMatchObject([{ id: 1, code: 'torrent_unreadable', exit: 3 }]);
    expect(end.stderr).toMatch(/^a\.bin: 293\.0 KiB in 1 file, 293\.0 KiB to fetch$/m);
  });

  test('a torrent that is named twice is a warning', async () => {
    const cwd = await prepare();
    const end = await cli.run(['download', 'a.torrent', 'a.torrent', '-j', '1', '-o', 'seed', '--events'], { cwd });
    expect(end.code).toBe(0);
    const lines = readEvents(end.stdout);
    expect(only(lines, 'warning')).toMatchObject([{ id: 2, code: 'same_torrent' }]);
    expect(only(lines, 'complete')).toMatchObject([{ id: 1 }]);
  });

  test('no peers: why, without the secrets of the tracker', async () => {
    const tracker = await silentTracker();
    const cwd = await prepare(tracker, 'http://127.0.0.1:9/announce?passkey=0123456789abcdef0123456789abcdef');
    const args = [
      'download',
      'a.torrent',
      '-o',
      'out',
      '--no-dht',
      '--peer',
      '127.0.0.1:9',
      '--no-peers-timeout',
      '1',
      '--events',
    ];
    const end = await cli.run(args, { cwd });
    expect(end.code).toBe(5);
    const lines = readEvents(end.stdout);
    expect(only(lines, 'peer')[0]).toMatchObject({ state: 'failed', address: '127.0.0.1:9', reason: 'refused' });
    expect(only(lines, 'error')).toMatchObject([{ id: 1, code: 'no_peers', exit: 5 }]);
    expect(lines.at(-1)).toMatchObject({ exit: 5, name: 'no-peers' });
    expect(end.stdout).not.toContain('0123456789abcdef0123456789abcdef');
  });

  test('a port that is taken, before any torrent has its turn', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const end = await cli.run(['download', 'a.torrent', '-o', 'out', ...ALONE, '-p', peer.split(':')[1], '--events'], { cwd });
    expect(end.code).toBe(8);
    const lines = readEvents(end.stdout);
    expect(namesOf(lines)).toEqual(['start', 'error', 'done']);
    expect(lines[1]).toMatchObject({ code: 'port_taken', exit: 8 });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s', async (signal, exit) => {
    const cwd = await prepare();
    const child = cli.start(['download', 'a.torrent', '-o', 'out', ...ALONE, '--events'], { cwd });
    await child.outputMatching(/"event":"progress"/);
    child.kill(signal);
    const end = await child.ended;
    expect(end.code).toBe(exit);
    const lines = readEvents(end.stdout);
    expect(only(lines, 'error')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ exit, cause: signal });
  });

  test('a second ^C at once', async () => {
    const cwd = await prepare(await silentTracker());
    const child = cli.start(['download', 'a.torrent', '-o', 'out', '--no-dht', '--events'], { cwd });
    await child.outputMatching(/"event":"progress"/);
    child.kill('SIGINT');
    await child.outputMatching(/stopping \(SIGINT\)/);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(readEvents(end.stdout).at(-1)).toMatchObject({ exit: 130, name: 'interrupt', cause: 'SIGINT' });
  });

  test('a reader that goes away ends the run in order', async () => {
    const cwd = await prepare();
    const line = `download a.torrent -o out ${ALONE.join(' ')} --events | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const end = await cli.shell(line, { cwd, timeoutMs: 20_000 });
    expect(end.timedOut).toBe(false);
    const [first, code] = end.stdout.split('\n');
    expect(JSON.parse(first)).toMatchObject({ event: 'start' });
    expect(code).toBe('9');
    expect(end.stderr).toContain('(exit 9)');
  });

  test('a reader that does not read holds nothing up, and gets all of it later', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'seed/big.bin'), fixturePayload(3, 16_000_000));
    await cli.run(['create', 'seed/big.bin', '-o', 'big.torrent', '--piece-length', '16K'], { cwd });
    const seeder = cli.start(['seed', 'big.torrent', '--data', 'seed', ...ALONE], { cwd });
    const [, port] = await seeder.outputMatching(/seeding big\.bin on port (\d+)/);
    const reader = '{ until [ -e out/big.bin ]; do sleep 0.05; done; cat; }';
    const line = `download big.torrent -o out ${ALONE.join(' ')} --peer 127.0.0.1:${port} --events | ${reader}`;
    const end = await cli.shell(line, { cwd, timeoutMs: 25_000 });
    expect(end.timedOut).toBe(false);
    expect(end.stdout.length).toBeGreaterThan(2 * 65_536);
    const lines = end.stdout.trimEnd().split('\n');
    const pieces = lines.filter((one) => one.includes('"event":"piece"'));
    expect(pieces).toHaveLength(977);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ event: 'done', exit: 0 });
  });

  test('a seed that is stopped', async () => {
    const cwd = await prepare();
    const child = cli.start(['seed', 'a.torrent', '--data', 'seed', ...ALONE, '--events=seed.jsonl'], { cwd });
    await child.outputMatching(/seeding a\.bin/);
    child.kill('SIGINT');
    expect((await child.ended).code).toBe(130);
    const lines = readEvents(await readFile(path.join(cwd, 'seed.jsonl'), 'utf8'));
    expect(only(lines, 'progress').some((line) => line['phase'] === 'seeding')).toBe(true);
    expect(lines.at(-1)).toMatchObject({ exit: 130 });
  });
});

test('a descriptor without the = is refused, unless there is a file of that name', async () => {
  const cwd = await makeTempFolder();
  const end = await cli.run(['none.torrent', '--events', '3'], { cwd });
  expect(end.stderr).toBe(
    "effusion: error: --events: '3' stands apart from it, and is no file. Its value is behind a =: --events=3. (exit 2)\n",
  );
  expect(end.stdout.trim().split('\n')).toHaveLength(3);
  await writeFile(path.join(cwd, '3'), '');
  expect((await cli.run(['--events', '3'], { cwd })).code).toBe(3);
});

describe('where they can not go', () => {
  test.each([
    ['a descriptor that is not open', '--events=37', 2, 'descriptor 37 is not open'],
    ['one that Node has for itself', '--events=4', 2, 'descriptor 4 is not open'],
    ['stdin', '--events=0', 2, 'descriptor 0 is stdin'],
    ['nothing', '--events=', 2, '--events= names nothing'],
    [
      'a folder that is not there',
      '--events=nowhere/events.jsonl',
      9,
      'cannot write nowhere/events.jsonl: there is no folder nowhere (ENOENT). Name another with --events=FILE. (exit 9)',
    ],
  ])('%s', async (_, option, code, message) => {
    const cwd = await makeTempFolder();
    const end = await cli.run(['download', 'a.torrent', option], { cwd });
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(message);
    expect(end.stdout).toBe('');
  });

  test('a descriptor that is open for reading only', async () => {
    const cwd = await prepare();
    const end = await cli.shell('download a.torrent --events=3 3<a.torrent', { cwd });
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('descriptor 3 is not open for writing');
  });

  test('a full disk is a failure, also where the data is whole', async () => {
    const cwd = await prepare();
    const end = await cli.run(['download', 'a.torrent', '-o', 'seed', '--events=/dev/full'], { cwd });
    expect(end.code).toBe(9);
    expect(end.stderr).toMatch(/cannot write to the events: no space left on the device \(ENOSPC\)/);
    expect(existsSync(path.join(cwd, 'seed/a.bin'))).toBe(true);
  });
});

const hasJq = existsSync('/usr/bin/jq');

test.skipIf(!hasJq)('the recipes of the README run as printed', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, recipes] = /### For scripts: events\n\n```sh\n([^]*?)```/.exec(readme) ?? [];
  const cwd = await prepare();
  const peer = await seed(cwd);
  await rename(path.join(cwd, 'a.torrent'), path.join(cwd, 'ubuntu.torrent'));
  const node = `${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)}`;
  const command = `effusion() { ${node} "$@" -o out ${ALONE.join(' ')} --peer ${peer.peer}; }`;
  const env = { EFFUSION_NO_LSD: '1' };
  const first = await startChild('/bin/bash', ['-c', `${command}\n${recipes}`], { cwd, env }).ended;
  expect(first.stdout).toMatch(/^0% from 0 peers\n(?:.*\n)*100% from 0 peers\n/);
  await writeFile(path.join(cwd, 'ubuntu.torrent'), 'no torrent');
  const second = await startChild('/bin/bash', ['-c', `${command}\n${recipes}`], { cwd, env }).ended;
  expect(second.stdout).toMatch(/^invalid_metainfo: .+\n$/);
});
