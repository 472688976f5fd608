// What may follow on a line, by the command tree.

import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { complete, formatCompletion, type CompletionHost } from '../../../../src/cli/completion/complete.js';
import { completionScript, SHELLS } from '../../../../src/cli/completion/scripts.js';
import { openProgramRig } from '../../../support/program-rig.js';

const HOST: CompletionHost = {
  filesOf: (torrent) =>
    Promise.resolve(torrent === 'a.torrent' ? ['music/one.flac', 'music/two.flac', 'cover.jpg', '12', '!loud'] : []),
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
    .option('--priority <SPEC=high|low>', 'sooner')
    .option('--rename <IDX=PATH>', 'elsewhere')
    .option('--checksum <KIND:HEX[:FILE]>', 'right')
    .option('-o, --output <DIR>', 'where to')
    .option('--peer <HOST:PORT>', 'a peer (repeatable)')
    .addOption(new Option('--overwrite <MODE>', 'how').choices(['verify', 'never']))
    .addOption(new Option('--secret').hideHelp());
  program.command('verify').argument('<FILE.torrent>').argument('[DIR]');
  program.command('seed').argument('<TORRENT|PATH...>');
  program.command('magnet').argument('[TORRENT...]').option('--files <NUMBERS>', 'by number');
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
  ['a command or a torrent', [''], ['download', 'verify', 'seed', 'magnet', 'shell', 'help'], 'torrents'],
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
  ['a file in a folder, by its own name', ['a.torrent', '-s', 'o'], ['one.flac'], 'none'],
  ['a file in a folder by its path alone, where a path is begun', ['a.torrent', '-s', 'music/t'], ['music/two.flac'], 'none'],
  ['what is left out', ['a.torrent', '-s', '!c'], ['!cover.jpg'], 'none'],
  ['no name that would be read as something else', ['a.torrent', '-s', '1'], [], 'none'],
  ['a file and its priority', ['a.torrent', '--priority', 'c'], ['cover.jpg=high', 'cover.jpg=low'], 'none'],
  ['a file by its number, and where it lies now', ['a.torrent', '--rename', '3'], ['3=cover.jpg'], 'none'],
  ['a file by its number behind =', ['a.torrent', '--rename=4'], ['--rename=4=12'], 'none'],
  ['kinds of checksums', ['a.torrent', '--checksum', 'sha2'], ['sha224:', 'sha256:'], 'none'],
  ['no digest', ['a.torrent', '--checksum', 'md5:0'], [], 'none'],
  ['a file behind a digest', ['a.torrent', '--checksum', 'md5:0a:m'], ['md5:0a:music/one.flac', 'md5:0a:music/two.flac'], 'none'],
  ['no names where numbers are meant', ['magnet', 'a.torrent', '--files', ''], [], 'none'],
  ['no files without a torrent', ['download', '-s', ''], [], 'none'],
  ['nothing at all', [], ['download', 'verify', 'seed', 'magnet', 'shell', 'help'], 'torrents'],
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
