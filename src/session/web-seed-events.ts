// What web seeds do, and what follows: blocks, ends of runs, silence. A failure costs a pause that doubles, an answer that can't be used costs
// the URL its place, and so does bad data: the one is told as dropped, the other as banned.

import type { PeerKey, PieceIndex } from '../model/ids.js';
import { receiveBlock } from './block-arrival.js';
import { BLOCK_LENGTH } from '../model/geometry.js';
import type { SessionEvent } from './events.js';
import type { SessionState } from './session-state.js';
import { lastSign, type WebSeedEnd, type WebSeedLink, WebSeed } from './web-seed.js';
import { dropSeed, failSeed, leaveRun, retireSeed } from './web-seed-recall.js';

export function addWebSeeds(state: SessionState, found: Extract<SessionEvent, { type: 'web-seeds-found' }>['seeds']): void {
  for (const { name, links, failure } of found) {
    const seed = new WebSeed(name, links, state.limits.webSeedRunBytes);
    state.webSeeds.add(seed);
    if (failure !== undefined) dropSeed(state, seed, failure);
  }
}

export function handleSeedBlock(
  state: SessionState,
  link: WebSeedLink,
  event: Extract<SessionEvent, { type: 'block-received' }>,
): void {
  const { piece, begin, length } = event;
  const { run } = link;
  noteBytes(state, link, length);
  const block = begin / BLOCK_LENGTH;
  const open = state.tracker.openPiece(piece);
  if (open === undefined || open.isReceived(block) || !open.isAskedOf(block, link.key)) {
    state.wastedBytes += length;
    return;
  }
  if (!event.kept) {
    state.wastedBytes += length;
    if (open.unask(block, link.key)) state.tracker.updatePartial(open);
    return;
  }
  if (run !== null) run.receivedBytes += length;
  receiveBlock(state, open, block, link.key);
}

/** Bytes on the way that nobody wanted: between wanted pieces of a whole file, or taken by others meanwhile. */
export function skipBytes(state: SessionState, link: WebSeedLink, length: number): void {
  noteBytes(state, link, length);
  state.wastedBytes += length;
}

function noteBytes(state: SessionState, link: WebSeedLink, length: number): void {
  state.download.add(length, state.now);
  link.seed.download.add(length, state.now);
  if (link.run !== null) link.run.progressAt = state.now;
}

export function endRun(state: SessionState, link: WebSeedLink, end: WebSeedEnd): void {
  const { seed, run } = link;
  if (run === null) return;
  leaveRun(state, link, false);
  switch (end.type) {
    case 'done':
      seed.failures = 0;
      if (run.isWholeFiles) retireSeed(state, seed);
      else if (state.now - run.startedAt < state.limits.webSeedRunMs)
        seed.runBytes = Math.min(seed.runBytes * 2, state.limits.webSeedMaxRunBytes);
      return;
    case 'no-ranges':
      seed.hasRanges = false;
      seed.isProven = false;
      for (const other of seed.links) leaveRun(state, other, true);
      // It could send the whole file only, from its beginning, which is no way to read ahead of somebody.
      if (state.window !== null) dropSeed(state, seed, { reason: 'no-ranges', isFinal: true });
      return;
    case 'failed':
      failSeed(state, seed, end, run.receivedBytes > 0 && end.reason !== 'stalled');
      // Whole files are asked for once: from the start again would be a loop.
      if (run.isWholeFiles) dropSeed(state, seed, { ...end, isFinal: true });
  }
}

/** Links that bring nothing, though there is room for it, are as good as closed: a drip must not hold pieces for ever. */
export function watchWebSeeds(state: SessionState): void {
  for (const link of state.webSeeds.links()) {
    const { run } = link;
    if (run === null || run.waitingFor !== null || state.now < lastSign(run) + state.limits.webSeedStallMs) continue;
    state.emit({ type: 'abort-run', link: link.key });
    endRun(state, link, { type: 'failed', reason: 'stalled', isFinal: false });
  }
}

export function stopWebSeeds(state: SessionState): void {
  for (const link of state.webSeeds.links()) leaveRun(state, link, true);
}

/** For `Session.verdict`. */
export type RunVerdict = 'take' | 'skip' | 'wait' | 'over';

/** What is to be done with the bytes of a block that are next in a link's stream. */
export function judgeBlock(state: SessionState, key: PeerKey, piece: PieceIndex, isExpected: boolean): RunVerdict {
  const run = state.webSeeds.linkOf(key)?.run ?? null;
  if (run === null || piece >= run.end) return 'over';
  if (run.waitingFor === piece) return 'wait';
  return isExpected ? 'take' : 'skip';
}
