// `effusion seed --partial`: what is there is served and told, what a download has left included; what is not there at all is 10 with or without
// it, and nothing of the data is changed.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const FILES = ['a.bin', 'b.bin', 'c.bin'];
const bytesOf = (name: string): Uint8Array => fixturePayload(name.charCodeAt(0), 4 * 16_384);

/** A torrent of three files of four pieces each. */
async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'data/album'), { recursive: true });
  for (const name of FILES) await writeFile(path.join(cwd, 'data/album', name), bytesOf(name));
  const end = await cli.run(['create', 'data/album', '-o', 'album.torrent', '--piece-length', '16K'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return cwd;
}

test('a file that is missing and one that is damaged: the rest is served, byte by byte, and a choice of it downloads', async () => {
  const cwd = await prepare();
  await rm(path.join(cwd, 'data/album/b.bin'));
  const damaged = bytesOf('c.bin').slice();
  damaged[20_000] ^= 1;
  await writeFile(path.join(cwd, 'data/album/c.bin'), damaged);
  const refused = await cli.run(['seed', 'album.torrent', '--data', 'data'], { cwd });
  expect(refused.code).toBe(10);
  expect(refused.stderr).toMatch(/album\/b\.bin \(missing\), album\/c\.bin \(bad\)\. .* or serve what is there with --partial\./);

  const seeder = cli.start(['seed', 'album.torrent', '--data', 'data', '--partial', '--no-trackers'], { cwd });
  const [, port] = await seeder.outputMatching(/^seeding album on port (\d+)$/m);
  expect(seeder.output()).toMatch(
    /^album: serves 7 of 12 pieces \(112\.0 KiB of 192\.0 KiB\), the others are missing or wrong\nseeding album on port/m,
  );
  const fetch = ['download', 'album.torrent', '-o', 'out', '--files', 'a.bin', '--no-trackers', '--peer', `127.0.0.1:${port}`];
  const fetched = await cli.run(fetch, { cwd });
  expect(fetched.code, fetched.stderr).toBe(0);
  expect(Buffer.compare(await readFile(path.join(cwd, 'out/album/a.bin')), bytesOf('a.bin'))).toBe(0);
  seeder.kill('SIGINT');
  expect((await seeder.ended).code).toBe(130);
  expect((await readdir(path.join(cwd, 'data/album'))).toSorted()).toEqual(['a.bin', 'c.bin']);
  expect(Buffer.compare(await readFile(path.join(cwd, 'data/album/c.bin')), damaged)).toBe(0);
});

test('where all is there it is a seed like any other, and where nothing is right it ends with 10', async () => {
  const cwd = await prepare();
  const args = ['seed', 'album.torrent', '--data', 'data', '--partial', '--no-trackers'];
  const seeder = cli.start([...args, '--seed-time', '1s'], { cwd });
  const whole = await seeder.ended;
  expect([whole.code, whole.stderr]).toEqual([0, expect.not.stringContaining(' of 12 pieces')]);
  for (const name of FILES) await writeFile(path.join(cwd, 'data/album', name), 'nothing of it');
  const none = await cli.run(args, { cwd });
  expect(none.code).toBe(10);
  expect(none.stderr).toMatch(/No piece of it is there\. Run effusion download/);
  await rm(path.join(cwd, 'data/album'), { recursive: true });
  const gone = await cli.run(args, { cwd });
  expect(gone.code).toBe(10);
  expect(gone.stderr).toMatch(/there is no "album" in data/);
});

test('files without a folder of their own: the first may be the one that is missing', async () => {
  const cwd = await prepare();
  await rm(path.join(cwd, 'data/album/a.bin'));
  const args = ['seed', 'album.torrent', '--data', 'data/album', '--strip-components', '1', '--no-trackers'];
  const seeder = cli.start([...args, '--partial', '--seed-time', '1s'], { cwd });
  const end = await seeder.ended;
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr).toMatch(/^album: serves 8 of 12 pieces/m);
});

test('a ratio counts with what is served', async () => {
  const cwd = await prepare();
  for (const name of ['b.bin', 'c.bin']) await rm(path.join(cwd, 'data/album', name));
  const args = ['seed', 'album.torrent', '--data', 'data', '--partial', '--no-trackers', '--seed-ratio', '1'];
  const seeder = cli.start(args, { cwd });
  const [, port] = await seeder.outputMatching(/^seeding album on port (\d+)$/m);
  const fetch = ['download', 'album.torrent', '-o', 'out', '--files', 'a.bin', '--no-trackers', '--peer', `127.0.0.1:${port}`];
  expect((await cli.run(fetch, { cwd })).code).toBe(0);
  const end = await seeder.ended;
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr).toMatch(/^album: its ratio is 1: 64\.0 KiB sent$/m);
});

