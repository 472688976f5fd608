// The listening end of Message Stream Encryption: takes a key, answers with its own, finds out which of its torrents is meant, and
// chooses how the stream goes on. What it keeps of a stranger's bytes is a key's length, whatever comes.

import { DH_KEY_BYTES, DH_PRIVATE_BYTES, publicKeyOf, sharedSecret } from '../../hash/diffie-hellman.js';
import { invariant } from '../../model/error.js';
import { WireError } from '../wire-error.js';
import type { EncryptionPolicy } from './encryption-policy.js';
import { MarkSearch } from './mark-search.js';
import { maskMark, streamCipher, syncMark } from './mse-keys.js';
import {
  chooseMethod,
  CRYPTO,
  MAX_PAD_BYTES,
  randomPad,
  refuseMse,
  VERIFICATION_BYTES,
  type MseMachine,
  type MseOutcome,
  type RandomBytes,
} from './mse-terms.js';
import type { Rc4 } from './rc4.js';

const MARK_BYTES = 20;
/** The verification constant, crypto_provide and the length of PadC. */
const OFFER_BYTES = VERIFICATION_BYTES + 6;
/** The length of the first payload. */
const LENGTH_BYTES = 2;

export interface MseResponderOptions {
  /** The info hash (20 bytes) whose `torrentMark` this is; null where we have no such torrent. */
  readonly findTorrent: (mark: Uint8Array) => Uint8Array | null;
  readonly policy: EncryptionPolicy;
  readonly randomBytes: RandomBytes;
}

interface Ciphers {
  readonly encrypt: Rc4;
  readonly decrypt: Rc4;
}

type Step = 'key' | 'sync' | 'torrent' | 'offer' | 'pad' | 'length';

export class MseResponder implements MseMachine {
  readonly #options: MseResponderOptions;
  readonly #bytes = new Uint8Array(DH_KEY_BYTES);
  #filled = 0;
  #step: Step = 'key';
  #output: Uint8Array | null = null;
  #secret: Uint8Array = new Uint8Array();
  #search: MarkSearch | null = null;
  #ciphers: Ciphers | null = null;
  #method: keyof typeof CRYPTO = 'rc4';
  /** Of PadC. */
  #padLeft = 0;
  #outcome: MseOutcome | null = null;

  constructor(options: MseResponderOptions) {
    this.#options = options;
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
    switch (this.#step) {
      case 'key':
        if (this.#gather(byte, DH_KEY_BYTES)) this.#agree();
        return;
      case 'sync':
        if (this.#search?.take(byte) === true) this.#step = 'torrent';
        return;
      case 'torrent':
        if (this.#gather(byte, MARK_BYTES)) this.#find();
        return;
      case 'offer':
        if (this.#gather(byte, OFFER_BYTES)) this.#readOffer();
        return;
      case 'pad':
        this.#padLeft--;
        if (this.#padLeft === 0) this.#step = 'length';
        return;
      case 'length':
        if (this.#gather(byte, LENGTH_BYTES)) this.#finish();
        return;
    }
  }

  /** True when `count` bytes are there; they are in `#bytes` then. */
  #gather(byte: number, count: number): boolean {
    this.#bytes[this.#filled++] = byte;
    if (this.#filled < count) return false;
    this.#filled = 0;
    return true;
  }

  #agree(): void {
    const { randomBytes } = this.#options;
    const privateKey = randomBytes(DH_PRIVATE_BYTES);
    const secret = sharedSecret(privateKey, this.#bytes);
    if (secret === null) throw refuseMse('has a key that hides nothing');
    this.#secret = secret;
    this.#output = Uint8Array.of(...publicKeyOf(privateKey), ...randomPad(randomBytes));
    this.#search = new MarkSearch(syncMark(secret));
    this.#step = 'sync';
  }

  #find(): void {
    const infoHash = this.#options.findTorrent(maskMark(this.#bytes.slice(0, MARK_BYTES), this.#secret));
    if (infoHash === null) throw new WireError('info_hash_mismatch', 'the peer wants a torrent that is not here');
    this.#ciphers = {
      encrypt: streamCipher('keyB', this.#secret, infoHash),
      decrypt: streamCipher('keyA', this.#secret, infoHash),
    };
    this.#step = 'offer';
  }

  #readOffer(): void {
    const { decrypt } = this.#keys();
    const offer = this.#decrypted(OFFER_BYTES);
    if (offer.subarray(0, VERIFICATION_BYTES).some((byte) => byte !== 0)) throw refuseMse('is not encrypted with the right key');
    // The bits that mean something to us are in the last of the four bytes.
    const method = chooseMethod(offer[VERIFICATION_BYTES + 3], this.#options.policy);
    if (method === null) throw refuseMse('offers nothing that is taken here', { offered: offer[VERIFICATION_BYTES + 3] });
    this.#method = method;
    const padBytes = (offer[VERIFICATION_BYTES + 4] << 8) | offer[VERIFICATION_BYTES + 5];
    if (padBytes > MAX_PAD_BYTES) throw refuseMse('has too much padding', { bytes: padBytes });
    decrypt.discard(padBytes);
    this.#padLeft = padBytes;
    this.#step = padBytes === 0 ? 'length' : 'pad';
  }

  #finish(): void {
    const length = this.#decrypted(LENGTH_BYTES);
    const { randomBytes } = this.#options;
    const { [this.#method]: selected } = CRYPTO;
    const pad = randomPad(randomBytes);
    const verification = new Uint8Array(VERIFICATION_BYTES);
    const answer = Uint8Array.of(...verification, 0, 0, 0, selected, pad.length >> 8, pad.length & 255, ...pad);
    const { encrypt, decrypt } = this.#keys();
    encrypt.apply(answer, 0, answer.length, answer, 0);
    // Its own key and padding may not have been taken yet.
    this.#output = Uint8Array.of(...(this.#output ?? []), ...answer);
    this.#outcome = { method: this.#method, encrypt, decrypt, encryptedBytes: (length[0] << 8) | length[1] };
  }

  #decrypted(count: number): Uint8Array {
    const bytes = this.#bytes.subarray(0, count);
    this.#keys().decrypt.apply(bytes, 0, count, bytes, 0);
    return bytes;
  }

  #keys(): Ciphers {
    invariant(this.#ciphers !== null, 'an encryption handshake went on before its keys were known');
    return this.#ciphers;
  }
}
