// The configuration, the log file and the looks of the built command, as a user meets them.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makePayload, writePayload, writeTorrent } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

interface Place {
  readonly folder: string;
  readonly file: string;
  readonly env: Record<string, string>;
}

/** A user with this configuration. */
async function prepare(text: string): Promise<Place> {
  const folder = await makeTempFolder();
  const file = path.join(folder, 'effusion/config.toml');
  await mkdir(path.dirname(file));
  await writeFile(file, text);
  return { folder, file, env: { XDG_CONFIG_HOME: folder, HOME: folder } };
}

/** A folder with a whole payload and its torrent, and their paths. */
async function prepareTorrent(folder: string): Promise<{ torrent: string; data: string }> {
  const payload = makePayload('holiday', [['one.bin', 100_000]]);
  const data = path.join(folder, 'data');
  await writePayload(payload, data);
  return { torrent: (await writeTorrent(payload, folder, 32_768)).path, data };
}

describe('effusion config', () => {
  test('prints each value with its source, and no login', async () => {
    const { folder, file, env } = await prepare(
      'proxy = "socks5h://me:secret@127.0.0.1:9"\n[download]\noutput = "~/Downloads"\n',
    );
    const options = { cwd: folder, env: { ...env, EFFUSION_MAX_PEERS: '7' } };
    const end = await cli.run(['config', 'download', '-m', '5', '--no-pex'], options);
    expect(end.code, end.stderr).toBe(0);
    for (const line of [
      `# ${file}`,
      `overwrite = "verify" +# default`,
      `output = "~/Downloads" +# file ${file}, line 3`,
      `proxy = "socks5h://127\\.0\\.0\\.1:9" +# file ${file}, line 1`,
      'max-peers = "7" +# env EFFUSION_MAX_PEERS',
      'timeout = "5" +# flag',
      'no-pex = true +# flag',
      'no-lsd = true +# env EFFUSION_NO_LSD',
      '# max-upload +# not set',
      // Defaults that are no value of the option.
      '# max-uploads +# default: 5',
      '# jobs +# default: 5',
      '# stall-timeout +# default: off; without a terminal 5m',
      '# min-speed +# not set',
    ]) {
      expect(end.stdout).toMatch(new RegExp(`^${line}$`, 'm'));
    }
    expect(end.stdout).not.toContain('secret');
  });

  test('--json has the same for all commands', async () => {
    const { file, env } = await prepare('verbose = true\n[seed]\nport = 6881\n');
    const { stdout } = await cli.run(['config', '--json'], { env });
    const { settings, ...rest } = JSON.parse(stdout) as { settings: Record<string, unknown>[] };
    expect(rest).toEqual({ file, isFileThere: true });
    expect(settings).toContainEqual({
      command: null,
      key: 'verbose',
      value: true,
      source: 'file',
      from: `${file}, line 1`,
      otherwise: null,
    });
    expect(settings).toContainEqual({
      command: 'seed',
      key: 'port',
      value: 6881,
      source: 'file',
      from: `${file}, line 3`,
      otherwise: null,
    });
    expect(settings).toContainEqual({
      command: 'download',
      key: 'port',
      value: null,
      source: 'default',
      from: null,
      otherwise: 'any',
    });
  });

  test('--path tells where the file is, also where it is broken or missing', async () => {
    const { folder, file, env } = await prepare('nonsense\n');
    expect(await cli.run(['config', '--path'], { env })).toMatchObject({ code: 0, stdout: `${file}\n`, stderr: '' });
    expect((await cli.run(['config', '--path', '--config', 'x.toml'], { env, cwd: folder })).stdout).toBe('x.toml\n');
    expect((await cli.run(['config', '--path', '--no-config'], { env })).stdout).toBe('\n');
  });
});

