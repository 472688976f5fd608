// What is asked of the command wrongly, and what it says about itself.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { COMMAND_NAMES } from '../support/command-names.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

describe('usage errors are one line on stderr and exit 2', () => {
  test.each([
    ['an unknown option', ['download', 'x.torrent', '--prot', '5'], /unknown option '--prot'\. Did you mean --port\?/],
    ['a mistyped command', ['inof'], /neither a command nor a file\. Did you mean effusion info\?/],
    ['a mistyped command with arguments', ['verfiy', 'x.torrent', 'y'], /Did you mean effusion verify\?/],
    ['a command of another program', ['list', 'x.torrent'], /neither a command nor a file\. Did you mean effusion files\?/],
    ['no argument', ['info'], /missing required argument/],
    ['too many arguments', ['create', 'a', 'b'], /too many arguments for 'create'.* See effusion create --help\./],
    ['a shell that is none', ['completion', 'foosh'], /: 'foosh' is no SHELL\. Allowed choices are bash, /],
    ['no torrent', ['download', '-o', 'x'], /missing required argument 'TORRENT'/],
    ['no torrent for the default command', ['-q'], /missing required argument 'TORRENT'/],
    ['nowhere to choose on', ['x.torrent', '-I'], /-I needs a terminal to choose files on\. Name them with --files/],
    ['no number of torrents', ['a.torrent', '-j', '0'], /--jobs: '0' is no number of torrents/],
    [
      'a list that is not there',
      ['-i', 'list.txt'],
      /--input-file: cannot read list\.txt: there is no such file \(ENOENT\)\. Check the path\./,
    ],
    ['stdin twice', ['info', '-', '-'], /stdin was named twice/],
    ['one file for two torrents', ['info', 'a.torrent', 'b.torrent', '--save', 'c'], /--save keeps one torrent: 2 were named/],
    ['a duration that is none', ['download', 'x.torrent', '--timeout', '5x'], /--timeout: '5x' is no duration/],
    ['a port that is none', ['seed', 'x.torrent', '--port', '70000'], /--port: '70000' is no port/],
    ['a peer without a port', ['download', 'x.torrent', '--peer', '10.0.0.1'], /--peer: '10\.0\.0\.1' is no HOST:PORT/],
    ['a rate that is none', ['seed', 'x.torrent', '--max-upload', 'fast'], /--max-upload: 'fast' is no size/],
    [
      'a mode that is none',
      ['download', 'x.torrent', '--overwrite', 'sometimes'],
      /--overwrite: 'sometimes' cannot be used\. Allowed choices are verify, never, always\. \(/,
    ],
    [
      'a kind of encryption that is none',
      ['seed', 'x.torrent', '--encryption', 'forced'],
      /Allowed choices are prefer, require, off/,
    ],
    [
      'an option without its value',
      ['download', 'x.torrent', '-o'],
      /--output: argument missing\. It is written -o, --output <DIR>\. See effusion download --help\./,
    ],
    [
      'nobody to download from',
      ['download', 'x.torrent', '--webseeds', 'never', '--no-trackers', '--no-dht', '--no-listen'],
      /nobody to download from/,
    ],
    ['an unknown topic', ['help', 'exit-code'], /Did you mean effusion help exit-codes\?/],
    ['a topic like no other', ['help', 'wonders'], /^(?!.*__).*Topics are: download, get, cat, .*, config, .*, units, select\. /],
    ['create of nothing', ['create', 'nothing-here'], /there is no file or folder/],
    ['a piece length that is none', ['create', '.', '--piece-length', '17K'], /--piece-length: '17K' is no piece length/],
  ])('%s', async (_, args, message) => {
    const end = await cli.run(args, { cwd: await makeTempFolder() });
    expect(end.stderr).toMatch(message);
    expect(end.stderr).toMatch(/^effusion: error: .* \(exit 2\)\n$/);
    expect(end.stdout).toBe('');
    expect(end.code).toBe(2);
  });

  test.each([
    ['a slip', 'photos.torren'],
    ['its name without the ending', 'photos'],
  ])('a torrent of the folder is named where the word is %s', async (_, word) => {
    const cwd = await makeTempFolder();
    await writeFile(path.join(cwd, 'photos.torrent'), '');
    const end = await cli.run([word], { cwd });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toBe(
      `effusion: error: '${word}' is neither a command nor a file. Did you mean photos.torrent? (exit 2)\n`,
    );
  });

  test.each([
    ['seed', ['seed', 'a'.repeat(40)], /a link names no data to serve\. .*effusion download --seed/],
    [
      'verify',
      ['verify', 'magnet:?xt=urn:btih:'.concat('a'.repeat(40))],
      /a torrent file is needed here, not a link\. .*metadata MAGNET -o/,
    ],
  ])('%s needs more than a link, and says what to do', async (_, args, message) => {
    const end = await cli.run(args);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(message);
  });

  test('no argument at all shows the help, and is no success', async () => {
    const end = await cli.run([]);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('Usage: effusion');
    expect(end.stdout).toBe('');
  });
});

describe('help', () => {
  test('--version is the version of the package', async () => {
    const end = await cli.run(['--version']);
    expect(end).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown });
  });

  test('--help names the commands and has examples, within 140 columns', async () => {
    const end = await cli.run(['--help']);
    expect(end.code).toBe(0);
    for (const name of COMMAND_NAMES) expect(end.stdout).toMatch(new RegExp(`^  ${name}[ |]`, 'm'));
    expect(end.stdout).toContain('Examples:');
    expect(Math.max(...end.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  // Its own help is of topics too, and `config` is a topic first.
  test.each(COMMAND_NAMES.filter((name) => name !== 'help' && name !== 'config'))(
    '%s --help has examples, and help %s is the same',
    async (name) => {
      const flag = await cli.run([name, '--help']);
      expect(flag.code).toBe(0);
      expect(flag.stdout).toContain(`Usage: effusion ${name}`);
      expect(flag.stdout).toContain(`  effusion ${name} `);
      // commander's word for a value that may be left out.
      expect(flag.stdout).not.toContain('(preset');
      expect(Math.max(...flag.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
      expect((await cli.run(['help', name])).stdout).toBe(flag.stdout);
    },
  );

  test('help exit-codes is the table', async () => {
    const end = await cli.run(['help', 'exit-codes']);
    expect(end.code).toBe(0);
    for (const { code, name, meaning } of EXIT_CODES) {
      expect(end.stdout).toMatch(new RegExp(`^ +${code}  ${name} `, 'm'));
      expect(end.stdout.replaceAll(/\s+/g, ' ')).toContain(meaning);
    }
  });
});

test('--version and --help begin no part of the work', async () => {
  // What each heavy part needs of Node: digests, the hash pool, trackers, name look-ups.
  const heavy = ['crypto', 'worker_threads', 'http', 'dns'];
  const list = "process.on('exit', () => process.stderr.write('[' + process.moduleLoadList.join('][') + ']'))";
  const preload = `--import=data:text/javascript,${encodeURIComponent(list)}`;
  const loadedBy = async (args: string[]): Promise<string[]> => {
    const { stderr } = await cli.run(args, { env: { NODE_OPTIONS: preload } });
    return heavy.filter((name) => stderr.includes(`[NativeModule ${name}]`));
  };
  expect(await loadedBy(['--version'])).toEqual([]);
  expect(await loadedBy(['--help'])).toEqual([]);
  const some = await loadedBy(['download', 'README.md', '--timeout', '1']);
  expect(some).not.toEqual([]);
});
