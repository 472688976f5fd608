// The options that choose files, as every command that takes some of a torrent's files has them. What is written wrongly is refused while
// the command line is parsed; what names nothing in the torrent, when that is known.

import { type Command, Option } from 'commander';
import { type FileSpec, parseFileSpec, parsePrioritySpec, type PrioritySpec } from './file-spec.js';

const collectSpecs = (text: string, previous: readonly FileSpec[] = []): FileSpec[] => [
  ...previous,
  parseFileSpec(text, '--files'),
];

const collectPriorities = (text: string, previous: readonly PrioritySpec[] = []): PrioritySpec[] => [
  ...previous,
  parsePrioritySpec(text, '--priority'),
];

export function filesOption(what = 'the files to download; all others are never made'): Option {
  return new Option('-s, --files <SPEC>', `${what} (repeatable; effusion help select)`).argParser(collectSpecs);
}

export function addChoiceOptions(command: Command): Command {
  const priority = 'files to download before the others (high) or after them (low) (repeatable)';
  return command
    .optionsGroup('Which files:')
    .addOption(filesOption())
    .option('-I, --interactive', 'choose the files on the terminal, with sizes and a running total')
    .addOption(new Option('--priority <SPEC=LEVEL>', priority).argParser(collectPriorities))
    .option('--sequential', 'download from the beginning to the end, still from many peers at once')
    .option('--first-last', 'download the first and the last piece of each file before all others');
}
