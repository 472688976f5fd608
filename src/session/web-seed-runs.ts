// Which bytes are asked of web seeds (BEP 19). A run is a stretch of consecutive missing pieces that nobody was asked for, claimed as a
// whole and opened piece by piece as its bytes arrive, so that a long request holds no memory. Peers come first: what they are asked for
// is not touched, where they have nothing left they take the far end of a run, and while enough of them send, each URL has one link only.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { OpenPiece } from './open-piece.js';
import type { Peer } from './peer.js';
import { storeWhole } from './piece-flow.js';
import { hasLivelyPeer, mayShare, releaseOrphan } from './requester.js';
import type { SessionState } from './session-state.js';
import { lastSign, type WebSeed, type WebSeedLink, type WebSeedRun } from './web-seed.js';
import { dropUseless } from './web-seed-lacks.js';
import { failSeed, leaveCurrent, leaveRun } from './web-seed-recall.js';
import { longestTail } from './web-seed-tails.js';

/** Where a run is to begin and end. */
type Stretch = Pick<WebSeedRun, 'first' | 'begin' | 'end' | 'isWholeFiles'>;

function isSending(peer: Peer): boolean {
  return peer.amInterested && !peer.peerChoking && !peer.requests.isSnubbed && peer.requests.length > 0;
}

function hasEnoughPeers(state: SessionState): boolean {
  let sending = 0;
  for (const peer of state.peers.values()) if (isSending(peer) && peer.download.quickRate > 0) sending++;
  return sending >= state.limits.enoughPeers;
}

function mayRun(link: WebSeedLink, isCrowded: boolean): boolean {
  const { seed } = link;
  if (link.run !== null || seed.isDropped || seed.retryAt !== null) return false;
  if (!seed.hasRanges) return link === seed.links[0] && !seed.hasStreamed && !seed.isBusy;
  return link === seed.links[0] || (seed.isProven && !isCrowded);
}

/** Lets every link go on that waits for memory, and gives every idle one something to do. */
export function refillWebSeeds(state: SessionState): void {
  if (state.webSeeds.count === 0 || !state.isStarted || state.isStopped) return;
  if (state.isComplete) {
    for (const link of state.webSeeds.links()) leaveRun(state, link, true);
    return;
  }
  for (const seed of state.webSeeds.all) if (seed.retryAt !== null && state.now >= seed.retryAt) seed.retryAt = null;
  dropUseless(state);
  for (const link of state.webSeeds.links()) goOn(state, link);
  const isCrowded = hasEnoughPeers(state);
  for (const link of inTurn(state)) {
    if (state.webSeeds.runningCount >= state.limits.maxWebSeedLinks) return;
    if (!mayRun(link, isCrowded)) continue;
    const stretch = link.seed.hasRanges ? chooseStretch(state, link) : wholeFiles(state, link);
    if (stretch !== null) startRun(state, link, stretch);
  }
}

/** The first link of each web seed, then the others. */
function* inTurn({ webSeeds }: SessionState): Generator<WebSeedLink> {
  for (const { links } of webSeeds.all) yield links[0];
  for (const { links } of webSeeds.all) yield* links.slice(1);
}

/** There may be memory now for what waits. */
function goOn(state: SessionState, link: WebSeedLink): void {
  const waitingFor = link.run?.waitingFor ?? null;
  if (waitingFor === null) return;
  arriveAt(state, link, waitingFor);
  if (link.run?.waitingFor === null) state.emit({ type: 'resume-run', link: link.key });
}

function startRun(state: SessionState, link: WebSeedLink, stretch: Stretch): void {
  const { tracker, now } = state;
  for (let piece = stretch.first as number; piece < stretch.end; piece++) {
    const isFree = tracker.picker.isPickable(piece as PieceIndex) && !link.seed.lacks(piece as PieceIndex);
    if (isFree) tracker.claim(piece as PieceIndex, link.key);
  }
  if (stretch.isWholeFiles) link.seed.hasStreamed = true;
  link.run = { ...stretch, startedAt: now, progressAt: now, pausedUntil: now, current: null, waitingFor: null, receivedBytes: 0 };
  state.emit({ type: 'fetch-run', link: link.key, ...stretch });
}

/** Failed pieces, then what is free, then half of what another link has before it, then what another is slow with. */
function chooseStretch(state: SessionState, link: WebSeedLink): Stretch | null {
  const single = failedPiece(state, link);
  if (single !== null) return { first: single, begin: 0, end: single + 1, isWholeFiles: false };
  // A suspect gets nothing else to do.
  if (state.blame.isSuspect(link.key)) return null;
  return freeStretch(state, link) ?? splitRun(state, link) ?? (takeOver(state, link) ? freeStretch(state, link) : null);
}

