// When the next bytes may be asked for under a limit: asking is what is paced, since what has been asked for comes. Each request gets a place
// on a line of time, one after the other, so whoever shares the pacer is served in the order of asking. Time is passed in.

import type { Millis } from '../model/time.js';

const MS_PER_SECOND = 1000;

export interface PacerOptions {
  /** More than 0. */
  readonly bytesPerSecond: number;
  /** What was not used may be made up for so long: a timer that comes late must not cost speed. */
  readonly leewayMs: number;
  /** What came unasked keeps others waiting so long at most. */
  readonly maxDebtMs: number;
}

export class RequestPacer {
  readonly #options: PacerOptions;
  readonly #msPerByte: number;
  /** When everything reserved so far has had its time; null before the first. */
  #freeAt: Millis | null = null;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#msPerByte = MS_PER_SECOND / options.bytesPerSecond;
  }

  /** When `bytes` more may be asked for: `now`, earlier (which is now), or later. They count as asked for from here on. */
  reserve(bytes: number, now: Millis): Millis {
    const startAt = Math.max(this.#freeAt ?? now, now - this.#options.leewayMs);
    this.#freeAt = startAt + bytes * this.#msPerByte;
    return startAt;
  }

  /** They were reserved, and will not come. */
  giveBack(bytes: number): void {
    if (this.#freeAt !== null) this.#freeAt -= bytes * this.#msPerByte;
  }

  /** They came without having been asked for, or after they had been given back. */
  charge(bytes: number, now: Millis): void {
    const from = Math.max(this.#freeAt ?? now, now - this.#options.leewayMs);
    this.#freeAt = Math.max(from, Math.min(from + bytes * this.#msPerByte, now + this.#options.maxDebtMs));
  }
}

/** Several limits at once, such as that of the torrent and that of the process; null where there is none. */
export function joinPacers(
  pacers: readonly (RequestPacer | null)[],
): Pick<RequestPacer, 'reserve' | 'giveBack' | 'charge'> | null {
  const all = pacers.filter((pacer) => pacer !== null);
  if (all.length === 0) return null;
  return {
    reserve: (bytes, now) => Math.max(...all.map((pacer) => pacer.reserve(bytes, now))),
    giveBack: (bytes) => {
      for (const pacer of all) pacer.giveBack(bytes);
    },
    charge: (bytes, now) => {
      for (const pacer of all) pacer.charge(bytes, now);
    },
  };
}
