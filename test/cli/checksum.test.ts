// Whether what was downloaded is what somebody else than the torrent says it is: right, wrong, and asked for wrongly.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(21, 300_000);
const readme = Buffer.from('read me\n');
const WRONG = 'a'.repeat(64);
const digest = (kind: string, bytes: Uint8Array): string => createHash(kind).update(bytes).digest('hex');

/** `seed/data.bin` and `data.torrent`; `seed/album` with two files and `album.torrent`. */
async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed/album/cd 1'), { recursive: true });
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  await writeFile(path.join(cwd, 'seed/album/cd 1/song.bin'), payload);
  await writeFile(path.join(cwd, 'seed/album/readme.txt'), readme);
  for (const name of ['data.bin', 'album']) {
    const end = await cli.run(['create', `seed/${name}`, '-o', `${name.replace('.bin', '')}.torrent`], { cwd });
    expect(end.code, end.stderr).toBe(0);
  }
  return cwd;
}

async function seed(cwd: string, name = 'data'): Promise<string> {
  const child = cli.start(['seed', `${name}.torrent`, '--data', 'seed', '--no-trackers'], { cwd });
  const [, port] = await child.outputMatching(/^seeding .* on port (\d+)$/m);
  return `127.0.0.1:${port}`;
}

const download = (cwd: string, peer: string, ...args: readonly string[]) =>
  cli.run(['download', 'data.torrent', '-o', 'out', '--no-trackers', '--peer', peer, ...args], { cwd });

describe('download', () => {
  test('a right one changes nothing', async () => {
    const cwd = await prepare();
    const args = ['sha256', 'sha512', 'sha1', 'md5'].flatMap((kind) => ['--checksum', `${kind}:${digest(kind, payload)}`]);
    const end = await download(cwd, await seed(cwd), ...args);
    expect(end).toMatchObject({ code: 0, stdout: 'out/data.bin\n' });
  });

  test('a wrong one ends with 11, names file, expected and found, and leaves the data', async () => {
    const cwd = await prepare();
    const end = await download(cwd, await seed(cwd), '--checksum', `sha256:${WRONG}:data.bin`);
    expect(end.code).toBe(11);
    expect(end.stdout).toBe('');
    expect(end.stderr).toMatch(
      new RegExp(
        `^effusion: error: 1 checksum of 1 wrong: data\\.bin has sha256 ${digest('sha256', payload)}, and ${WRONG} was expected\\. .* \\(exit 11\\)$`,
        'm',
      ),
    );
    expect(Buffer.compare(await readFile(path.join(cwd, 'out/data.bin')), payload)).toBe(0);
    const again = await download(cwd, '127.0.0.1:1', '--checksum', `sha256:${WRONG}`);
    expect(again.code, again.stderr).toBe(11);
  });

  test('a wrong one is not served, and the folder is free again', async () => {
    const cwd = await prepare();
    const end = await download(cwd, await seed(cwd), '--seed', '--checksum', `sha256:${WRONG}`);
    expect(end.code).toBe(11);
    expect(end.stderr).not.toMatch(/^seeding/m);
    expect((await download(cwd, '127.0.0.1:1')).code).toBe(0);
  });

  test('refused before anything is opened or written', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'foreign.txt'), `${WRONG}  other.bin\n`);
    await writeFile(path.join(cwd, 'none.txt'), 'nothing here\n');
    const cases: readonly [readonly string[], RegExp][] = [
      [['data.torrent', '--checksum', 'sha256:abc'], /--checksum: 'abc' is no sha256/],
      [['data.torrent', '--checksum', `sha256:${WRONG}:date.bin`], /no file "date\.bin" in data\.bin\. Did you mean data\.bin\?/],
      [['album.torrent', '--checksum', `sha256:${WRONG}`], /album has 2 files, and no one is named/],
      [['album.torrent', 'data.torrent', '--checksum', `sha256:${WRONG}:x`], /--checksum is for one torrent: 2 were named/],
      [['data.torrent', '--checksums', 'foreign.txt'], /foreign\.txt names no file of data\.bin/],
      [['data.torrent', '--checksums', 'none.txt'], /none\.txt has no line with a checksum/],
      [['data.torrent', '--checksums', 'missing.txt'], /--checksums: cannot read missing\.txt: there is no such file \(ENOENT\)/],
    ];
    // A port that is taken would end it with 8: nothing is opened.
    const holder = createServer();
    await new Promise<void>((resolve) => {
      holder.listen(0, resolve);
    });
    onTestFinished(() => {
      holder.close();
    });
    const port = String((holder.address() as AddressInfo).port);
    for (const [args, message] of cases) {
      const end = await cli.run(['download', ...args, '-o', 'out', '--port', port, '--peer', '127.0.0.1:1'], { cwd });
      expect(end.stderr).toMatch(message);
      expect(end.stderr).toMatch(/^effusion: error: .* \(exit 2\)\n$/);
      expect(end.code).toBe(2);
    }
    expect(existsSync(path.join(cwd, 'out'))).toBe(false);
  });
});

