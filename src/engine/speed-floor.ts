// The least speed a download may have over a while: judged over a window that slides, by what counts (bad data is none). A moment in
// which nobody can be blamed (nobody was met yet, a limit of our own holds it back) starts the window anew: what came before and
// after it are two stretches, and neither says anything of the other.

import type { Millis } from '../model/time.js';

export interface MinSpeed {
  /** Useful payload. */
  readonly bytesPerSecond: number;
  /** Milliseconds: the mean over so long is what is judged. */
  readonly overMs: number;
}

/** Moments that are remembered of a window, however long that is. */
const MAX_MARKS = 240;

export class SpeedFloor {
  readonly #minSpeed: MinSpeed;
  /** Oldest first: the first one is the beginning of the window, or older. */
  #marks: { readonly at: Millis; readonly bytes: number }[] = [];

  constructor(minSpeed: MinSpeed) {
    this.#minSpeed = minSpeed;
  }

  /** `usefulBytes` so far, never falling. Bytes per second over the window where they are too few; null otherwise. */
  look(now: Millis, usefulBytes: number, counts: boolean): number | null {
    const { bytesPerSecond, overMs } = this.#minSpeed;
    if (!counts) {
      this.#marks = [];
      return null;
    }
    const marks = this.#marks;
    const last = marks.at(-1);
    if (last === undefined || now - last.at >= overMs / MAX_MARKS) marks.push({ at: now, bytes: usefulBytes });
    while (marks.length > 1 && marks[1].at <= now - overMs) marks.shift();
    const [first] = marks;
    if (now - first.at < overMs) return null;
    const speed = ((usefulBytes - first.bytes) * 1000) / (now - first.at);
    return speed < bytesPerSecond ? speed : null;
  }
}
