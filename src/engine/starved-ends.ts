// The errors that end a run for want of data, each with the facts of why none came: nobody ever answered, those who did went silent, or,
// with web seeds only, none is left.

import type { WebSeedSnapshot } from '../session/snapshot.js';
import { sourcesMet, type ServerSnapshot } from './server-snapshot.js';
import { NoPeersError, StalledError } from './session-error.js';
import { explainStall } from './stall-report.js';

export function neverMet(snapshot: ServerSnapshot, timeoutMs: number): NoPeersError {
  const detail = { timeoutMs, explanation: explainStall(snapshot) };
  return new NoPeersError(`no peer answered within ${timeoutMs / 1000} s: ${detail.explanation}`, detail);
}

export function stalled(snapshot: ServerSnapshot, timeoutMs: number): StalledError {
  const detail = { timeoutMs, explanation: explainStall(snapshot) };
  return new StalledError(`no data came for ${timeoutMs / 1000} s: ${detail.explanation}`, detail);
}

/** Notices after which no web seed may be left. */
export const MAY_DESERT: ReadonlySet<string> = new Set(['web-seed-dropped', 'web-seed-banned', 'piece-stored']);

/** Where only web seeds may be asked: null while one may still bring something. Where all are banned, `sources-exhausted` tells. */
export function deserted(snapshot: ServerSnapshot): NoPeersError | StalledError | null {
  const isGone = ({ state }: WebSeedSnapshot): boolean => state === 'dropped' || state === 'banned';
  const { webSeeds } = snapshot;
  if (snapshot.isComplete || !webSeeds.every(isGone) || !webSeeds.some(({ state }) => state === 'dropped')) return null;
  const detail = { timeoutMs: 0, explanation: explainStall(snapshot) };
  if (sourcesMet(snapshot) > 0) return new StalledError(`no web seed is left: ${detail.explanation}`, detail);
  return new NoPeersError(`no web seed can be used: ${detail.explanation}`, detail);
}
