// `--files` and its like, through the command: what it leaves on the disk, what it refuses before anything is opened, and what it says.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCountingProxy } from '../support/counting-proxy.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import type { Child } from '../support/child-process.js';
import { filesBelow } from '../support/engine-rig.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const README = new TextEncoder().encode('A page to read before the rest.\n'.repeat(30));
const FILES: readonly (readonly [string, Uint8Array])[] = [
  ['big.bin', pseudoRandomBytes('big', 20_000_003)],
  ['docs/guide.txt', pseudoRandomBytes('guide', 300_001)],
  ['more.bin', pseudoRandomBytes('more', 10_000_000)],
  ['readme.txt', README],
];
const ALONE = ['--only-peers'];

async function prepare(): Promise<{ cwd: string; peer: string; seeder: Child }> {
  const cwd = await makeTempFolder();
  for (const [name, bytes] of FILES) {
    await mkdir(path.dirname(path.join(cwd, 'seed/album', name)), { recursive: true });
    await writeFile(path.join(cwd, 'seed/album', name), bytes);
  }
  const made = await cli.run(['create', 'seed/album', '-o', 'album.torrent', '--piece-length', '256K'], { cwd });
  expect(made.code, made.stderr).toBe(0);
  const seeder = cli.start(['seed', 'album.torrent', '--data', 'seed', '--no-trackers'], { cwd, timeoutMs: 60_000 });
  const [, port] = await seeder.outputMatching(/seeding album on port (\d+)/);
  return { cwd, peer: `127.0.0.1:${port}`, seeder };
}

const bytesOf = (name: string): Uint8Array => FILES.find(([other]) => other === name)?.[1] ?? new Uint8Array();

async function expectFiles(cwd: string, names: readonly string[]): Promise<void> {
  expect(await filesBelow(path.join(cwd, 'out'))).toEqual(names.map((name) => `album/${name}`).toSorted());
  for (const name of names) expect(Buffer.compare(await readFile(path.join(cwd, 'out/album', name)), bytesOf(name))).toBe(0);
}

test('one small file of 30 MB is one file, and once more is nothing to do', { timeout: 60_000 }, async () => {
  const { cwd, peer, seeder } = await prepare();
  const args = ['download', 'album.torrent', '-o', 'out', '--files', 'readme.txt', ...ALONE];
  const proxy = await startCountingProxy(Number(peer.split(':')[1]));
  const end = await cli.run([...args, '--peer', `127.0.0.1:${proxy.port}`], { cwd });
  expect(end).toMatchObject({ code: 0, stdout: 'out/album\n' });
  expect(end.stderr).toContain(`album: ${README.length} B in 1 of 4 files to out`);
  expect(end.stderr).toContain(`done: out/album, ${README.length} B in `);
  await expectFiles(cwd, ['readme.txt']);
  // It lies in one piece, of which the seeder sent one copy.
  expect(proxy.bytesFromTarget()).toBeLessThan(2 * 256 * 1024);
  seeder.kill('SIGKILL');
  await seeder.ended;

  const told = await cli.run([...args, '--peer', peer, '--json', '--receipt', 'receipt.json'], { cwd });
  const { length } = README;
  const whole = { status: 'complete', alreadyComplete: true, size: length };
  expect(JSON.parse(told.stdout)).toMatchObject({ ...whole, files: [{ path: path.join(cwd, 'out/album/readme.txt'), length }] });
  const receipt = JSON.parse(await readFile(path.join(cwd, 'receipt.json'), 'utf8')) as { files: unknown[] };
  expect(receipt.files).toEqual([expect.objectContaining({ path: 'album/readme.txt', size: README.length })]);

  const again = await cli.run([...args, '--peer', peer], { cwd });
  expect(again).toMatchObject({ code: 0, stdout: 'out/album\n' });
  expect(again.stderr).toContain(`already complete: out/album (${README.length} B)`);
  await expectFiles(cwd, ['readme.txt']);

  const verified = await cli.run(['verify', 'album.torrent', 'out', '--files', 'readme.txt'], { cwd });
  expect(verified.code).toBe(0);
  expect(verified.stderr).toContain('0 of 1 piece verified, 1 piece shared with files that are not there');
  const all = await cli.run(['verify', 'album.torrent', 'out'], { cwd });
  expect(all.code).toBe(10);
  expect(all.stdout).toBe('missing: album/big.bin\nmissing: album/docs/guide.txt\nmissing: album/more.bin\n');
});

test('as it is written for aria2', { timeout: 60_000 }, async () => {
  const { cwd, peer } = await prepare();
  // Nothing of it is slow or wanted to be: that they are taken for what they mean is all.
  const habits = [
    '--select-file=2,4',
    '--seed-time=0',
    '--seed-ratio=2',
    '--dir=out',
    '-c',
    '--max-download-limit=50M',
    '--stop=50',
  ];
  const end = await cli.run(['album.torrent', ...habits, ...ALONE, '--peer', peer], { cwd });
  expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'out/album\n' });
  expect(end.stderr).not.toContain('seeding');
  await expectFiles(cwd, ['docs/guide.txt', 'readme.txt']);
});

