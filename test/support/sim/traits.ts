// The characters of scripted peers: what each kind does that an honest one does not.

import type { Random } from '../../../src/model/random.js';

export type ScriptedKind =
  | 'plain'
  | 'liar'
  | 'staller'
  | 'silent'
  | 'vanishing'
  | 'flapper'
  | 'rejecter'
  | 'dripper'
  | 'have-liar'
  | 'flooder'
  | 'rude'
  | 'twin'
  | 'prober'
  | 'forgetter';

export interface Traits {
  readonly kind: ScriptedKind;
  /** Share of its blocks that are wrong. */
  readonly corrupt: number;
  /** Blocks it delivers before it stops answering. */
  readonly deliversBlocks: number;
  /** Share of requests it refuses (BEP 6). */
  readonly rejects: number;
  /** Says nothing at all. */
  readonly isSilent: boolean;
  /** Time between its changes of mind about choking, or 0. */
  readonly flapMs: number;
  /** Mean time until it drops the connection, or 0. */
  readonly vanishMs: number;
  /** Time between blocks nobody asked for, or 0. */
  readonly floodMs: number;
  /** Sends what no peer may send. */
  readonly isRude: boolean;
  /** Time between pieces that it takes back (BEP 54), or announces again, or 0. */
  readonly forgetMs: number;
  /** Asks for whatever it likes, chokes or not. */
  readonly probes: boolean;
  /** Dials by itself as well. */
  readonly dials: boolean;
  /** It waits so long before it answers a request. */
  readonly delayMs: number;
}

const HONEST: Omit<Traits, 'kind'> = {
  corrupt: 0,
  deliversBlocks: Infinity,
  rejects: 0,
  isSilent: false,
  flapMs: 0,
  vanishMs: 0,
  floodMs: 0,
  isRude: false,
  forgetMs: 0,
  probes: false,
  dials: false,
  delayMs: 0,
};

/** Traits of a kind; what the kind leaves open is chance. */
export function traitsOf(kind: ScriptedKind, random: Random): Traits {
  const base = { ...HONEST, kind, dials: random.next() < 0.3 };
  switch (kind) {
    case 'plain':
    case 'twin':
      return base;
    case 'liar':
      return {
        ...base,
        corrupt: [0.01, 0.2, 1][random.below(3)],
        deliversBlocks: random.next() < 0.2 ? random.below(8) : Infinity,
      };
    case 'staller':
      return { ...base, deliversBlocks: random.next() < 0.5 ? 0 : random.below(10) };
    case 'silent':
      return { ...base, isSilent: true };
    case 'vanishing':
      return { ...base, vanishMs: 500 + random.below(10_000) };
    case 'flapper':
      return { ...base, flapMs: 50 + random.below(3000) };
    case 'rejecter':
      return { ...base, rejects: [0.1, 0.5, 1][random.below(3)] };
    case 'dripper':
      return { ...base, delayMs: 1000 + random.below(20_000) };
    case 'have-liar':
      return { ...base, deliversBlocks: 0, rejects: random.next() < 0.5 ? 1 : 0 };
    case 'flooder':
      return { ...base, floodMs: 20 + random.below(500) };
    case 'forgetter':
      return { ...base, forgetMs: 50 + random.below(2000) };
    case 'rude':
      return { ...base, isRude: true };
    default:
      return { ...base, probes: true };
  }
}
