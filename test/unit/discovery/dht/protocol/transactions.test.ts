import { expect, test } from 'vitest';
import { Transactions } from '../../../../../src/discovery/dht/protocol/transactions.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const [A, B] = [addressAt('10.0.0.1', 1), addressAt('10.0.0.1', 2)];
const LIMITS = { queryTimeoutMs: 100, slowAnswerMs: 30, maxTransactions: 3 };

function create(): Transactions<string> {
  let serial = 0;
  return new Transactions<string>(LIMITS, (length) => new Uint8Array(length).fill(++serial));
}

test('an answer counts once, with its number, from who was asked', () => {
  const transactions = create();
  const id = transactions.begin(A, 'a', 0) ?? new Uint8Array();
  expect(transactions.take(id, B)).toBeNull();
  expect(transactions.take(Uint8Array.of(9, 9, 9, 9), A)).toBeNull();
  expect(transactions.take(id.subarray(0, 2), A)).toBeNull();
  expect(transactions.take(id, A)).toMatchObject({ purpose: 'a' });
  expect(transactions.take(id, A)).toBeNull();
});

test('so many are open and no more; they become slow once and then too old', () => {
  const transactions = create();
  transactions.begin(A, 'a', 0);
  transactions.begin(B, 'b', 10);
  transactions.begin(A, 'c', 20);
  expect(transactions.begin(A, 'd', 20)).toBeNull();
  expect(transactions.nextTimeout()).toBe(30);
  const purposes = (list: { purpose: string }[]): string[] => list.map(({ purpose }) => purpose);
  expect(purposes(transactions.slowOnes(40))).toEqual(['a', 'b']);
  expect(purposes(transactions.slowOnes(49))).toEqual([]);
  expect(transactions.nextTimeout()).toBe(50);
  expect(transactions.isAsking(B)).toBe(true);
  expect(purposes(transactions.takeExpired(110))).toEqual(['a', 'b']);
  expect(transactions.isAsking(B)).toBe(false);
  expect(purposes(transactions.takeAllTo(A))).toEqual(['c']);
  expect(transactions.nextTimeout()).toBeNull();
});
