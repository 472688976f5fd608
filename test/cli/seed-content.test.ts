// `effusion seed PATH`: data of which nobody has made a torrent yet is served, and the link that it prints is all that another machine needs.

import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { startTracker } from '../support/engine-rig.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const ALONE = ['--no-trackers', '--no-dht'];

/** `photos/` with two files and what a system left in it. */
async function makePhotos(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'photos/sub'), { recursive: true });
  await writeFile(path.join(cwd, 'photos/a.jpg'), fixturePayload(1, 70_000));
  await writeFile(path.join(cwd, 'photos/sub/b.jpg'), fixturePayload(2, 30_000));
  await writeFile(path.join(cwd, 'photos/.DS_Store'), 'x');
  return cwd;
}

describe('data is served', () => {
  test.each([
    ['a folder', 'photos', ['a.jpg', 'sub/b.jpg']],
    ['a file', 'photos/a.jpg', ['']],
    ['a symbolic link to a folder', 'link', ['a.jpg', 'sub/b.jpg']],
  ])('%s, and its link alone is on stdout', async (_, source, files) => {
    const cwd = await makePhotos();
    await symlink('photos', path.join(cwd, 'link'));
    const seeder = cli.start(['seed', source, ...ALONE], { cwd });
    const [, port] = await seeder.outputMatching(/on port (\d+)/);
    const [link] = await seeder.outputMatching(/magnet:\S+/);
    const name = path.basename(source);
    const got = await cli.run(['download', link, '-o', 'out', ...ALONE, '--peer', `127.0.0.1:${port}`], { cwd });
    expect(got.code, got.stderr).toBe(0);
    for (const file of files) {
      expect(await readFile(path.join(cwd, 'out', name, file))).toEqual(await readFile(path.join(cwd, source, file)));
    }
    expect(existsSync(path.join(cwd, 'out', name, '.DS_Store'))).toBe(false);
    seeder.kill('SIGTERM');
    const end = await seeder.ended;
    expect(end.code, end.stderr).toBe(143);
    expect(end.stdout).toBe(`${link}\n`);
    expect(end.stderr).toContain(`info hash ${/btih:([0-9a-f]{40})&/.exec(link)?.[1]}\n`);
  });

  test('it is the torrent that create makes, with its trackers, and --save writes it down', async () => {
    const cwd = await makePhotos();
    const { url } = await startStaticTracker([]);
    const options = [
      '--tracker',
      `${url},http://127.0.0.1:9/a`,
      '--tracker',
      'http://127.0.0.1:9/b',
      '--private',
      '--piece-length',
      '32K',
    ];
    const made = await cli.run(['create', 'photos', ...options], { cwd });
    expect(made.code, made.stderr).toBe(0);
    const seeder = cli.start(['seed', 'photos', ...options, '--save', 'saved.torrent', '--no-dht'], { cwd });
    await seeder.outputMatching(/on port \d+/);
    expect(await readFile(path.join(cwd, 'saved.torrent'))).toEqual(await readFile(path.join(cwd, 'photos.torrent')));
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    expect(stdout.match(/&tr=/g)).toHaveLength(3);
  });

  test('torrent files and data are mixed, and a torrent file is known by what is in it', async () => {
    const cwd = await makePhotos();
    await mkdir(path.join(cwd, 'data'));
    await writeFile(path.join(cwd, 'data/one.bin'), fixturePayload(3, 20_000));
    expect((await cli.run(['create', 'data/one.bin', '-o', 'named-otherwise'], { cwd })).code).toBe(0);
    const seeder = cli.start(['seed', 'named-otherwise', 'photos', '--data', 'data', ...ALONE], { cwd });
    await seeder.outputMatching(/seeding one\.bin on port/);
    await seeder.outputMatching(/seeding photos on port/);
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    expect(stdout).toMatch(/^magnet:\S+&dn=photos&\S+\n$/);
  });

  test('with --json and --events the link is in both', async () => {
    const cwd = await makePhotos();
    const seeder = cli.start(['seed', 'photos', '--json', '--events=events', ...ALONE], { cwd });
    await seeder.outputMatching(/on port \d+/);
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    const result = JSON.parse(stdout) as { magnet: string; infoHash: string };
    expect(result.magnet).toContain(`xt=urn:btih:${result.infoHash}&dn=photos`);
    const lines = (await readFile(path.join(cwd, 'events'), 'utf8')).trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as { event: string; magnet?: string; bytesToCheck?: number });
    expect(events.find(({ event }) => event === 'torrent')?.magnet).toBe(result.magnet);
    // What was hashed to make it is not read again.
    expect(events.filter(({ event }) => event === 'verify').map(({ bytesToCheck }) => bytesToCheck)).toEqual([0]);
  });
});

