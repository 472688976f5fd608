// What scripts get of a download at its end, from the real command: `--json`, `--receipt` and the hook of `--exec`, where it goes well and
// where it does not.

import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { readEvents } from '../support/event-lines.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const LENGTH = 300_000;
const ALONE = ['--no-trackers', '--no-dht'];
const payload = fixturePayload(5, LENGTH);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

type Fields = Record<string, unknown>;

/** `seed/it's here/…` of two files, a torrent of it, and one of a single file. */
async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, "seed/it's here"), { recursive: true });
  await writeFile(path.join(cwd, "seed/it's here/one.bin"), payload);
  await writeFile(path.join(cwd, "seed/it's here/two $(touch x).bin"), payload.subarray(0, 1000));
  await writeFile(path.join(cwd, 'seed/b.bin'), fixturePayload(6, LENGTH));
  for (const [source, torrent] of [
    ["seed/it's here", 'a.torrent'],
    ['seed/b.bin', 'b.torrent'],
  ]) {
    const end = await cli.run(['create', source, '-o', torrent], { cwd });
    expect(end.code, end.stderr).toBe(0);
  }
  return cwd;
}

async function seed(cwd: string): Promise<string> {
  const child = cli.start(['seed', 'a.torrent', 'b.torrent', '--data', 'seed', ...ALONE], { cwd });
  const [, port] = await child.outputMatching(/seeding it's here on port (\d+)/);
  await child.outputMatching(/seeding b\.bin on port/);
  return `127.0.0.1:${port}`;
}

/** An executable that writes down what it was given, and then does what `rest` says. */
async function writeHook(cwd: string, rest = ''): Promise<string> {
  const file = path.join(cwd, 'my hook.sh');
  const script = `#!/bin/sh\nfor word in "$@"; do echo "<$word>" >> words; done\ncat > input\nenv | grep ^EFFUSION_ > env\n${rest}\n`;
  await writeFile(file, script);
  await chmod(file, 0o755);
  return `'${file}'`;
}

const lineOf = (text: string): Fields => JSON.parse(text) as Fields;

describe('--json of a run that is refused', () => {
  test.each([
    ['an unknown option', ['download', 'a.torrent', '--json', '--frob'], 'usage_error', 2],
    ['a value that is none', ['--json', 'a.torrent', '--timeout', 'soon'], 'usage_error', 2],
    ['a value that is none of the choices', ['a.torrent', '--json', '--overwrite', 'x'], 'usage_error', 2],
    ['an option of every command', ['seed', 'a.torrent', '--json', '--progress', 'x'], 'usage_error', 2],
    ['no torrent', ['download', '--json'], 'usage_error', 2],
    ['a slip in the name of the command', ['dwonload', 'x', '--json'], 'usage_error', 2],
    ['options that leave each other without a use', ['a.torrent', '--json', '-q', '-v'], 'usage_error', 2],
    ['a log file that cannot be', ['a.torrent', '--json', '--log-file', '/nope/x'], 'output_failed', 9],
  ])('%s: one object, and no hook', async (_, args, code, exit) => {
    const cwd = await makeTempFolder();
    const end = await cli.run([...args, '--exec-error', 'touch hooked'], { cwd });
    expect(end.code, end.stderr).toBe(exit);
    expect(end.stdout.trimEnd()).not.toContain('\n');
    const result = lineOf(end.stdout);
    expect(result).toMatchObject({ v: 1, torrent: null, status: 'failed', exit, error: { code, exit } });
    const { message, hint } = result['error'] as Fields;
    expect(end.stderr).toContain(`effusion: error: ${String(message)}. ${String(hint)} (exit ${exit})\n`);
    expect(existsSync(path.join(cwd, 'hooked'))).toBe(false);
  });

  test('where the events have stdout it is theirs', async () => {
    const end = await cli.run(['a.torrent', '--json', '--events', '--frob'], { cwd: await makeTempFolder() });
    expect(
      end.stdout
        .trimEnd()
        .split('\n')
        .map((line) => lineOf(line)['event']),
    ).toEqual(['start', 'error', 'done']);
  });
});

describe('--json', () => {
  test('one object in place of the path', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd);
    const end = await cli.run(['download', 'a.torrent', '-o', 'out', ...ALONE, '--peer', peer, '--json'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout.trimEnd()).not.toContain('\n');
    expect(lineOf(end.stdout)).toMatchObject({
      v: 1,
      torrent: 'a.torrent',
      status: 'complete',
      exit: 0,
      name: "it's here",
      path: path.join(cwd, "out/it's here"),
      size: LENGTH + 1000,
      files: [
        { index: 1, path: path.join(cwd, "out/it's here/one.bin"), length: LENGTH },
        { index: 2, path: path.join(cwd, "out/it's here/two $(touch x).bin"), length: 1000 },
      ],
      alreadyComplete: false,
      doneBytes: LENGTH + 1000,
      downloadedBytes: LENGTH + 1000,
      error: null,
    });
  });

  test('also of a torrent that failed, and of one that was there', async () => {
    const cwd = await prepare();
    const end = await cli.run(['download', 'b.torrent', 'gone.torrent', '-j', '1', '-o', 'seed', '--json'], { cwd });
    expect(end.code).toBe(14);
    const [whole, failed] = end.stdout.trimEnd().split('\n').map(lineOf);
    expect(whole).toMatchObject({ torrent: 'b.torrent', status: 'complete', alreadyComplete: true, doneBytes: LENGTH });
    expect(failed).toMatchObject({
      torrent: 'gone.torrent',
      status: 'failed',
      exit: 3,
      infoHash: null,
      name: null,
      path: null,
      files: null,
    });
    expect(failed['error']).toMatchObject({ code: 'torrent_unreadable', exit: 3 });
  });

  test('also where no torrent had its turn', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd);
    const end = await cli.run(['download', 'a.torrent', ...ALONE, '--port', peer.split(':')[1], '--json'], { cwd });
    expect(end.code).toBe(8);
    expect(lineOf(end.stdout)).toMatchObject({ torrent: null, status: 'failed', exit: 8, error: { code: 'port_taken' } });
  });

  test('also where it was stopped', async () => {
    const cwd = await prepare();
    const child = cli.start(['download', 'a.torrent', '-o', 'out', ...ALONE, '--json', '--events=e.jsonl'], { cwd });
    await child.outputMatching(/it's here: .* in 2 files to out/);
    child.kill('SIGTERM');
    const end = await child.ended;
    expect(end.code).toBe(143);
    expect(lineOf(end.stdout)).toMatchObject({ status: 'stopped', exit: 143, name: "it's here", error: null });
  });
});

