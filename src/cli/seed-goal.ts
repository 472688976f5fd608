// How long somebody serves who could stop: until a share ratio, for a time, the first of both, or until stopped. The ratio is what this
// run has sent by the size of the torrent, so that it means the same for data that was there before.

import type { ServerSnapshot } from '../engine/server-snapshot.js';
import { parseDuration } from './options.js';
import { formatLimit } from './render/human-numbers.js';
import { UsageError } from './usage-error.js';

export interface SeedGoal {
  /** 0: none. */
  readonly ratio: number;
  /** Milliseconds; 0: none. */
  readonly timeMs: number;
}

export interface SeedOptionValues {
  /** Of download: `--seed`. */
  readonly seed?: SeedGoal;
  readonly seedRatio?: number;
  /** Milliseconds. */
  readonly seedTime?: number;
}

const MAX_RATIO = 1_000_000;

/** `1.5`, `1.5x`; 0 is none. */
export function parseRatio(text: string, option: string): number {
  const match = /^([0-9]{1,9}(?:\.[0-9]{1,9})?)x?$/i.exec(text.trim());
  const ratio = match === null ? Number.NaN : Number(match[1]);
  if (!(ratio <= MAX_RATIO))
    throw new UsageError(`${option}: '${text}' is no ratio`, 'Write a number such as 1.5; 0 is no limit.');
  return ratio;
}

/** The value of `--seed=VALUE`: `1.5x`, `30m`, or nothing. */
export function parseSeed(text: string, option: string): SeedGoal {
  const trimmed = text.trim();
  if (trimmed === '') return { ratio: 0, timeMs: 0 };
  const ratio = /^[0-9.]+x$/i.test(trimmed) ? parseRatio(trimmed, option) : 0;
  const timeMs = ratio === 0 && /^[0-9.]+[a-wyz][0-9.a-z]*$/i.test(trimmed) ? parseDuration(trimmed, option) : 0;
  if (ratio > 0 || timeMs > 0) return { ratio, timeMs };
  if (/^0[0.]*[a-z]*$/i.test(trimmed)) {
    throw new UsageError(
      `${option}: '${text}' could mean not at all as well as for ever`,
      `Leave out ${option} (--seed-time=0 takes back one that is configured), or write it alone: it serves until stopped.`,
    );
  }
  throw new UsageError(`${option}: '${text}' is neither a ratio nor a time`, 'Write --seed=1.5x or --seed=30m, or --seed alone.');
}

/** What download is to do after the last piece; null: end. `--seed-time 0` is off, as others have it. */
export function seedGoalAfter({ seed, seedRatio = 0, seedTime }: SeedOptionValues): SeedGoal | null {
  if (seedTime === 0 || (seed === undefined && seedRatio === 0 && seedTime === undefined)) return null;
  return { ratio: lower(seed?.ratio ?? 0, seedRatio), timeMs: lower(seed?.timeMs ?? 0, seedTime ?? 0) };
}

/** Said where a ratio of download has no use: a script for aria2 has both, and a person may have meant 0 as no limit. Null: it has. */
export function describeUnusedRatio({ seedRatio = 0, seedTime }: SeedOptionValues): string | null {
  return seedTime === 0 && seedRatio > 0 ? 'nothing is served: --seed-time 0 goes before --seed-ratio' : null;
}

/** The lower of two limits, of which 0 is none. */
function lower(a: number, b: number): number {
  return a === 0 || b === 0 ? a + b : Math.min(a, b);
}

/** `until stopped`, `until it has sent 1.5 times its size, for 30m at most`. */
export function describeSeedGoal({ ratio, timeMs }: SeedGoal): string {
  const time = timeMs > 0 ? formatLimit(timeMs) : '';
  if (ratio > 0) return `until its ratio is ${ratio}${time === '' ? '' : `, for ${time} at most`}`;
  return time === '' ? 'until stopped' : `for ${time}`;
}

/** Watches one torrent, from the moment it serves. Sees restarts of its session through. */
export class SeedWatch {
  readonly #goal: SeedGoal;
  readonly #now: () => number;
  readonly #onWhole: (snapshot: ServerSnapshot) => void;
  #since: number | null = null;
  /** By sessions that crashed. */
  #sentBefore = 0;
  #sent = 0;
  #reached: string | null = null;
  #isCalledOff = false;

  /** `now`: milliseconds, monotonic. `onWhole`: once, with the first look at which nothing is missing. */
  constructor(goal: SeedGoal, now: () => number, onWhole: (snapshot: ServerSnapshot) => void = () => {}) {
    this.#goal = goal;
    this.#now = now;
    this.#onWhole = onWhole;
  }

  /** Which limit ended it, in words; null: none did. */
  get reached(): string | null {
    return this.#reached;
  }

  get sentBytes(): number {
    return this.#sentBefore + this.#sent;
  }

  /** What was sent since the last look: for the end, after which nobody looks. */
  count({ uploadedBytes }: Pick<ServerSnapshot, 'uploadedBytes'>): void {
    if (uploadedBytes < this.#sent) this.#sentBefore += this.#sent;
    this.#sent = uploadedBytes;
  }

  /** The next look stops it. */
  callOff(): void {
    this.#isCalledOff = true;
  }

  /** One look at the session, a few times a second. `stop` may be called more than once. */
  look(snapshot: ServerSnapshot, stop: () => void): void {
    const { totalBytes, phase } = snapshot;
    this.count(snapshot);
    if (this.#isCalledOff) stop();
    if (phase !== 'seeding' || this.#reached !== null) return;
    if (this.#since === null) {
      this.#since = this.#now();
      this.#onWhole(snapshot);
    }
    const { ratio, timeMs } = this.#goal;
    if (ratio > 0 && this.sentBytes >= ratio * totalBytes) this.#reached = `its ratio is ${ratio}`;
    else if (timeMs > 0 && this.#now() - this.#since >= timeMs) this.#reached = `it has served for ${formatLimit(timeMs)}`;
    else return;
    stop();
  }
}
