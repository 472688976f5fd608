// The dialling end of Message Stream Encryption: sends its key, takes the other's, names the torrent so that only who knows it can
// tell, and sends its first payload (the handshake of BEP 3) with that, so that it costs one round trip and not two.

import { DH_KEY_BYTES, DH_PRIVATE_BYTES, publicKeyOf, sharedSecret } from '../../hash/diffie-hellman.js';
import { InvariantError } from '../../model/error.js';
import type { EncryptionPolicy } from './encryption-policy.js';
import { MarkSearch } from './mark-search.js';
import { maskMark, streamCipher, syncMark, torrentMark } from './mse-keys.js';
import {
  CRYPTO,
  MAX_PAD_BYTES,
  offerOf,
  randomPad,
  refuseMse,
  VERIFICATION_BYTES,
  type MseMachine,
  type MseOutcome,
  type RandomBytes,
} from './mse-terms.js';
import type { Rc4 } from './rc4.js';

/** crypto_select and the length of PadD. */
const ANSWER_BYTES = 6;
const MAX_PAYLOAD_BYTES = 0xffff;

export interface MseInitiatorOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly policy: EncryptionPolicy;
  /** Sent with the handshake: at most 65535 bytes. */
  readonly payload: Uint8Array;
  readonly randomBytes: RandomBytes;
}

interface Ciphers {
  readonly encrypt: Rc4;
  readonly decrypt: Rc4;
}

export class MseInitiator implements MseMachine {
  readonly #options: MseInitiatorOptions;
  readonly #privateKey: Uint8Array;
  readonly #bytes = new Uint8Array(DH_KEY_BYTES);
  #filled = 0;
  #output: Uint8Array | null;
  #ciphers: Ciphers | null = null;
  #search: MarkSearch | null = null;
  /** Of PadD; null while its length is not known. */
  #padLeft: number | null = null;
  #method: keyof typeof CRYPTO = 'rc4';
  #outcome: MseOutcome | null = null;

  /** Throws InvariantError where the payload is too long. */
  constructor(options: MseInitiatorOptions) {
    const { payload, randomBytes } = options;
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new InvariantError('too much for the first payload of an encryption handshake', { bytes: payload.length });
    }
    this.#options = options;
    this.#privateKey = randomBytes(DH_PRIVATE_BYTES);
    this.#output = Uint8Array.of(...publicKeyOf(this.#privateKey), ...randomPad(randomBytes));
  }

  get outcome(): MseOutcome | null {
    return this.#outcome;
  }

  takeOutput(): Uint8Array | null {
    const output = this.#output;
    this.#output = null;
    return output;
  }

  push(chunk: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && this.#outcome === null) this.#take(chunk[at++]);
    return at;
  }

  #take(byte: number): void {
    if (this.#ciphers === null) {
      this.#bytes[this.#filled++] = byte;
      if (this.#filled === DH_KEY_BYTES) this.#agree();
    } else if (this.#search !== null) {
      if (!this.#search.take(byte)) return;
      this.#search = null;
      this.#filled = 0;
    } else if (this.#padLeft === null) {
      this.#bytes[this.#filled++] = byte;
      if (this.#filled === ANSWER_BYTES) this.#readAnswer(this.#ciphers);
    } else {
      this.#padLeft--;
      if (this.#padLeft === 0) this.#finish(this.#ciphers);
    }
  }

  /** The other's key is there: the secret is known, and all that is left to say. */
  #agree(): void {
    const { infoHash, policy, payload, randomBytes } = this.#options;
    const secret = sharedSecret(this.#privateKey, this.#bytes);
    if (secret === null) throw refuseMse('has a key that hides nothing');
    const encrypt = streamCipher('keyA', secret, infoHash);
    const decrypt = streamCipher('keyB', secret, infoHash);
    this.#ciphers = { encrypt, decrypt };
    const pad = randomPad(randomBytes);
    const verification = new Uint8Array(VERIFICATION_BYTES);
    const head = [...verification, 0, 0, 0, offerOf(policy), pad.length >> 8, pad.length & 255];
    const offer = Uint8Array.of(...head, ...pad, payload.length >> 8, payload.length & 255, ...payload);
    encrypt.apply(offer, 0, offer.length, offer, 0);
    this.#output = Uint8Array.of(...syncMark(secret), ...maskMark(torrentMark(infoHash), secret), ...offer);
    // The other's verification constant as it will come: zeros under its cipher.
    decrypt.apply(verification, 0, VERIFICATION_BYTES, verification, 0);
    this.#search = new MarkSearch(verification);
  }

  #readAnswer(ciphers: Ciphers): void {
    const answer = this.#bytes;
    ciphers.decrypt.apply(answer, 0, ANSWER_BYTES, answer, 0);
    const selected = ((answer[0] << 24) | (answer[1] << 16) | (answer[2] << 8) | answer[3]) >>> 0;
    const isOne = selected === CRYPTO.plaintext || selected === CRYPTO.rc4;
    if (!isOne || (selected & offerOf(this.#options.policy)) === 0) {
      throw refuseMse('selects what was not offered', { selected });
    }
    const padBytes = (answer[4] << 8) | answer[5];
    if (padBytes > MAX_PAD_BYTES) throw refuseMse('has too much padding', { bytes: padBytes });
    this.#method = selected === CRYPTO.rc4 ? 'rc4' : 'plaintext';
    ciphers.decrypt.discard(padBytes);
    this.#padLeft = padBytes;
    if (padBytes === 0) this.#finish(ciphers);
  }

  #finish({ encrypt, decrypt }: Ciphers): void {
    this.#outcome = { method: this.#method, encrypt, decrypt, encryptedBytes: 0 };
  }
}
