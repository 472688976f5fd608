// The priority of two addresses (BEP 40) is one number, whoever of the two looks for it.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAddress, type Address } from '../../src/model/address.js';
import { peerPriority } from '../../src/session/peer-priority.js';

const address = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }))
  .map(([host, port]) => createAddress(host, port))
  .filter((made): made is Address => made !== null);
/** Far apart or near one another. */
const pair = fc.oneof(
  fc.tuple(address, address),
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(9)).map(([a, b, port]): [Address, Address] => [
    { host: `10.0.0.${a}`, port: 1 + port, family: 4 },
    { host: `10.0.0.${b}`, port: 5, family: 4 },
  ]),
);

test('both ends agree', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const priority = peerPriority(a, b);
      expect(peerPriority(b, a)).toBe(priority);
      if (a.family !== b.family) expect(priority).toBeNull();
      else expect(priority).toSatisfy((value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 32);
    }),
    { numRuns: 1000 },
  );
});
