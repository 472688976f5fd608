// The words and bounds of Message Stream Encryption (no BEP: the specification of Azureus and µTorrent, on wiki.vuze.com), and what
// the two ends of its handshake have in common for whoever carries their bytes.

import { WireError } from '../wire-error.js';
import type { EncryptionPolicy } from './encryption-policy.js';
import type { Rc4 } from './rc4.js';

/** Bits of `crypto_provide`; `crypto_select` is one of them. */
export const CRYPTO = { plaintext: 1, rc4: 2 } as const;

/** Each of PadA … PadD, bytes. */
export const MAX_PAD_BYTES = 512;

/** Zeros, by which the two find each other in the encrypted stream. */
export const VERIFICATION_BYTES = 8;

/** Unpredictable bytes, so many as asked for, in memory of their own. */
export type RandomBytes = (count: number) => Uint8Array;

/** What the handshake came to. The ciphers go on from where it ended. */
export interface MseOutcome {
  readonly method: keyof typeof CRYPTO;
  /** For what we send. */
  readonly encrypt: Rc4;
  /** For what we receive. */
  readonly decrypt: Rc4;
  /** Bytes that still come encrypted, also where `method` is `plaintext`: the first payload (IA). */
  readonly encryptedBytes: number;
}

/** One end of the handshake: bytes in, bytes out, and an outcome. */
export interface MseMachine {
  /**
   * Takes what belongs to the handshake from `chunk[from … to)`, keeps no reference to it, and returns the position after it. Throws
   * WireError `bad_encryption_handshake`, or `info_hash_mismatch`; to be thrown away after that.
   */
  push(chunk: Uint8Array, from: number, to: number): number;
  /** What is to be sent now, once; null for nothing. */
  takeOutput(): Uint8Array | null;
  /** Null while it goes on. */
  readonly outcome: MseOutcome | null;
}

/** The bits of `crypto_provide`; nothing is offered with `off`. */
export function offerOf(policy: EncryptionPolicy): number {
  return policy === 'prefer' ? CRYPTO.plaintext | CRYPTO.rc4 : policy === 'require' ? CRYPTO.rc4 : 0;
}

/** Plain where both want it: RC4 costs more than all the rest of a download. Null where there is nothing in common. */
export function chooseMethod(offered: number, policy: EncryptionPolicy): keyof typeof CRYPTO | null {
  const common = offered & offerOf(policy);
  if ((common & CRYPTO.plaintext) !== 0) return 'plaintext';
  return (common & CRYPTO.rc4) === 0 ? null : 'rc4';
}

/** Padding of a length that nobody can guess: 0 … 512 bytes. */
export function randomPad(randomBytes: RandomBytes): Uint8Array {
  const [high, low] = randomBytes(2);
  return randomBytes(((high << 8) | low) % (MAX_PAD_BYTES + 1));
}

export function refuseMse(problem: string, detail: Record<string, unknown> = {}): WireError {
  return new WireError('bad_encryption_handshake', `the encryption handshake ${problem}`, detail);
}
