// `effusion seed --partial`: what is there is served and told, what is not there at all is 10 with or without it, and nothing of the data is
// changed.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
