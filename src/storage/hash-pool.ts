// SHA-1 of many pieces on all cores: for re-checking data and for making torrents. Threads live only while there is work;
// a small job never starts one (30 ms each), and where none can be started the work is done here, in turns.

import { setImmediate } from 'node:timers/promises';
import { invariant } from '../model/error.js';
import { HashThread } from './hash-thread.js';
import type { PieceRange } from './hash-messages.js';
import { RangeHasher } from './range-hasher.js';
import type { DigestBatch, HashSource } from './range-hasher.js';

/** Pieces firstPiece … lastPiece, both included, of a torrent's bytes on disk. */
export interface HashJob extends HashSource {
  readonly firstPiece: number;
  readonly lastPiece: number;
}

export interface HashPoolLimits {
  /** Jobs of fewer bytes are hashed without a thread. */
  readonly inlineBytes: number;
  /** Bytes hashed in one turn of the loop where there is no thread. */
  readonly turnBytes: number;
  /** Bytes handed to a thread at once (at least one piece). */
  readonly rangeBytes: number;
  /** Handed to a thread and not answered yet, at most. */
  readonly rangesPerThread: number;
}

interface RunningJob {
  readonly id: number;
  readonly job: HashJob;
  readonly piecesPerRange: number;
  nextPiece: number;
  /** Ranges of threads that died. */
  readonly returned: PieceRange[];
  readonly batches: DigestBatch[];
  wake: () => void;
}

export class HashPool {
  readonly #threadCount: number;
  readonly #limits: HashPoolLimits;
  readonly #jobs: RunningJob[] = [];
  #threads: HashThread[] = [];
  #nextId = 1;

  /** `threads`: how many at most; 0 hashes everything on the calling thread. */
  constructor(threads: number, limits: HashPoolLimits) {
    this.#threadCount = threads;
    this.#limits = limits;
  }

  /**
   * Hashes the job's pieces and yields each exactly once, in batches that come in ANY order. Files that are missing, short or
   * unreadable make pieces absent (`present` 0), never an error. Several jobs may run at a time and share the threads.
   * Throws only the signal's reason. Leaving the loop early stops the job.
   */
  async *hash(job: HashJob, signal?: AbortSignal): AsyncGenerator<DigestBatch, void> {
    signal?.throwIfAborted();
    if (job.lastPiece < job.firstPiece) return;
    const running = this.#enter(job);
    const onAbort = (): void => running.wake();
    signal?.addEventListener('abort', onAbort);
    const inline = new RangeHasher(job);
    try {
      let left = job.lastPiece - job.firstPiece + 1;
      const bytes = Math.min(left * job.pieceLength, job.totalLength);
      if (bytes >= this.#limits.inlineBytes) this.#startThreads(running);
      this.#feed();
      while (left > 0) {
        signal?.throwIfAborted();
        const batch = running.batches.shift() ?? (await this.#nextBatch(running, inline, signal));
        if (batch === null) continue;
        left -= batch.pieceCount;
        yield batch;
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      inline.close();
      await this.#leave(running);
    }
  }

  #enter(job: HashJob): RunningJob {
    const running: RunningJob = {
      id: this.#nextId++,
      job,
      piecesPerRange: Math.max(1, Math.floor(this.#limits.rangeBytes / job.pieceLength)),
      nextPiece: job.firstPiece,
      returned: [],
      batches: [],
      wake: () => {},
    };
    this.#jobs.push(running);
    return running;
  }

  async #leave(running: RunningJob): Promise<void> {
    this.#jobs.splice(this.#jobs.indexOf(running), 1);
    for (const thread of this.#threads) thread.forget(running.id);
    if (this.#jobs.length > 0) return;
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread.stop()));
  }

  /** A batch of this thread's own making where there are no others; else waits, and null says "look again". */
  async #nextBatch(running: RunningJob, inline: RangeHasher, signal: AbortSignal | undefined): Promise<DigestBatch | null> {
    if (this.#threads.length > 0) {
      await new Promise<void>((resolve) => {
        running.wake = resolve;
      });
      return null;
    }
    const range = this.#take(running);
    invariant(range !== null, 'pieces are missing that nobody hashes', { job: running.id });
    const turns = inline.hashRange(range.firstPiece, range.pieceCount, this.#limits.turnBytes);
    for (;;) {
      const turn = turns.next();
      if (turn.done === true) {
        await setImmediate();
        return turn.value;
      }
      await setImmediate();
      signal?.throwIfAborted();
    }
  }

  #take(running: RunningJob): PieceRange | null {
    const returned = running.returned.pop();
    if (returned !== undefined) return returned;
    const { nextPiece, job, piecesPerRange, id } = running;
    if (nextPiece > job.lastPiece) return null;
    const pieceCount = Math.min(piecesPerRange, job.lastPiece - nextPiece + 1);
    running.nextPiece += pieceCount;
    return { job: id, firstPiece: nextPiece, pieceCount };
  }

  #startThreads(running: RunningJob): void {
    const ranges = Math.ceil((running.job.lastPiece - running.job.firstPiece + 1) / running.piecesPerRange);
    const count = Math.min(this.#threadCount, ranges);
    while (this.#threads.length < count) {
      const thread: HashThread = new HashThread({
        onBatch: (range, batch) => this.#deliver(range, batch),
        onEnd: (unfinished) => this.#lose(thread, unfinished),
      });
      this.#threads.push(thread);
    }
  }

  #deliver(range: PieceRange, batch: DigestBatch): void {
    const running = this.#jobs.find(({ id }) => id === range.job);
    if (running !== undefined) {
      running.batches.push(batch);
      running.wake();
    }
    this.#feed();
  }

  /** A thread ended by itself (it could not start, or ran out of memory): what it had goes to the others, or is done here. */
  #lose(thread: HashThread, unfinished: readonly PieceRange[]): void {
    this.#threads = this.#threads.filter((other) => other !== thread);
    for (const range of unfinished) this.#jobs.find(({ id }) => id === range.job)?.returned.push(range);
    this.#feed();
    for (const running of this.#jobs) running.wake();
  }

  /** Gives every thread work, the jobs taking turns. */
  #feed(): void {
    for (const thread of this.#threads) {
      while (thread.pending < this.#limits.rangesPerThread) {
        const next = this.#takeInTurn();
        if (next === null) return;
        thread.assign(next.range, next.job);
      }
    }
  }

  #takeInTurn(): { range: PieceRange; job: HashJob } | null {
    for (let i = 0; i < this.#jobs.length; i++) {
      const running = this.#jobs.shift() as RunningJob;
      this.#jobs.push(running);
      const range = this.#take(running);
      if (range !== null) return { range, job: running.job };
    }
    return null;
  }
}
