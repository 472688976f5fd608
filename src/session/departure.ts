// What a peer leaves behind: its requests go back, its pieces count no more, its address waits, long where neither side wants anything,
// may be dialled again, or never.
// Whoever closes the connection, this is the one way out of the session's books.

import type { DisconnectReason } from './disconnect-reason.js';
import type { Peer } from './peer.js';
import { takeBackRequests } from './recall.js';
import type { SessionState } from './session-state.js';
import { isUploadOnly } from './upload-only.js';

/** Whatever such a peer has sent: it is not one to be dialled again at once. */
function isProgressless(reason: DisconnectReason): boolean {
  return reason === 'useless' || reason === 'flooding' || reason === 'protocol-error';
}

/** Forgets a peer whose connection has ended. */
export function forgetPeer(state: SessionState, peer: Peer, reason: DisconnectReason): void {
  if (!state.peers.delete(peer.key)) return;
  const { picker } = state.tracker;
  if (peer.isCountedAsSeed) picker.removeSeed();
  else for (const piece of peer.have) picker.removeHave(piece);
  takeBackRequests(state, peer, false);
  state.blame.forget(peer.key);
  state.revealed?.forget(peer.key);
  const { address } = peer;
  if (address !== null) {
    state.membership++;
    if (reason === 'self-connection') state.book.markSelf(address);
    else if (isUploadOnly(state) && (peer.isSeed || peer.uploadOnlySince !== null)) state.book.markUnneeded(address, state.now);
    else state.book.markDisconnected(address, peer.download.totalBytes > 0 && !isProgressless(reason), state.now);
  }
  state.notice({ type: 'peer-closed', address: peer.displayAddress, reason, payloadBytes: peer.download.totalBytes });
}

/** Ends the connection for a reason of ours and forgets the peer at once; what still comes from it is ignored. */
export function dropPeer(state: SessionState, peer: Peer, reason: DisconnectReason): void {
  state.emit({ type: 'disconnect', peer: peer.key, reason });
  peer.droppedFor = reason;
  forgetPeer(state, peer, reason);
}
