// The options that every command takes: how much is said, where, and which configuration file is read. They may stand before the command's
// name and behind it.

import { type Command, Option } from 'commander';
import { LOG_LEVELS } from '../log-file.js';
import { PROGRESS_MODES } from '../progress-board.js';

const COLOR_CHOICES = ['auto', 'always', 'never'];

export function addGlobalOptions(program: Command): Command {
  return program
    .option('-q, --quiet', 'print results and errors only')
    .option('-v, --verbose', 'show the pieces and the best peers, and tell what came of each source of peers')
    .addOption(
      new Option('--progress <MODE>', 'show progress as bars on a terminal, as lines of text, or not at all').choices([
        ...PROGRESS_MODES,
      ]),
    )
    .addOption(
      new Option('--color [WHEN]', 'use colour on a terminal, always (also without WHEN), or never').choices(COLOR_CHOICES),
    )
    .option('--no-color', 'use no colour')
    .option('--log-file <FILE>', 'append what is said to this file too, each line with its time')
    .addOption(
      new Option('--log-level <LEVEL>', 'how much of it goes to the log file; debug has the progress too')
        .choices([...LOG_LEVELS])
        .default('info'),
    )
    .option('--config <FILE>', 'read options from this file; see effusion help config')
    .option('--no-config', 'read options from no file');
}

/**
 * `--color` may stand without its WHEN, and what follows is then a torrent, not a WHEN: it is joined to the option where it is one, as
 * commander would take any word.
 */
export function joinColor(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at];
    if (word === '--') return [...joined, ...argv.slice(at)];
    if (word !== '--color') joined.push(word);
    else if (COLOR_CHOICES.includes(argv[at + 1])) joined.push(`--color=${argv[++at]}`);
    else joined.push('--color=always');
  }
  return joined;
}
