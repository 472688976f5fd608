// Any chunking of a stream of messages gives the same messages and blocks; any bytes give messages or a WireError.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeExtendedHandshake } from '../../src/wire/extension.js';
import { HandshakeReader } from '../../src/wire/handshake-reader.js';
import { encodedLength, encodeMessage } from '../../src/wire/message-encoder.js';
import type { Message } from '../../src/wire/message.js';
import { WireError } from '../../src/wire/wire-error.js';
import { WireRecorder } from '../support/wire-recorder.js';

const uint32 = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 0xffff_ffff }));
const range = { piece: uint32, begin: uint32, length: uint32 };
const bytes = fc.uint8Array({ maxLength: 300 });

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.constantFrom<Message>(
    { type: 'keep-alive' },
    { type: 'choke' },
    { type: 'unchoke' },
    { type: 'interested' },
    { type: 'not-interested' },
    { type: 'have-all' },
    { type: 'have-none' },
  ),
  fc.record({ type: fc.constantFrom('have' as const, 'suggest' as const, 'allowed-fast' as const), piece: uint32 }),
  fc.record({ type: fc.constantFrom('request' as const, 'cancel' as const, 'reject' as const), ...range }),
  fc.record({ type: fc.constant('bitfield' as const), bytes }),
  fc.record({ type: fc.constant('piece' as const), piece: uint32, begin: uint32, block: bytes }),
  fc.record({ type: fc.constant('port' as const), port: fc.nat(65_535) }),
  fc.record({ type: fc.constant('extended' as const), id: fc.nat(255), payload: bytes }),
);
const messages = fc.array(message, { maxLength: 20 });
const chunking = fc.array(fc.nat(40), { maxLength: 200 });

function encodeAll(list: readonly Message[]): Uint8Array {
  return Uint8Array.from(list.flatMap((one) => [...encodeMessage(one)]));
}

describe('the message stream', () => {
  test('any chunking gives back what was encoded', () => {
    fc.assert(
      fc.property(messages, chunking, (list, lengths) => {
        const recorder = new WireRecorder();
        recorder.push(encodeAll(list), lengths);
        expect(recorder.messages).toEqual(list);
      }),
      { numRuns: 500 },
    );
  });

  test('refused blocks take nothing with them, in any chunking', () => {
    fc.assert(
      fc.property(messages, chunking, (list, lengths) => {
        const recorder = new WireRecorder();
        recorder.accepts = (piece) => piece % 2 === 0;
        recorder.push(encodeAll(list), lengths);
        expect(recorder.messages).toEqual(list.filter((one) => one.type !== 'piece' || one.piece % 2 === 0));
      }),
    );
  });

  test('the announced length is the true one', () => {
    fc.assert(
      fc.property(message, (one) => {
        expect(encodeMessage(one).length).toBe(encodedLength(one));
      }),
    );
  });

  test('garbage gives messages or a WireError, the same in any chunking', () => {
    const limits = { maxMessageBytes: 200, maxBlockBytes: 100, maxExtendedBytes: 100 };
    const outcome = (garbage: Uint8Array, lengths: readonly number[]): unknown => {
      const recorder = new WireRecorder(limits);
      try {
        recorder.push(garbage, lengths);
        return recorder.messages;
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        // How much of the message had come when it was noticed is the chunking's.
        const { bytes: seen, ...detail } = (error as WireError).detail;
        expect(String(seen)).toMatch(/^(?:[0-9a-f]{2}){5,32}$/);
        return [recorder.messages, (error as WireError).code, detail];
      }
    };
    // Plain random bytes are nearly always too long; small lengths and ids reach further.
    const plausible = fc
      .array(fc.tuple(fc.nat(30), fc.nat(24), fc.uint8Array({ maxLength: 30 })), { maxLength: 20 })
      .map((parts) => Uint8Array.from(parts.flatMap(([length, id, rest]) => [0, 0, 0, length, id, ...rest])));
    fc.assert(
      fc.property(fc.oneof(bytes, plausible), chunking, (garbage, lengths) => {
        expect(outcome(garbage, lengths)).toEqual(outcome(garbage, []));
      }),
      { numRuns: 1000 },
    );
  });
});

test('garbage for a handshake: bytes are taken or a WireError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (garbage) => {
      const reader = new HandshakeReader();
      try {
        expect(reader.push(garbage, 0, garbage.length)).toBeLessThanOrEqual(68);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});

test('garbage for an extended handshake: a value or a WireError', () => {
  const almost = fc
    .uint8Array({ maxLength: 20 })
    .map((rest) => Uint8Array.of(...new TextEncoder().encode('d1:md1:ai1ee1:v'), ...rest));
  fc.assert(
    fc.property(fc.oneof(bytes, almost), (garbage) => {
      try {
        expect(decodeExtendedHandshake(garbage).extensions).toBeInstanceOf(Map);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 500 },
  );
});
