// The way in for block bodies, whoever sends them: asks the session whether it expects the block, leases its slot, lets the
// bytes be copied there, and tells the session that they came. One for each peer; on the receive path, so nothing is made here.

import type { Geometry } from '../model/geometry.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { BlockSink } from '../wire/block-sink.js';
import type { SessionLoop } from './session-loop.js';

export class BlockIntake implements BlockSink {
  readonly #peer: PeerKey;
  readonly #loop: SessionLoop;
  readonly #store: PieceStore;
  readonly #geometry: Geometry;
  #piece: PieceIndex | null = null;
  #begin = 0;
  #length = 0;

  constructor(peer: PeerKey, loop: SessionLoop, store: PieceStore, geometry: Geometry) {
    this.#peer = peer;
    this.#loop = loop;
    this.#store = store;
    this.#geometry = geometry;
  }

  begin(piece: number, begin: number, length: number): boolean {
    const valid = this.#geometry.validatePieceIndex(piece);
    if (valid === null || !this.#loop.session.expectsBlock(this.#peer, valid, begin, length)) {
      this.#loop.dispatch({ type: 'block-unexpected', peer: this.#peer, piece, begin, length });
      return false;
    }
    if (!this.#store.begin(this.#peer, valid, begin, length)) {
      this.#loop.dispatch({ type: 'block-received', peer: this.#peer, piece: valid, begin, length, kept: false });
      return false;
    }
    this.#piece = valid;
    this.#begin = begin;
    this.#length = length;
    return true;
  }

  write(chunk: Uint8Array, from: number, to: number): void {
    this.#store.write(this.#peer, chunk, from, to);
  }

  end(): void {
    const kept = this.#store.end(this.#peer) === 'kept';
    const piece = this.#piece;
    if (piece === null) return;
    this.#loop.dispatch({ type: 'block-received', peer: this.#peer, piece, begin: this.#begin, length: this.#length, kept });
  }
}
