// Whom trackers say to be where: kept by address, the last word counts, forgotten after one refusal and beyond the limit (row W5).

import { expect, test } from 'vitest';
import { ExpectedIds } from '../../../src/engine/expected-ids.js';
import { addressKey } from '../../../src/model/address.js';
import { addressAt } from '../../support/session-driver.js';

const id = (digit: number): Uint8Array => new Uint8Array(20).fill(digit);
const named = (...serials: number[]): Map<ReturnType<typeof addressKey>, Uint8Array> =>
  new Map(serials.map((serial) => [addressKey(addressAt(serial)), id(serial)]));

test('the last word counts, until somebody else has answered', () => {
  const ids = new ExpectedIds(10);
  expect(ids.of(addressAt(1))).toEqual({});
  ids.note(named(1, 2));
  ids.note(new Map([[addressKey(addressAt(1)), id(9)]]));
  expect(ids.of(addressAt(1))).toEqual({ expectedPeerId: id(9) });
  ids.forget(addressAt(1));
  expect(ids.of(addressAt(1))).toEqual({});
  expect(ids.of(addressAt(2))).toEqual({ expectedPeerId: id(2) });
});

test('beyond the limit those of the longest ago go', () => {
  const ids = new ExpectedIds(2);
  ids.note(named(1, 2));
  ids.note(named(1, 3));
  expect([1, 2, 3].map((serial) => 'expectedPeerId' in ids.of(addressAt(serial)))).toEqual([true, false, true]);
});
