// Whatever a peer sends under the ids of our small extensions (BEP 21, BEP 54), the worst is the end of its connection, and the books hold.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PieceIndex } from '../../src/model/ids.js';
import { OUR_DONTHAVE_ID, OUR_UPLOAD_ONLY_ID } from '../../src/session/extension-ids.js';
import { SessionDriver } from '../support/session-driver.js';

const PIECES = 4;
const index = fc.nat(PIECES).map((piece) => Uint8Array.of(0, 0, 0, piece));
const message = fc.oneof(
  fc.record({ type: fc.constant('have' as const), piece: fc.nat(PIECES - 1) }),
  fc.record({
    type: fc.constant('extended' as const),
    id: fc.constantFrom(OUR_DONTHAVE_ID, OUR_UPLOAD_ONLY_ID),
    payload: fc.oneof({ weight: 4, arbitrary: index }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 9 }) }),
  }),
  fc.constantFrom({ type: 'have-all' as const }, { type: 'choke' as const }, { type: 'unchoke' as const }),
);

test('any messages leave the peer gone or its pieces counted right', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), message), { maxLength: 60 }), (talk) => {
      const driver = new SessionDriver(PIECES);
      const keys = [1, 2, 3].map((serial) => driver.connect(serial));
      for (const [serial, said] of talk) driver.say(keys[serial - 1], said);
      const { tracker, peers } = driver.session.inspect();
      for (let piece = 0 as PieceIndex; piece < PIECES; piece = (piece + 1) as PieceIndex) {
        const holders = [...peers.values()].filter((peer) => peer.have.has(piece));
        expect(tracker.picker.availability(piece)).toBe(holders.length);
      }
      for (const peer of peers.values()) {
        expect(peer.wantedCount).toBe(peer.have.count);
        for (const request of peer.requests) expect(peer.have.has(request.piece)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
