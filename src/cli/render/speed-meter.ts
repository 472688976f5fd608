// The speed that bars show and the time left that follows from it: the mean of a window (20 s), so that one slow
// moment does not make both jump. A sample older than the window does not count; before the window is full, the mean is
// of the time that has passed. The clock is an argument: milliseconds, monotonic.

interface Sample {
  readonly at: number;
  bytes: number;
}

/** The first second counts as a whole one: a burst of 10 ms is no speed. */
const SHORTEST_MS = 1000;
/** Samples nearer to each other than this are kept as one: at most 100 in a window of 20 s. */
const GRAIN_MS = 200;

export class SpeedMeter {
  readonly #windowMs: number;
  readonly #startedAt: number;
  #samples: Sample[] = [];

  constructor(startedAt: number, windowMs: number) {
    this.#startedAt = startedAt;
    this.#windowMs = windowMs;
  }

  /** `bytes` came just before `now`. A clock that went back is a fault of the caller: the newest time counts. */
  add(bytes: number, now: number): void {
    if (bytes <= 0) return;
    const newest = this.#samples.at(-1);
    if (newest !== undefined && now - newest.at < GRAIN_MS) newest.bytes += bytes;
    else this.#samples.push({ at: now, bytes });
  }

  bytesPerSecond(now: number): number {
    const oldest = now - this.#windowMs;
    const firstValid = this.#samples.findIndex((sample) => sample.at > oldest);
    this.#samples = firstValid < 0 ? [] : this.#samples.slice(firstValid);
    let sum = 0;
    for (const sample of this.#samples) sum += sample.bytes;
    const spanMs = Math.max(SHORTEST_MS, Math.min(this.#windowMs, now - this.#startedAt));
    return (sum * 1000) / spanMs;
  }

  /** Milliseconds until `leftBytes` have come at this speed; null where nothing comes. */
  timeLeftMs(leftBytes: number, now: number): number | null {
    if (leftBytes <= 0) return 0;
    const rate = this.bytesPerSecond(now);
    return rate > 0 ? (leftBytes / rate) * 1000 : null;
  }
}