test('with the ratio alone it serves, as aria2 does', { timeout: 60_000 }, async () => {
  const { cwd, peer } = await prepare();
  const args = ['album.torrent', '--select-file=4', '--seed-ratio=1.0', '-d', 'out', '--no-trackers', '--no-dht', '--peer', peer];
  const child = cli.start(args, { cwd, timeoutMs: 60_000 });
  await child.outputMatching(/seeding album on port \d+ until its ratio is 1$/m);
  child.kill('SIGINT');
  expect((await child.ended).code).toBe(130);
});

test('globs, exclusions, orders; then the rest is fetched, and nothing twice', { timeout: 60_000 }, async () => {
  const { cwd, peer } = await prepare();
  const args = ['download', 'album.torrent', '-o', 'out', ...ALONE, '--peer', peer];
  const some = await cli.run([...args, '-s', '!big.bin', '--priority', 'docs/**=high', '--sequential', '--first-last'], { cwd });
  expect(some.code, some.stderr).toBe(0);
  await expectFiles(cwd, ['docs/guide.txt', 'more.bin', 'readme.txt']);
  const checked = await cli.run(['verify', 'album.torrent', 'out', '-s', 'more.bin', '--json'], { cwd });
  expect(JSON.parse(checked.stdout)).toMatchObject({
    whole: true,
    badPieces: 0,
    uncheckedPieces: 0,
    files: [{ path: 'album/more.bin' }],
  });
  const rest = await cli.run(args, { cwd });
  expect(rest.code, rest.stderr).toBe(0);
  await expectFiles(
    cwd,
    FILES.map(([name]) => name),
  );
});

test('kill -9 again and again in a choice loses nothing, and leaves nothing', { timeout: 120_000 }, async () => {
  const { cwd, peer } = await prepare();
  const proxy = await startCountingProxy(Number(peer.split(':')[1]));
  const names = ['docs/guide.txt', 'more.bin'];
  const args = ['download', 'album.torrent', '-o', 'out', '--files', '2,3', ...ALONE, '--peer', `127.0.0.1:${proxy.port}`];
  for (let kill = 1; kill <= 5; kill++) {
    const run = cli.start([...args, '--max-download', '8M'], { cwd });
    await Promise.race([run.ended, proxy.reached(proxy.bytesFromTarget() + 1_500_000)]);
    run.kill('SIGKILL');
    await run.ended;
    const there = await filesBelow(path.join(cwd, 'out'));
    expect(there.filter((name) => /big|readme/.test(name))).toEqual([]);
  }
  const last = await cli.run(args, { cwd });
  expect(last.code, last.stderr).toBe(0);
  await expectFiles(cwd, names);
  expect(proxy.bytesFromTarget()).toBeLessThan(10_300_001 * 1.05 + 5 * 4 * 256 * 1024);
});

test('a magnet link chooses files itself, from 0, unless --files does', { timeout: 60_000 }, async () => {
  const { cwd, peer } = await prepare();
  const info = await cli.run(['info', 'album.torrent', '--json'], { cwd });
  const { infoHash } = JSON.parse(info.stdout) as { infoHash: string };
  const link = `magnet:?xt=urn:btih:${infoHash}&x.pe=${peer}&so=3`;
  const end = await cli.run(['download', link, '-o', 'out', ...ALONE], { cwd });
  expect(end.code, end.stderr).toBe(0);
  await expectFiles(cwd, ['readme.txt']);
  const other = await cli.run(['download', link, '-o', 'out', ...ALONE, '--files', '2'], { cwd });
  expect(other.code, other.stderr).toBe(0);
  await expectFiles(cwd, ['docs/guide.txt', 'readme.txt']);
  const none = await cli.run(['download', link, '-o', 'out', ...ALONE, '--files', 'reamde.txt'], { cwd });
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('--files reamde.txt: no file of the torrent is called so. Did you mean readme.txt? (exit 2)');
});

describe('2: before anything is opened', () => {
  test.each([
    [['--files', 'raedme.txt'], '--files raedme.txt: no file of the torrent is called so. Did you mean readme.txt?'],
    [['--files', '7'], '--files 7: there is no file 7: the torrent has 4 files.'],
    [['--files', '0'], "--files: '0' is no number of a file: they count from 1."],
    [['-s', '!*'], '--files !*: no file is left.'],
    [['--priority', 'readme.txt'], "--priority: 'readme.txt' does not end in =high or =low."],
    [['--priority', '*.flac=high'], '--priority *.flac: no file of the torrent is called so.'],
  ])('%j', async (options, message) => {
    const cwd = await makeTempFolder();
    await mkdir(path.join(cwd, 'album/docs'), { recursive: true });
    for (const [name] of FILES) await writeFile(path.join(cwd, 'album', name), name);
    await cli.run(['create', 'album', '-o', 'album.torrent'], { cwd });
    // A port that is taken would be told first, were it asked for: exit 6.
    const end = await cli.run(['download', 'album.torrent', '-o', 'out', ...options, '--interface', '203.0.113.9'], { cwd });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(`effusion: error: ${message}`);
  });
});

test('the topic of the help says how a SPEC is written', async () => {
  const end = await cli.run(['help', 'select']);
  expect(end.code).toBe(0);
  expect(end.stdout).toContain("'/^cover\\.(jpg|png)$/i'");
});