test('of a magnet link a checksum is matched when its metadata is there, before any of its data', async () => {
  const cwd = await prepare();
  const peer = await seed(cwd);
  const { stdout } = await cli.run(['info', 'data.torrent', '--json'], { cwd });
  const { infoHash } = JSON.parse(stdout) as { infoHash: string };
  const link = [infoHash, '-o', 'out', '--no-trackers', '--peer', peer];
  const refused = await cli.run([...link, '--checksum', `sha256:${WRONG}:other.bin`], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('there is no file "other.bin" in data.bin');
  expect(existsSync(path.join(cwd, 'out'))).toBe(false);
  const wrong = await cli.run([...link, '--checksum', `sha256:${WRONG}`], { cwd });
  expect(wrong.code).toBe(11);
});

describe('a list', () => {
  test('as sha256sum makes it, of the folder itself, with other files in it', async () => {
    const cwd = await prepare();
    const sums = await startChild('sha256sum', ['cd 1/song.bin', './readme.txt'], { cwd: path.join(cwd, 'seed/album') }).ended;
    await writeFile(path.join(cwd, 'SHA256SUMS'), `# of the album\n${sums.stdout}${WRONG}  cover.png\nnot a line\n`);
    const peer = await seed(cwd, 'album');
    const args = ['download', 'album.torrent', '-o', 'out', '--no-trackers', '--peer', peer, '--checksums', 'SHA256SUMS'];
    const end = await cli.run(args, { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'out/album\n' });
    expect(end.stderr).toContain('SHA256SUMS: 1 file of it not in album: not looked at');
    expect(end.stderr).toContain('SHA256SUMS: 1 line without a checksum: left out');
  });

  test('several torrents, each with its own: one is wrong', async () => {
    const cwd = await prepare();
    await writeFile(
      path.join(cwd, 'SUMS'),
      `SHA256 (album/readme.txt) = ${digest('sha256', readme)}\n${digest('sha512', readme)} *data.bin\n`,
    );
    const end = await cli.run(['data.torrent', 'album.torrent', '-o', 'seed', '--checksums', 'SUMS'], { cwd });
    expect(end.code).toBe(14);
    expect(end.stdout).toBe('seed/album\n');
    expect(end.stderr).toMatch(/^effusion: error: 1 checksum of 1 wrong: data\.bin has sha512 .* \(exit 11\)$/m);
  });

  test('several torrents, of which it names one: the other is fine, and is told of', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'SUMS'), `${digest('sha256', payload)}  data.bin\n${WRONG}  nobody.bin\n`);
    for (const command of ['download', 'verify']) {
      const folder = command === 'download' ? '-o' : '--data';
      const end = await cli.run([command, 'data.torrent', 'album.torrent', folder, 'seed', '--checksums', 'SUMS'], { cwd });
      expect(end.code, end.stderr).toBe(0);
      expect(end.stderr).toContain('album: no checksum in SUMS is of a file of it: none is looked at\n');
      expect(end.stderr).toContain('SUMS: 1 file of it in none of the torrents: not looked at\n');
    }
  });

  test('several torrents, of which it names none: refused before anything is opened', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'SUMS'), `${WRONG}  nobody.bin\n`);
    for (const [command, folder] of [
      ['download', '-o'],
      ['verify', '--data'],
    ]) {
      const end = await cli.run([command, 'data.torrent', 'album.torrent', folder, 'seed', '--checksums', 'SUMS'], { cwd });
      expect(end).toMatchObject({ code: 2, stdout: '' });
      expect(end.stderr).toMatch(/^effusion: error: --checksums: SUMS names no file of any of the torrents\. .* \(exit 2\)\n$/);
    }
  });

  test('the same where they can only be looked at as they come: told at the end', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'SUMS'), `${WRONG}  nobody.bin\n`);
    const end = await cli.shell('download album.torrent - -o seed --checksums SUMS --events=events < data.torrent', { cwd });
    expect(end.code).toBe(2);
    expect(end.stdout.split('\n').toSorted()).toEqual(['', 'seed/album', 'seed/data.bin']);
    expect(end.stderr).toContain('effusion: error: --checksums: SUMS names no file of any of the torrents. ');
    const events = (await readFile(path.join(cwd, 'events'), 'utf8')).trim().split('\n');
    const [error, done] = events.slice(-2).map((line) => JSON.parse(line) as object);
    expect([error, done]).toMatchObject([
      { event: 'error', code: 'usage_error', exit: 2 },
      { event: 'done', exit: 2 },
    ]);
  });
});

describe('verify', () => {
  test('right, wrong, and as JSON', async () => {
    const cwd = await prepare();
    const found = digest('sha256', readme);
    const right = await cli.run(['verify', 'album.torrent', 'seed', '--checksum', `sha256:${found}:readme.txt`], { cwd });
    expect(right).toMatchObject({ code: 0, stdout: '' });
    expect(right.stderr).toMatch(/^right: 1 checksum$/m);
    const args = ['verify', 'album.torrent', 'seed', '--checksum', `sha256:${WRONG}:album/readme.txt`];
    const wrong = await cli.run(args, { cwd });
    expect(wrong).toMatchObject({ code: 11, stdout: 'wrong checksum: album/readme.txt\n' });
    expect(wrong.stderr).toMatch(/\(exit 11\)$/m);
    const json = await cli.run([...args, '--json'], { cwd });
    expect(json.code).toBe(11);
    expect(JSON.parse(json.stdout)).toMatchObject({
      whole: true,
      checksums: [{ path: 'album/readme.txt', algorithm: 'sha256', expected: WRONG, found }],
    });
  });

  test('of data that is not whole the pieces speak', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'seed/album/readme.txt'), 'read it\n');
    const end = await cli.run(['verify', 'album.torrent', 'seed', '--checksum', `sha256:${WRONG}:readme.txt`], { cwd });
    expect(end).toMatchObject({ code: 10, stdout: expect.stringContaining('bad: album/readme.txt\n') as unknown });
    expect(end.stdout).not.toContain('checksum');
  });
});
