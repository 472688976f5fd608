// What a connection says in one turn of the loop: messages one after the other in a single growing buffer, blocks as
// references between them, so that the body of a block is never copied. Handed to the link as one write.

import { encodedLength, encodeInto, encodePieceHead } from '../wire/message-encoder.js';
import { PIECE_HEAD_BYTES } from '../wire/message-id.js';
import type { Message } from '../wire/message.js';

/** Enough for a refill of 30 requests. */
const INITIAL_BYTES = 512;

/** A buffer that grew beyond this is not kept for the next turn. */
const KEPT_BYTES = 16 * 1024;

export class OutgoingBuffer {
  #buffer: Uint8Array | null = null;
  /** `#buffer[#from … #to)` is not in `#parts` yet. */
  #from = 0;
  #to = 0;
  #parts: Uint8Array[] = [];
  #length = 0;

  /** Bytes gathered since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** Throws what the encoder throws, and has then not changed. */
  append(message: Message): void {
    const bytes = encodedLength(message);
    this.#to = encodeInto(message, this.#room(bytes), this.#to);
    this.#length += bytes;
  }

  /** `block` is referred to, not copied. */
  appendBlock(piece: number, begin: number, block: Uint8Array): void {
    this.#to = encodePieceHead(this.#room(PIECE_HEAD_BYTES), this.#to, piece, begin, block.length);
    this.#cut();
    this.#parts.push(block);
    this.#length += PIECE_HEAD_BYTES + block.length;
  }

  /** Bytes that are no message: the handshake. Referred to, not copied. */
  appendRaw(bytes: Uint8Array): void {
    this.#cut();
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** What was gathered, in order. Its memory is not written again before `recycle(true)`. */
  take(): Uint8Array[] {
    this.#cut();
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    return parts;
  }

  /** `isFree`: nobody refers to what `take` gave any more, so that its memory can be written again. */
  recycle(isFree: boolean): void {
    if (!isFree || this.#buffer === null) return;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = null;
    this.#from = 0;
    this.#to = 0;
  }

  #cut(): void {
    if (this.#buffer === null || this.#from === this.#to) return;
    this.#parts.push(this.#buffer.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #room(bytes: number): Uint8Array {
    const buffer = this.#buffer;
    if (buffer !== null && this.#to + bytes <= buffer.length) return buffer;
    const waiting = this.#to - this.#from;
    const grown = new Uint8Array(Math.max(INITIAL_BYTES, 2 * (waiting + bytes)));
    // Parts cut from the old buffer keep it alive; only what is not cut yet moves.
    if (buffer !== null && waiting > 0) grown.set(buffer.subarray(this.#from, this.#to));
    this.#buffer = grown;
    this.#from = 0;
    this.#to = waiting;
    return grown;
  }
}
