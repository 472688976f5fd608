// The faults of one connection, done to the bytes that an honest session sends (BEP 3, 6): a block gets a wrong byte or never leaves,
// nobody is unchoked, all is over after some blocks. Bytes in, bytes out; its chance is seeded and its time is told, so that a run
// replays. Whatever is not touched leaves as it came.

import type { Random } from '../model/random.js';
import { HANDSHAKE_BYTES } from '../wire/handshake.js';
import { encodeMessage } from '../wire/message-encoder.js';
import { LENGTH_BYTES, MESSAGE_ID, PIECE_HEAD_BYTES } from '../wire/message-id.js';
import type { WireFaults } from './wire-faults.js';

/** A connection that is to be cut is within so many blocks: soon enough to show in a small torrent. */
const MAX_BLOCKS_BEFORE_CUT = 32;
/** Where the handshake says that its sender speaks BEP 6: the byte, and the bit in it. */
const FAST_AT = 27;
const FAST_BIT = 0x04;

export interface FilteredBytes {
  /** What is to be sent instead. */
  readonly parts: readonly Uint8Array[];
  /** The connection ends after them. */
  readonly isCut: boolean;
}

export class OutgoingFaults {
  readonly #faults: Required<WireFaults>;
  readonly #random: Random;
  readonly #onWithheld: (payloadBytes: number) => void;
  /** Blocks until the connection is cut; infinite: never. */
  #blocksLeft: number;
  /** Of a message, or of the handshake, that is not whole yet. */
  #pending: Uint8Array = new Uint8Array();
  #isHandshaken = false;
  #speaksFast = false;
  #remoteSpeaksFast = false;
  /** What the session believes. */
  #isUnchoked = false;
  #isHeldBack: boolean;

  /** A share of time begins with the part in which nobody is unchoked. `onWithheld`: the session believes that it has sent a block that never leaves. */
  constructor(faults: WireFaults, random: Random, onWithheld: (payloadBytes: number) => void = () => {}) {
    const { corruptShare = 0, dropShare = 0, chokeShare = 0 } = faults;
    this.#faults = { corruptShare, dropShare, chokeShare };
    this.#random = random;
    this.#onWithheld = onWithheld;
    this.#isHeldBack = chokeShare > 0;
    this.#blocksLeft =
      dropShare > 0 && random.next() < dropShare ? 1 + random.below(MAX_BLOCKS_BEFORE_CUT) : Number.POSITIVE_INFINITY;
  }

  /** The remote's handshake (68 bytes) says whether a block that is held back is to be rejected. */
  hearHandshake(bytes: Uint8Array): void {
    this.#remoteSpeaksFast = ((bytes[FAST_AT] ?? 0) & FAST_BIT) !== 0;
  }

  /** What the session sends. Never keeps `parts`, nor changes them. */
  filter(parts: readonly Uint8Array[]): FilteredBytes {
    const bytes = joined([this.#pending, ...parts]);
    const kept: Uint8Array[] = [];
    let at = 0;
    if (!this.#isHandshaken && bytes.length >= HANDSHAKE_BYTES) {
      this.#isHandshaken = true;
      this.#speaksFast = (bytes[FAST_AT] & FAST_BIT) !== 0;
      kept.push(bytes.subarray(0, HANDSHAKE_BYTES));
      at = HANDSHAKE_BYTES;
    }
    while (this.#isHandshaken && this.#blocksLeft > 0 && bytes.length - at >= LENGTH_BYTES) {
      const length = LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
      if (bytes.length - at < length) break;
      const message = this.#judge(bytes.subarray(at, at + length));
      if (message !== null) kept.push(message);
      at += length;
    }
    this.#pending = bytes.slice(at);
    return { parts: kept, isCut: this.#blocksLeft <= 0 };
  }

  /** For a share of the time: from now on nobody is unchoked, or who should be is. What is to be sent because of it; null: nothing. */
  holdBack(isHeldBack: boolean): Uint8Array | null {
    if (this.#isHeldBack === isHeldBack) return null;
    this.#isHeldBack = isHeldBack;
    return this.#isUnchoked ? encodeMessage({ type: isHeldBack ? 'choke' : 'unchoke' }) : null;
  }

  /** A whole message, as it is to be sent; null: not at all. */
  #judge(message: Uint8Array): Uint8Array | null {
    switch (message.length === LENGTH_BYTES ? null : message[LENGTH_BYTES]) {
      case MESSAGE_ID.choke:
        this.#isUnchoked = false;
        return this.#isHeldBack ? null : message;
      case MESSAGE_ID.unchoke:
        this.#isUnchoked = true;
        return this.#isHeldBack ? null : message;
      case MESSAGE_ID['allowed-fast']:
        return this.#faults.chokeShare > 0 ? null : message;
      case MESSAGE_ID.piece:
        return this.#judgeBlock(message);
      default:
        return message;
    }
  }

  #judgeBlock(message: Uint8Array): Uint8Array | null {
    const { corruptShare, dropShare } = this.#faults;
    if (this.#isHeldBack) {
      this.#onWithheld(message.length - PIECE_HEAD_BYTES);
      return this.#speaksFast && this.#remoteSpeaksFast ? rejectOf(message) : null;
    }
    this.#blocksLeft--;
    if (dropShare > 0 && this.#random.next() < dropShare) {
      this.#onWithheld(message.length - PIECE_HEAD_BYTES);
      return null;
    }
    if (corruptShare === 0 || this.#random.next() >= corruptShare) return message;
    message[PIECE_HEAD_BYTES + this.#random.below(message.length - PIECE_HEAD_BYTES)] ^= 1 + this.#random.below(255);
    return message;
  }
}

/** BEP 6: what was asked for and does not come. */
function rejectOf(message: Uint8Array): Uint8Array {
  const view = new DataView(message.buffer, message.byteOffset);
  return encodeMessage({
    type: 'reject',
    piece: view.getUint32(LENGTH_BYTES + 1),
    begin: view.getUint32(LENGTH_BYTES + 5),
    length: message.length - PIECE_HEAD_BYTES,
  });
}

/** A copy: blocks are lent by whoever reads them for others too. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
