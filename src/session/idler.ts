// A peer that nobody would miss: it wants nothing, has nothing, and never gave or took a byte. In a full house it gives way to
// whoever comes, for a swarm's places are few and a seed's are wanted by others.

import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';

function isIdler(state: SessionState, peer: Peer): boolean {
  if (peer.hasBeenInterested || peer.wantedCount > 0) return false;
  if (peer.download.totalBytes > 0 || peer.upload.totalBytes > 0) return false;
  return state.now >= peer.connectedAt + state.limits.uselessMs;
}

/** The one that has been here longest (peers are kept in the order they came), or null. */
export function longestIdler(state: SessionState): Peer | null {
  for (const peer of state.peers.values()) if (isIdler(state, peer)) return peer;
  return null;
}
