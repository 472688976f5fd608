// Several torrents in one run, some at a time: one that fails does not stop the others, each failure is a line that names its torrent,
// and the exit code says whether all went well, all failed in the same way, or some failed. One torrent is a list of one.

import type { CommandContext } from './command-context.js';
import { SameTorrentError } from './claims.js';
import { EXIT } from './exit-codes.js';
import { formatCount } from './render/human-numbers.js';
import { describeError } from './report-error.js';
import { RunEndedError, type RunEnd } from './run-end.js';
import type { TorrentItem } from './torrent-list.js';

export interface TorrentJob {
  readonly item: TorrentItem;
  readonly isOneOfSeveral: boolean;
  /** The label, and the torrent's own name as soon as that is known: both printable. */
  name: string;
}

export interface JobTally {
  readonly done: number;
  /** By their exit codes, with the names. */
  readonly failures: readonly { readonly name: string; readonly exitCode: number }[];
  /** By a signal, in order; `unbegun`: before their turn. */
  readonly stopped: number;
  readonly unbegun: number;
  readonly running: number;
  /** Torrents that were named twice count once. */
  readonly total: number;
}

export const NOTHING_DONE: JobTally = { done: 0, failures: [], stopped: 0, unbegun: 0, running: 0, total: 0 };

export interface JobsOptions {
  readonly items: readonly TorrentItem[];
  /** At a time. */
  readonly jobs: number;
  readonly end: RunEnd;
  /** Resolves when the torrent is done with; rejects with what failed, or with RunEndedError. */
  readonly work: (job: TorrentJob) => Promise<void>;
  /** How many are through, whenever that changed. */
  readonly onChange?: (tally: JobTally) => void;
}

/** The names of so many failed torrents are repeated in the last line. */
const MAX_NAMED = 10;

/** Never rejects: what fails is told as it happens. */
export async function runJobs(options: JobsOptions, context: CommandContext): Promise<JobTally> {
  const { items, end, work, onChange } = options;
  const waiting = [...items];
  const failures: { name: string; exitCode: number }[] = [];
  const counts = { done: 0, stopped: 0, running: 0, total: items.length };
  const tally = (): JobTally => ({ ...counts, failures, unbegun: waiting.length });
  const run = async (item: TorrentItem): Promise<void> => {
    const job: TorrentJob = { item, isOneOfSeveral: items.length > 1, name: item.label };
    try {
      await work(job);
      counts.done++;
    } catch (error) {
      if (error instanceof SameTorrentError) {
        counts.total--;
        context.board.log(`${item.origin === null ? '' : `${item.origin}: `}${job.name}: ${error.message}`);
      } else if (error instanceof RunEndedError) {
        counts.stopped++;
      } else {
        const { text, exitCode } = describeError(error, nameIn(error, job));
        context.board.always(text);
        failures.push({ name: job.name, exitCode });
      }
    }
  };
  const goOn = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const item = waiting.shift();
      if (item === undefined) return;
      counts.running++;
      onChange?.(tally());
      await run(item);
      counts.running--;
      onChange?.(tally());
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, items.length) }, goOn));
  return tally();
}

/** What work rejects with: something failed, and it is neither the end of the run nor a torrent that is there twice. */
export function isFailure(error: unknown): boolean {
  return !(error instanceof SameTorrentError) && !(error instanceof RunEndedError);
}

/** What lines of a torrent begin with that do not name it: nothing where there is one. */
export function whoseLines({ isOneOfSeveral, name }: TorrentJob): string {
  return isOneOfSeveral ? `${name}: ` : '';
}

/** What an error's line is to begin with, where its message does not say it: the line of the list, the torrent. */
function nameIn(error: unknown, { item, name, isOneOfSeveral }: TorrentJob): string {
  const message = error instanceof Error ? error.message : '';
  if (item.origin !== null && name === item.label) return item.origin;
  return isOneOfSeveral && !message.includes(name) ? name : '';
}

/** 0 where all are done; the one code where all failed with it; else 14. `stopCode`: what a signal ends with, where one came. */
export function exitCodeOfJobs(tally: JobTally, end: RunEnd, stopCode: number | null): number {
  const { done, failures, stopped, unbegun } = tally;
  const codes = new Set(failures.map((failure) => failure.exitCode));
  if (stopped + unbegun > 0) {
    if (end.isSignalled) return stopCode ?? EXIT.interrupt;
    codes.add(end.isTimedOut ? EXIT.timeout : EXIT.disk);
  }
  if (codes.size === 0) return EXIT.ok;
  return done === 0 && codes.size === 1 ? [...codes][0] : EXIT.someFailed;
}

/** The last line of a run of several torrents; null where all are done. */
export function describeFailures({ failures, stopped, unbegun, total }: JobTally, exitCode: number): string | null {
  const failed = failures.length + stopped + unbegun;
  if (failed === 0) return null;
  const named = failures.slice(0, MAX_NAMED).map((failure) => failure.name);
  const more = failures.length > MAX_NAMED ? [`${failures.length - MAX_NAMED} more`] : [];
  const late = stopped + unbegun > 0 ? [`${stopped + unbegun} not begun`] : [];
  return `effusion: error: ${failed} of ${formatCount(total, 'torrent')} failed: ${[...named, ...more, ...late].join(', ')}. (exit ${exitCode})`;
}

/** For the line about all of them while they run. */
export function describeTally({ done, failures, running, unbegun, total }: JobTally): string {
  const parts = [
    `${done} done`,
    ...(failures.length > 0 ? [`${failures.length} failed`] : []),
    ...(running > 0 ? [`${running} running`] : []),
    ...(unbegun > 0 ? [`${unbegun} waiting`] : []),
  ];
  return `${formatCount(total, 'torrent')}: ${parts.join(', ')}`;
}