describe('--receipt', () => {
  test('what is on the disk, and where it came from', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd);
    const args = ['download', 'a.torrent', '-o', 'out', ...ALONE, '--peer', peer, '--receipt', 'r.json'];
    const end = await cli.run(args, { cwd });
    expect(end.code, end.stderr).toBe(0);
    const receipt = lineOf(await readFile(path.join(cwd, 'r.json'), 'utf8'));
    expect(receipt).toMatchObject({
      v: 1,
      name: "it's here",
      size: LENGTH + 1000,
      files: [
        { path: "it's here/one.bin", size: LENGTH, sha256: sha256(payload) },
        { path: "it's here/two $(touch x).bin", size: 1000, sha256: sha256(payload.subarray(0, 1000)) },
      ],
      sources: { peers: [{ address: peer, bytes: LENGTH + 1000 }], otherPeersBytes: 0, webSeeds: [] },
      downloadedBytes: LENGTH + 1000,
      waste: { bytes: 0, hashFailures: 0 },
    });
    const times = ['startedAt', 'firstByteAt', 'endedAt'].map((name) => Date.parse(String(receipt[name])));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(readdirSync(cwd).filter((name) => name.includes('receipt'))).toEqual([]);
  });

  test('of several torrents a line each, of those that are whole', async () => {
    const cwd = await prepare();
    const args = ['download', 'a.torrent', 'gone.torrent', 'b.torrent', '-o', 'seed', '--receipt', 'r.jsonl'];
    expect((await cli.run(args, { cwd })).code).toBe(14);
    const lines = (await readFile(path.join(cwd, 'r.jsonl'), 'utf8')).trimEnd().split('\n').map(lineOf);
    expect(lines.map((line) => String(line['name'])).toSorted()).toEqual(['b.bin', "it's here"]);
  });

  test('nothing where it failed', async () => {
    const cwd = await prepare();
    const end = await cli.run(['download', 'gone.torrent', '--receipt', 'r.json'], { cwd });
    expect(end.code).toBe(3);
    expect(existsSync(path.join(cwd, 'r.json'))).toBe(false);
  });

  test('a place where it can not be is refused before anything is fetched', async () => {
    const cwd = await prepare();
    const end = await cli.run(['download', 'a.torrent', '-o', 'out', '--receipt', 'nowhere/r.json'], { cwd });
    expect(end.code).toBe(9);
    expect(end.stderr).toMatch(
      /--receipt: cannot write nowhere\/r\.json: there is no folder nowhere\. Name another with --receipt\. \(exit 9\)/,
    );
    expect(existsSync(path.join(cwd, 'out'))).toBe(false);
  });
});