/** The rest of a begun piece that nobody goes on with, or the longest gap. */
function freeStretch(state: SessionState, link: WebSeedLink): Stretch | null {
  for (const open of state.tracker.partialPieces()) {
    if (!mayTakeOver(state, link, open)) continue;
    return { first: open.piece, begin: open.nextUnrequested() * BLOCK_LENGTH, end: open.piece + 1, isWholeFiles: false };
  }
  return longestGap(state, link.seed);
}

function mayTakeOver(state: SessionState, link: WebSeedLink, open: OpenPiece): boolean {
  return mayShare(link.key, open) && !link.seed.lacks(open.piece) && !hasLivelyPeer(state, open.piece);
}

/** A failed piece is fetched alone, as of a peer. */
function failedPiece(state: SessionState, link: WebSeedLink): PieceIndex | null {
  const { blame, tracker } = state;
  for (const piece of blame.failedPieces()) {
    if (!blame.isOpenCase(piece) || !tracker.picker.isPickable(piece) || link.seed.lacks(piece)) continue;
    if (!blame.isSuspect(link.key) || blame.isSuspectOf(link.key, piece)) return piece;
  }
  return null;
}

/** Free for the web seed, and no other piece that it may have comes before it by its level. */
function freshness(state: SessionState, seed: WebSeed): (piece: PieceIndex) => boolean {
  const { picker } = state.tracker;
  const levels = seed.lack === null ? undefined : state.settings.plan?.levels;
  const isFree = (piece: PieceIndex): boolean => picker.isPickable(piece) && !seed.lacks(piece);
  let top = 0;
  if (levels !== undefined) for (const piece of state.geometry.pieces()) if (isFree(piece)) top = Math.max(top, levels[piece]);
  const isUrgent = (piece: PieceIndex): boolean => (levels === undefined ? picker.isUrgent(piece) : levels[piece] === top);
  return (piece) => isFree(piece) && isUrgent(piece) && !state.blame.isOpenCase(piece);
}

function longestGap(state: SessionState, seed: WebSeed): Stretch | null {
  const { geometry, tracker, window } = state;
  if (tracker.picker.count === 0) return null;
  const isFresh = freshness(state, seed);
  if (window !== null) {
    const gap = window.firstGap(isFresh, Math.max(1, Math.floor(seed.runBytes / geometry.standardPieceLength)));
    return gap === null ? null : { first: gap.first as PieceIndex, begin: 0, end: gap.end, isWholeFiles: false };
  }
  let first = 0;
  let length = 0;
  let start = 0;
  for (let piece = 0; piece <= geometry.pieceCount; piece++) {
    if (piece < geometry.pieceCount && isFresh(piece as PieceIndex)) continue;
    if (piece - start > length && (length === 0 || state.settings.plan?.isSequential !== true)) {
      first = start;
      length = piece - start;
    }
    start = piece + 1;
  }
  if (length === 0) return null;
  const pieces = Math.max(1, Math.floor(seed.runBytes / geometry.standardPieceLength));
  return { first: first as PieceIndex, begin: 0, end: first + Math.min(length, pieces), isWholeFiles: false };
}

/** From the first piece that is missing, or begun and left, to the last. */
function wholeFiles(state: SessionState, link: WebSeedLink): Stretch | null {
  const { tracker } = state;
  let first = Infinity;
  let end = 0;
  const add = (piece: PieceIndex): void => {
    first = Math.min(first, piece);
    end = Math.max(end, piece + 1);
  };
  for (const piece of state.geometry.pieces()) if (tracker.picker.isPickable(piece) && !link.seed.lacks(piece)) add(piece);
  for (const open of tracker.partialPieces()) if (mayTakeOver(state, link, open)) add(open.piece);
  return end === 0 ? null : { first: first as PieceIndex, begin: 0, end, isWholeFiles: true };
}

/** The second half of the longest run, where it is worth a request. */
function splitRun(state: SessionState, { seed }: WebSeedLink): Stretch | null {
  const longest = longestTail(state, (piece) => !seed.lacks(piece));
  if (longest === null) return null;
  const count = longest.end - longest.start;
  if (count * state.geometry.standardPieceLength < state.limits.webSeedSplitBytes || count < 2) return null;
  const first = longest.end - Math.floor(count / 2);
  for (let piece = first; piece < longest.end; piece++) state.tracker.unclaim(piece as PieceIndex);
  const end = longest.end;
  if (longest.link.run !== null) longest.link.run.end = first;
  return { first: first as PieceIndex, begin: 0, end, isWholeFiles: false };
}

