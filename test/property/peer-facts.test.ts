// Whatever a peer sends first, a probe reads facts of it or finds it to blame: never a crash, never a share beyond all.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAddress } from '../../src/model/address.js';
import { PeerFacts } from '../../src/engine/peer-facts.js';
import type { Message } from '../../src/wire/message.js';
import { WireError } from '../../src/wire/wire-error.js';

const piece = fc.oneof(fc.nat(40), fc.nat(4_294_967_295));
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('bitfield' as const), bytes: fc.uint8Array({ maxLength: 8 }) }),
  fc.record({ type: fc.constant('have' as const), piece }),
  fc.constantFrom<Message>({ type: 'have-all' }, { type: 'have-none' }, { type: 'unchoke' }),
  fc.record({ type: fc.constant('extended' as const), id: fc.nat(4), payload: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    type: fc.constant('extended' as const),
    id: fc.nat(2),
    payload: fc
      .constantFrom('d1:md6:ut_pexi1ee1:v3:abce', 'd5:added6:abcdefe', 'd5:added5:abcdee', 'd1:mi1e1:vle', 'de')
      .map((text) => Uint8Array.from(text, (c) => c.charCodeAt(0))),
  }),
);

test('facts or a WireError', () => {
  const remote = createAddress('203.0.113.7', 6881);
  if (remote === null) throw new Error('no address');
  const handshake = {
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
    features: { fast: true, extended: true, dht: false },
  };
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), fc.option(fc.integer({ min: 1, max: 40 })), (messages, pieceCount) => {
      const facts = new PeerFacts(remote, handshake, pieceCount);
      try {
        for (const each of messages) expect(facts.hear(each).length).toBeLessThanOrEqual(200);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
      expect(facts.progress).toBeGreaterThanOrEqual(0);
      expect(facts.progress).toBeLessThanOrEqual(1);
      expect(facts.pieces ?? 0).toBeLessThanOrEqual(pieceCount ?? 0);
      expect(facts.client).not.toBe('');
    }),
  );
});
