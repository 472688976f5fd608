// `effusion completion` prints what a shell loads, and the hidden `effusion __complete` is what that asks at each press of the key. It ends
// with 0 and without an error, whatever is on the line.

import { Argument } from 'commander';
import { complete, formatCompletion } from '../completion/complete.js';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.js';
import { EXAMPLES, TOPICS } from '../help-texts.js';
import type { CommandDefinition } from './program-host.js';

export const addCompletion: CommandDefinition = (program, host) => {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and names')
    .addArgument(new Argument('<SHELL>', 'the shell').choices([...SHELLS]))
    .addHelpText('after', EXAMPLES.completion)
    .action((shell: Shell) => host.writeOut(completionScript(shell)));

  program
    .command('__complete', { hidden: true })
    .helpOption(false)
    .allowUnknownOption()
    .argument('[WORDS...]')
    // For a shell that can't hand over an empty word: all of them in one, with the unit separator between them.
    .option('--words <WORDS>')
    .action(async (words: string[], options: { readonly words?: string }) => {
      try {
        const filesOf = async (torrent: string): Promise<string[]> =>
          (await import('../completion/torrent-file-names.js')).torrentFileNames(torrent);
        const typed = options.words?.split('\u001F') ?? words;
        host.writeOut(formatCompletion(await complete(program, typed, { filesOf, topics: Object.keys(TOPICS) })));
      } catch {
        host.writeOut(formatCompletion({ candidates: [], paths: 'none' }));
      }
    });
};
