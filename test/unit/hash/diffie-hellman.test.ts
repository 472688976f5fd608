// The key exchange against the one of node:crypto, and the keys that are refused.

import { createDiffieHellman } from 'node:crypto';
import { expect, test } from 'vitest';
import { DH_KEY_BYTES, DH_PRIVATE_BYTES, publicKeyOf, sharedSecret } from '../../../src/hash/diffie-hellman.js';
import { toHex } from '../../../src/model/ids.js';
import { pseudoRandomBytes } from '../../support/payload.js';

/** The prime as the specification of Message Stream Encryption prints it. */
const PRIME =
  'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD' +
  'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563';

function keyOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.padStart(2 * DH_KEY_BYTES, '0'), 'hex'));
}

test('node:crypto comes to the same public key and secret', () => {
  const other = createDiffieHellman(PRIME, 'hex', 2);
  for (let round = 0; round < 20; round++) {
    const ours = pseudoRandomBytes(`ours ${round}`, DH_PRIVATE_BYTES);
    const theirs = pseudoRandomBytes(`theirs ${round}`, DH_PRIVATE_BYTES);
    other.setPrivateKey(theirs);
    other.generateKeys();
    const theirKey = keyOf(other.getPublicKey('hex'));
    expect(toHex(publicKeyOf(theirs))).toBe(toHex(theirKey));
    const secret = other.computeSecret(publicKeyOf(ours));
    expect(sharedSecret(ours, theirKey)).toEqual(keyOf(secret.toString('hex')));
  }
});

test('a small key is written with its leading zeros', () => {
  // 2 to the power of 10.
  expect(publicKeyOf(Uint8Array.of(10))).toEqual(keyOf('400'));
});

test.each([
  ['0', '0'],
  ['1', '1'],
  ['the prime less 1', (BigInt(`0x${PRIME}`) - 1n).toString(16)],
  ['the prime', PRIME],
  ['the largest number', 'ff'.repeat(DH_KEY_BYTES)],
])('a key of %s is refused', (_name, hex) => {
  expect(sharedSecret(pseudoRandomBytes('any', DH_PRIVATE_BYTES), keyOf(hex))).toBeNull();
});
