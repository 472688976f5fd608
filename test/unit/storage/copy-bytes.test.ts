import { expect, test } from 'vitest';
import { copyBytes } from '../../../src/storage/copy-bytes.js';

const SOURCE = Uint8Array.from({ length: 100 }, (_, i) => i + 1);

test.each([
  ['plain', new ArrayBuffer(40)],
  ['shared', new SharedArrayBuffer(40)],
])('copies a part to its place and nothing else: %s memory', (_name, memory) => {
  const target = new Uint8Array(memory, 4, 30);
  copyBytes(SOURCE.subarray(10), 3, 10, target, 5);
  const expected = new Uint8Array(40);
  expected.set(SOURCE.subarray(13, 20), 9);
  expect([...new Uint8Array(memory)]).toEqual([...expected]);
});

test('no bytes are copied as such', () => {
  const target = Buffer.alloc(3, 9);
  copyBytes(SOURCE, 5, 5, target, 3);
  expect([...target]).toEqual([9, 9, 9]);
});
