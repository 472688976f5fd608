// Torrent files, good and bad, through info, create and verify.

import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload, readTorrentFixture } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const PIECES = `6:pieces20:${'x'.repeat(20)}`;

describe('a bad torrent ends with 3, names the field, and nothing is created', () => {
  test.each([
    ['no bencode', 'hello', /torrent: /],
    ['empty', '', /torrent: /],
    ['no dictionary', 'le', /torrent: it does not begin like one/],
    ['no info', 'd8:announce3:urle', /info: expected a dictionary, found nothing/],
    ['a negative length', `d4:infod6:lengthi-1e4:name1:a12:piece lengthi16384e${PIECES}ee`, /info\.length/],
    ['no name', `d4:infod6:lengthi1e12:piece lengthi16384e${PIECES}ee`, /info\.name/],
    ['no piece length', `d4:infod6:lengthi1e4:name1:a${PIECES}ee`, /info\.piece length/],
    ['too few pieces', `d4:infod6:lengthi99999e4:name1:a12:piece lengthi16384e${PIECES}ee`, /info\.pieces/],
    [
      'a path that leaves the folder',
      `d4:infod5:filesld6:lengthi1e4:pathl2:..1:aeee4:name1:b12:piece lengthi16384e${PIECES}ee`,
      /info\.files\[0\]\.path/,
    ],
    ['bottomless nesting', 'l'.repeat(100_000), /torrent: /],
    ['a string longer than the file', 'd4:info99999999:x', /torrent: /],
  ])('%s', async (_, text, field) => {
    const folder = await makeTempFolder();
    await writeFile(path.join(folder, 'bad.torrent'), text);
    for (const command of ['download', 'info', 'verify', 'seed']) {
      const end = await cli.run([command, 'bad.torrent'], { cwd: folder });
      // A torrent that is bad only to some is refused by all or by none.
      expect(end.stderr, command).toMatch(field);
      expect(end.stderr).toMatch(/^effusion: error: bad\.torrent: .* \(exit 3\)\n$/);
      expect(end.code).toBe(3);
    }
    expect(readdirSync(folder)).toEqual(['bad.torrent']);
  });

  test('v2-only is not supported yet', async () => {
    const folder = await makeTempFolder();
    await writeFile(path.join(folder, 'v2.torrent'), readTorrentFixture('v2-only.torrent'));
    const end = await cli.run(['download', 'v2.torrent', '-o', 'out'], { cwd: folder });
    expect(end.code).toBe(3);
    expect(end.stderr).toMatch(/v2/);
    expect(existsSync(path.join(folder, 'out'))).toBe(false);
  });
});

describe('a torrent file that cannot be read ends with 3', () => {
  test('it is not there: is there one of nearly that name?', async () => {
    const folder = await makeTempFolder();
    await writeFile(path.join(folder, 'ubuntu.torrent'), '');
    await mkdir(path.join(folder, 'ubnut.torrent')); // nearer, and no file
    const end = await cli.run(['ubnutu.torrent', '-o', 'out'], { cwd: folder });
    expect(end.code).toBe(3);
    expect(end.stderr).toBe(
      'effusion: error: cannot read ubnutu.torrent: there is no such file (ENOENT). Did you mean ubuntu.torrent? (exit 3)\n',
    );
    expect(existsSync(path.join(folder, 'out'))).toBe(false);
  });

  test('its name without the ending', async () => {
    const folder = await makeTempFolder();
    await writeFile(path.join(folder, 'ubuntu.torrent'), '');
    const end = await cli.run(['info', 'ubuntu'], { cwd: folder });
    expect(end.stderr).toContain(' Did you mean ubuntu.torrent? (exit 3)');
  });

  test('it is a folder', async () => {
    const folder = await makeTempFolder();
    const end = await cli.run(['info', folder]);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain('it is a folder (EISDIR)');
  });
  test('it is endless', async () => {
    const end = await cli.run(['info', '/dev/zero']);
    expect(end.code).toBe(3);
    expect(end.stderr).toContain('larger than 64 MiB');
  });
});

async function makeData(): Promise<string> {
  const folder = await makeTempFolder();
  await mkdir(path.join(folder, 'data/sub'), { recursive: true });
  await writeFile(path.join(folder, 'data/a.bin'), fixturePayload(1, 50_000));
  await writeFile(path.join(folder, 'data/sub/b.bin'), fixturePayload(2, 70_000));
  await writeFile(path.join(folder, 'data/empty'), '');
  return folder;
}

