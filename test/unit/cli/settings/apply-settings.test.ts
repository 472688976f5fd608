// Flag > variable > file > default, for every option, through the parsers of the flags.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProgramRig, type ProgramRig } from '../../../support/program-rig.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

/** A rig with this file. */
async function withFile(text: string, environment: Readonly<Record<string, string>> = {}): Promise<ProgramRig> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'config.toml'), text);
  return openProgramRig({
    HOME: '/home/me',
    ...environment,
    EFFUSION_NO_CONFIG: '',
    EFFUSION_CONFIG: path.join(folder, 'config.toml'),
  });
}

describe('which value holds', () => {
  const FILE = 'max-download = "1K"\nmax-peers = 10\n[download]\nmax-peers = 20\n';

  test.each([
    ['the default', '', {}, [], { overwrite: 'verify' }],
    ['the file', FILE, {}, [], { maxDownload: 1024, maxPeers: 20 }],
    ['the variable before the file', FILE, { EFFUSION_MAX_PEERS: '30' }, [], { maxPeers: 30, maxDownload: 1024 }],
    ['the flag before both', FILE, { EFFUSION_MAX_PEERS: '30' }, ['--max-peers', '40'], { maxPeers: 40 }],
    ['the file, where the variable is empty', FILE, { EFFUSION_MAX_PEERS: '' }, [], { maxPeers: 20 }],
  ])('%s', async (_, text, environment, flags, expected) => {
    const rig = await withFile(text, environment);
    await rig.parse('download', 'x:y', ...flags);
    expect(rig.optionsOf('download')).toMatchObject(expected);
  });

  test('the default command takes them too, and another takes its own table', async () => {
    const rig = await withFile(FILE);
    await rig.parse('x:y');
    expect(rig.optionsOf('download')).toMatchObject({ maxPeers: 20 });
    await rig.parse('seed', 'x.torrent');
    expect(rig.optionsOf('seed')).toMatchObject({ maxPeers: 10 });
  });

  test('the other spelling of an option is a key and a variable', async () => {
    const rig = await withFile('limit-rate = "1K"\n');
    await rig.parse('x:y');
    expect(rig.optionsOf('download')).toMatchObject({ maxDownload: 1024 });
    const other = openProgramRig({ EFFUSION_LIMIT_RATE: '2K' });
    await other.parse('x:y');
    expect(other.optionsOf('download')).toMatchObject({ maxDownload: 2048 });
  });

  test('what every command takes', async () => {
    const rig = await withFile('quiet = true\nlog-level = "debug"\n', { EFFUSION_PROGRESS: 'line' });
    await rig.parse('info', 'x:y');
    expect(rig.optionsOf('info')).toMatchObject({ quiet: true, logLevel: 'debug', progress: 'line' });
  });

  test('above the tables an option is meant as the first command that has it means it', async () => {
    const rig = await withFile('output = "~/Downloads"\n', { EFFUSION_OUTPUT: '' });
    await rig.parse('x:y');
    expect(rig.optionsOf('download')).toMatchObject({ output: '/home/me/Downloads' });
    await rig.parse('create', 'x');
    expect(rig.optionsOf('create')).not.toHaveProperty('output');
    const own = await withFile('[create]\noutput = "x.torrent"\n');
    await own.parse('create', 'x');
    expect(own.optionsOf('create')).toMatchObject({ output: 'x.torrent' });
  });
});

describe('switches', () => {
  test.each([
    ['no-dht = true\n', {}, [], false],
    ['dht = false\n', {}, [], false],
    ['no-dht = false\n', {}, [], true],
    ['no-dht = true\n[download]\ndht = true\n', {}, [], true],
    ['no-dht = true\n', { EFFUSION_NO_DHT: '0' }, [], true],
    ['no-dht = true\n', { EFFUSION_DHT: 'yes' }, [], true],
    ['no-dht = true\n', {}, ['--dht'], true],
    ['dht = true\n', { EFFUSION_DHT: '1' }, ['--no-dht'], false],
  ])('%j with %j and %j', async (text, environment, flags, expected) => {
    const rig = await withFile(text, environment);
    await rig.parse('x:y', ...flags);
    expect(rig.optionsOf('download')).toMatchObject({ dht: expected });
  });

  test('those that are off by default', async () => {
    const rig = await withFile('fsync = true\nportmap = true\n');
    await rig.parse('x:y', '--no-portmap');
    expect(rig.optionsOf('download')).toMatchObject({ fsync: true, portmap: false });
  });

  test('the variables that were there before', async () => {
    const rig = openProgramRig({ EFFUSION_NO_LSD: '1', EFFUSION_DHT_BOOTSTRAP: '127.0.0.1:9,127.0.0.1:10' });
    await rig.parse('x:y');
    const nodes = [9, 10].map((port) => ({ host: '127.0.0.1', port }));
    expect(rig.optionsOf('download')).toMatchObject({ lsd: false, dhtBootstrap: nodes });
  });
});

