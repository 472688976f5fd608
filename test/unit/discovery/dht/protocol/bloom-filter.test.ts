import { expect, test } from 'vitest';
import {
  addToFilter,
  createFilter,
  estimateFilter,
  isInFilter,
  joinFilter,
} from '../../../../../src/discovery/dht/protocol/bloom-filter.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

/** BEP 33's own vector. */
const VECTOR = `
  F6C3F5EA A07FFD91 BDE89F77 7F26FB2B FF37BDB8 FB2BBAA2 FD3DDDE7 BACFFF75 EE7CCBAE
  FE5EEDB1 FBFAFF67 F6ABFF5E 43DDBCA3 FD9B9FFD F4FFD3E9 DFF12D1B DF59DB53 DBE9FA5B
  7FF3B8FD FCDE1AFB 8BEDD7BE 2F3EE71E BBBFE93B CDEEFE14 8246C2BC 5DBFF7E7 EFDCF24F
  D8DC7ADF FD8FFFDF DDFFF7A4 BBEEDF5C B95CE81F C7FCFF1F F4FFFFDF E5F7FDCB B7FD79B3
  FA1FC77B FE07FFF9 05B7B7FF C7FEFEFF E0B8370B B0CD3F5B 7F2BD93F EB4386CF DD6F7FD5
  BFAF2E9E BFFFFEEC D67ADBF7 C67F17EF D5D75EBA 6FFEBA7F FF47A91E B1BFBB53 E8ABFB57
  62ABE8FF 237279BF EFBFEEF5 FFC5FEBF DFE5ADFF ADFEE1FB 737FFFFB FD9F6AEF FEEE76B6
  FD8F72EF`.replaceAll(/\s/g, '');

test('the vector of BEP 33, added in two parts', () => {
  const filter = createFilter();
  for (let i = 0; i < 256; i++) addToFilter(filter, addressAt(`192.0.2.${i}`, 1 + i));
  const other = createFilter();
  for (let i = 0; i <= 0x3e7; i++) addToFilter(other, addressAt(`2001:db8::${i.toString(16)}`, 1));
  joinFilter(filter, other);
  expect(Buffer.from(filter).toString('hex').toUpperCase()).toBe(VECTOR);
  expect(estimateFilter(filter)).toBeCloseTo(1224.9308, 3);
  expect(isInFilter(filter, addressAt('192.0.2.77', 9))).toBe(true);
  expect(isInFilter(createFilter(), addressAt('192.0.2.77', 9))).toBe(false);
});

test('an empty one holds nobody, a full one is no infinity', () => {
  expect(estimateFilter(createFilter())).toBe(0);
  expect(estimateFilter(createFilter().fill(255))).toBeGreaterThan(6000);
  expect(Number.isFinite(estimateFilter(createFilter().fill(255)))).toBe(true);
});
