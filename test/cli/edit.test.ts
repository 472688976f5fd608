// `effusion edit` as a script sees it: what it prints, where it writes, what it refuses, and that the info hash stays.

import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { readTorrentFixture } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

async function withFixture(name: string): Promise<string> {
  const cwd = await makeTempFolder();
  await writeFile(path.join(cwd, 'a.torrent'), readTorrentFixture(name));
  return cwd;
}

const read = async (cwd: string, name: string): Promise<Uint8Array> => new Uint8Array(await readFile(path.join(cwd, name)));

test('another tracker into another file: the path on stdout, what changed on stderr without secrets', async () => {
  const cwd = await withFixture('unsorted-info.torrent');
  const args = [
    'edit',
    'a.torrent',
    '-o',
    'b.torrent',
    '--add-tracker',
    'http://t.invalid/announce?passkey=secret',
    '--comment',
    'c',
  ];
  const end = await cli.run(args, { cwd });
  expect(end).toMatchObject({ code: 0, stdout: 'b.torrent\n' });
  expect(end.stderr).toBe('trackers: none -> http://t.invalid/announce?passkey=***\ncomment: none -> c\n');
  const before = parseTorrentFile(readTorrentFixture('unsorted-info.torrent'));
  const after = parseTorrentFile(await read(cwd, 'b.torrent'));
  expect(after.infoBytes).toEqual(before.infoBytes);
  expect(after).toMatchObject({ comment: 'c', announceTiers: [['http://t.invalid/announce?passkey=secret']] });
  expect(await read(cwd, 'a.torrent')).toEqual(readTorrentFixture('unsorted-info.torrent'));
});

describe('in place', () => {
  test('the file keeps its mode, a link to it stays a link, nothing else is left', async () => {
    const cwd = await withFixture('multi-file.torrent');
    await chmod(path.join(cwd, 'a.torrent'), 0o640);
    await symlink('a.torrent', path.join(cwd, 'link.torrent'));
    const end = await cli.run(['edit', 'link.torrent', '--in-place', '--clear-trackers', '--creation-date', '2026-01-31'], {
      cwd,
    });
    expect(end).toMatchObject({ code: 0, stdout: 'link.torrent\n' });
    expect((await lstat(path.join(cwd, 'link.torrent'))).isSymbolicLink()).toBe(true);
    expect((await stat(path.join(cwd, 'a.torrent'))).mode & 0o777).toBe(0o640);
    expect((await readdir(cwd)).toSorted()).toEqual(['a.torrent', 'link.torrent']);
    const edited = parseTorrentFile(await read(cwd, 'a.torrent'));
    expect(edited).toMatchObject({ announceTiers: [], creationDate: Date.UTC(2026, 0, 31) / 1000 });
  });

  test('where all is so already it says so and does not touch the file', async () => {
    const cwd = await withFixture('multi-file.torrent');
    const { mtimeMs, ino } = await stat(path.join(cwd, 'a.torrent'));
    const end = await cli.run(['edit', 'a.torrent', '--in-place', '--remove-tracker', 'http://nobody/*', '--no-private'], {
      cwd,
    });
    expect(end).toMatchObject({ code: 0, stdout: 'a.torrent\n' });
    expect(end.stderr).toBe('nothing is like http://nobody/*\nnothing to change: multi-file is so already\n');
    expect(await stat(path.join(cwd, 'a.torrent'))).toMatchObject({ mtimeMs, ino });
  });
});

test('without a change -o is a copy', async () => {
  const cwd = await withFixture('multi-file.torrent');
  expect((await cli.run(['edit', 'a.torrent', '-o', 'b.torrent', '--no-private'], { cwd })).code).toBe(0);
  expect(await read(cwd, 'b.torrent')).toEqual(readTorrentFixture('multi-file.torrent'));
});