test('of chosen files alone: in the result, the events and the receipt', async () => {
  const cwd = await prepare();
  const peer = await seed(cwd);
  const args = [
    'download',
    'a.torrent',
    '-o',
    'out',
    ...ALONE,
    '--peer',
    peer,
    '--files',
    'two*',
    '--json',
    '--receipt',
    'r.json',
  ];
  for (const alreadyComplete of [false, true]) {
    const end = await cli.run([...args, '--events=e.jsonl'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    const result = lineOf(end.stdout);
    const files = [{ index: 2, path: path.join(cwd, "out/it's here/two $(touch x).bin"), length: 1000 }];
    expect(result).toMatchObject({ status: 'complete', size: 1000, files, alreadyComplete });
    const lines = readEvents(await readFile(path.join(cwd, 'e.jsonl'), 'utf8'));
    expect(lines.find((line) => line.event === 'torrent')).toMatchObject({ size: 1000, files: 1 });
    expect(lines.find((line) => line.event === 'complete')).toMatchObject({ size: 1000, files });
    const last = lines.findLast((line) => line.event === 'progress');
    expect(last?.['doneBytes']).toBe(last?.['totalBytes']);
    expect(result['doneBytes']).toBe(last?.['totalBytes']);
    const receipt = lineOf(await readFile(path.join(cwd, 'r.json'), 'utf8'));
    expect(receipt).toMatchObject({
      size: 1000,
      files: [{ path: "it's here/two $(touch x).bin", size: 1000, sha256: sha256(payload.subarray(0, 1000)) }],
    });
  }
});

test('the receipt names files where they lie: its digests can be checked there', async () => {
  const cwd = await prepare();
  const peer = await seed(cwd);
  const placed = ['--files', 'two*', '--name', 'kept', '--receipt', 'r.json'];
  const end = await cli.run(['download', 'a.torrent', '-o', 'out', ...ALONE, '--peer', peer, ...placed], { cwd });
  expect(end.code, end.stderr).toBe(0);
  const { files } = lineOf(await readFile(path.join(cwd, 'r.json'), 'utf8')) as { files: { path: string; sha256: string }[] };
  expect(files).toMatchObject([{ path: 'kept/two $(touch x).bin' }]);
  expect(sha256(await readFile(path.join(cwd, 'out', files[0].path)))).toBe(files[0].sha256);
});

describe('--exec', () => {
  const whole = (hook: string, ...args: readonly string[]): string[] => [
    'download',
    'a.torrent',
    '-o',
    'seed',
    '--exec',
    hook,
    ...args,
  ];

  test('is run with its words, the result and the environment; what it writes is on stderr', async () => {
    const cwd = await prepare();
    const hook = await writeHook(cwd, 'echo to stdout; echo to stderr >&2');
    const end = await cli.run(whole(`${hook} --flag "two words" it\\'s '$HOME'`, '--receipt', 'r.json', '--events=e.jsonl'), {
      cwd,
    });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout).toBe("seed/it's here\n");
    expect(end.stderr).toContain('to stdout\n');
    expect(end.stderr).toContain('to stderr\n');
    expect(await readFile(path.join(cwd, 'words'), 'utf8')).toBe("<--flag>\n<two words>\n<it's>\n<$HOME>\n");
    const result = lineOf(await readFile(path.join(cwd, 'input'), 'utf8'));
    expect(result).toMatchObject({ status: 'complete', name: "it's here", size: LENGTH + 1000 });
    // Of one moment for all: the receipt, which comes in between, takes its time.
    const { elapsedMs } = result;
    expect(lineOf(await readFile(path.join(cwd, 'r.json'), 'utf8'))).toMatchObject({ elapsedMs });
    const lines = readEvents(await readFile(path.join(cwd, 'e.jsonl'), 'utf8'));
    expect(lines.find((line) => line.event === 'complete')).toMatchObject({ elapsedMs });
    const environment = (await readFile(path.join(cwd, 'env'), 'utf8')).split('\n');
    expect(environment).toContain('EFFUSION_EVENT=complete');
    expect(environment).toContain('EFFUSION_STATUS=complete');
    expect(environment).toContain(`EFFUSION_PATH=${path.join(cwd, "seed/it's here")}`);
    expect(environment).toContain("EFFUSION_NAME=it's here");
    expect(environment).toContain(`EFFUSION_SIZE=${LENGTH + 1000}`);
    expect(environment).toContain(`EFFUSION_INFO_HASH=${String(result['infoHash'])}`);
  });

  test.each([
    ['a code', 'exit 3', /--exec: .*my hook\.sh ended with 3\. The data is whole\. .* \(exit 12\)/],
    ['a signal', 'kill -KILL $$', /--exec: .*my hook\.sh was ended by SIGKILL\. The data is whole\. .* \(exit 12\)/],
  ])('%s: 12, and the data stays', async (_, rest, message) => {
    const cwd = await prepare();
    const end = await cli.run(whole(await writeHook(cwd, rest), '--json', '--events=e.jsonl'), { cwd });
    expect(end.code).toBe(12);
    expect(end.stderr).toMatch(message);
    expect(lineOf(end.stdout)).toMatchObject({
      status: 'failed',
      exit: 12,
      alreadyComplete: true,
      error: { code: 'hook_failed' },
    });
    const names = readEvents(await readFile(path.join(cwd, 'e.jsonl'), 'utf8')).map((line) => line.event);
    expect(names.slice(-3)).toEqual(['complete', 'error', 'done']);
    expect(existsSync(path.join(cwd, "seed/it's here/one.bin"))).toBe(true);
  });

  test('a command that is not there: 12', async () => {
    const cwd = await prepare();
    const end = await cli.run(whole('./no-such-command'), { cwd });
    expect(end.code).toBe(12);
    expect(end.stderr).toMatch(/--exec: \.\/no-such-command could not be started: .*ENOENT/);
  });

  test('one that takes too long is ended: 12', async () => {
    const cwd = await prepare();
    const end = await cli.run(whole(await writeHook(cwd, 'exec sleep 60'), '--exec-timeout', '300ms'), { cwd });
    expect(end).toMatchObject({ code: 12, timedOut: false });
    expect(end.stderr).toMatch(/took longer than --exec-timeout/);
  });

  test.each([
    ['gives up', 'exit 1', 143, 'stopped'],
    ['is through with it', 'exit 0', 0, 'complete'],
  ])('a signal goes to it, and the run ends in order when it %s', async (_, last, code, status) => {
    const cwd = await prepare();
    const hook = await writeHook(cwd, `trap 'echo heard; ${last}' TERM; echo ready; while :; do sleep 0.05; done`);
    const child = cli.start(whole(hook, '--json'), { cwd });
    await child.outputMatching(/^ready$/m);
    child.kill('SIGTERM');
    const end = await child.ended;
    // Said before the hook has done anything about it: it may take its time.
    expect(end.stderr).toMatch(/^stopping \(SIGTERM\); once more to stop at once\n(?:.*\n)*heard$/m);
    expect(end.code).toBe(code);
    expect(lineOf(end.stdout)).toMatchObject({ status, exit: code, alreadyComplete: true });
  });

  test('a signal that is for both ends the run, though the end of the hook is seen first', async () => {
    const cwd = await prepare();
    // `kill -0` finds it until its parent has heard of its end.
    const both = `bash -c '(while kill -0 $$; do :; done; kill -INT $PPID) &> /dev/null & kill -INT $$'`;
    const end = await cli.run(whole(both), { cwd });
    expect(end.code, end.stderr).toBe(130);
    expect(end.stderr).toContain('stopped while --exec ran; the data is whole\n');
  });

  test('--exec-error: for the one that failed, with why; its own failure changes nothing', async () => {
    const cwd = await prepare();
    const hook = await writeHook(cwd, 'exit 7');
    const args = ['download', 'gone.torrent', '--exec-error', hook, '--exec', './never', '--events=e.jsonl', '--json'];
    const end = await cli.run(args, { cwd });
    expect(end.code).toBe(3);
    expect(lineOf(end.stdout)).toMatchObject({ status: 'failed', exit: 3 });
    expect(end.stderr).toMatch(/warning: --exec-error: .*my hook\.sh ended with 7/);
    expect(lineOf(await readFile(path.join(cwd, 'input'), 'utf8'))).toEqual({
      ...lineOf(end.stdout),
      elapsedMs: expect.any(Number) as number,
    });
    const environment = (await readFile(path.join(cwd, 'env'), 'utf8')).split('\n');
    expect(environment).toContain('EFFUSION_EVENT=error');
    expect(environment).toContain('EFFUSION_ERROR=torrent_unreadable');
    expect(environment).toContain('EFFUSION_EXIT=3');
    const lines = readEvents(await readFile(path.join(cwd, 'e.jsonl'), 'utf8'));
    expect(lines.map((line) => line.event)).toEqual(['start', 'error', 'warning', 'done']);
    expect(lines[2]).toMatchObject({ id: 1, code: 'hook_failed' });
  });

  test('--exec-error also runs where --timeout ended it, and not where a signal did', async () => {
    const cwd = await prepare();
    const hook = await writeHook(cwd);
    const args = ['download', 'a.torrent', '-o', 'out', ...ALONE, '--exec-error', hook];
    expect((await cli.run([...args, '--timeout', '500ms'], { cwd })).code).toBe(124);
    expect(await readFile(path.join(cwd, 'env'), 'utf8')).toContain('EFFUSION_ERROR=timed_out\n');
    await rm(path.join(cwd, 'env'));
    const child = cli.start(args, { cwd });
    await child.outputMatching(/it's here: .* in 2 files to out/);
    child.kill('SIGINT');
    expect((await child.ended).code).toBe(130);
    expect(existsSync(path.join(cwd, 'env'))).toBe(false);
  });

  test.each([
    ['an open quote', "'abc", /has no second '/],
    ['a lone backslash', 'abc \\', /ends with a backslash/],
    ['nothing', '  ', /--exec names no command/],
  ])('%s is refused', async (_, command, message) => {
    const end = await cli.run(['download', 'a.torrent', '--exec', command], { cwd: await makeTempFolder() });
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(message);
  });
});
