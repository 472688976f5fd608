// When the next bytes may be asked for under a limit: asking is what is paced, since what has been asked for comes. Each request gets a place
// on a line of time, one after the other, so whoever shares the pacer is served in the order of asking. Time is passed in. The limit may
// change while it runs, and a pause is a limit under which nothing is asked.

import type { Millis } from '../model/time.js';

const MS_PER_SECOND = 1000;

export interface PacerOptions {
  /** 0: no limit. */
  readonly bytesPerSecond: number;
  /** What was not used may be made up for so long: a timer that comes late must not cost speed. */
  readonly leewayMs: number;
  /** What came unasked keeps others waiting so long at most. */
  readonly maxDebtMs: number;
}

export class RequestPacer {
  readonly #options: PacerOptions;
  #bytesPerSecond: number;
  /** When everything reserved so far has had its time; null before the first. */
  #freeAt: Millis | null = null;
  #isPaused = false;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#bytesPerSecond = options.bytesPerSecond;
  }

  /** 0: no limit. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Nothing may be asked for, whatever `reserve` says. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What is asked for has to have its place here. */
  get isLimited(): boolean {
    return this.#isPaused || this.#bytesPerSecond > 0;
  }

  /** From now on; 0: no limit. The line begins anew. */
  setRate(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#freeAt = null;
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  /** When `bytes` more may be asked for: `now`, earlier (which is now), or later. They count as asked for from here on. */
  reserve(bytes: number, now: Millis): Millis {
    if (this.#bytesPerSecond === 0) return now;
    const startAt = Math.max(this.#freeAt ?? now, now - this.#options.leewayMs);
    this.#freeAt = startAt + this.#msFor(bytes);
    return startAt;
  }

  /** They were reserved, and will not come. */
  giveBack(bytes: number): void {
    if (this.#freeAt !== null) this.#freeAt -= this.#msFor(bytes);
  }

  /** They came without having been asked for, or after they had been given back. */
  charge(bytes: number, now: Millis): void {
    if (this.#bytesPerSecond === 0) return;
    const from = Math.max(this.#freeAt ?? now, now - this.#options.leewayMs);
    this.#freeAt = Math.max(from, Math.min(from + this.#msFor(bytes), now + this.#options.maxDebtMs));
  }

  #msFor(bytes: number): Millis {
    return this.#bytesPerSecond === 0 ? 0 : (bytes * MS_PER_SECOND) / this.#bytesPerSecond;
  }
}

/** Several limits at once, such as that of the torrent and that of the process. */
export function joinPacers(
  pacers: readonly RequestPacer[],
): Pick<RequestPacer, 'isPaused' | 'isLimited' | 'reserve' | 'giveBack' | 'charge'> {
  return {
    get isPaused() {
      return pacers.some((pacer) => pacer.isPaused);
    },
    get isLimited() {
      return pacers.some((pacer) => pacer.isLimited);
    },
    reserve: (bytes, now) => Math.max(...pacers.map((pacer) => pacer.reserve(bytes, now))),
    giveBack: (bytes) => {
      for (const pacer of pacers) pacer.giveBack(bytes);
    },
    charge: (bytes, now) => {
      for (const pacer of pacers) pacer.charge(bytes, now);
    },
  };
}
