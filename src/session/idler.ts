// Who gives way in a full house. First a peer that nobody would miss: it wants nothing, has nothing, and never gave or took a byte. Then,
// for a newcomer of higher priority (BEP 40), one that waits for a slot, has nothing for us, and never gave or took a byte either: a
// swarm's places are few, and who holds one without using it keeps it by its priority only, not by having come first.

import type { Address } from '../model/address.js';
import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';

/** Of peers whose priority is not known. */
const MIDDLE_PRIORITY = 2 ** 31;

/** It has had its time to be of use, and was of none. */
function hasDoneNothing(state: SessionState, peer: Peer): boolean {
  if (peer.wantedCount > 0 || peer.download.totalBytes > 0 || peer.upload.totalBytes > 0) return false;
  return state.now >= peer.connectedAt + state.limits.uselessMs;
}

/** Of equals, the one to go: of lowest priority, or where that is not known the one that has been here longest. */
export function leastOf(state: SessionState, peers: Iterable<Peer>): Peer | null {
  let least: Peer | null = null;
  let lowest = Infinity;
  // Peers are kept in the order they came.
  for (const peer of peers) {
    const priority = state.priorities.of(peer.displayAddress) ?? MIDDLE_PRIORITY;
    if (priority >= lowest) continue;
    least = peer;
    lowest = priority;
  }
  return least;
}

/** One that nobody would miss, or null. */
export function leastIdler(state: SessionState): Peer | null {
  const idlers = [...state.peers.values()].filter((peer) => !peer.hasBeenInterested && hasDoneNothing(state, peer));
  return leastOf(state, idlers);
}

/** One that only waits, and has a lower priority than the newcomer, or null. */
export function outranked(state: SessionState, newcomer: Address): Peer | null {
  const priority = state.priorities.of(newcomer);
  if (priority === null) return null;
  const waiting = [...state.peers.values()].filter((peer) => {
    const other = peer.amChoking && hasDoneNothing(state, peer) ? state.priorities.of(peer.displayAddress) : null;
    return other !== null && other < priority;
  });
  return leastOf(state, waiting);
}
