// The options that say where the data goes. What they may not be together, and what a session is given of them, is in place-choice: this much
// is loaded at every start of the program.

import { type Command, Option } from 'commander';
import { UsageError } from './usage-error.js';

export interface PlacementCommandOptions {
  readonly name?: string;
  readonly stripComponents?: number;
  readonly rename?: ReadonlyMap<number, string>;
}

export interface PlaceCommandOptions extends PlacementCommandOptions {
  readonly incompleteDir?: string;
  readonly allocate: 'auto' | 'none' | 'sparse' | 'full';
  readonly spaceCheck: boolean;
  /** Folders. */
  readonly reuse?: readonly string[];
  readonly dryRun?: boolean;
}

function parseComponents(text: string): number {
  if (!/^[0-9]{1,3}$/.test(text)) {
    throw new UsageError(`--strip-components: '${text}' is no count`, 'Use a whole number, such as 1.');
  }
  return Number(text);
}

function parseRename(text: string, previous: ReadonlyMap<number, string> = new Map()): ReadonlyMap<number, string> {
  const match = /^([1-9][0-9]{0,8})=(.+)$/s.exec(text);
  if (match === null) {
    const hint = 'Write the number that effusion info shows, and the new path: --rename 2=extra/cover.jpg.';
    throw new UsageError(`--rename: '${text}' is no IDX=PATH`, hint);
  }
  const position = Number(match[1]);
  if (previous.has(position)) throw new UsageError(`--rename names file ${position} twice`, 'Name each file once.');
  return new Map([...previous, [position, match[2]]]);
}

const collectFolders = (text: string, previous: readonly string[] = []): string[] => [...previous, text];

/** For commands that write the data and for those that look for it. */
export function addPlacementOptions(command: Command): Command {
  return command
    .option('--name <NAME>', "what the torrent's file or folder is called on the disk")
    .addOption(
      new Option(
        '--strip-components <N>',
        "leave out N leading folders, the torrent's own is the first; a single file keeps its name",
      ).argParser(parseComponents),
    )
    .addOption(
      new Option(
        '--rename <IDX=PATH>',
        'one file goes elsewhere in the folder, by its number of effusion info (repeatable)',
      ).argParser(parseRename),
    );
}

export function addPlaceOptions(command: Command): Command {
  return addPlacementOptions(command)
    .option('--incomplete-dir <DIR>', 'files grow here, and are moved when they are whole')
    .addOption(
      new Option(
        '--allocate <MODE>',
        'space that files take before their bytes come: large ones where that is quick (auto), nothing, only their length, or all of it',
      )
        .choices(['auto', 'none', 'sparse', 'full'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--reuse <DIR>',
        'copy what is found in this folder, under any name, instead of fetching it (repeatable)',
      ).argParser(collectFolders),
    )
    .option('--no-space-check', 'begin even where less space is free than is missing')
    .option('--dry-run', 'say what would be written and fetched, and do nothing');
}
