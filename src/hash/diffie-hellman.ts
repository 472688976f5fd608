// The key exchange of Message Stream Encryption: Diffie-Hellman over its 768-bit prime with the generator 2. In big integers of the
// language: 0.2 ms a power, where node:crypto needs 20 ms to look at the prime first, and may refuse one this short. It hides a
// protocol and guards no secret, so the time it takes may tell what it likes.

import { toHex } from '../model/ids.js';

/** Public keys and the shared secret: big-endian, with leading zeros. */
export const DH_KEY_BYTES = 96;
/** The specification asks for 160 bits of a private key: more bring nothing with this prime. */
export const DH_PRIVATE_BYTES = 20;

const PRIME =
  0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563n;
const GENERATOR = 2n;

function toInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

function toKey(value: bigint): Uint8Array {
  const digits = value.toString(16).padStart(2 * DH_KEY_BYTES, '0');
  return Uint8Array.from({ length: DH_KEY_BYTES }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

/** What is sent to the other side: 96 bytes. `privateKey`: 20 random bytes. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return toKey(power(GENERATOR, toInteger(privateKey)));
}

/**
 * 96 bytes that both sides come to. Null where `publicKey` (96 bytes, of a stranger) is one of those that make a secret which
 * everybody knows: 0, 1, the prime less 1, and what is not below the prime.
 */
export function sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
  const key = toInteger(publicKey);
  if (key <= 1n || key >= PRIME - 1n) return null;
  return toKey(power(key, toInteger(privateKey)));
}