describe('create, info, verify', () => {
  test('a round trip', async () => {
    const cwd = await makeData();
    const trackers = [
      '--tracker',
      'http://a.invalid/announce?passkey=secret,udp://b.invalid:80',
      '--tracker',
      'https://c.invalid/announce',
    ];
    const created = await cli.run(['create', 'data', ...trackers, '--private', '--comment', 'hello'], { cwd });
    expect(created).toMatchObject({ code: 0, stdout: 'data.torrent\n' });

    const info = await cli.run(['info', 'data.torrent', '--json'], { cwd });
    const shown = JSON.parse(info.stdout) as Record<string, unknown>;
    expect(shown).toMatchObject({
      name: 'data',
      totalBytes: 120_000,
      pieceLength: 16_384,
      pieceCount: 8,
      private: true,
      comment: 'hello',
      trackers: [['http://a.invalid/announce?passkey=***', 'udp://b.invalid:80'], ['https://c.invalid/announce']],
      files: [
        { path: 'data/a.bin', length: 50_000 },
        { path: 'data/empty', length: 0 },
        { path: 'data/sub/b.bin', length: 70_000 },
      ],
    });
    const text = (await cli.run(['info', 'data.torrent'], { cwd })).stdout;
    expect(text).toContain(String(shown.infoHash));
    expect(text).not.toContain('secret');
    expect(text).toContain('117.2 KiB');

    const whole = await cli.run(['verify', 'data.torrent'], { cwd });
    expect(whole).toMatchObject({ code: 0, stdout: '' });
    expect(whole.stderr).toContain('whole: 3 files');
  });

  test('the same content makes the same bytes, and an existing torrent is not replaced unasked', async () => {
    const cwd = await makeData();
    await cli.run(['create', 'data', '-o', 'one.torrent'], { cwd });
    await cli.run(['create', 'data', '-o', 'two.torrent'], { cwd });
    const one = await readFile(path.join(cwd, 'one.torrent'));
    expect(one.equals(await readFile(path.join(cwd, 'two.torrent')))).toBe(true);
    const refused = await cli.run(['create', 'data', '-o', 'one.torrent', '--private'], { cwd });
    expect(refused).toMatchObject({ code: 9, stdout: '' });
    expect(refused.stderr).toContain('one.torrent: it exists (EEXIST)');
    expect(one.equals(await readFile(path.join(cwd, 'one.torrent')))).toBe(true);
    expect((await cli.run(['create', 'data', '-o', 'one.torrent', '--private', '--force'], { cwd })).code).toBe(0);
    expect(one.equals(await readFile(path.join(cwd, 'one.torrent')))).toBe(false);
    expect(readdirSync(cwd).toSorted()).toEqual(['data', 'one.torrent', 'two.torrent']);
  });

  test('create --json is one object that names the file', async () => {
    const cwd = await makeData();
    const end = await cli.run(['create', 'data', '--json'], { cwd });
    expect(JSON.parse(end.stdout)).toMatchObject({ name: 'data', torrent: expect.stringMatching(/\/data\.torrent$/) as unknown });
    expect(end.code).toBe(0);
  });

  test('a target that cannot be written ends with 9', async () => {
    const cwd = await makeData();
    const end = await cli.run(['create', 'data', '-o', 'no-such-folder/x.torrent'], { cwd });
    expect(end.code).toBe(9);
    expect(end.stderr).toMatch(/cannot write no-such-folder\/x\.torrent: .*ENOENT/);
  });

  test('verify names each bad file and ends with 10', async () => {
    const cwd = await makeData();
    await cli.run(['create', 'data'], { cwd });
    await truncate(path.join(cwd, 'data/sub/b.bin'), 69_999);
    await rm(path.join(cwd, 'data/empty'));
    const end = await cli.run(['verify', 'data.torrent', '.'], { cwd });
    expect(end.code).toBe(10);
    expect(end.stdout.split('\n').filter((line) => line !== '')).toEqual([
      'missing: data/empty',
      'wrong size (69999 instead of 70000 B): data/sub/b.bin',
    ]);
    const json = await cli.run(['verify', 'data.torrent', '--json'], { cwd });
    expect(json.code).toBe(10);
    expect(JSON.parse(json.stdout)).toMatchObject({ whole: false, badPieces: 1 });
    const elsewhere = await cli.run(['verify', 'data.torrent', 'elsewhere'], { cwd });
    expect(elsewhere.code).toBe(10);
    expect(elsewhere.stderr).toMatch(/^there is no folder elsewhere$/m);
    expect(end.stderr).not.toContain('there is no folder');
  });

  test('a flipped byte is found, an appended one too', async () => {
    const cwd = await makeData();
    await cli.run(['create', 'data'], { cwd });
    const bytes = await readFile(path.join(cwd, 'data/a.bin'));
    bytes[40_000] ^= 1;
    await writeFile(path.join(cwd, 'data/a.bin'), bytes);
    await appendFile(path.join(cwd, 'data/sub/b.bin'), 'x');
    const end = await cli.run(['verify', 'data.torrent'], { cwd });
    expect(end.stdout).toBe('bad: data/a.bin\nwrong size (70001 instead of 70000 B): data/sub/b.bin\n');
    expect(end.code).toBe(10);
  });
});

describe('streams', () => {
  test('no escape reaches a pipe, unless colour is asked for', async () => {
    const cwd = await makeData();
    await cli.run(['create', 'data', '--comment', 'red \u001B[31m'], { cwd });
    for (const args of [['info', 'data.torrent'], ['info', 'data.torrent', '--json'], ['verify', 'data.torrent'], ['--help']]) {
      const end = await cli.run(args, { cwd });
      expect(end.stdout + end.stderr, args.join(' ')).not.toContain('\u001B');
    }
    expect((await cli.run(['info', 'data.torrent', '--color'], { cwd })).stdout).toContain('\u001B[1m');
    expect((await cli.run(['info', 'data.torrent', '--no-color'], { cwd, env: { FORCE_COLOR: '1' } })).stdout).not.toContain(
      '\u001B',
    );
  });

  test('a full disk behind stdout ends with 9', async () => {
    const cwd = await makeData();
    await cli.run(['create', 'data'], { cwd });
    const end = await cli.shell(`info data.torrent > /dev/full`, { cwd });
    expect(end.code).toBe(9);
    expect(end.stderr).toContain('cannot write to stdout');
  });

  test('a reader that goes away ends the run quietly, a reader of stderr changes nothing', async () => {
    const cwd = await makeData();
    await cli.run(['create', 'data'], { cwd });
    const end = await cli.shell(`info data.torrent --json | head -c 1; verify data.torrent 2>&1 >/dev/null | true`, { cwd });
    expect(end).toMatchObject({ code: 0, stdout: '{', stderr: '' });
  });
});
