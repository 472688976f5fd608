// Reads the peer's handshake from a stream in any chunking. The info hash is known 20 bytes before the end, so that a
// listener can route the connection and answer (BEP 3: the dialling side may hold its peer id back until then). A
// stranger that speaks something else is refused at its first wrong byte.

import { toHex } from '../model/ids.js';
import { decodeHandshake, HANDSHAKE_BYTES, INFO_HASH_AT, PEER_ID_AT, PROTOCOL_HEAD, type Handshake } from './handshake.js';
import { WireError } from './wire-error.js';

export class HandshakeReader {
  readonly #bytes = new Uint8Array(HANDSHAKE_BYTES);
  #filled = 0;

  /** 20 bytes as soon as they are there, else null. */
  get infoHash(): Uint8Array | null {
    return this.#filled >= PEER_ID_AT ? this.#bytes.slice(INFO_HASH_AT, PEER_ID_AT) : null;
  }

  /** The whole handshake as soon as it is there, else null. */
  get handshake(): Handshake | null {
    return this.#filled === HANDSHAKE_BYTES ? decodeHandshake(this.#bytes) : null;
  }

  /**
   * Takes what belongs to the handshake from `chunk[from … to)` and returns the position after it: what follows are
   * messages. Throws WireError `malformed_handshake` at the first byte that differs from the protocol's name.
   */
  push(chunk: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && this.#filled < HANDSHAKE_BYTES) {
      const byte = chunk[at++];
      this.#bytes[this.#filled++] = byte;
      if (this.#filled <= PROTOCOL_HEAD.length && byte !== PROTOCOL_HEAD[this.#filled - 1]) {
        throw new WireError('malformed_handshake', 'not a BitTorrent handshake', {
          bytes: toHex(this.#bytes.subarray(0, this.#filled)),
        });
      }
    }
    return at;
  }
}
