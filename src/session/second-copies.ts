// What idle peers do about blocks that others are slow with. In the endgame (every missing block is asked for) a block is asked
// of a second peer soon, before that only when it is late. Two peers at most have the same block to send: where both are
// silent, a third takes the first one's place. A failed piece that one peer fetches alone changes hands when that is slow.

import type { OpenPiece } from './open-piece.js';
import type { Peer } from './peer.js';
import { cancelBlock, releasePiece } from './recall.js';
import { ask, canBeAsked, mayAskOf, refill } from './requester.js';
import type { SessionState } from './session-state.js';

/** Each change of hands doubles the wait for the next: a slow network must not take blocks from everyone in turn for ever. */
const MAX_DOUBLINGS = 10;

/** Peers with room and nothing else to do: the snubbed come last, before them those that have delivered most come first. */
function idlePeers(state: SessionState): Peer[] {
  const idle = [...state.peers.values()].filter((peer) => canBeAsked(state, peer) && peer.requests.room() > 0);
  return idle.toSorted(
    (a, b) => Number(a.requests.isSnubbed) - Number(b.requests.isSnubbed) || b.download.totalBytes - a.download.totalBytes,
  );
}

/** To be called at short intervals while there is an idle peer, or in the endgame. */
export function askSecondCopies(state: SessionState): void {
  const idle = idlePeers(state);
  const { tracker, limits, now } = state;
  const copyBefore = now - (tracker.isEndgame ? limits.endgameAgeMs : limits.reassignAgeMs);
  for (const open of Array.from(tracker.openPieces())) {
    if (idle.length === 0 || !state.turns.isRipe(now)) return;
    if (open.isExclusive) {
      passOn(state, open, idle);
      continue;
    }
    const stealBefore = now - limits.reassignAgeMs * 2 ** Math.min(open.steals, MAX_DOUBLINGS);
    for (let block = 0; block < open.blockCount && idle.length > 0 && state.turns.isRipe(now); block++) {
      if (open.isReceived(block)) continue;
      const copies = open.copies(block);
      const askedAt = open.askedAt(block);
      if ((copies === 1 && askedAt <= copyBefore) || (copies === 2 && askedAt <= stealBefore)) askIdle(state, open, block, idle);
    }
  }
}

function askIdle(state: SessionState, open: OpenPiece, block: number, idle: Peer[]): void {
  // A snubbed peer helps out only where the block is with another snubbed one, who may never give it back.
  const holder = open.firstAsker(block);
  const isHeldBySnubbed = holder !== null && state.peers.get(holder)?.requests.isSnubbed === true;
  const index = idle.findIndex(
    (peer) =>
      (isHeldBySnubbed || !peer.requests.isSnubbed) &&
      peer.have.has(open.piece) &&
      !open.isAskedOf(block, peer.key) &&
      mayAskOf(state, peer, open.piece),
  );
  if (index < 0) return;
  const peer = idle[index];
  if (open.copies(block) === 2) {
    const silent = state.peers.get(open.firstAsker(block) ?? peer.key);
    if (silent === undefined || silent === peer) return;
    open.steals++;
    cancelBlock(state, silent, open.piece, block);
  }
  ask(state, peer, open, block);
  idle.splice(index, 1);
  // To the back of the line: the copies spread over the idle peers.
  if (peer.requests.length < peer.requests.depth) idle.push(peer);
}

/** Takes an exclusive piece from a peer that is slow with it, for one that would need less than half the time. */
function passOn(state: SessionState, open: OpenPiece, idle: Peer[]): void {
  const { blame, geometry, limits, now } = state;
  const elapsedMs = now - open.openedAt;
  if (elapsedMs < limits.reassignAgeMs * 2 ** Math.min(blame.attempts(open.piece), MAX_DOUBLINGS)) return;
  const index = idle.findIndex((peer) => {
    if (peer.requests.isSnubbed || !peer.have.has(open.piece) || open.involves(peer.key) || !mayAskOf(state, peer, open.piece))
      return false;
    const bytesPerMs = peer.download.quickRate / 1000;
    return bytesPerMs === 0 || elapsedMs >= (2 * geometry.pieceLength(open.piece)) / bytesPerMs;
  });
  if (index < 0) return;
  const [peer] = idle.splice(index, 1);
  releasePiece(state, open);
  peer.currentPiece = null;
  const next = state.tracker.open(open.piece, true, now);
  if (next === null) return;
  blame.countAttempt(next.piece);
  peer.currentPiece = next.piece;
  refill(state, peer);
}
