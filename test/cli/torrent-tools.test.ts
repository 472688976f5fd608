// The small commands on torrents, as a script uses them: files, magnet, metadata, verify of several, what create leaves out, and other names
// of commands.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseMagnet } from '../../src/metainfo/magnet.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload, torrentFixture } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const FIXTURES = fileURLToPath(new URL('../../fixtures/torrents', import.meta.url));
const fixture = (name: string): string => path.join(FIXTURES, name);

describe('files', () => {
  test('in a pipe: number, bytes and path with tabs, padding left out', async () => {
    const end = await cli.run(['files', fixture('multi-file.torrent'), fixture('padding.torrent')]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout.split('\n')).toEqual([
      '1\t10000\tmulti-file/a.bin',
      '2\t0\tmulti-file/empty.txt',
      '3\t40000\tmulti-file/sub/b.bin',
      '4\t1\tmulti-file/sub/deeper/c.bin',
      '5\t8\tmulti-file/übermaß.txt',
      '6\t70000\tmulti-file/z.bin',
      '1\t10000\tpadding/0.bin',
      '2\t20000\tpadding/1.bin',
      '3\t5000\tpadding/2.bin',
      '',
    ]);
  });

  test('names that would break a line do not', async () => {
    const cwd = await makeTempFolder();
    const pieces = `6:pieces20:${'x'.repeat(20)}`;
    const files = 'ld6:lengthi1e4:pathl7:a\nb\tc\u001B[eee';
    await writeFile(path.join(cwd, 'x.torrent'), `d4:infod5:files${files}4:name1:n12:piece lengthi16384e${pieces}ee`);
    const plain = await cli.run(['files', 'x.torrent'], { cwd });
    expect(plain.stdout).toBe('1\t1\tn/a_b_c_[\n');
    expect((await cli.run(['files', 'x.torrent', '-0'], { cwd })).stdout).toBe('n/a_b_c_[\0');
  });

  test('-0, --json and --tree, one of them', async () => {
    const multi = fixture('multi-file.torrent');
    const zeros = await cli.run(['ls', multi, '-0']);
    expect(zeros.stdout.split('\0')).toHaveLength(7);
    expect(zeros.stdout).not.toContain('\n');
    const json = await cli.run(['files', multi, fixture('hello.txt.torrent'), '--json']);
    const [first, second] = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({ name: 'multi-file', totalBytes: 120_009 });
    expect(first.files).toContainEqual({ index: 3, length: 40_000, path: 'multi-file/sub/b.bin' });
    expect(second).toMatchObject({ files: [{ index: 1, length: 13, path: 'hello.txt' }] });
    const tree = await cli.run(['files', multi, '--tree']);
    expect(tree.stdout).toContain('39.1 KiB  ├── sub/\n');
    const both = await cli.run(['files', multi, '--tree', '-0']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('--null and --tree') as string });
  });

  test('on a terminal: a heading, sizes for people, a column for each, cut at its width', async () => {
    const end = await cli.terminal('stty cols 40; ', `files --no-color ${fixture('multi-file.torrent')}`);
    const lines = end.stdout.replaceAll('\r', '').trimEnd().split('\n');
    expect(lines).toContain('multi-file: 6 files, 117.2 KiB');
    expect(lines).toContain('  4       1 B  …ti-file/sub/deeper/c.bin');
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
  });

  test('a reader that goes away ends it quietly', async () => {
    const end = await cli.shell(`files ${fixture('multi-file.torrent')} | head -c 1`);
    expect(end).toMatchObject({ code: 0, stdout: '1', stderr: '' });
  });
});

