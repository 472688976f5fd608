// What we send of peer exchange is read back as it was, and any bytes give a bounded message or a WireError.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAddress, type Address } from '../../src/model/address.js';
import { decodePexMessage, encodePexMessage, MAX_PEX_ADDRESSES } from '../../src/wire/ut-pex.js';
import { WireError } from '../../src/wire/wire-error.js';

const port = fc.integer({ min: 1, max: 65_535 });
const address = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), port)
  .map(([host, number]) => createAddress(host, number))
  .filter((made): made is Address => made !== null);
const addresses = fc.array(address, { maxLength: 50 });
const peers = fc.array(fc.record({ address, flags: fc.nat(255) }), { maxLength: 50 });

/** IPv4 first, as the message has it. */
function inOrder<T>(list: readonly T[], familyOf: (item: T) => 4 | 6): T[] {
  return list.toSorted((a, b) => familyOf(a) - familyOf(b));
}

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(peers, addresses, (added, dropped) => {
      expect(decodePexMessage(encodePexMessage({ added, dropped }))).toEqual({
        added: inOrder(added, (peer) => peer.address.family),
        dropped: inOrder(dropped, ({ family }) => family),
      });
    }),
    { numRuns: 300 },
  );
});

test('any bytes give a bounded message or a WireError', () => {
  const key = fc.constantFrom('added', 'added.f', 'dropped', 'added6', 'added6.f', 'dropped6', 'x');
  const entry = fc.tuple(key, fc.uint8Array({ maxLength: 2000 }));
  const latin1 = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
  const almost = fc
    .array(entry, { maxLength: 6 })
    .map((entries) =>
      Uint8Array.from([
        ...latin1('d'),
        ...entries.flatMap(([name, value]) => [...latin1(`${name.length}:${name}${value.length}:`), ...value]),
        ...latin1('e'),
      ]),
    );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), almost), (garbage) => {
      try {
        const { added, dropped } = decodePexMessage(garbage);
        expect(added.length + dropped.length).toBeLessThanOrEqual(MAX_PEX_ADDRESSES);
        for (const { flags } of added) expect(flags).toBeLessThanOrEqual(255);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 500 },
  );
});
