// Peers that came by a magnet link ask us for the info dictionary (BEP 9). It goes out at once, past choking and the upload limit, so
// each peer gets it a few times at most: a request of 40 bytes that brings 16 KiB must not be a lever.

import { decodeMetadataMessage, encodeMetadataMessage, METADATA_PIECE_BYTES, type MetadataMessage } from '../wire/ut-metadata.js';
import { WireError } from '../wire/wire-error.js';
import { dropPeer } from './departure.js';
import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';

function decode(payload: Uint8Array): MetadataMessage | null {
  try {
    return decodeMetadataMessage(payload);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return null;
  }
}

/** What came under our id of ut_metadata: a request is answered, the rest ignored; what can't be read ends the peer. */
export function handleMetadataMessage(state: SessionState, peer: Peer, payload: Uint8Array): void {
  const message = decode(payload);
  if (message === null) dropPeer(state, peer, 'protocol-error');
  else if (message.type === 'request') answerRequest(state, peer, message.piece);
}

function answerRequest(state: SessionState, peer: Peer, piece: number): void {
  if (peer.metadataId === 0) return;
  const { infoBytes } = state.settings;
  const pieceCount = Math.ceil(infoBytes.length / METADATA_PIECE_BYTES);
  const isServed = piece < pieceCount && peer.metadataPiecesSent < pieceCount * state.limits.metadataRounds;
  if (isServed) peer.metadataPiecesSent++;
  const start = piece * METADATA_PIECE_BYTES;
  const payload = isServed
    ? encodeMetadataMessage({
        type: 'data',
        piece,
        totalSize: infoBytes.length,
        bytes: infoBytes.subarray(start, start + METADATA_PIECE_BYTES),
      })
    : encodeMetadataMessage({ type: 'reject', piece });
  state.send(peer, { type: 'extended', id: peer.metadataId, payload });
}
