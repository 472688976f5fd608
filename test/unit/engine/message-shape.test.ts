import { expect, test } from 'vitest';
import { isMessage } from '../../../src/engine/message-shape.js';
import type { Message } from '../../../src/wire/message.js';

const bytes = new Uint8Array(3);
const range = { piece: 0, begin: 0, length: 16_384 };

const GOOD: Message[] = [
  { type: 'keep-alive' },
  { type: 'choke' },
  { type: 'unchoke' },
  { type: 'interested' },
  { type: 'not-interested' },
  { type: 'have', piece: 4_294_967_295 },
  { type: 'bitfield', bytes },
  { type: 'request', ...range },
  { type: 'piece', piece: 0, begin: 0, block: bytes },
  { type: 'cancel', ...range },
  { type: 'port', port: 6881 },
  { type: 'suggest', piece: 0 },
  { type: 'have-all' },
  { type: 'have-none' },
  { type: 'reject', ...range },
  { type: 'allowed-fast', piece: 0 },
  { type: 'extended', id: 0, payload: bytes },
  { type: 'unknown', id: 99, length: 3 },
];

test.each(GOOD)('$type is a message', (message) => {
  expect(isMessage(message)).toBe(true);
  // Nor does something more do any harm, or a Buffer.
  expect(isMessage({ ...message, more: 1 })).toBe(true);
});

test.each(GOOD)('$type without one of its fields is none', (message) => {
  for (const field of Object.keys(message)) {
    const rest = Object.fromEntries(Object.entries(message).filter(([name]) => name !== field));
    expect(isMessage(rest)).toBe(false);
    expect(isMessage({ ...message, [field]: '1' })).toBe(false);
    expect(isMessage({ ...message, [field]: Number.NaN })).toBe(false);
  }
});

test.each([null, undefined, 5, 'choke', [], { type: 'constructor' }, { type: '__proto__' }])('%j is none', (value) => {
  expect(isMessage(value)).toBe(false);
});
