// The stream of a peer after its handshake, in any chunking, to messages (BEP 3, 5, 6, 10). A state machine over a
// receive buffer that the next read overwrites: what is kept is copied. Blocks are the hot path: their 13-byte head is
// parsed in place and the body handed on as positions in the chunk, so that nothing is allocated for a block.

import type { BlockSink } from './block-sink.js';
import { toHex } from '../model/ids.js';
import { SHOWN_MESSAGE_BYTES } from './message-bytes.js';
import { LENGTH_BYTES, MESSAGE_ID, PIECE_HEAD_BYTES } from './message-id.js';
import type { Message } from './message.js';
import { WireError, type WireErrorCode } from './wire-error.js';

export interface DecoderLimits {
  /** Largest length field of a message other than `piece` and `extended`, bytes. */
  readonly maxMessageBytes: number;
  /** Largest block in a `piece` message, bytes. */
  readonly maxBlockBytes: number;
  /** Largest payload of an `extended` message after its own id, bytes. */
  readonly maxExtendedBytes: number;
}

/** Length, id and the longest fixed payload: three integers. */
const LONGEST_HEAD_BYTES = 17;

const STATE_HEAD = 0;
const STATE_BLOCK = 1;
const STATE_PAYLOAD = 2;
const STATE_SKIP = 3;

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Payload bytes of the messages whose size never varies, or −1. */
function fixedPayload(id: number): number {
  switch (id) {
    case MESSAGE_ID.choke:
    case MESSAGE_ID.unchoke:
    case MESSAGE_ID.interested:
    case MESSAGE_ID['not-interested']:
    case MESSAGE_ID['have-all']:
    case MESSAGE_ID['have-none']:
      return 0;
    case MESSAGE_ID.port:
      return 2;
    case MESSAGE_ID.have:
    case MESSAGE_ID.suggest:
    case MESSAGE_ID['allowed-fast']:
      return 4;
    case MESSAGE_ID.request:
    case MESSAGE_ID.cancel:
    case MESSAGE_ID.reject:
      return 12;
    default:
      return -1;
  }
}

function fixedMessage(id: number, bytes: Uint8Array, at: number): Message {
  switch (id) {
    case MESSAGE_ID.choke:
      return { type: 'choke' };
    case MESSAGE_ID.unchoke:
      return { type: 'unchoke' };
    case MESSAGE_ID.interested:
      return { type: 'interested' };
    case MESSAGE_ID['not-interested']:
      return { type: 'not-interested' };
    case MESSAGE_ID['have-all']:
      return { type: 'have-all' };
    case MESSAGE_ID['have-none']:
      return { type: 'have-none' };
    case MESSAGE_ID.port:
      return { type: 'port', port: (bytes[at] << 8) | bytes[at + 1] };
    case MESSAGE_ID.have:
      return { type: 'have', piece: uint32(bytes, at) };
    case MESSAGE_ID.suggest:
      return { type: 'suggest', piece: uint32(bytes, at) };
    case MESSAGE_ID['allowed-fast']:
      return { type: 'allowed-fast', piece: uint32(bytes, at) };
    default: {
      const type = id === MESSAGE_ID.request ? 'request' : id === MESSAGE_ID.cancel ? 'cancel' : 'reject';
      return { type, piece: uint32(bytes, at), begin: uint32(bytes, at + 4), length: uint32(bytes, at + 8) };
    }
  }
}

export class MessageDecoder {
  readonly #limits: DecoderLimits;
  readonly #sink: BlockSink;
  readonly #onMessage: (message: Message) => void;

  #state = STATE_HEAD;
  #isStopped = false;
  /** Bytes of the current block, payload or skipped message still to come. */
  #left = 0;
  #isSkippingBlock = false;
  /** A head that a chunk's end cut in two. */
  readonly #head = new Uint8Array(LONGEST_HEAD_BYTES);
  #headFilled = 0;
  /** Bytes of the head known to be needed so far: 4, then 5, then all of it. */
  #headNeeded = LENGTH_BYTES;
  #payloadId = 0;
  #payload: Uint8Array | null = null;

  /** Block bodies go to `sink`; every other message to `onMessage`, which may call `stop` and `skipBlock`. */
  constructor(limits: DecoderLimits, sink: BlockSink, onMessage: (message: Message) => void) {
    this.#limits = limits;
    this.#sink = sink;
    this.#onMessage = onMessage;
  }

  /** True from an accepted `begin` until `end` or `skipBlock`. */
  get isInBlock(): boolean {
    return this.#state === STATE_BLOCK && !this.#isSkippingBlock;
  }

  /** The rest of the block now being received is skipped: neither `write` nor `end` follows for it. */
  skipBlock(): void {
    this.#isSkippingBlock = true;
  }

  /** Nothing is decoded any more, not even the rest of the chunk that is being pushed. */
  stop(): void {
    this.#isStopped = true;
    this.#payload = null;
  }

