// The errors that end a run for want of data, each with the facts of why none came: nobody ever answered, those who did went silent or were
// too slow, or, with web seeds only, none is left.

import type { WebSeedSnapshot } from '../session/snapshot.js';
import { sourcesMet, type ServerSnapshot } from './server-snapshot.js';
import { NoPeersError, StalledError } from './session-error.js';
import type { MinSpeed } from './speed-floor.js';
import { explainStall } from './stall-report.js';
import type { WatchedState } from './watchdog.js';

/** What the watchdog looks at. */
export function watchedState(snapshot: ServerSnapshot): WatchedState {
  const { downloadedBytes, uploadedBytes, wastedBytes, isThrottled, isComplete } = snapshot;
  const transferredBytes = downloadedBytes + uploadedBytes;
  const usefulBytes = downloadedBytes - wastedBytes;
  return { sourcesMet: sourcesMet(snapshot), usefulBytes, transferredBytes, isThrottled, isComplete };
}

export function neverMet(snapshot: ServerSnapshot, timeoutMs: number): NoPeersError {
  const detail = { timeoutMs, explanation: explainStall(snapshot) };
  return new NoPeersError(`no peer answered within ${timeoutMs / 1000} s: ${detail.explanation}`, detail);
}

export function stalled(snapshot: ServerSnapshot, timeoutMs: number): StalledError {
  const detail = { timeoutMs, explanation: explainStall(snapshot) };
  return new StalledError(`no data came for ${timeoutMs / 1000} s: ${detail.explanation}`, detail);
}

/** `bytesPerSecond`: what came over the time of `minSpeed`. */
export function tooSlow(snapshot: ServerSnapshot, minSpeed: MinSpeed, bytesPerSecond: number): StalledError {
  const detail = { timeoutMs: minSpeed.overMs, bytesPerSecond, minSpeed, explanation: explainStall(snapshot) };
  const came = `only ${rateText(bytesPerSecond)} of useful data came over ${minSpeed.overMs / 1000} s`;
  return new StalledError(`${came}, less than the ${rateText(minSpeed.bytesPerSecond)} asked for: ${detail.explanation}`, detail);
}

function rateText(bytesPerSecond: number): string {
  if (bytesPerSecond < 1024) return `${Math.round(bytesPerSecond)} B/s`;
  const kib = (bytesPerSecond / 1024).toFixed(1);
  return Number(kib) < 1024 ? `${kib} KiB/s` : `${(bytesPerSecond / 1024 ** 2).toFixed(1)} MiB/s`;
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
