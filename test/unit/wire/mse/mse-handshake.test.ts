// The two ends of the encryption handshake against each other, in every combination of policies, and against every kind of nonsense:
// it is refused, and within the bounds of the specification.

import { describe, expect, test } from 'vitest';
import { sha1 } from '../../../../src/hash/digest.js';
import { publicKeyOf, sharedSecret } from '../../../../src/hash/diffie-hellman.js';
import { toHex } from '../../../../src/model/ids.js';
import type { EncryptionPolicy } from '../../../../src/wire/mse/encryption-policy.js';
import { maskMark, streamCipher, syncMark, torrentMark } from '../../../../src/wire/mse/mse-keys.js';
import { MAX_PAD_BYTES, type MseMachine } from '../../../../src/wire/mse/mse-terms.js';
import { Rc4 } from '../../../../src/wire/mse/rc4.js';
import { WireError } from '../../../../src/wire/wire-error.js';
import { INFO_HASH, makeInitiator, makeResponder, seededBytes, talk } from '../../../support/mse-talk.js';
import { pseudoRandomBytes } from '../../../support/payload.js';

const PRIVATE = pseudoRandomBytes('private', 20);
const SECRET_OF = (publicKey: Uint8Array): Uint8Array => sharedSecret(PRIVATE, publicKey) ?? new Uint8Array();

function bytes(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return 'nothing';
}

/** How many bytes of `stream` the machine takes before it refuses; −1 where it never does. */
function takenUntilRefusal(machine: MseMachine, stream: Uint8Array): number {
  for (let at = 0; at < stream.length; at++) {
    if (refusal(() => machine.push(stream, at, at + 1)) !== 'nothing') return at + 1;
  }
  return -1;
}

describe('what both know', () => {
  const secret = pseudoRandomBytes('secret', 96);
  const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

  test('marks are digests with the labels of the specification', () => {
    expect(syncMark(secret)).toEqual(sha1(bytes(ascii('req1'), secret)));
    expect(torrentMark(INFO_HASH)).toEqual(sha1(bytes(ascii('req2'), INFO_HASH)));
    const mask = sha1(bytes(ascii('req3'), secret));
    expect(maskMark(torrentMark(INFO_HASH), secret)).toEqual(torrentMark(INFO_HASH).map((byte, i) => byte ^ mask[i]));
  });

  test.each(['keyA', 'keyB'] as const)('the cipher of %s begins after 1024 bytes', (label) => {
    const expected = new Rc4(sha1(bytes(ascii(label), secret, INFO_HASH)));
    expected.discard(1024);
    const [ours, theirs] = [new Uint8Array(16), new Uint8Array(16)];
    streamCipher(label, secret, INFO_HASH).apply(ours, 0, 16, ours, 0);
    expected.apply(theirs, 0, 16, theirs, 0);
    expect(toHex(ours)).toBe(toHex(theirs));
  });
});

describe('between the two', () => {
  test.each<[EncryptionPolicy, EncryptionPolicy, 'plaintext' | 'rc4']>([
    ['prefer', 'prefer', 'plaintext'],
    ['prefer', 'require', 'rc4'],
    ['require', 'prefer', 'rc4'],
    ['require', 'require', 'rc4'],
  ])('%s to %s chooses %s, and the streams go on', (ours, theirs, method) => {
    const payload = pseudoRandomBytes('first', 68);
    const initiator = makeInitiator({ policy: ours, payload });
    const responder = makeResponder(theirs);
    const { atInitiator, atResponder } = talk(initiator, responder);
    expect(atInitiator).toHaveLength(0);
    expect(initiator.outcome).toMatchObject({ method, encryptedBytes: 0 });
    expect(responder.outcome).toMatchObject({ method, encryptedBytes: 68 });
    responder.outcome?.decrypt.apply(atResponder, 0, 68, atResponder, 0);
    expect(atResponder, 'the first payload').toEqual(payload);
    for (const [from, to] of [
      [initiator.outcome, responder.outcome],
      [responder.outcome, initiator.outcome],
    ]) {
      const sent = pseudoRandomBytes('later', 500);
      const sealed = new Uint8Array(500);
      from?.encrypt.apply(sent, 0, 500, sealed, 0);
      expect(sealed).not.toEqual(sent);
      to?.decrypt.apply(sealed, 0, 500, sealed, 0);
      expect(sealed).toEqual(sent);
    }
  });

  test('no first payload is none', () => {
    const responder = makeResponder();
    const { atResponder } = talk(makeInitiator({ payload: new Uint8Array() }), responder);
    expect(atResponder).toHaveLength(0);
    expect(responder.outcome?.encryptedBytes).toBe(0);
  });

  test('what both send tells neither the torrent nor the protocol', () => {
    const initiator = makeInitiator();
    const responder = makeResponder();
    const sent: Uint8Array[] = [];
    const noted = (machine: MseMachine): MseMachine => ({
      push: (chunk, from, to) => machine.push(chunk, from, to),
      takeOutput: () => {
        const output = machine.takeOutput();
        if (output !== null) sent.push(output.slice());
        return output;
      },
      outcome: machine.outcome,
    });
    talk(noted(initiator), noted(responder));
    const text = toHex(bytes(...sent));
    expect(sent.length).toBeGreaterThanOrEqual(4);
    expect(text).not.toContain(toHex(INFO_HASH));
    expect(text).not.toContain(toHex(torrentMark(INFO_HASH)));
  });

  test('the padding has every length up to its limit', () => {
    const lengths = Array.from({ length: 300 }, (_, seed) => (makeInitiator({ seed }).takeOutput()?.length ?? 0) - 96);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_PAD_BYTES);
    expect(Math.max(...lengths)).toBeGreaterThan(400);
    expect(Math.min(...lengths)).toBeLessThan(100);
  });
});