describe('what a download has left', () => {
  /** Every file below the folder, with its bytes. */
  async function contentOf(folder: string): Promise<Record<string, string>> {
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = found.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    const read = files.map(async (file) => [path.relative(folder, file), (await readFile(file)).toString('hex')] as const);
    return Object.fromEntries(await Promise.all(read));
  }

  async function fetchFrom(cwd: string, port: string, files: string): Promise<void> {
    const args = ['--files', files, '--no-trackers', '--peer', `127.0.0.1:${port}`];
    const fetched = await cli.run(['download', 'album.torrent', '-o', 'out', ...args], { cwd });
    expect(fetched.code, fetched.stderr).toBe(0);
  }

  test('under part names is served, and stays as it is', async () => {
    const cwd = await prepare();
    const album = path.join(cwd, 'data/album');
    // One is whole under its part name, one has two pieces of four and wrong bytes behind them, one has its name.
    await rename(path.join(album, 'a.bin'), path.join(album, 'a.bin.part'));
    await rm(path.join(album, 'b.bin'));
    const half = bytesOf('b.bin').slice();
    half.fill(0, 2 * 16_384);
    await writeFile(path.join(album, 'b.bin.part'), half);
    const before = await contentOf(path.join(cwd, 'data'));
    const args = ['seed', 'album.torrent', '--data', 'data', '--no-trackers'];
    const refused = await cli.run(args, { cwd });
    expect([refused.code, refused.stderr]).toEqual([10, expect.stringContaining('or serve what is there with --partial.')]);
    const seeder = cli.start([...args, '--partial'], { cwd });
    const [, port] = await seeder.outputMatching(/^seeding album on port (\d+)$/m);
    expect(seeder.output()).toMatch(/^album: serves 10 of 12 pieces \(160\.0 KiB of 192\.0 KiB\)/m);
    await fetchFrom(cwd, port, 'a.bin');
    expect(Buffer.compare(await readFile(path.join(cwd, 'out/album/a.bin')), bytesOf('a.bin'))).toBe(0);
    seeder.kill('SIGINT');
    expect((await seeder.ended).code).toBe(130);
    expect(await contentOf(path.join(cwd, 'data'))).toEqual(before);
  });

  test.each([
    ['its part name', () => 'one.bin.part'],
    ['a hidden one, as somebody had the other', (infoHash: string) => `.effusion-${infoHash.slice(0, 8)}-0.part`],
  ])('of one file under %s: it is told what there is, and served', async (_, nameFor) => {
    const cwd = await makeTempFolder();
    await mkdir(path.join(cwd, 'data'));
    await writeFile(path.join(cwd, 'data/one.bin'), bytesOf('one'));
    expect((await cli.run(['create', 'data/one.bin', '-o', 'one.torrent', '--piece-length', '16K'], { cwd })).code).toBe(0);
    const { stdout } = await cli.run(['info', 'one.torrent', '--json'], { cwd });
    const { infoHash } = JSON.parse(stdout) as { infoHash: string };
    const name = nameFor(infoHash);
    await rename(path.join(cwd, 'data/one.bin'), path.join(cwd, 'data', name));
    const args = ['seed', 'one.torrent', '--data', 'data', '--no-trackers'];
    const refused = await cli.run(args, { cwd });
    expect(refused.code).toBe(10);
    expect(refused.stderr).toMatch(
      /there is no "one\.bin" in data, only what a download has of it so far\. Run effusion download .*, or serve what is there with --partial\. \(exit 10\)/,
    );
    const end = await cli.run([...args, '--partial', '--seed-time', '1s'], { cwd });
    expect([end.code, end.stderr]).toEqual([0, expect.stringMatching(/^seeding one\.bin on port/m)]);
    expect(await readdir(path.join(cwd, 'data'))).toEqual([name]);
  });

  /** A torrent of three files that share pieces, and a folder in which b.bin was chosen by a run that was killed while it served. */
  async function chooseOne(): Promise<{ cwd: string; sourcePort: string }> {
    const cwd = await makeTempFolder();
    await mkdir(path.join(cwd, 'data/mix'), { recursive: true });
    for (const name of FILES) await writeFile(path.join(cwd, 'data/mix', name), bytesOf(name).subarray(0, 40_000));
    expect((await cli.run(['create', 'data/mix', '-o', 'mix.torrent', '--piece-length', '16K'], { cwd })).code).toBe(0);
    const source = cli.start(['seed', 'mix.torrent', '--data', 'data', '--no-trackers'], { cwd });
    const [, sourcePort] = await source.outputMatching(/^seeding mix on port (\d+)$/m);
    // Serves on, so that the parts file stays; then it is killed.
    const choice = ['download', 'mix.torrent', '-o', 'part', '--files', 'b.bin', '--no-trackers', '--seed'];
    const chosen = cli.start([...choice, '--peer', `127.0.0.1:${sourcePort}`], { cwd });
    await chosen.outputMatching(/^seeding mix on port \d+/m);
    chosen.kill('SIGKILL');
    await chosen.ended;
    return { cwd, sourcePort };
  }

  async function servePart(cwd: string): Promise<{ seeder: ReturnType<CliBuild['start']>; port: string }> {
    const seeder = cli.start(['seed', 'mix.torrent', '--data', 'part', '--partial', '--no-trackers'], { cwd });
    const [, port] = await seeder.outputMatching(/^seeding mix on port (\d+)$/m);
    // b.bin has bytes 40,000 to 79,999: pieces 2 to 4, of which the first and the last are shared.
    expect(seeder.output()).toMatch(/^mix: serves 3 of 8 pieces/m);
    return { seeder, port };
  }

  async function expectServed(cwd: string, port: string): Promise<void> {
    const fetch = ['download', 'mix.torrent', '-o', 'out', '--files', 'b.bin', '--no-trackers', '--peer', `127.0.0.1:${port}`];
    const fetched = await cli.run(fetch, { cwd });
    expect(fetched.code, fetched.stderr).toBe(0);
    expect(Buffer.compare(await readFile(path.join(cwd, 'out/mix/b.bin')), bytesOf('b.bin').subarray(0, 40_000))).toBe(0);
  }

  test('with a choice of files: the pieces that these share with others are served too', async () => {
    const { cwd } = await chooseOne();
    const before = await contentOf(path.join(cwd, 'part'));
    expect(Object.keys(before)).toContainEqual(expect.stringMatching(/^\.effusion-[0-9a-f]{8}\.parts$/));
    const { seeder, port } = await servePart(cwd);
    await expectServed(cwd, port);
    seeder.kill('SIGINT');
    await seeder.ended;
    expect(await contentOf(path.join(cwd, 'part'))).toEqual(before);
  });

  test('is served on where the download goes on, and is through with its file of shared pieces', async () => {
    const { cwd, sourcePort } = await chooseOne();
    const { seeder, port } = await servePart(cwd);
    const choice = ['download', 'mix.torrent', '-o', 'part', '--files', 'b.bin', '--no-trackers'];
    const ended = await cli.run([...choice, '--peer', `127.0.0.1:${sourcePort}`], { cwd });
    expect(ended.code, ended.stderr).toBe(0);
    expect(Object.keys(await contentOf(path.join(cwd, 'part')))).toEqual(['mix/b.bin']);
    await expectServed(cwd, port);
    seeder.kill('SIGINT');
    expect((await seeder.ended).code).toBe(130);
  });

  test('and was changed since is sent to nobody: it ends with 9', async () => {
    const cwd = await prepare();
    const part = path.join(cwd, 'data/album/a.bin.part');
    await rename(path.join(cwd, 'data/album/a.bin'), part);
    const seeder = cli.start(['seed', 'album.torrent', '--data', 'data', '--partial', '--no-trackers'], { cwd });
    const [, port] = await seeder.outputMatching(/^seeding album on port (\d+)$/m);
    await writeFile(part, bytesOf('wrong'));
    const fetch = ['download', 'album.torrent', '-o', 'out', '--files', 'a.bin', '--no-trackers'];
    const fetching = cli.start([...fetch, '--peer', `127.0.0.1:${port}`], { cwd });
    const end = await seeder.ended;
    expect([end.code, end.stderr]).toEqual([
      9,
      expect.stringContaining('a.bin.part: somebody else changed it since it was checked (ECHANGED). Run it again. (exit 9)'),
    ]);
    fetching.kill('SIGINT');
    expect((await fetching.ended).stderr).not.toContain('bad data');
  });
});
