// Where the data goes, as the command has it: each option with a real seeder, what it prints, and what is refused before anything is done.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const A = fixturePayload(1, 300_000);
const B = fixturePayload(2, 200_000);
const PIECE = 16_384;

/** A folder with `seed/pics/a.bin`, `seed/pics/sub/b.bin` and `pics.torrent`. */
async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed/pics/sub'), { recursive: true });
  await writeFile(path.join(cwd, 'seed/pics/a.bin'), A);
  await writeFile(path.join(cwd, 'seed/pics/sub/b.bin'), B);
  const end = await cli.run(['create', 'seed/pics', '-o', 'pics.torrent', '--piece-length', '16K'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return cwd;
}

async function seed(cwd: string, ...args: readonly string[]): Promise<string> {
  const child = cli.start(['seed', 'pics.torrent', '--data', 'seed', '--no-trackers', ...args], { cwd });
  const [, port] = await child.outputMatching(/seeding pics on port (\d+)/);
  return `127.0.0.1:${port}`;
}

const download = (cwd: string, ...args: readonly string[]): Promise<ChildEnd> =>
  cli.run(['download', 'pics.torrent', '-o', 'out', '--no-trackers', ...args], { cwd });

/** Every file below, and folders too, sorted. */
const below = (cwd: string, folder: string): string[] =>
  existsSync(path.join(cwd, folder)) ? readdirSync(path.join(cwd, folder), { recursive: true, encoding: 'utf8' }).toSorted() : [];

const isSame = (cwd: string, file: string, bytes: Uint8Array): boolean => readFileSync(path.join(cwd, file)).equals(bytes);

/** Takes connections, and counts them. */
async function listen(): Promise<{ peer: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return { peer: `127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

describe('other names and places', () => {
  test('--name: the path that is printed, a second run, verify and seed all go by it', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd);
    const end = await download(cwd, '--peer', peer, '--name', 'holiday');
    expect(end).toMatchObject({ code: 0, stdout: 'out/holiday\n' });
    expect(end.stderr).toMatch(/^done: out\/holiday, /m);
    expect(below(cwd, 'out')).toEqual(['holiday', 'holiday/a.bin', 'holiday/sub', 'holiday/sub/b.bin']);
    const again = await download(cwd, '--name', 'holiday');
    expect(again).toMatchObject({ code: 0, stdout: 'out/holiday\n' });
    expect(again.stderr).toContain('already complete: out/holiday');
    expect(await cli.run(['verify', 'pics.torrent', 'out', '--name', 'holiday'], { cwd })).toMatchObject({ code: 0 });
    const elsewhere = await cli.run(['verify', 'pics.torrent', 'out'], { cwd });
    expect(elsewhere).toMatchObject({ code: 10, stdout: 'missing: pics/a.bin\nmissing: pics/sub/b.bin\n' });
    const served = cli.start(['seed', 'pics.torrent', '--data', 'out', '--no-trackers', '--name', 'holiday'], { cwd });
    await served.outputMatching(/seeding pics on port (\d+)/);
    const nothing = await cli.run(['seed', 'pics.torrent', '--data', 'out', '--no-trackers', '--name', 'other'], { cwd });
    expect(nothing.code).toBe(10);
    expect(nothing.stderr).toContain('there is no "other" in out');
  });

  test('--strip-components and --rename: what has no folder of its own is in the output folder, which is printed', async () => {
    const cwd = await prepare();
    const placed = ['--strip-components', '1', '--rename', '2=extra/second.bin'];
    const end = await download(cwd, '--peer', await seed(cwd), ...placed);
    expect(end).toMatchObject({ code: 0, stdout: 'out\n' });
    expect(below(cwd, 'out')).toEqual(['a.bin', 'extra', 'extra/second.bin']);
    expect(isSame(cwd, 'out/extra/second.bin', B)).toBe(true);
    expect(await cli.run(['verify', 'pics.torrent', 'out', ...placed], { cwd })).toMatchObject({ code: 0, stdout: '' });
  });

  test('what is printed is the same whatever is chosen; --json and the events name the files that were made', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd);
    const b = { index: 2, path: path.join(cwd, 'out/b.bin'), length: B.length };
    const args = ['--peer', peer, '--files', '2', '--rename', '2=b.bin'];
    expect(await download(cwd, ...args)).toMatchObject({ code: 0, stdout: 'out\n' });
    const json = await download(cwd, ...args, '--json', '--events=e.jsonl');
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'complete',
      path: path.join(cwd, 'out'),
      files: [b],
      size: B.length,
    });
    const events = readFileSync(path.join(cwd, 'e.jsonl'), 'utf8').trim().split('\n');
    const complete = events.map((line) => JSON.parse(line) as Record<string, unknown>).find(({ event }) => event === 'complete');
    expect(complete).toMatchObject({ path: path.join(cwd, 'out'), files: [b], size: B.length });
    // Without another place it is the folder of the torrent, though it has one file.
    expect(await download(cwd, '--peer', peer, '--files', '2')).toMatchObject({ code: 0, stdout: 'out/pics\n' });
    expect(await download(cwd, '--peer', peer, '--files', '1', '--strip-components', '1')).toMatchObject({ stdout: 'out\n' });
  });

  test('--strip-components with --files counts what is chosen: the same choice goes on, a wider one is refused with nothing touched', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd, '--max-upload', '50K');
    const strip = ['--strip-components', '2'];
    const chosen = [...strip, '--files', 'sub/**'];
    expect((await download(cwd, '--peer', peer, ...chosen, '--timeout', '1')).code).toBe(124);
    expect(below(cwd, 'out')).toContain('b.bin.part');
    const end = await download(cwd, '--peer', peer, ...chosen, '--json');
    expect(end.code, end.stderr).toBe(0);
    const result = JSON.parse(end.stdout) as { downloadedBytes: number; path: string };
    expect(result).toMatchObject({ path: path.join(cwd, 'out') });
    expect(result.downloadedBytes).toBeLessThan(B.length);
    expect(below(cwd, 'out')).toEqual(['b.bin']);
    expect(isSame(cwd, 'out/b.bin', B)).toBe(true);
    expect(await download(cwd, ...chosen)).toMatchObject({ code: 0, stdout: 'out\n' });

    const whole = await cli.run(['verify', 'pics.torrent', 'out', ...chosen], { cwd });
    expect(whole).toMatchObject({ code: 0, stdout: '' });
    const wider = await download(cwd, '--peer', peer, ...strip);
    expect(wider).toMatchObject({ code: 2, stdout: '' });
    expect(wider.stderr).toContain('nothing is left of "pics/a.bin". Nothing was written. Choose otherwise with');
    expect(below(cwd, 'out')).toEqual(['b.bin']);
    for (const command of [
      ['verify', 'pics.torrent', 'out', ...strip],
      ['seed', 'pics.torrent', '--data', 'out', '--no-trackers', ...strip],
    ]) {
      const refused = await cli.run(command, { cwd });
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('nothing is left of "pics/a.bin"');
    }
    const plan = await download(cwd, ...chosen, '--dry-run');
    expect(plan.stdout).toMatch(/^ {2}2 {2}195\.3 KiB {2}out\/b\.bin: whole$/m);
  });

  test('--strip-components: of several torrents the one that is a single file keeps its name', async () => {
    const cwd = await prepare();
    expect((await cli.run(['create', 'seed/pics/a.bin', '-o', 'one.torrent', '--piece-length', '16K'], { cwd })).code).toBe(0);
    await mkdir(path.join(cwd, 'out'));
    await writeFile(path.join(cwd, 'out/a.bin'), A);
    const one = await cli.run(['download', 'one.torrent', '-o', 'out', '--no-trackers', '--strip-components', '1'], { cwd });
    expect(one).toMatchObject({ code: 0, stdout: 'out/a.bin\n' });
    const other = ['--strip-components', '1', '--files', '2', '--peer', await seed(cwd)];
    const both = await cli.run(['download', 'one.torrent', 'pics.torrent', '-o', 'out', '--no-trackers', ...other], { cwd });
    // One torrent has no second file: the other one comes all the same.
    expect(both.stdout).toBe('out\n');
    expect(below(cwd, 'out')).toEqual(['a.bin', 'sub', 'sub/b.bin']);
  });

  test('events tell where a file is, not what the torrent calls it', async () => {
    const cwd = await prepare();
    const args = ['--peer', await seed(cwd), '--name', 'x', '--rename', '2=extra/second.bin', '--events=events.jsonl'];
    expect((await download(cwd, ...args)).code).toBe(0);
    const events = readFileSync(path.join(cwd, 'events.jsonl'), 'utf8').trim().split('\n');
    const paths = events
      .map((line) => JSON.parse(line) as { event: string; path?: string })
      .flatMap((event) => (event.event === 'file' ? [event.path ?? ''] : []));
    expect(paths.toSorted()).toEqual(['extra/second.bin', 'x/a.bin']);
  });

  test('the plans of several torrents as JSON are a line each', async () => {
    const cwd = await prepare();
    expect((await cli.run(['create', 'seed/pics/a.bin', '-o', 'one.torrent'], { cwd })).code).toBe(0);
    const end = await cli.run(['download', 'pics.torrent', 'one.torrent', '-o', 'out', '--dry-run', '--json'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    const lines = end.stdout.trim().split('\n');
    const plans = lines.map(
      (line) => JSON.parse(line) as { name: string; files: { path: string }[]; space: { folder: string }[] },
    );
    expect(plans.map(({ name }) => name)).toEqual(['pics', 'a.bin']);
    expect(plans[1]).toMatchObject({
      files: [{ path: path.join(cwd, 'out/a.bin') }],
      space: [{ folder: path.join(cwd, 'out') }],
    });
  });

  test('the numbers of --rename are those that info shows', async () => {
    const cwd = await prepare();
    const { stdout } = await cli.run(['info', 'pics.torrent'], { cwd });
    expect(stdout).toMatch(/^ {2}1 +293\.0 KiB {2}pics\/a\.bin\n {2}2 +195\.3 KiB {2}pics\/sub\/b\.bin$/m);
  });

  const refusals: [args: string[], message: string][] = [
    [['--name', 'a/b'], 'has a slash in it: choose the folder with --output'],
    [['--name', '..'], 'found ".."'],
    [['--name', ''], 'its NAME is empty'],
    [['--name', 'x', '--strip-components', '1'], 'where its own folder is left out'],
    [['--strip-components', 'x'], "'x' is no count"],
    [['--strip-components', '2'], 'nothing is left of "pics/a.bin". Nothing was written. Choose otherwise with --name, '],
    [['--rename', '1'], "'1' is no IDX=PATH"],
    [['--rename', '0=x'], "'0=x' is no IDX=PATH"],
    [['--rename', '1=../x'], 'cannot place file 1 as "../x"'],
    [['--rename', '1=/etc/x'], 'inside the output folder'],
    [['--rename', '1=a', '--rename', '1=b'], 'names file 1 twice'],
    [['--rename', '3=a'], 'there is no file 3: the torrent has 2'],
    [['--rename', '1=pics/sub/B.BIN'], '"pics/a.bin" and "pics/sub/b.bin" would both be placed as'],
    [['--rename', '1=pics/sub'], '"pics/a.bin" and "pics/sub/b.bin" would both be placed as'],
    [['--reuse', 'nowhere'], 'there is no folder nowhere'],
    [['--incomplete-dir', ''], 'its DIR is empty'],
    [
      ['--incomplete-dir', 'out/a.bin', '--strip-components', '1'],
      "files can't grow in out/a.bin: out/a.bin/a.bin.part would be in",
    ],
    [['pics.torrent', '--name', 'x'], '--name is for one torrent, and there are 2'],
    [['--allocate', 'half'], 'Allowed choices are auto, none, sparse, full'],
  ];
  test('2: what can not be, before anybody is asked or anything made', async () => {
    const cwd = await prepare();
    const { peer, connections } = await listen();
    for (const [args, message] of refusals) {
      const end = await download(cwd, '--peer', peer, ...args);
      expect([args, end.code, end.stdout]).toEqual([args, 2, '']);
      expect(end.stderr).toContain(message);
      expect(end.stderr).toMatch(/^effusion: error: .*\(exit 2\)\n$/m);
    }
    expect(existsSync(path.join(cwd, 'out'))).toBe(false);
    expect(connections()).toBe(0);
  });

  test('two torrents that would write one file are not both begun', async () => {
    const cwd = await prepare();
    await mkdir(path.join(cwd, 'seed/more'));
    await writeFile(path.join(cwd, 'seed/more/a.bin'), B);
    expect((await cli.run(['create', 'seed/more', '-o', 'more.torrent'], { cwd })).code).toBe(0);
    // One after the other: nobody has the second one, which must not begin first.
    const flat = ['-j', '1', '--strip-components', '1', '--peer', await seed(cwd)];
    const args = ['download', 'pics.torrent', 'more.torrent', '-o', 'out', '--no-trackers', ...flat];
    const end = await cli.run(args, { cwd });
    expect(end.code).toBe(14);
    expect(end.stderr).toContain('writes a file or folder named a.bin too');
    expect(isSame(cwd, 'out/a.bin', A)).toBe(true);
  });
});

test('--incomplete-dir: the output folder never has what is not whole', async () => {
  const cwd = await prepare();
  const peer = await seed(cwd, '--max-upload', '100K');
  const child = cli.start(
    ['download', 'pics.torrent', '-o', 'out', '--incomplete-dir', 'inc', '--no-trackers', '--peer', peer, '--timeout', '1'],
    { cwd },
  );
  const first = await child.ended;
  expect(first.code).toBe(124);
  expect(below(cwd, 'inc').some((name) => name.endsWith('.part'))).toBe(true);
  expect(below(cwd, 'out').filter((name) => /\.part$|effusion/.test(name))).toEqual([]);
  const end = await download(cwd, '--incomplete-dir', 'inc', '--peer', peer);
  expect(end).toMatchObject({ code: 0, stdout: 'out/pics\n' });
  expect([isSame(cwd, 'out/pics/a.bin', A), isSame(cwd, 'out/pics/sub/b.bin', B)]).toEqual([true, true]);
  expect(below(cwd, 'inc')).toEqual([]);
});

test('--allocate full: every file takes up its space before anybody answers', async () => {
  const cwd = await prepare();
  const end = await download(cwd, '--allocate', 'full', '--peer', '127.0.0.1:9', '--timeout', '1');
  expect(end.code).toBe(124);
  const { size, blocks } = statSync(path.join(cwd, 'out/pics/a.bin.part'));
  expect(size).toBe(A.length);
  expect(blocks * 512).toBeGreaterThanOrEqual(A.length);
});

test('--overwrite always: fetched anew, though all is there', async () => {
  const cwd = await prepare();
  const peer = await seed(cwd);
  expect((await download(cwd, '--peer', peer)).code).toBe(0);
  const plan = await download(cwd, '--overwrite', 'always', '--dry-run');
  expect(plan.stdout).toMatch(/a\.bin: there and to be replaced, 293\.0 KiB to fetch$/m);
  const end = await download(cwd, '--peer', peer, '--overwrite', 'always');
  expect(end.code).toBe(0);
  expect(end.stderr).toMatch(/^done: out\/pics/m);
});

describe('--reuse', () => {
  test('copies what is there under other names and fetches the rest', async () => {
    const cwd = await prepare();
    await mkdir(path.join(cwd, 'old/deep'), { recursive: true });
    await writeFile(path.join(cwd, 'old/deep/first'), A);
    const spoilt = B.slice();
    spoilt[100_000] ^= 1;
    await writeFile(path.join(cwd, 'old/second'), spoilt);
    const end = await download(cwd, '--peer', await seed(cwd), '--reuse', 'old');
    expect(end.code).toBe(0);
    const pieces = Math.ceil((A.length + B.length) / PIECE);
    expect(end.stderr).toContain(`${pieces - 1} of ${pieces} pieces are there already`);
    expect([isSame(cwd, 'out/pics/a.bin', A), isSame(cwd, 'out/pics/sub/b.bin', B)]).toEqual([true, true]);
    expect(isSame(cwd, 'old/second', spoilt)).toBe(true);
  });
});

/** A torrent of 200 TB that names what is nowhere. */
async function writeHuge(cwd: string): Promise<void> {
  const pieceLength = 2 ** 28;
  const length = 200e12;
  const hashes = Buffer.alloc(Math.ceil(length / pieceLength) * 20, 1);
  const head = `d4:infod6:lengthi${length}e4:name4:huge12:piece lengthi${pieceLength}e6:pieces${hashes.length}:`;
  await writeFile(path.join(cwd, 'huge.torrent'), Buffer.concat([Buffer.from(head), hashes, Buffer.from('ee')]));
}

describe('free space', () => {
  test('9: too little, said before anybody is asked; --no-space-check begins all the same', async () => {
    const cwd = await makeTempFolder();
    await writeHuge(cwd);
    const { peer, connections } = await listen();
    const args = ['download', 'huge.torrent', '-o', 'out', '--no-trackers', '--peer', peer, '--timeout', '1'];
    const end = await cli.run(args, { cwd });
    expect(end).toMatchObject({ code: 9, stdout: '' });
    expect(end.stderr).toMatch(
      /error: not enough space on the file system of out: [\d.]+ MiB are needed, [\d.]+ MiB are free \(ENOSPC\)\. .*--no-space-check\. \(exit 9\)/,
    );
    expect(connections()).toBe(0);
    expect(below(cwd, 'out')).toEqual([]);
    expect((await cli.run([...args, '--no-space-check'], { cwd })).code).toBe(124);
    expect(connections()).toBeGreaterThan(0);
  });
});

describe('--dry-run', () => {
  test('says what would be done, does nothing, and asks nobody', async () => {
    const cwd = await prepare();
    const { peer, connections } = await listen();
    await mkdir(path.join(cwd, 'out/pics/sub'), { recursive: true });
    await writeFile(path.join(cwd, 'out/pics/a.bin.part'), A.subarray(0, 10 * PIECE));
    const before = below(cwd, '.');
    const end = await download(cwd, '--dry-run', '--peer', peer, '--rename', '2=pics/last.bin');
    const lines = end.stdout.split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'pics: 488.3 KiB in 2 files, 328.3 KiB to fetch',
      '  1  293.0 KiB  out/pics/a.bin: begun, 133.0 KiB to fetch',
      '  2  195.3 KiB  out/pics/last.bin: 195.3 KiB to fetch',
    ]);
    expect(lines[3]).toMatch(/^space in out: [\d.]+ KiB needed, .* free$/);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(below(cwd, '.')).toEqual(before);
    expect(connections()).toBe(0);
  });

  test('into a folder that is not there, which is not made; what would be copied, and what would be refused', async () => {
    const cwd = await prepare();
    const reuse = await download(cwd, '--dry-run', '--reuse', 'seed');
    expect(reuse.stdout).toContain('2 files, nothing to fetch');
    expect(reuse.stdout).toContain(
      `  1  293.0 KiB  out/pics/a.bin: copied from ${path.join(cwd, 'seed/pics/a.bin')}, nothing to fetch`,
    );
    expect(existsSync(path.join(cwd, 'out'))).toBe(false);
    await mkdir(path.join(cwd, 'out/pics'), { recursive: true });
    await writeFile(path.join(cwd, 'out/pics/a.bin'), 'other');
    const repaired = await download(cwd, '--dry-run');
    expect(repaired.stdout).toContain('out/pics/a.bin: there and to be replaced, 293.0 KiB to fetch');
    const refused = await download(cwd, '--dry-run', '--overwrite', 'never');
    expect(refused).toMatchObject({ code: 0 });
    expect(refused.stdout).toContain('out/pics/a.bin: there, and it differs');
    expect(refused.stdout).toContain('--overwrite never would refuse, with 9: 1 file of that name differs');
  });

  test('of a magnet link: its metadata is fetched, and that is said', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd);
    const { infoHash } = JSON.parse((await cli.run(['info', 'pics.torrent', '--json'], { cwd })).stdout) as { infoHash: string };
    const before = below(cwd, '.');
    const end = await cli.run(['download', `magnet:?xt=urn:btih:${infoHash}&x.pe=${peer}`, '-o', 'out', '--dry-run'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain('asking peers for the metadata of the link; nothing else is asked for');
    expect(end.stdout).toMatch(/^pics: 488\.3 KiB in 2 files, 488\.3 KiB to fetch$/m);
    expect(below(cwd, '.')).toEqual(before);
  });

  test('of several, too little space and a bad one', async () => {
    const cwd = await prepare();
    await writeHuge(cwd);
    await writeFile(path.join(cwd, 'bad.torrent'), 'x');
    const end = await cli.run(['download', 'pics.torrent', 'huge.torrent', 'bad.torrent', '-o', 'out', '--dry-run'], { cwd });
    expect(end.code).toBe(14);
    expect(end.stdout).toMatch(/^pics: /m);
    expect(end.stdout).toMatch(/^space in out: 181\.9 TiB needed, .* free: too little, it would end with 9$/m);
    expect(end.stderr).toContain('bad.torrent');
    expect(await readFile(path.join(cwd, 'bad.torrent'), 'utf8')).toBe('x');
    expect(existsSync(path.join(cwd, 'out'))).toBe(false);
  });
});