test('what makes another torrent of it has to be allowed, and both hashes are told', async () => {
  const cwd = await withFixture('hello.txt.torrent');
  const old = 'e81f51123ef7dbe7bd1ea65c8603f3520d2abc79';
  const args = ['edit', 'a.torrent', '-o', 'b.torrent', '--private', '--source', 'HOME', '--name', 'bye.txt'];
  const refused = await cli.run(args, { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    new RegExp(`name and private and source .* ${old} becomes [0-9a-f]{40}\\. Say --allow-new-hash`),
  );
  expect(await readdir(cwd)).toEqual(['a.torrent']);
  const end = await cli.run([...args, '--allow-new-hash', '--json'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  const shown = JSON.parse(end.stdout) as { infoHash: string };
  expect(shown).toMatchObject({ changed: true, previousInfoHash: old, name: 'bye.txt', private: true });
  expect(end.stderr).toContain(`info hash ${old} became ${shown.infoHash}`);
});

describe('refused', () => {
  test.each([
    ['nothing to change', [], 2, 'nothing is to be changed'],
    ['no place', ['--comment', 'x'], 2, 'where is the changed torrent to go?'],
    ['two places', ['--comment', 'x', '--in-place', '-o', 'b'], 2, 'two places'],
    ['a file that is there', ['--comment', 'x', '-o', 'a.torrent'], 9, 'a.torrent: it exists (EEXIST)'],
    ['a folder that is not', ['--comment', 'x', '-o', 'no/b.torrent'], 9, 'cannot write no/b.torrent'],
    ['a name that leads elsewhere', ['--name', '../x', '--in-place'], 2, '--name: '],
    ['a date that is none', ['--creation-date', 'yesterday', '--in-place'], 2, "--creation-date: 'yesterday' is no date"],
    ['a replacement that is none', ['--replace-tracker', 'http://x', '--in-place'], 2, '--replace-tracker: this is no OLD=NEW'],
    ['a tracker that is none', ['--add-tracker', 'x', '--in-place'], 2, '--add-tracker'],
  ])('%s', async (_, args, code, message) => {
    const cwd = await withFixture('multi-file.torrent');
    const end = await cli.run(['edit', 'a.torrent', ...args], { cwd });
    expect(end.stderr).toContain(message);
    expect(end.code).toBe(code);
    expect(await readdir(cwd)).toEqual(['a.torrent']);
    expect(await read(cwd, 'a.torrent')).toEqual(readTorrentFixture('multi-file.torrent'));
  });

  test('a link, and stdin in place', async () => {
    const cwd = await makeTempFolder();
    const link = await cli.run(['edit', `magnet:?xt=urn:btih:${'a'.repeat(40)}`, '--in-place', '--comment', 'x'], { cwd });
    expect(link).toMatchObject({ code: 2, stderr: expect.stringContaining('effusion metadata MAGNET') as string });
    expect((await cli.run(['edit', '-', '--in-place', '--comment', 'x'], { cwd })).code).toBe(2);
  });

  test('the name of a hybrid torrent of one file, which stands in its v2 half too', async () => {
    const cwd = await makeTempFolder();
    // Not a whole hybrid torrent, but one to all who look at the two keys.
    const info =
      'd9:file treed1:ad0:d6:lengthi1eeee6:lengthi1e12:meta versioni2e4:name1:a12:piece lengthi16384e6:pieces20:xxxxxxxxxxxxxxxxxxxxe';
    await writeFile(path.join(cwd, 'a.torrent'), `d4:info${info}e`);
    const end = await cli.run(['edit', 'a.torrent', '--in-place', '--name', 'b', '--allow-new-hash'], { cwd });
    expect(end).toMatchObject({ code: 2, stderr: expect.stringContaining('v2 half') as string });
  });
});

test('--force replaces, and a device is written to, not replaced', async () => {
  const cwd = await withFixture('hello.txt.torrent');
  await writeFile(path.join(cwd, 'b.torrent'), 'old');
  expect((await cli.run(['edit', 'a.torrent', '-o', 'b.torrent', '--comment', 'x', '--force'], { cwd })).code).toBe(0);
  expect(parseTorrentFile(await read(cwd, 'b.torrent')).comment).toBe('x');
  expect((await cli.run(['edit', 'a.torrent', '-o', '/dev/null', '--comment', 'x', '--force'], { cwd })).code).toBe(0);
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  const piped = await cli.shell('edit a.torrent -o /dev/stdout --comment x 2> /dev/null | cat > c.torrent', { cwd });
  expect(piped).toMatchObject({ code: 0, stdout: '' });
  expect(await read(cwd, 'c.torrent')).toEqual(await read(cwd, 'b.torrent'));
});
