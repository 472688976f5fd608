// Where the configuration file is, and what is read of it.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  chooseFile,
  defaultConfigPath,
  expandHome,
  parseConfig,
  readConfigFile,
} from '../../../../src/cli/settings/config-file.js';
import { UsageError } from '../../../../src/cli/usage-error.js';
import { CONFIG } from '../../../../src/engine/config.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

describe('where it is', () => {
  test.each([
    ['XDG_CONFIG_HOME', { XDG_CONFIG_HOME: '/etc/xdg', HOME: '/home/me' }, 'linux', '/etc/xdg/effusion/config.toml'],
    [
      'a relative XDG_CONFIG_HOME, which counts for nothing',
      { XDG_CONFIG_HOME: 'xdg', HOME: '/home/me' },
      'linux',
      '/home/me/.config/effusion/config.toml',
    ],
    ['the home', { HOME: '/home/me' }, 'linux', '/home/me/.config/effusion/config.toml'],
    [
      'APPDATA of Windows',
      { APPDATA: 'C:\\Users\\me\\AppData', HOME: '/x' },
      'win32',
      'C:\\Users\\me\\AppData\\effusion\\config.toml',
    ],
    ['Windows without it', {}, 'win32', null],
  ] as const)('by %s', (_, environment, platform, expected) => {
    expect(defaultConfigPath(environment, platform)).toBe(expected);
  });

  test('a flag before a variable, a variable before the default', () => {
    const environment = { EFFUSION_CONFIG: '/of/variable', XDG_CONFIG_HOME: '/xdg' };
    expect(chooseFile('/of/flag', environment)).toEqual({ path: '/of/flag', isNamed: true });
    expect(chooseFile(undefined, environment)).toEqual({ path: '/of/variable', isNamed: true });
    expect(chooseFile(undefined, { XDG_CONFIG_HOME: '/xdg' })).toEqual({ path: '/xdg/effusion/config.toml', isNamed: false });
    expect(chooseFile(false, environment)).toBeNull();
    expect(chooseFile(undefined, { ...environment, EFFUSION_NO_CONFIG: '1' })).toBeNull();
    expect(chooseFile('/of/flag', { EFFUSION_NO_CONFIG: '1' })).toEqual({ path: '/of/flag', isNamed: true });
  });

  test('~ is the home, at the start of a path only', () => {
    const environment = { HOME: '/home/me' };
    expect(['~', '~/a', '~b', 'a/~', '/a'].map((text) => expandHome(text, environment))).toEqual([
      '/home/me',
      '/home/me/a',
      '~b',
      'a/~',
      '/a',
    ]);
  });
});

describe('what is in it', () => {
  test('keys above the tables and in them, with their lines', async () => {
    const text = '# mine\nmax-download = "2M"\n\n[download]\nport = 6881\n"no-dht" = true\n[seed]\nport = 1\n';
    expect(await parseConfig(text, 'f')).toEqual([
      { table: null, key: 'max-download', value: '2M', line: 2 },
      { table: 'download', key: 'port', value: 6881, line: 5 },
      { table: 'download', key: 'no-dht', value: true, line: 6 },
      { table: 'seed', key: 'port', value: 1, line: 8 },
    ]);
  });

  test('an inline table and a mark of byte order', async () => {
    expect(await parseConfig('\uFEFFseed = { port = 1 }\n', 'f')).toEqual([{ table: 'seed', key: 'port', value: 1, line: null }]);
  });

  test.each([
    ['a value that is missing', 'jobs = 3\nport = \n', /f, line 2: this is no TOML/],
    ['a key twice', 'port = 1\nport = 2\n', /f, line 2: this is no TOML/],
    ['__proto__', '__proto__ = 1\n', /f, line 1: this is no TOML/],
    ['arrays without an end to them', `x = ${'['.repeat(5000)}`, /f, line 1: this is no TOML/],
  ])('%s is an error that names the line', async (_, text, message) => {
    await expect(parseConfig(text, 'f')).rejects.toThrow(message);
    await expect(parseConfig(text, 'f')).rejects.toBeInstanceOf(UsageError);
  });
});

describe('a file', () => {
  test('that is not there is none, unless it was named', async () => {
    const file = path.join(await makeTempFolder(), 'none.toml');
    expect(await readConfigFile(file, false)).toBeNull();
    await expect(readConfigFile(file, true)).rejects.toThrow(
      `cannot read the configuration file ${file}: there is no such file (ENOENT)`,
    );
  });

  test('that cannot be read is an error', async () => {
    const folder = await makeTempFolder();
    await expect(readConfigFile(folder, false)).rejects.toThrow(/EISDIR/);
  });

  test('that is too large is not read', async () => {
    const file = path.join(await makeTempFolder(), 'large.toml');
    await writeFile(file, '#'.repeat(CONFIG.cli.configFileBytes + 1));
    await expect(readConfigFile(file, false)).rejects.toThrow(/too large/);
  });

  test('that never ends is not read for ever', async () => {
    await expect(readConfigFile('/dev/zero', true)).rejects.toThrow(/too large/);
  });
});