describe('a configuration that is wrong ends with 2 and one line', () => {
  test.each([
    ['nonsense\n', /config\.toml, line 1: this is no TOML: /],
    ['max-downlod = "2M"\n', /config\.toml, line 1: there is no option 'max-downlod'\. Did you mean max-download\? /],
    ['timeout = "soon"\n', /config\.toml, line 1: timeout: 'soon' is no duration\. Write a number /],
  ])('%j', async (text, message) => {
    const { env } = await prepare(text);
    const end = await cli.run(['download', 'x.torrent'], { env });
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(message);
    expect(end.stderr).toMatch(/^effusion: error: [^\n]* \(exit 2\)\n$/);
  });

  test('and --no-config goes around it', async () => {
    const { env } = await prepare('nonsense\n');
    expect((await cli.run(['download', 'x.torrent', '--no-config'], { env })).code).toBe(3);
    expect((await cli.run(['--version'], { env })).code).toBe(0);
    expect((await cli.run(['download', '--help'], { env })).code).toBe(0);
  });

  test('a file that was named and is not there', async () => {
    const end = await cli.run(['info', 'x.torrent', '--config', 'none.toml']);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(
      /cannot read the configuration file none\.toml: there is no such file \(ENOENT\)\. Name another with --config/,
    );
  });
});

test('a download goes by the file', async () => {
  const { folder, env } = await prepare('quiet = true\n[download]\noutput = "data"\n');
  const { torrent, data } = await prepareTorrent(folder);
  const end = await cli.run([torrent], { cwd: folder, env });
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(path.resolve(folder, end.stdout.trim())).toBe(path.join(data, 'holiday'));
});

describe('--log-file', () => {
  test('has what is said, with its time, also what is quiet', async () => {
    const folder = await makeTempFolder();
    const { torrent, data } = await prepareTorrent(folder);
    const empty = await makeTempFolder();
    for (const place of [data, empty]) await cli.run(['-q', 'verify', torrent, place, '--log-file', 'log'], { cwd: folder });
    const end = await cli.run(['-q', 'verify', 'none.torrent', '--log-file', 'log'], { cwd: folder });
    expect(end.code).toBe(3);
    const lines = (await readFile(path.join(folder, 'log'), 'utf8')).split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info whole: 1 file, /),
      expect.stringMatching(/Z info not whole: 1 file of 1, 4 of 4 pieces$/),
      expect.stringMatching(/Z error effusion: error: cannot read none\.torrent: .* \(exit 3\)$/),
      '',
    ]);
  });

  test('that cannot be opened ends the run with 9', async () => {
    const end = await cli.run(['verify', 'x.torrent', '--log-file', 'none/log'], { cwd: await makeTempFolder() });
    expect(end.code).toBe(9);
    expect(end.stderr).toBe(
      'effusion: error: --log-file: cannot write none/log: there is no folder none (ENOENT). Name another with --log-file. (exit 9)\n',
    );
  });
});

describe('looks', () => {
  // Nobody has the torrent: it waits for a peer until its time is up.
  const WAIT = '--no-trackers --no-dht --peer 127.0.0.1:9 --timeout 1500ms';

  test.each([
    ['bars on a terminal', '', '', true],
    ['lines on a terminal that is dumb', 'TERM=dumb ', '', false],
    ['bars there all the same', 'TERM=dumb ', '--progress bar', true],
    ['lines on a terminal', '', '--progress line', false],
    ['nothing on a terminal', '', '--progress none', false],
  ])('%s', async (_, variable, flags, isDrawn) => {
    const folder = await makeTempFolder();
    const { torrent } = await prepareTorrent(folder);
    const args = `download ${JSON.stringify(torrent)} -o out ${WAIT} ${flags}`;
    const end = await cli.terminal(`stty cols 80; export ${variable || 'X=1'}; `, args, { cwd: folder });
    expect(end.code).toBe(124);
    expect(end.stdout.includes('\u001B[?25l')).toBe(isDrawn);
    expect(end.stdout).toContain('(exit 124)');
  });

  test.each([
    [['--color'], true],
    [['--color', 'always'], true],
    [['--color=never'], false],
    [['--color', 'auto'], false],
    [['--no-color'], false],
    [[], false],
  ])('%j on a pipe', async (flags, isColoured) => {
    const folder = await makeTempFolder();
    const { torrent, data } = await prepareTorrent(folder);
    const end = await cli.run([...flags, 'verify', torrent, data], { cwd: folder });
    expect(end.code).toBe(0);
    expect(end.stderr.includes('\u001B[')).toBe(isColoured);
  });
});