  /**
   * Takes `chunk[from … to)`; keeps no reference to it. Throws WireError (`bad_length`, `message_too_long`) and is stopped
   * after that; what the callbacks throw passes through.
   */
  push(chunk: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to && !this.#isStopped) {
      if (this.#state === STATE_BLOCK) at = this.#takeBlock(chunk, at, to);
      else if (this.#state === STATE_HEAD) at = this.#takeHead(chunk, at, to);
      else if (this.#state === STATE_PAYLOAD) at = this.#takePayload(chunk, at, to);
      else at = this.#takeSkipped(at, to);
    }
  }

  #takeBlock(chunk: Uint8Array, at: number, to: number): number {
    const left = this.#left;
    const end = to - at < left ? to : at + left;
    this.#left = left - (end - at);
    if (!this.#isSkippingBlock) this.#sink.write(chunk, at, end);
    if (this.#left === 0) this.#endBlock();
    return end;
  }

  #endBlock(): void {
    this.#state = STATE_HEAD;
    if (!this.#isSkippingBlock && !this.#isStopped) this.#sink.end();
  }

  #takePayload(chunk: Uint8Array, at: number, to: number): number {
    const payload = this.#payload as Uint8Array;
    const end = to - at < this.#left ? to : at + this.#left;
    payload.set(chunk.subarray(at, end), payload.length - this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#endPayload(payload);
    return end;
  }

  #endPayload(payload: Uint8Array): void {
    this.#state = STATE_HEAD;
    this.#payload = null;
    if (this.#payloadId === MESSAGE_ID.bitfield) this.#onMessage({ type: 'bitfield', bytes: payload });
    else this.#onMessage({ type: 'extended', id: payload[0], payload: payload.subarray(1) });
  }

  #takeSkipped(at: number, to: number): number {
    const end = to - at < this.#left ? to : at + this.#left;
    this.#left -= end - at;
    if (this.#left === 0) this.#state = STATE_HEAD;
    return end;
  }

  #takeHead(chunk: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#headFilled === 0) {
      const used = this.#parseHead(chunk, at, to - at);
      if (used > 0) return at + used;
    }
    while (at < to) {
      this.#head[this.#headFilled++] = chunk[at++];
      if (this.#headFilled < this.#headNeeded) continue;
      const filled = this.#headFilled;
      this.#headFilled = 0;
      if (this.#parseHead(this.#head, 0, filled) > 0) return at;
      this.#headFilled = filled;
    }
    return at;
  }

  /** The bytes of head consumed at `bytes[at]`, or 0 where more than `available` are needed (then `#headNeeded` says how many). */
  #parseHead(bytes: Uint8Array, at: number, available: number): number {
    if (available < LENGTH_BYTES) return this.#needHead(LENGTH_BYTES);
    const length = uint32(bytes, at);
    if (length === 0) {
      this.#headNeeded = LENGTH_BYTES;
      this.#onMessage({ type: 'keep-alive' });
      return LENGTH_BYTES;
    }
    if (available === LENGTH_BYTES) return this.#needHead(LENGTH_BYTES + 1);
    const id = bytes[at + LENGTH_BYTES];
    if (id === MESSAGE_ID.piece) return this.#parsePieceHead(bytes, at, available, length);

    const fixed = fixedPayload(id);
    if (fixed >= 0) {
      if (length !== fixed + 1) this.#fail('bad_length', id, length, bytes.subarray(at, at + available));
      const needed = LENGTH_BYTES + length;
      if (available < needed) return this.#needHead(needed);
      this.#headNeeded = LENGTH_BYTES;
      this.#onMessage(fixedMessage(id, bytes, at + LENGTH_BYTES + 1));
      return needed;
    }
    this.#headNeeded = LENGTH_BYTES;
    this.#beginVariable(id, length, bytes.subarray(at, at + available));
    return LENGTH_BYTES + 1;
  }

  #needHead(bytes: number): 0 {
    this.#headNeeded = bytes;
    return 0;
  }

  #parsePieceHead(bytes: Uint8Array, at: number, available: number, length: number): number {
    const block = length - (PIECE_HEAD_BYTES - LENGTH_BYTES);
    if (block < 0) this.#fail('bad_length', MESSAGE_ID.piece, length, bytes.subarray(at, at + available));
    if (block > this.#limits.maxBlockBytes)
      this.#fail('message_too_long', MESSAGE_ID.piece, length, bytes.subarray(at, at + available));
    if (available < PIECE_HEAD_BYTES) return this.#needHead(PIECE_HEAD_BYTES);
    this.#headNeeded = LENGTH_BYTES;
    this.#state = STATE_BLOCK;
    this.#left = block;
    this.#isSkippingBlock = true;
    this.#isSkippingBlock = !this.#sink.begin(uint32(bytes, at + 5), uint32(bytes, at + 9), block);
    if (block === 0) this.#endBlock();
    return PIECE_HEAD_BYTES;
  }

  /** Bitfield, extended or unknown: the length and the id have been read. */
  #beginVariable(id: number, length: number, seen: Uint8Array): void {
    const isExtended = id === MESSAGE_ID.extended;
    const limit = isExtended ? this.#limits.maxExtendedBytes + 2 : this.#limits.maxMessageBytes;
    if (length > limit) this.#fail('message_too_long', id, length, seen);
    if (isExtended && length < 2) this.#fail('bad_length', id, length, seen);
    this.#left = length - 1;
    if (isExtended || id === MESSAGE_ID.bitfield) {
      const payload = new Uint8Array(this.#left);
      this.#payloadId = id;
      this.#payload = payload;
      this.#state = STATE_PAYLOAD;
      if (this.#left === 0) this.#endPayload(payload);
    } else {
      if (this.#left > 0) this.#state = STATE_SKIP;
      this.#onMessage({ type: 'unknown', id, length: length - 1 });
    }
  }

  /** `seen`: what has come of it, and maybe what follows. */
  #fail(code: WireErrorCode, id: number, length: number, seen: Uint8Array): never {
    this.stop();
    const bytes = toHex(seen.subarray(0, Math.min(LENGTH_BYTES + length, SHOWN_MESSAGE_BYTES)));
    throw new WireError(code, `message id ${id} with length ${length}`, { id, length, bytes });
  }
}
