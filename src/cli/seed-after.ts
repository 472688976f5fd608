// What download does when the data is whole and it was asked to serve it: its torrent is done, the next one has its turn, and serving
// goes on beside that until its limit, a signal or the time that is up. How it ends does not take back that the data is whole.

import { monotonicNow } from '../engine/monotonic-clock.js';
import type { ServerSnapshot } from '../engine/server-snapshot.js';
import type { CommandContext } from './command-context.js';
import { formatBytes, formatLimit } from './render/human-numbers.js';
import { describeError } from './report-error.js';
import type { TorrentObserver } from './results/torrent-observer.js';
import type { RunEnd } from './run-end.js';
import type { SessionRun } from './run-session.js';
import { describeSeedGoal, type SeedGoal, SeedWatch } from './seed-goal.js';
import type { JobTally, TorrentJob } from './torrent-jobs.js';

/** How the serving of one torrent ended. */
interface Served {
  readonly name: string;
  /** Null: in order. */
  readonly failedWith: number | null;
  /** By a signal. */
  readonly isCut: boolean;
}

export class SeedAfter {
  readonly watch: SeedWatch;
  readonly #goal: SeedGoal;
  readonly #whole: Promise<ServerSnapshot>;

  constructor(goal: SeedGoal) {
    this.#goal = goal;
    let isWhole: (snapshot: ServerSnapshot) => void = () => {};
    this.#whole = new Promise((resolve) => {
      isWhole = resolve;
    });
    this.watch = new SeedWatch(goal, monotonicNow, isWhole);
  }

  /** As a session that ends with its last piece would have ended; `ended`: this one, which goes on. */
  untilWhole(ended: Promise<SessionRun>): Promise<SessionRun> {
    return Promise.race([this.#whole.then(toRun), ended]);
  }

  /** Tells that it serves now, and resolves when it does no more; never rejects. */
  async serve(
    ended: Promise<SessionRun>,
    { name }: TorrentJob,
    { end, timeoutMs, port }: { readonly end: RunEnd; readonly timeoutMs: number; readonly port: number | null },
    context: CommandContext,
    torrent: Pick<TorrentObserver, 'failServing'>,
  ): Promise<Served> {
    const { board } = context;
    const where = port === null ? 'without a port' : `on port ${port}`;
    board.log(`seeding ${name} ${where} ${describeSeedGoal(this.#goal)}`);
    try {
      const { snapshot } = await ended;
      this.watch.count(snapshot);
    } catch (error) {
      const { text, exitCode } = describeError(error, name);
      board.always(text);
      torrent.failServing(error);
      return { name, failedWith: exitCode, isCut: false };
    }
    const { reached, sentBytes } = this.watch;
    const isCut = reached === null && end.isSignalled;
    const why = reached ?? (end.isTimedOut ? `the ${formatLimit(timeoutMs)} of --timeout are up` : 'stopped');
    board.log(`${name}: ${why}: ${formatBytes(sentBytes)} sent`);
    return { name, failedWith: null, isCut };
  }
}

/** The tally with those in it whose serving failed, and whether one was cut short by a signal. */
export async function settleSeeding(
  serving: readonly Promise<Served>[],
  tally: JobTally,
): Promise<{ tally: JobTally; isCut: boolean }> {
  const all = await Promise.all(serving);
  const failures = all.flatMap(({ name, failedWith }) => (failedWith === null ? [] : [{ name, exitCode: failedWith }]));
  return {
    tally: { ...tally, done: tally.done - failures.length, failures: [...tally.failures, ...failures] },
    isCut: all.some((one) => one.isCut),
  };
}

function toRun(snapshot: ServerSnapshot): SessionRun {
  const { totalBytes, downloadedBytes, uploadedBytes, elapsedMs } = snapshot;
  const alreadyComplete = downloadedBytes === 0;
  const result = {
    status: 'complete',
    alreadyComplete,
    paths: [],
    totalBytes,
    downloadedBytes,
    uploadedBytes,
    elapsedMs,
  } as const;
  return { result, snapshot };
}