/** Bytes of the piece that is coming that have not come. */
function bytesLeft(state: SessionState, run: WebSeedRun): number {
  const open = run.current === null ? undefined : state.tracker.openPiece(run.current);
  return open === undefined ? 0 : (open.blockCount - open.receivedCount) * BLOCK_LENGTH;
}

/** How long the piece that is coming will still take; 0: not so long that it matters to a link of that rate, Infinity: nothing comes. */
function delayOf(state: SessionState, { run, seed }: WebSeedLink, ownRate: number): Millis {
  const { limits, now } = state;
  // What whole files are asked for is asked for once; what waits for memory, or for our own limit, is not slow.
  if (run === null || run.isWholeFiles || run.waitingFor !== null || now < run.pausedUntil) return 0;
  if (run.current !== null && hasLivelyPeer(state, run.current)) return 0;
  if (now >= lastSign(run) + limits.webSeedOvertakeMs) return Infinity;
  const left = bytesLeft(state, run);
  if (left === 0 || ownRate === 0 || now < run.startedAt + limits.reassignAgeMs) return 0;
  const links = seed.links.filter((link) => link.run !== null).length;
  const leftMs = (left * 1000 * links) / Math.max(1, seed.download.rate(now));
  return leftMs >= limits.reassignAgeMs && leftMs >= (2 * left * 1000) / ownRate ? leftMs : 0;
}

/** Whether something that the other link has before it may come of this one. */
function hasUseFor({ tracker }: SessionState, { seed }: WebSeedLink, { run, key }: WebSeedLink): boolean {
  if (seed.lack === null || run === null) return true;
  for (let piece = run.first as number; piece < run.end; piece++) {
    const isLeft = piece === run.current || tracker.claimantOf(piece as PieceIndex) === key;
    if (isLeft && !seed.lacks(piece as PieceIndex)) return true;
  }
  return false;
}

/** Nothing is left but what others are fetching: the slowest run is ended, where it is silent or would take twice as long. */
function takeOver(state: SessionState, link: WebSeedLink): boolean {
  const { download } = link.seed;
  if (download.totalBytes === 0) return false;
  let slowest: WebSeedLink | null = null;
  let longestMs = 0;
  for (const other of state.webSeeds.links()) {
    // The server is the same one: it would be no quicker, and two links would take from each other for ever.
    if (other.seed === link.seed || !hasUseFor(state, link, other)) continue;
    const delayMs = delayOf(state, other, download.quickRate);
    if (delayMs <= longestMs) continue;
    slowest = other;
    longestMs = delayMs;
  }
  if (slowest === null) return false;
  slowest.seed.runBytes = state.limits.webSeedRunBytes;
  leaveRun(state, slowest, true);
  if (longestMs === Infinity) failSeed(state, slowest.seed, { reason: 'stalled', isFinal: false }, false);
  return true;
}

/** The first bytes of a piece are next: its blocks are asked for now. Where there is no memory, the link waits. */
export function arriveAt(state: SessionState, link: WebSeedLink, piece: PieceIndex): void {
  const { tracker, blame, now } = state;
  const run = link.run;
  if (run === null || piece < run.first || piece >= run.end) return;
  if (run.current !== piece) leaveCurrent(state, link, run);
  run.progressAt = now;
  run.waitingFor = null;
  if (tracker.claimantOf(piece) === link.key) {
    const isExclusive = blame.isOpenCase(piece);
    let open = tracker.open(piece, isExclusive, now);
    if (open === null && releaseOrphan(state)) open = tracker.open(piece, isExclusive, now);
    if (open === null) {
      run.waitingFor = piece;
      return;
    }
    if (isExclusive) blame.countAttempt(piece);
    if (open.isWhole) storeWhole(state, open); // nothing but padding
    else askAll(state, link, run, open);
    return;
  }
  const open = tracker.openPiece(piece);
  if (open !== undefined && open.unrequested > 0 && mayTakeOver(state, link, open)) askAll(state, link, run, open);
}

function askAll(state: SessionState, link: WebSeedLink, run: WebSeedRun, open: OpenPiece): void {
  for (let block = open.nextUnrequested(); block >= 0; block = open.nextUnrequested()) open.ask(block, link.key, state.now);
  state.tracker.updatePartial(open);
  run.current = open.piece;
}
