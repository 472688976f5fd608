// One `--checksums` list for several torrents: a torrent that it does not name is fine, as the list may be of some of them only. But what it
// says must be of use to somebody: lines that no torrent has a file for are told, and a list of nothing but such lines is an error, as it is
// for one torrent. Somebody would else believe that all was compared.

import type { ChecksumList, WantedChecksum } from './checksum-list.js';
import type { CommandContext } from './command-context.js';
import { EXIT } from './exit-codes.js';
import { formatCount } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';
import { describeError, errorFacts } from './report-error.js';
import type { JobTally } from './torrent-jobs.js';
import { UsageError } from './usage-error.js';

const MAX_NAME = 300;

interface SettledUse {
  /** For people. */
  readonly notes: readonly string[];
  /** Of the first list that nobody had a use for; null: of all of them there was one. */
  readonly error: UsageError | null;
}

export class ChecksumUse {
  readonly #lists: readonly ChecksumList[];
  readonly #named = new Set<WantedChecksum>();

  /** Of one torrent nothing is said here: what its lists are to it is known at once. */
  constructor({ lists, isShared = false }: { readonly lists: readonly ChecksumList[]; readonly isShared?: boolean }) {
    this.#lists = isShared ? lists : [];
  }

  /** What one of the torrents has of it. */
  add({ named }: { readonly named: readonly WantedChecksum[] }): void {
    for (const wanted of named) this.#named.add(wanted);
  }

  /** `isAllKnown`: every torrent was added. Else what is left over may be of those that were not, and is no error. */
  settle(isAllKnown: boolean): SettledUse {
    const notes: string[] = [];
    let error: UsageError | null = null;
    for (const { name, checksums, strangeLines } of this.#lists) {
      const shown = sanitise(name, MAX_NAME);
      const unused = checksums.filter((wanted) => !this.#named.has(wanted));
      if (unused.length === checksums.length && isAllKnown) {
        error ??= new UsageError(
          `--checksums: ${shown} names no file of any of the torrents`,
          `Its names are those of the torrents' files, with or without their folders; this one begins with ${sanitise(checksums[0].file ?? '', MAX_NAME)}.`,
        );
      } else if (unused.length > 0) {
        notes.push(`${shown}: ${formatCount(unused.length, 'file')} of it in none of the torrents: not looked at`);
      }
      if (strangeLines > 0) notes.push(`${shown}: ${formatCount(strangeLines, 'line')} without a checksum: left out`);
    }
    return { notes, error };
  }
}

/** At the end of all torrents. Answers the exit code that belongs to it where nothing else failed: 0 or 2. */
export function tellChecksumUse(
  use: ChecksumUse,
  { failures, stopped, unbegun }: Pick<JobTally, 'failures' | 'stopped' | 'unbegun'>,
  { board, events }: Pick<CommandContext, 'board' | 'events'>,
): number {
  const { notes, error } = use.settle(failures.length + stopped + unbegun === 0);
  for (const note of notes) board.log(note);
  if (error === null) return EXIT.ok;
  board.always(describeError(error).text);
  events.emit({ event: 'error', ...errorFacts(error) });
  return EXIT.usage;
}
