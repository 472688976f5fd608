// SHA-1 and SHA-256, the digests of BEP 3 and BEP 52. What comes back is always a fresh, plain Uint8Array: the
// runtime hands out a subclass of it, whose `slice` shares memory.

import { createHash, hash } from 'node:crypto';

export const SHA1_BYTES = 20;

/** SHA-1 of `bytes`, 20 bytes. */
export function sha1(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha1', bytes, 'buffer'));
}

/** SHA-256 of `bytes`, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

/** SHA-1 over bytes that come in parts. After `digest` it is used up. */
export interface IncrementalDigest {
  /** The bytes are read before this returns: the caller may overwrite them. */
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

export function createSha1(): IncrementalDigest {
  const state = createHash('sha1');
  return {
    update: (bytes) => {
      state.update(bytes);
    },
    digest: () => new Uint8Array(state.digest()),
  };
}
