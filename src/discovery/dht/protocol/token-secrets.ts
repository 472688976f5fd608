// The tokens that we give and take (BEP 5): who announces must have asked us from the same address a short while ago, so that nobody
// announces others. Made from a secret that changes, so nothing is kept for each of them.

import { sha1 } from '../../../hash/digest.js';
import { encodeCompactAddress, type Address } from '../../../model/address.js';
import { equalBytes } from '../../../model/ids.js';
import type { Millis } from '../../../model/time.js';
import type { RandomBytes } from './node-id.js';

const SECRET_BYTES = 16;
const TOKEN_BYTES = 8;

export class TokenSecrets {
  readonly #lifeMs: Millis;
  readonly #randomBytes: RandomBytes;
  #current: Uint8Array;
  #previous: Uint8Array;
  #changedAt: Millis;

  constructor(lifeMs: Millis, randomBytes: RandomBytes, now: Millis) {
    this.#lifeMs = lifeMs;
    this.#randomBytes = randomBytes;
    this.#current = randomBytes(SECRET_BYTES);
    this.#previous = randomBytes(SECRET_BYTES);
    this.#changedAt = now;
  }

  create(host: Address, infoHash: Uint8Array, now: Millis): Uint8Array {
    this.#rotate(now);
    return tokenOf(this.#current, host, infoHash);
  }

  /** Whether we gave it to that host, for that torrent, one to two lives ago at most. */
  isOurs(token: Uint8Array, host: Address, infoHash: Uint8Array, now: Millis): boolean {
    this.#rotate(now);
    return [this.#current, this.#previous].some((secret) => equalBytes(token, tokenOf(secret, host, infoHash)));
  }

  #rotate(now: Millis): void {
    const age = now - this.#changedAt;
    if (age < this.#lifeMs) return;
    this.#previous = age < 2 * this.#lifeMs ? this.#current : this.#randomBytes(SECRET_BYTES);
    this.#current = this.#randomBytes(SECRET_BYTES);
    this.#changedAt = now;
  }
}

function tokenOf(secret: Uint8Array, host: Address, infoHash: Uint8Array): Uint8Array {
  const ip = encodeCompactAddress(host).subarray(0, -2);
  return sha1(Uint8Array.of(...secret, ...ip, ...infoHash)).slice(0, TOKEN_BYTES);
}
