// What one connection of a session has said and heard, told from its messages alone: who chokes, who has what, which blocks
// are asked for. The session's own books must agree with it.

import { Bitfield } from '../../../src/model/bitfield.js';
import type { Geometry } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { OUR_DONTHAVE_ID } from '../../../src/session/extension-ids.js';
import { decodeDontHave } from '../../../src/wire/lt-donthave.js';
import type { Message } from '../../../src/wire/message.js';

function blockKey(range: { readonly piece: number; readonly begin: number }): string {
  return `${range.piece}:${range.begin}`;
}

export class WireMirror {
  readonly #geometry: Geometry;
  readonly #isFast: boolean;
  readonly asked = new Set<string>();
  readonly allowed = new Set<number>();
  /** Pieces the session announced one by one. */
  readonly told = new Set<number>();
  have: Bitfield;
  peerChoking = true;
  amChoking = true;
  amInterested = false;

  constructor(geometry: Geometry, isFast: boolean) {
    this.#geometry = geometry;
    this.#isFast = isFast;
    this.have = new Bitfield(geometry.pieceCount);
  }

  mayAsk(piece: number): boolean {
    return !this.peerChoking || this.allowed.has(piece);
  }

  hasAsked(range: { readonly piece: number; readonly begin: number }): boolean {
    return this.asked.has(blockKey(range));
  }

  sent(message: Message): void {
    if (message.type === 'have') this.told.add(message.piece);
    if (message.type === 'request') this.asked.add(blockKey(message));
    else if (message.type === 'cancel') this.asked.delete(blockKey(message));
    else if (message.type === 'choke') this.amChoking = true;
    else if (message.type === 'unchoke') this.amChoking = false;
    else if (message.type === 'interested') this.amInterested = true;
    else if (message.type === 'not-interested') this.amInterested = false;
  }

  blockCame(range: { readonly piece: number; readonly begin: number }): void {
    this.asked.delete(blockKey(range));
  }

  heard(message: Message): void {
    switch (message.type) {
      case 'choke':
        this.peerChoking = true;
        // BEP 6: with it each request is still answered, by the block or a reject.
        if (!this.#isFast) this.asked.clear();
        return;
      case 'unchoke':
        this.peerChoking = false;
        return;
      case 'reject':
        if (!this.#isFast || !this.#isBlock(message)) return;
        this.asked.delete(blockKey(message));
        this.allowed.delete(message.piece);
        return;
      case 'allowed-fast':
        if (this.#isFast && this.allowed.size < 100 && this.#geometry.validatePieceIndex(message.piece) !== null) {
          this.allowed.add(message.piece);
        }
        return;
      case 'have': {
        const piece = this.#geometry.validatePieceIndex(message.piece);
        if (piece !== null) this.have.set(piece);
        return;
      }
      case 'bitfield':
        this.have = Bitfield.fromBytes(message.bytes, this.#geometry.pieceCount) ?? this.have;
        return;
      case 'extended':
        if (message.id === OUR_DONTHAVE_ID) this.#forget(decodeDontHave(message.payload));
        return;
      case 'have-all':
        if (this.#isFast) this.have.setAll();
        return;
      default:
    }
  }

  /** Whether the peer rejects what it was asked for or not, nothing of it is expected any more. */
  #forget(piece: number): void {
    if (!this.have.clear(piece as PieceIndex)) return;
    for (const key of this.asked) if (Number(key.slice(0, key.indexOf(':'))) === piece) this.asked.delete(key);
  }

  #isBlock(range: { readonly piece: number; readonly begin: number; readonly length: number }): boolean {
    const piece: PieceIndex | null = this.#geometry.validatePieceIndex(range.piece);
    return piece !== null && this.#geometry.validateBlock(piece, range.begin, range.length) !== null;
  }
}
