// `effusion cat TORRENT`: the bytes of a file, verified, in order, on stdout, as soon as they come and no faster than they are read. Nothing
// touches the disk. Whoever stops reading (`| head`) ends it, and that is no failure. Of a pipe from a terminal only what goes wrong is told: its
// reader may be a pager.

import { monotonicNow } from '../../engine/monotonic-clock.js';
import type { FilePart } from '../../engine/torrent-reader.js';
import { type RangeSpec, resolveRange } from '../../model/byte-range.js';
import { describeFiles, type ListedFile } from '../listed-files.js';
import { CommandError } from '../command-error.js';
import { errnoOf, fileReason } from '../file-reason.js';
import type { CommandContext } from '../command-context.js';
import { type ReadingOptions, runReading } from '../reading-run.js';
import { formatBytes, formatRate } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import { UsageError } from '../usage-error.js';

/** There is no room for what is written. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export interface CatOptions extends ReadingOptions {
  readonly range?: RangeSpec;
}

export async function cat(torrent: string, options: CatOptions, context: CommandContext): Promise<number> {
  const { stdout, board, events } = context;
  // What strangers sent may hold commands for the terminal, and a bar could not be told from it.
  if (stdout.isTerminal) {
    throw new UsageError(
      'stdout is a terminal, and a file may hold anything',
      'Send it to a file (> NAME) or through a pipe (| less).',
    );
  }
  if (events.isOnStdout) {
    throw new UsageError(
      '--events would write to stdout, which is for the bytes of the file',
      'Lead them elsewhere: --events=3 3>FILE, or --events=FILE.',
    );
  }
  // A pager or a player shares the terminal: what is drawn there goes across its screen.
  const showsProgress = board.isChosen || !(stdout.isPipe && context.stderr.isTerminal);
  const startedAt = monotonicNow();
  let parts: FilePart[] = [];
  let what = '';
  const exitCode = await runReading(
    torrent,
    options,
    {
      name: 'cat',
      lingerMs: 0,
      showsProgress,
      choose: (chosen, isChosen) => {
        refuseUnclear(chosen, isChosen, options, context);
        what = chosen.length === 1 ? sanitise(chosen[0].path) : `${chosen.length} files`;
        parts = chosen.map((file) => partOf(file, options.range));
        return parts;
      },
      read: async ({ reader, end, torrent: observed }) => {
        const { signal } = end;
        const chunks =
          parts.length === 1
            ? reader.read(parts[0].index, { start: parts[0].start, end: parts[0].end, signal, isLent: true })
            : reader.readFiles(
                parts.map(({ index }) => index),
                { signal, isLent: true },
              );
        stdout.waitForReader();
        try {
          for await (const bytes of chunks) await end.waitFor(stdout.writeBytes(bytes));
        } catch (error) {
          // A reader that does not read must not hold up the end.
          if (end.signal.aborted) stdout.abandon();
          throw isWriteError(error)
            ? new CommandError(
                'output_failed',
                `cannot write to stdout: ${fileReason(error)}`,
                FULL.has(errnoOf(error)) ? 'Free some space where it goes to, and run it again.' : '',
              )
            : error;
        }
        observed.delivered(reader.deliveredBytes);
        const elapsedMs = Math.max(1, monotonicNow() - startedAt);
        const rate = formatRate((reader.deliveredBytes * 1000) / elapsedMs);
        const line = `done: ${what}, ${formatBytes(reader.deliveredBytes)}, ${rate} on average`;
        if (showsProgress) board.log(line);
        else board.note(line);
      },
    },
    context,
  );
  return exitCode;
}

function refuseUnclear(files: readonly ListedFile[], isChosen: boolean, { range }: CatOptions, { board }: CommandContext): void {
  if (!isChosen && files.length !== 1) {
    // Also when quiet: it is part of the error.
    for (const line of describeFiles(files)) board.always(line);
    throw new UsageError(
      `the torrent has ${files.length} files`,
      "Choose with --files; '*' is all of them, one after the other.",
    );
  }
  if (range !== undefined && files.length > 1) {
    throw new UsageError(`--range is of one file, and --files chooses ${files.length}`, 'Choose one.');
  }
}

function partOf({ index, path, length }: ListedFile, range: RangeSpec | undefined): FilePart {
  if (range === undefined) return { index, start: 0, end: length };
  const resolved = resolveRange(range, length);
  if (resolved === null) {
    const hint = length === 0 ? 'Leave --range out: it is empty.' : 'The first byte is 0.';
    throw new UsageError(`--range has no byte of ${path}, which has ${length}`, hint);
  }
  return { index, ...resolved };
}

function isWriteError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