describe('the listening end refuses', () => {
  /** The dialling end by hand: `offer` is encrypted from its verification constant on. */
  function request(responder: MseMachine, offer: Uint8Array, infoHash = INFO_HASH): Uint8Array {
    const key = publicKeyOf(PRIVATE);
    responder.push(key, 0, key.length);
    const secret = SECRET_OF((responder.takeOutput() ?? new Uint8Array()).slice(0, 96));
    const sealed = offer.slice();
    streamCipher('keyA', secret, infoHash).apply(sealed, 0, sealed.length, sealed, 0);
    return bytes(syncMark(secret), maskMark(torrentMark(infoHash), secret), sealed);
  }
  const offer = (provide: number, padBytes = 0): Uint8Array =>
    bytes(new Uint8Array(8), [0, 0, 0, provide, padBytes >> 8, padBytes & 255], new Uint8Array(padBytes), [0, 0]);
  const sent = (policy: EncryptionPolicy, content: Uint8Array, infoHash = INFO_HASH): string => {
    const responder = makeResponder(policy);
    const stream = request(responder, content, infoHash);
    return refusal(() => responder.push(stream, 0, stream.length));
  };

  test('(what the hand makes is right)', () => {
    expect(sent('require', offer(2))).toBe('nothing');
    expect(sent('prefer', offer(1))).toBe('nothing');
    expect(sent('prefer', offer(0xff, 512))).toBe('nothing');
  });

  test('a key that hides nothing', () => {
    expect(takenUntilRefusal(makeResponder(), new Uint8Array(96))).toBe(96);
  });

  test('a stream without the mark, after 512 bytes of padding', () => {
    const noise = pseudoRandomBytes('noise', 4000);
    expect(takenUntilRefusal(makeResponder(), noise)).toBe(96 + MAX_PAD_BYTES + 20);
  });

  test('a torrent that is not here', () => {
    expect(sent('prefer', offer(3), sha1(Uint8Array.of(9)))).toBe('info_hash_mismatch');
  });

  test('another verification constant', () => {
    const wrong = offer(3);
    wrong[7] = 1;
    expect(sent('prefer', wrong)).toBe('bad_encryption_handshake');
  });

  test.each<[EncryptionPolicy, number]>([
    ['require', 1],
    ['require', 0],
    ['prefer', 0],
    ['prefer', 4],
  ])('with %s an offer of %i', (policy, provide) => {
    expect(sent(policy, offer(provide))).toBe('bad_encryption_handshake');
  });

  test('too much padding', () => {
    expect(sent('prefer', offer(3, MAX_PAD_BYTES + 1))).toBe('bad_encryption_handshake');
    const most = offer(3);
    most.set([0xff, 0xff], 12);
    expect(sent('prefer', most)).toBe('bad_encryption_handshake');
  });
});

describe('the dialling end refuses', () => {
  /** The listening end by hand: the answer that follows its key. */
  function answered(
    policy: EncryptionPolicy,
    answer: Uint8Array,
    before = new Uint8Array(),
  ): { machine: MseMachine; stream: Uint8Array } {
    const machine = makeInitiator({ policy });
    const secret = SECRET_OF((machine.takeOutput() ?? new Uint8Array()).slice(0, 96));
    const sealed = answer.slice();
    streamCipher('keyB', secret, INFO_HASH).apply(sealed, 0, sealed.length, sealed, 0);
    return { machine, stream: bytes(publicKeyOf(PRIVATE), before, sealed) };
  }
  const answer = (select: readonly number[], padBytes = 0): Uint8Array =>
    bytes(new Uint8Array(8), select, [padBytes >> 8, padBytes & 255], new Uint8Array(Math.min(padBytes, MAX_PAD_BYTES)));
  const heard = (policy: EncryptionPolicy, content: Uint8Array): string => {
    const { machine, stream } = answered(policy, content);
    return refusal(() => machine.push(stream, 0, stream.length));
  };

  test('(what the hand makes is right)', () => {
    const { machine, stream } = answered('prefer', answer([0, 0, 0, 1], 512), new Uint8Array(512));
    expect(machine.push(stream, 0, stream.length)).toBe(stream.length);
    expect(machine.outcome?.method).toBe('plaintext');
    expect(heard('require', answer([0, 0, 0, 2]))).toBe('nothing');
  });

  test('a key that hides nothing', () => {
    expect(takenUntilRefusal(makeInitiator(), new Uint8Array(96).fill(255))).toBe(96);
  });

  test('a stream without the verification constant, after 512 bytes of padding', () => {
    expect(takenUntilRefusal(makeInitiator(), pseudoRandomBytes('noise', 4000))).toBe(96 + MAX_PAD_BYTES + 8);
  });

  test.each<[EncryptionPolicy, readonly number[]]>([
    ['prefer', [0, 0, 0, 3]],
    ['prefer', [0, 0, 0, 0]],
    ['prefer', [0, 0, 0, 4]],
    ['prefer', [1, 0, 0, 2]],
    ['require', [0, 0, 0, 1]],
  ])('with %s a choice of %j', (policy, select) => {
    expect(heard(policy, answer(select))).toBe('bad_encryption_handshake');
  });

  test('too much padding', () => {
    expect(heard('prefer', answer([0, 0, 0, 2], MAX_PAD_BYTES + 1))).toBe('bad_encryption_handshake');
  });

  test('a payload of its own that does not fit', () => {
    expect(() => makeInitiator({ payload: new Uint8Array(65_536) })).toThrow('too much');
    expect(() => makeInitiator({ payload: new Uint8Array(65_535), randomBytes: seededBytes(1) })).not.toThrow();
  });
});
