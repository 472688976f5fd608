// Whatever a peer sends under the ids of our small extensions (BEP 21, BEP 54) or to a super-seed (BEP 16),
// the worst is the end of its connection, and the books hold.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from '../../src/model/bitfield.js';
import type { PieceIndex } from '../../src/model/ids.js';
import { OUR_DONTHAVE_ID, OUR_UPLOAD_ONLY_ID } from '../../src/session/extension-ids.js';
import { BLOCK, SessionDriver } from '../support/session-driver.js';

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

test('a super-seed tells a peer of each piece once at most, and serves no other while it hides them', () => {
  const range = fc.nat(PIECES - 1).map((piece) => ({ piece, begin: 0, length: BLOCK }));
  const asking = fc.oneof(
    message,
    range.map((asked) => ({ type: 'request' as const, ...asked })),
    fc.constantFrom({ type: 'interested' as const }, { type: 'not-interested' as const }, { type: 'have-none' as const }),
  );
  const step = fc.oneof(
    { weight: 9, arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), asking) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (talk) => {
      const driver = new SessionDriver(PIECES, { have: Bitfield.full(PIECES), seeds: true, superSeeds: true });
      const keys = [1, 2, 3].map((serial) => driver.connect(serial));
      const told = new Set<string>();
      for (const said of talk) {
        const isHiding = driver.session.inspect().isHidingPieces;
        const before = driver.actions.length;
        if (said === null) driver.pass(3000);
        else driver.say(keys[said[0] - 1], said[1]);
        for (const action of driver.actions.slice(before)) {
          if (action.type === 'send' && action.message.type === 'have') {
            const key = `${action.peer}:${action.message.piece}`;
            expect(told.has(key)).toBe(false);
            told.add(key);
          } else if (action.type === 'send-block' && isHiding) {
            expect(told.has(`${action.peer}:${action.piece}`)).toBe(true);
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});