describe('magnet', () => {
  test('one a line, and read back', async () => {
    const end = await cli.run(['magnet', fixture('multi-file.torrent'), fixture('hybrid.torrent')]);
    const [multi, hybrid] = end.stdout.trimEnd().split('\n');
    expect(parseMagnet(multi)).toMatchObject({ displayName: 'multi-file', webSeeds: ['http://127.0.0.1:8080/files/'] });
    expect(parseMagnet(multi).trackers).toHaveLength(4);
    expect(hybrid).toContain('&xt=urn:btmh:1220');
    // One of its trackers has a key in its address.
    expect(end.stderr).toMatch(/^multi-file: the link has a secret of yours/);
  });

  test('no trackers, peers, and files counted from 1', async () => {
    const args = ['--no-trackers', '--peer', '[::1]:7', '--peer', '192.0.2.1:8', '--files', '1,3-5'];
    const end = await cli.run(['magnet', fixture('multi-file.torrent'), ...args]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(parseMagnet(end.stdout)).toMatchObject({
      trackers: [],
      peers: [
        { host: '::1', port: 7 },
        { host: '192.0.2.1', port: 8 },
      ],
      selection: [
        { first: 0, last: 0 },
        { first: 2, last: 4 },
      ],
    });
    // Padding lies between these, and BEP 53 counts it.
    const padded = await cli.run(['magnet', fixture('padding.torrent'), '--files', '1-2']);
    expect(parseMagnet(padded.stdout).selection).toEqual([
      { first: 0, last: 0 },
      { first: 2, last: 2 },
    ]);
    expect((await cli.run(['magnet', 'a'.repeat(40), '--files', '1'])).code).toBe(2);
    for (const files of ['0', 'x', '*.txt', '7']) {
      expect((await cli.run(['magnet', fixture('multi-file.torrent'), '--files', files])).code, files).toBe(2);
    }
  });

  test('of a hash and of a link, asking nobody', async () => {
    const hash = 'E81F51123EF7DBE7BD1EA65C8603F3520D2ABC79';
    const link = `magnet:?dn=a+b&tr=udp://t.invalid:1&xt=urn:btih:${hash}&xs=http://x.invalid/t`;
    const end = await cli.run(['magnet', hash, '--json']);
    expect(JSON.parse(end.stdout)).toEqual({
      name: null,
      infoHash: hash.toLowerCase(),
      magnet: `magnet:?xt=urn:btih:${hash.toLowerCase()}`,
    });
    const rewritten = await cli.run(['magnet', link]);
    expect(parseMagnet(rewritten.stdout)).toEqual(parseMagnet(link));
  });
});

describe('metadata', () => {
  async function seedFixture(cwd: string, name: string): Promise<string> {
    for (const { path: parts, bytes, isPadding } of torrentFixture(name).files) {
      if (isPadding === true) continue;
      await mkdir(path.join(cwd, 'seed', ...parts.slice(0, -1)), { recursive: true });
      await writeFile(path.join(cwd, 'seed', ...parts), bytes);
    }
    const child = cli.start(['seed', fixture(name), '--data', 'seed', '--no-trackers'], { cwd });
    const [, port] = await child.outputMatching(/seeding .* on port (\d+)/);
    return `127.0.0.1:${port}`;
  }

  test('a hybrid torrent from a peer: under its own name, with a word on what is not in it, and never twice', async () => {
    const cwd = await makeTempFolder();
    const peer = await seedFixture(cwd, 'hybrid.torrent');
    const link = (await cli.run(['magnet', fixture('hybrid.torrent'), '--peer', peer])).stdout.trimEnd();
    const end = await cli.run(['metadata', link], { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'v2-content.torrent\n' });
    expect(end.stderr).toContain('v2-content: a hybrid torrent, saved without its v2 hashes: the file serves its v1 half only\n');
    const shown = await cli.run(['info', 'v2-content.torrent', '--json'], { cwd });
    expect(parseMagnet(link).infoHash).toEqual(
      new Uint8Array(Buffer.from((JSON.parse(shown.stdout) as { infoHash: string }).infoHash, 'hex')),
    );
    expect((await cli.run(['verify', 'v2-content.torrent', 'seed'], { cwd })).code).toBe(0);
    const again = await cli.run(['metadata', link], { cwd });
    expect(again).toMatchObject({ code: 9, stdout: '' });
    expect((await cli.run(['metadata', link, '--force', '--json'], { cwd })).stdout).toContain('"torrent"');
  });

  test('a place that is taken is refused before anybody is asked, and one name is not for two', async () => {
    const cwd = await makeTempFolder();
    await writeFile(path.join(cwd, 'x.torrent'), 'mine');
    const unknown = 'b'.repeat(40);
    const taken = await cli.run(['metadata', unknown, '-o', 'x.torrent'], { cwd });
    expect(taken).toMatchObject({ code: 9, stderr: expect.not.stringContaining('fetching') as string });
    expect(await readFile(path.join(cwd, 'x.torrent'), 'utf8')).toBe('mine');
    expect((await cli.run(['metadata', unknown, 'c'.repeat(40), '-o', 'y.torrent'], { cwd })).code).toBe(2);
    const none = await cli.run(['metadata', unknown, '--metadata-timeout', '200ms'], { cwd });
    expect(none.code).toBe(4);
    expect(await readdir(cwd)).toEqual(['x.torrent']);
  });
});

describe('verify of several', () => {
  async function makeTwo(): Promise<string> {
    const cwd = await makeTempFolder();
    await mkdir(path.join(cwd, 'data'));
    for (const name of ['one', 'two']) {
      await writeFile(path.join(cwd, 'data', name), fixturePayload(3, 40_000));
      expect((await cli.run(['create', `data/${name}`], { cwd })).code).toBe(0);
    }
    return cwd;
  }

  test('the folder is the last one, or that of --data', async () => {
    const cwd = await makeTwo();
    for (const where of [['data'], ['--data', 'data']]) {
      const end = await cli.run(['check', 'one.torrent', 'two.torrent', ...where], { cwd });
      expect(end).toMatchObject({ code: 0, stdout: '' });
      expect(end.stderr).toContain('two: whole: 1 file');
      expect(end.stderr).toMatch(/\n2 torrents: 2 whole\n$/);
    }
    // All are torrents: the data is not in this folder.
    expect((await cli.run(['verify', 'one.torrent', 'two.torrent'], { cwd })).stdout).toBe('missing: one\nmissing: two\n');
    // Neither a folder nor a torrent by its looks.
    expect((await cli.run(['verify', 'one.torrent', 'nowhere'], { cwd })).stdout).toBe('missing: one\n');
  });

  test('10 where one is bad, 14 where one cannot be read, JSON by the line', async () => {
    const cwd = await makeTwo();
    await rm(path.join(cwd, 'data/two'));
    const bad = await cli.run(['verify', 'one.torrent', 'two.torrent', 'data', '--json'], { cwd });
    expect(bad.code).toBe(10);
    const lines = bad.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { whole: boolean });
    expect(lines.map(({ whole }) => whole)).toEqual([true, false]);
    expect(bad.stderr).toBe('2 torrents: 1 whole, 1 not whole\n');
    const unread = await cli.run(['verify', 'one.torrent', 'three.torrent', '--data', 'data'], { cwd });
    expect(unread.code).toBe(14);
    expect(unread.stderr).toContain('cannot read three.torrent');
    expect((await cli.run(['verify', 'three.torrent', 'four.torrent', 'data'], { cwd })).code).toBe(3);
  });
});

