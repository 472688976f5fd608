// What may follow on a line, by the command tree.

import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { complete, formatCompletion, type CompletionHost } from '../../../../src/cli/completion/complete.js';
import { completionScript, SHELLS } from '../../../../src/cli/completion/scripts.js';
import { openProgramRig } from '../../../support/program-rig.js';

const HOST: CompletionHost = {
  filesOf: (torrent) => Promise.resolve(torrent === 'a.torrent' ? ['music/one.flac', 'music/two.flac', 'cover.jpg'] : []),
  topics: ['units'],
};

function makeProgram(): Command {
  const program = new Command('effusion').option('-q, --quiet', 'less').helpCommand(false).option('--log-file <FILE>', 'a log');
  program
    .command('download', { isDefault: true })
    .alias('get')
    .description('get it')
    .argument('[TORRENT...]')
    .option('-s, --files <SPEC>', 'these only')
    .option('-o, --output <DIR>', 'where to')
    .option('--peer <HOST:PORT>', 'a peer (repeatable)')
    .addOption(new Option('--overwrite <MODE>', 'how').choices(['verify', 'never']))
    .addOption(new Option('--secret').hideHelp());
  program.command('verify').argument('<FILE.torrent>').argument('[DIR]');
  program.command('seed').argument('<TORRENT|PATH...>');
  program.command('shell').addArgument(new Argument('<SHELL>').choices(['bash', 'zsh']));
  program.command('help').argument('[TOPIC]');
  program.command('hidden', { hidden: true });
  return program;
}

async function ask(...words: readonly string[]): Promise<{ texts: string[]; paths: string }> {
  const { candidates, paths } = await complete(makeProgram(), words, HOST);
  return { texts: candidates.map(({ text }) => text), paths };
}

test.each([
  ['a command or a torrent', [''], ['download', 'verify', 'seed', 'shell', 'help'], 'torrents'],
  ['a command', ['ver'], ['verify'], 'torrents'],
  ['a torrent of the default command', ['x.torrent', ''], [], 'torrents'],
  ['a torrent behind an option', ['-q', 'verify', ''], [], 'torrents'],
  ['a folder', ['verify', 'x.torrent', ''], [], 'folders'],
  ['any file, where data is meant too', ['seed', 'x.torrent', ''], [], 'files'],
  ['nothing more', ['verify', 'x.torrent', 'y', ''], [], 'none'],
  ['an option', ['download', '--o'], ['--output', '--overwrite'], 'none'],
  ['an option of the default command', ['--ov'], ['--overwrite'], 'none'],
  ['an option of every command', ['verify', '--q'], ['--quiet'], 'none'],
  ['an option that stands there already', ['--output', 'x', '--out'], [], 'none'],
  ['an option that stands there, and may again', ['--peer', 'x', '--pee'], ['--peer'], 'none'],
  ['no hidden option', ['--sec'], [], 'none'],
  ['a value', ['--overwrite', ''], ['verify', 'never'], 'none'],
  ['a value behind =', ['--overwrite=n'], ['--overwrite=never'], 'none'],
  ['a folder as a value', ['-o', ''], [], 'folders'],
  ['a file as a value, of an option of every command', ['verify', '--log-file', ''], [], 'files'],
  ['a value nobody knows', ['--peer', ''], [], 'none'],
  ['a choice of an argument', ['shell', ''], ['bash', 'zsh'], 'none'],
  ['a command or a topic', ['help', 'u'], ['units'], 'none'],
  ['an operand that begins with a dash', ['download', '--', '-'], [], 'torrents'],
  ['the files of a torrent', ['download', 'a.torrent', '--files', 'mus'], ['music/one.flac', 'music/two.flac'], 'none'],
  ['the files of a torrent behind an alias and =', ['get', 'a.torrent', '--files=c'], ['--files=cover.jpg'], 'none'],
  ['no files without a torrent', ['download', '-s', ''], [], 'none'],
  ['nothing at all', [], ['download', 'verify', 'seed', 'shell', 'help'], 'torrents'],
] as const)('%s', async (_, words, texts, paths) => {
  expect(await ask(...words)).toEqual({ texts, paths });
});

test('names that would break a line are left out', () => {
  const candidates = [
    { text: 'a\nb', description: '' },
    { text: 'c', description: 'one\ntwo' },
  ];
  expect(formatCompletion({ candidates, paths: 'files' })).toBe(':files\nc\tone two\n');
});

test('every command and every shown option of ours is offered', async () => {
  const { program } = openProgramRig();
  const offered = async (...words: string[]): Promise<string[]> =>
    (await complete(program, words, HOST)).candidates.map(({ text }) => text);
  const shown = program.commands.map((command) => command.name()).filter((name) => !name.startsWith('_'));
  expect(await offered('')).toEqual(shown);
  for (const command of program.commands.filter((candidate) => shown.includes(candidate.name()))) {
    const options = await offered(command.name(), '--');
    for (const { long, hidden } of command.options) if (!hidden) expect(options).toContain(long);
  }
});

test.each(SHELLS)('the script for %s asks, and knows no option of ours', (shell) => {
  const script = completionScript(shell);
  expect(script).toContain('__complete');
  expect(script).not.toMatch(/--(?:output|peer|quiet)/);
});
