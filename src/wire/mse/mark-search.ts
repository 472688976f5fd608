// Looks for a mark behind padding of unknown length in a stream that comes byte by byte, and gives up where the padding would be
// longer than it may be.

import { equalBytes } from '../../model/ids.js';
import { MAX_PAD_BYTES, refuseMse } from './mse-terms.js';

export class MarkSearch {
  readonly #mark: Uint8Array;
  /** The last bytes that came. */
  readonly #tail: Uint8Array;
  #count = 0;

  constructor(mark: Uint8Array) {
    this.#mark = mark;
    this.#tail = new Uint8Array(mark.length);
  }

  /** True with the mark's last byte. Throws WireError `bad_encryption_handshake`. */
  take(byte: number): boolean {
    const { length } = this.#mark;
    this.#tail.copyWithin(0, 1);
    this.#tail[length - 1] = byte;
    this.#count++;
    if (this.#count >= length && equalBytes(this.#tail, this.#mark)) return true;
    if (this.#count >= MAX_PAD_BYTES + length) throw refuseMse('has no mark within its padding', { bytes: this.#count });
    return false;
  }
}