test('what may be repeated is an array in the file and lines in a variable; a flag replaces all of it', async () => {
  const peer = (port: number): object => ({ host: 'a', port });
  const rig = await withFile('peer = ["a:1", "a:2"]\n');
  await rig.parse('x:y');
  expect(rig.optionsOf('download')).toMatchObject({ peer: [peer(1), peer(2)] });
  const other = await withFile('peer = ["a:1", "a:2"]\n', { EFFUSION_PEER: 'a:3\na:4' });
  await other.parse('x:y');
  expect(other.optionsOf('download')).toMatchObject({ peer: [peer(3), peer(4)] });
  const third = await withFile('peer = "a:1"\n');
  await third.parse('x:y', '--peer', 'a:5');
  expect(third.optionsOf('download')).toMatchObject({ peer: [peer(5)] });
});

describe('errors name the place', () => {
  test.each([
    [
      'a key that is none',
      'max-downlod = 1\n',
      /config\.toml, line 1: there is no option 'max-downlod'/,
      'Did you mean max-download?',
    ],
    [
      'a key as another language writes it',
      'max_download = 1\n',
      /line 1: there is no option 'max_download'/,
      'Did you mean max-download?',
    ],
    ['a key of another program', 'dir = "x"\n', /line 1: there is no option 'dir'/, 'Did you mean output?'],
    [
      'a key of another command',
      '[verify]\npeer = "a:1"\n',
      /line 2: there is no option 'peer' of effusion verify/,
      'See effusion config',
    ],
    ['a table that is none', '[downlod]\nport = 1\n', /line 2: there is no command 'downlod'/, 'Did you mean [download]?'],
    ['a value that is none', '\nmax-download = "fast"\n', /line 2: max-download: 'fast' is no size/, 'Write bytes'],
    [
      'a choice that is none',
      'encryption = "never"\n',
      /line 1: encryption: 'never' cannot be used/,
      'Allowed choices are prefer',
    ],
    ['several of one', 'port = [1, 2]\n', /line 1: port takes one value/, 'Leave'],
    ['a switch with a value', 'no-dht = "yes"\n', /line 1: no-dht is a switch/, 'Write true or false.'],
    ['a value that is a switch', 'port = true\n', /line 1: port takes a value/, 'Write a string'],
    ['what belongs to one run', 'input-file = "x"\n', /line 1: 'input-file' belongs to one run/, 'Give it on the command line.'],
    ['the file itself', 'config = "x"\n', /line 1: 'config' belongs to one run/, 'Give it on the command line.'],
  ])('%s', async (_, text, message, hint) => {
    const rig = await withFile(text);
    const error: unknown = await rig.parse('x:y').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'usage_error', message: expect.stringMatching(message) as unknown });
    expect((error as { detail: { hint: string } }).detail.hint).toContain(hint);
  });

  test.each([
    [{ EFFUSION_TIMEOUT: '5x' }, "EFFUSION_TIMEOUT: '5x' is no duration"],
    [{ EFFUSION_NO_DHT: 'perhaps' }, "EFFUSION_NO_DHT: 'perhaps' is neither on nor off"],
    [{ EFFUSION_WEBSEEDS: 'all' }, "EFFUSION_WEBSEEDS: 'all' cannot be used"],
    [{ EFFUSION_JOBS: '1\n2' }, 'EFFUSION_JOBS takes one value'],
    [{ EFFUSION_NO_CONFIG: 'perhaps' }, "EFFUSION_NO_CONFIG: 'perhaps' is neither on nor off"],
  ])('%j', async (environment, message) => {
    await expect(openProgramRig(environment).parse('x:y')).rejects.toThrow(message);
  });

  test('a flag is not read at all where the flag of it stands, so a bad variable is no matter then', async () => {
    const rig = openProgramRig({ EFFUSION_TIMEOUT: '5x' });
    await rig.parse('x:y', '--timeout', '5');
    expect(rig.optionsOf('download')).toMatchObject({ timeout: 5000 });
  });
});

describe('what excludes another', () => {
  test.each([
    ['port = 6881\n', {}, ['--proxy', 'http://a:1'], { port: undefined, proxy: { host: 'a' } }],
    ['proxy = "http://a:1"\n', {}, ['--port', '5'], { port: { first: 5 }, proxy: undefined }],
    ['portmap = true\n', {}, ['--no-listen'], { portmap: undefined, listen: false }],
    ['no-listen = true\n', {}, ['--portmap'], { portmap: true, listen: true }],
    ['portmap = true\n', { EFFUSION_INTERFACE: 'lo' }, [], { portmap: undefined, interface: 'lo' }],
    // One hand wrote both: the command refuses it.
    ['port = 6881\nproxy = "http://a:1"\n', {}, [], { port: { first: 6881 }, proxy: { host: 'a' } }],
  ])('gives way to what is nearer: %j, %j, %j', async (text, environment, flags, expected) => {
    const rig = await withFile(text, environment);
    await rig.parse('x:y', ...flags);
    const options = rig.optionsOf('download');
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, options[name]]))).toMatchObject(expected);
  });
});

test('variables of the tests and of others are no options', async () => {
  const rig = openProgramRig({
    EFFUSION_INTEROP: 'required',
    EFFUSION_SIM_SEEDS: '5',
    EFFUSION_NAME: 'x',
    EFFUSION_FILES: '1',
    EFFUSION_VERSION: '1',
  });
  await rig.parse('create', 'x');
  expect(rig.optionsOf('create')).not.toHaveProperty('name');
});

test('help and completion come where the configuration is broken', async () => {
  const rig = await withFile('nonsense\n');
  expect(await rig.parse('help', 'units')).toContain('KiB');
  expect(await rig.parse('completion', 'bash')).toContain('complete -F');
});
