// Byte vectors of every message, and the numbers that do not fit.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/model/error.js';
import { encodedLength, encodeInto, encodeMessage, encodePieceHead } from '../../../src/wire/message-encoder.js';
import type { Message } from '../../../src/wire/message.js';
import { fromHex, readFixture, reviveMessage } from '../../support/wire-recorder.js';

const vectors = readFixture('wire/messages.json') as { name: string; hex: string; message: Record<string, unknown> }[];

describe('encodeMessage', () => {
  test.each(vectors)('$name', ({ hex, message }) => {
    expect(encodeMessage(reviveMessage(message))).toEqual(fromHex(hex));
  });

  test('there is a vector for every type of message', () => {
    const types = [
      ['keep-alive', 'choke', 'unchoke', 'interested', 'not-interested', 'have', 'bitfield', 'request', 'piece', 'cancel'],
      ['port', 'suggest', 'have-all', 'have-none', 'reject', 'allowed-fast', 'extended'],
    ];
    expect(new Set(vectors.map(({ message }) => message.type))).toEqual(new Set(types.flat()));
  });

  const misfits: Message[] = [
    { type: 'have', piece: 2 ** 32 },
    { type: 'have', piece: -1 },
    { type: 'have', piece: 1.5 },
    { type: 'have', piece: Number.NaN },
    { type: 'request', piece: 0, begin: 2 ** 32, length: 1 },
    { type: 'request', piece: 0, begin: 0, length: -1 },
    { type: 'piece', piece: 2 ** 32, begin: 0, block: new Uint8Array(1) },
    { type: 'port', port: 65_536 },
    { type: 'extended', id: 256, payload: new Uint8Array(0) },
    { type: 'unknown', id: 99, length: 0 },
  ];
  test.each(misfits)('$type that does not fit is our mistake', (message) => {
    expect(() => encodeMessage(message)).toThrow(InvariantError);
  });
});

describe('encodeInto', () => {
  test('appends where it is told and touches nothing else', () => {
    const target = new Uint8Array(40).fill(0xee);
    const message: Message = { type: 'request', piece: 1, begin: 2, length: 3 };
    const end = encodeInto({ type: 'have', piece: 9 }, target, encodeInto(message, target, 5));
    expect(end).toBe(5 + encodedLength(message) + 9);
    expect(target.subarray(0, 5)).toEqual(new Uint8Array(5).fill(0xee));
    expect(target.subarray(5, end)).toEqual(fromHex('0000000d06000000010000000200000003 000000050400000009'));
    expect(target.subarray(end)).toEqual(new Uint8Array(40 - end).fill(0xee));
  });
});

test('the head of a block is that of its piece message', () => {
  const block = Uint8Array.of(1, 2, 3);
  const target = new Uint8Array(13);
  expect(encodePieceHead(target, 0, 7, 16_384, block.length)).toBe(13);
  expect(target).toEqual(encodeMessage({ type: 'piece', piece: 7, begin: 16_384, block }).subarray(0, 13));
});
