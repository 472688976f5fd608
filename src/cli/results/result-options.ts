// The options on what machines get of a run, in a group of their own in the help: of download and seed, and the events alone of what reads, as its
// stdout is taken. What a seed never comes to (a receipt, a hook) it has no option for.

import { type Command, Option } from 'commander';
import { parseDuration } from '../options.js';
import { splitWords } from './hook-words.js';

export interface ResultOptions {
  /** A descriptor, a file, or `-` for stdout. */
  readonly events?: string;
  readonly json?: boolean;
  readonly receipt?: string;
  /** A file for the page. */
  readonly report?: string;
  /** Words. */
  readonly exec?: readonly string[];
  readonly execError?: readonly string[];
  /** Milliseconds; 0 or undefined: no limit. */
  readonly execTimeout?: number;
}

/** `hasStdout`: they may go there. */
export function addEventsOption(command: Command, hasStdout: boolean): Command {
  const where = hasStdout ? 'on stdout, a descriptor or into a file' : 'on a descriptor or into a file';
  const events = new Option('--events [WHERE]', `what happens as lines of JSON, ${where}; see effusion help events`);
  // As it is to be written: the next word is a torrent.
  events.flags = hasStdout ? '--events[=FD|FILE]' : '--events=<FD|FILE>';
  return command.optionsGroup('For scripts:').addOption(events);
}

export function addResultOptions(command: Command, isDownload: boolean): Command {
  addEventsOption(command, true).option(
    '--json',
    `one object of JSON for each torrent on stdout, ${isDownload ? 'in place of its path' : 'when it ends'}`,
  );
  if (!isDownload) return command;
  return command
    .option('--receipt <FILE>', 'when all is whole, write down what is on the disk, with SHA-256, and where it came from')
    .option(
      '--report <FILE.html>',
      'at the end, however it came: a page with speeds, the pieces as they came, peers, trackers, errors',
    )
    .addOption(
      new Option('--exec <COMMAND>', 'run this, without a shell, for each torrent that is whole (fails: exit 12)').argParser(
        (text) => splitWords(text, '--exec'),
      ),
    )
    .addOption(
      new Option('--exec-error <COMMAND>', 'the same for each torrent that failed').argParser((text) =>
        splitWords(text, '--exec-error'),
      ),
    )
    .addOption(
      new Option('--exec-timeout <TIME>', 'end such a command after this time').argParser((text) =>
        parseDuration(text, '--exec-timeout'),
      ),
    );
}