test('--tracker is for a torrent file too: it is announced to before those of the file', async () => {
  const cwd = await makePhotos();
  const other = await startTracker();
  expect((await cli.run(['create', 'photos', '--tracker', 'http://127.0.0.1:9/announce'], { cwd })).code).toBe(0);
  const args = ['seed', 'photos.torrent', '--tracker', other.url, '--no-dht', '--seed-time', '1s'];
  const end = await cli.run(args, { cwd });
  expect(end.code, end.stderr).toBe(0);
  expect(other.announces.map(({ event }) => event)).toEqual(['started', 'stopped']);
  // Nobody else leads to it.
  const alone = ['--exclude-tracker', '*', '--no-dht', '--no-listen', '--seed-time', '1s'];
  expect((await cli.run(['seed', 'photos.torrent', ...alone], { cwd })).code).toBe(2);
  expect((await cli.run(['seed', 'photos.torrent', '--tracker', other.url, ...alone], { cwd })).code).toBe(0);
});

test('two of one name are told apart by their info hash', async () => {
  const cwd = await makePhotos();
  await mkdir(path.join(cwd, 'other/photos'), { recursive: true });
  await writeFile(path.join(cwd, 'other/photos/b.jpg'), 'another one');
  const seeder = cli.start(['seed', 'photos', 'other/photos'], { cwd });
  await seeder.outputMatching(/^seeding photos on port \d+$/m);
  const [, digits] = await seeder.outputMatching(/^seeding photos \(([0-9a-f]{8})\) on port \d+$/m);
  expect(seeder.output()).toMatch(new RegExp(`^photos \\(${digits}\\): info hash ${digits}[0-9a-f]{32}$`, 'm'));
});

describe('what cannot be served ends before anybody is asked', () => {
  test.each([
    [['photos', '--private'], 2, /--private without a tracker: .* Name one with --tracker URL\./],
    [['photos', '--name', 'x'], 2, /--name says where the data of a torrent file is/],
    [['photos', 'photos/a.jpg', '--save', 'x.torrent'], 2, /--save is for one torrent, and there are 2/],
    [['photos', '--save', 'photos/a.jpg'], 9, /photos\/a\.jpg: it exists \(EEXIST\)\. Choose another name with --save\./],
    [['photos.torrent', '--private'], 2, /--private is for a torrent that is made of a file or folder/],
    [['phots', '--private'], 3, /cannot read phots: there is no such file \(ENOENT\)\. Did you mean photos\?/],
    [
      ['magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056&dn=It'],
      2,
      /It: a link names no data .*effusion download --seed/,
    ],
    [['c9e15763f722f23e98a29decdfae341b98d53056'], 2, /a link names no data to serve\. .*effusion download --seed/],
    [['broken.torrent'], 3, /broken\.torrent: not a usable torrent/],
    [['empty'], 9, /there are no files in it/],
    [['/'], 2, /\/ has no name that a torrent could have: name a folder in it/],
    [['/dev/null'], 2, /\/dev\/null is a device or a socket, and neither data nor a torrent file/],
  ])('%j', async (args, code, message) => {
    const cwd = await makePhotos();
    await mkdir(path.join(cwd, 'empty'));
    await writeFile(path.join(cwd, 'broken.torrent'), 'hello');
    await cli.run(['create', 'photos'], { cwd });
    const end = await cli.run(['seed', ...args], { cwd });
    expect(end.stderr).toMatch(message);
    expect(end.stdout).toBe('');
    expect(end.code).toBe(code);
    expect(existsSync(path.join(cwd, 'x.torrent'))).toBe(false);
  });

  test.runIf(process.platform === 'linux').each(['/proc', '/proc/version'])('%s is of the kernel', async (location) => {
    const end = await cli.run(['seed', location], { cwd: await makePhotos() });
    expect(end.stderr).toContain(`cannot make a torrent of ${location}: it is of the kernel (proc), and no data`);
    expect(end.code).toBe(9);
  });
});
