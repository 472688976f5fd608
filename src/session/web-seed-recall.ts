// The end of a web seed's run, however it came: what it claimed is free again, and what did not come is asked of others. And the end
// of a web seed: dropped for answers that can't be used, banned for bad data.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import { releasePiece } from './recall.js';
import type { SessionState } from './session-state.js';
import type { WebSeed, WebSeedFailure, WebSeedLack, WebSeedLink, WebSeedRun } from './web-seed.js';

/** What did not come of the piece that was coming goes to others; an exclusive piece begins again. */
export function leaveCurrent(state: SessionState, link: WebSeedLink, run: WebSeedRun): void {
  const open = run.current === null ? undefined : state.tracker.openPiece(run.current);
  run.current = null;
  if (open === undefined) return;
  let count = 0;
  for (let block = 0; block < open.blockCount; block++) {
    if (!open.isAskedOf(block, link.key)) continue;
    open.unask(block, link.key);
    state.emit({ type: 'revoke-lease', peer: link.key, piece: open.piece, begin: block * BLOCK_LENGTH });
    count++;
  }
  if (count === 0) return;
  if (open.isExclusive) releasePiece(state, open);
  else state.tracker.updatePartial(open);
}

/** The link has no run any more. `stops`: its request is still under way and is to end. */
export function leaveRun(state: SessionState, link: WebSeedLink, stops: boolean): void {
  const run = link.run;
  if (run === null) return;
  link.run = null;
  leaveCurrent(state, link, run);
  for (let piece = run.first as number; piece < run.end; piece++) {
    if (state.tracker.claimantOf(piece as PieceIndex) === link.key) state.tracker.unclaim(piece as PieceIndex);
  }
  if (stops) state.emit({ type: 'abort-run', link: link.key });
}

/** It knows no ranges and has sent all it could in one go: no fault, and nothing to tell unless something is still missing. */
export function retireSeed(state: SessionState, seed: WebSeed): void {
  const { picker } = state.tracker;
  const { lack } = seed;
  const isLeft = (piece: PieceIndex): boolean => picker.isPickable(piece) && !seed.lacks(piece);
  const isLackAll = lack !== null && ![...state.geometry.pieces()].some(isLeft);
  const failure: WebSeedFailure = isLackAll ? lack.failure : { reason: 'no-ranges', isFinal: true };
  if (picker.count > 0 || !state.tracker.partialPieces().next().done) {
    dropSeed(state, seed, failure);
    return;
  }
  seed.isDropped = true;
  seed.lastFailure = failure;
}

/** A request failed: the next one waits, or nothing more is asked of it. `hasProgress`: it had brought something. */
export function failSeed(state: SessionState, seed: WebSeed, failure: WebSeedFailure, hasProgress: boolean): void {
  const { webSeedBackoffMs, webSeedMaxBackoffMs, webSeedPauseMs } = state.limits;
  if (failure.isFinal) {
    dropSeed(state, seed, failure);
    return;
  }
  seed.failures = hasProgress ? 0 : seed.failures + 1;
  seed.lastFailure = failure;
  seed.runBytes = state.limits.webSeedRunBytes;
  const backoffMs = hasProgress ? webSeedPauseMs : Math.min(webSeedBackoffMs * 2 ** (seed.failures - 1), webSeedMaxBackoffMs);
  const waitMs = Math.min(Math.max(failure.retryAfterMs ?? 0, backoffMs), webSeedMaxBackoffMs);
  // Several links of a server may fail one after the other: none of them makes the wait shorter.
  seed.retryAt = Math.max(seed.retryAt ?? 0, state.now + waitMs);
}

/** It is not asked any more; what it is sending ends. */
export function dropSeed(state: SessionState, seed: WebSeed, failure: WebSeedFailure): void {
  if (seed.isDropped) return;
  seed.isDropped = true;
  seed.lastFailure = failure;
  seed.retryAt = null;
  for (const link of seed.links) leaveRun(state, link, true);
  const { reason, status } = failure;
  state.notice({ type: 'web-seed-dropped', name: seed.name, reason, ...(status === undefined ? {} : { status }) });
}

/** It sent bad data for that piece: the URL is banned, with whatever of it is in pieces that are not verified yet. */
export function banSeed(state: SessionState, seed: WebSeed, piece: PieceIndex): void {
  if (seed.isBanned) return;
  seed.isBanned = true;
  seed.isDropped = true;
  seed.retryAt = null;
  seed.lastFailure = { reason: 'bad-data', isFinal: true };
  state.notice({ type: 'web-seed-banned', name: seed.name, piece });
  for (const link of seed.links) leaveRun(state, link, true);
  const keys = new Set(seed.links.map((link) => link.key));
  for (const open of Array.from(state.tracker.openPieces())) {
    if ([...open.sources()].some((source) => keys.has(source))) releasePiece(state, open);
  }
}

/** A suspect does nothing else until its case is settled; one without ranges, or without the piece, can't do that. */
export function quarantineLink(state: SessionState, link: WebSeedLink): void {
  const { seed } = link;
  leaveRun(state, link, true);
  if (seed.hasStreamed) dropSeed(state, seed, { reason: 'no-ranges', isFinal: true });
  else if (seed.lack !== null && isStuck(state, seed)) dropSeed(state, seed, seed.lack.failure);
}

/** It is suspected, by each of its links that may be used, of a piece that it can't be asked for to settle that. */
export function isStuck({ blame }: SessionState, seed: WebSeed): boolean {
  if (seed.lack === null) return false;
  const links = seed.isProven ? seed.links : seed.links.slice(0, 1);
  return links.every(({ key }) => [...blame.suspicionsOf(key)].some((piece) => seed.lacks(piece)));
}

/** Whether something is missing that the web seed may have; where readers go to and fro, something that they may ever want. */
export function isUseful({ tracker, geometry, window }: SessionState, seed: WebSeed, lack: WebSeedLack): boolean {
  const { pieceCount } = geometry;
  for (let i = 0; i < pieceCount; i++) {
    const piece = ((lack.usefulAt + i) % pieceCount) as PieceIndex;
    const isNeeded = window === null ? tracker.isLacking(piece) : window.mayCome(piece);
    if (!isNeeded || seed.lacks(piece)) continue;
    lack.usefulAt = piece;
    return true;
  }
  return false;
}