test('create: what systems leave behind, and what is excluded, stays out and is told; source and link', async () => {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'd/sub/cache'), { recursive: true });
  for (const name of ['.DS_Store', 'sub/Thumbs.db', '.hidden', 'a.txt', 'b.tmp', 'sub/cache/x', 'sub/c.txt']) {
    await writeFile(path.join(cwd, 'd', name), name);
  }
  const made = await cli.run(['create', 'd', '--exclude', '*.TMP', '--exclude', 'sub/cache', '--source', 'S', '--magnet'], {
    cwd,
  });
  expect(made.code, made.stderr).toBe(0);
  expect(made.stderr).toMatch(/^left out: 4 names \(.*, …\)\n/);
  const [torrent, link] = made.stdout.split('\n');
  expect(torrent).toBe('d.torrent');
  const paths = (await cli.run(['files', 'd.torrent'], { cwd })).stdout;
  expect(paths.match(/(?<=\t)d.*/g)).toEqual(['d/.hidden', 'd/a.txt', 'd/sub/c.txt']);
  expect((await cli.run(['magnet', 'd.torrent'], { cwd })).stdout).toBe(`${link}\n`);
  expect(await readFile(path.join(cwd, 'd.torrent'), 'latin1')).toContain('6:source1:S');
  await cli.run(['create', 'd', '-o', 'all.torrent', '--no-default-excludes'], { cwd });
  expect((await cli.run(['files', 'all.torrent'], { cwd })).stdout.trimEnd().split('\n')).toHaveLength(7);
});

test('other names of commands, and the nearest of them', async () => {
  expect((await cli.run(['show', fixture('hello.txt.torrent')])).stdout).toContain('info hash');
  expect((await cli.run(['help', 'ls'])).stdout).toMatch(/^Usage: effusion files\|ls/);
  expect((await cli.run(['get', '--help'])).stdout).toContain('--no-peers-timeout');
  const slip = await cli.run(['chekc', 'x.torrent']);
  expect(slip).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean effusion check?') as string });
});
