// A value of nothing is refused for every option of every command, so that a variable which is not set never means the current folder.

import { expect, test } from 'vitest';
import { WITHOUT_SETTINGS } from '../../../src/cli/settings/setting.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { openProgramRig } from '../../support/program-rig.js';

/** What is said of these words, or `ran`. */
async function run(...words: readonly string[]): Promise<string> {
  try {
    await openProgramRig().parse(...words);
    return 'ran';
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** They put a text into a torrent, and nothing is one. */
const TEXTS = new Set(['--comment', '--created-by', '--source']);

test('of every option that has a value', async () => {
  let count = 0;
  for (const command of openProgramRig().program.commands.filter((candidate) => !WITHOUT_SETTINGS.has(candidate.name()))) {
    for (const option of command.options.filter(({ required, long }) => required && long !== undefined)) {
      const said = await run(command.name(), 'x.torrent', `${option.long}`, '');
      if (TEXTS.has(option.long ?? '')) expect(said, `${command.name()} ${option.long}`).toBe('ran');
      else expect(said, `${command.name()} ${option.long}`).toMatch(/^(?!ran$)./);
      count++;
    }
  }
  expect(count).toBeGreaterThan(200);
});

test('of options of every run, and of the default command', async () => {
  expect(await run('info', 'x.torrent', '--log-file', '')).toBe('--log-file: its FILE is empty');
  expect(await run('./x.torrent', '-o', '')).toBe('--output: its DIR is empty');
  expect(await run('./x.torrent', '-o', 'there')).toBe('ran');
});

test('but not of one among the words of a command', async () => {
  expect(await run('./x.torrent', '--exec', 'mail -s "" me')).toBe('ran');
});

test('of one among several', async () => {
  expect(await run('download', 'x.torrent', '--reuse', 'a', '--reuse', '')).toBe('--reuse: its DIR is empty');
});

test('of a torrent, a path or a folder', async () => {
  expect(await run('download', 'a.torrent', '')).toBe('a TORRENT is empty');
  expect(await run('create', '')).toBe('a PATH is empty');
  expect(await run('verify', 'a.torrent', '')).toBe('a FILE.torrent is empty');
  expect(await run('')).toBe('a TORRENT is empty');
});

test('not of the word that a shell wants completed', async () => {
  expect(await run('__complete', '--', 'download', '')).toBe('ran');
});
