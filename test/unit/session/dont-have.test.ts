// A peer that takes a piece back (BEP 54): what it counts for, who is asked then, and that it may have it again.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { OUR_DONTHAVE_ID } from '../../../src/session/extension-ids.js';
import { decodeExtendedHandshake } from '../../../src/wire/extension.js';
import type { Message } from '../../../src/wire/message.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

const piece = (index: number): PieceIndex => index as PieceIndex;

function dontHave(...payload: number[]): Message {
  return { type: 'extended', id: OUR_DONTHAVE_ID, payload: Uint8Array.from(payload) };
}

/** A peer with everything that lets us ask. */
function willing(driver: SessionDriver, serial: number): ReturnType<SessionDriver['connect']> {
  const peer = driver.connect(serial);
  driver.say(peer, { type: 'have-all' });
  driver.say(peer, { type: 'unchoke' });
  return peer;
}

test('we say that we understand it', () => {
  const driver = new SessionDriver(1);
  const [hello] = driver.sent(driver.connect(1), 'extended');
  if (hello?.type !== 'extended') throw new Error('no extended handshake');
  expect(decodeExtendedHandshake(hello.payload).extensions.get('lt_donthave')).toBe(OUR_DONTHAVE_ID);
});

describe('a piece taken back', () => {
  test('counts no more, of a seed and of a leecher', () => {
    const driver = new SessionDriver(3);
    const seed = driver.connect(1);
    driver.say(seed, { type: 'have-all' });
    const leecher = driver.connect(2);
    driver.say(leecher, { type: 'have', piece: 1 });
    const { tracker, peers } = driver.session.inspect();
    const availability = (): number[] => [0, 1, 2].map((index) => tracker.picker.availability(piece(index)));
    expect(availability()).toEqual([1, 2, 1]);
    driver.say(seed, dontHave(0, 0, 0, 1));
    driver.say(leecher, dontHave(0, 0, 0, 1));
    expect(availability()).toEqual([1, 0, 1]);
    expect([peers.get(seed)?.wantedCount, peers.get(leecher)?.wantedCount]).toEqual([2, 0]);
    expect(driver.sent(leecher, 'not-interested')).toHaveLength(1);
    driver.say(seed, { type: 'have', piece: 1 });
    expect(availability()).toEqual([1, 1, 1]);
    driver.handle({ type: 'peer-disconnected', peer: seed, reason: 'closed-by-peer' });
    expect(availability()).toEqual([0, 0, 0]);
  });

  test('is asked of another peer at once, and its blocks are taken of this one no more', () => {
    const driver = new SessionDriver(1);
    const first = willing(driver, 1);
    expect(driver.asked(first)).toEqual([0]);
    const second = willing(driver, 2);
    expect(driver.asked(second)).toEqual([]);
    driver.say(first, dontHave(0, 0, 0, 0));
    expect(driver.asked(second)).toEqual([0]);
    expect(driver.session.expectsBlock(first, piece(0), 0, BLOCK)).toBe(false);
    // Its rejects, which BEP 6 has it send, find nothing; nobody is punished.
    driver.say(first, { type: 'reject', piece: 0, begin: 0, length: BLOCK });
    driver.deliver(second, 0);
    driver.handle({ type: 'piece-stored', piece: piece(0) });
    expect(driver.session.isComplete).toBe(true);
    expect(driver.disconnects()).toEqual([]);
  });

  test('and announced again at once is asked of it again, but not each time', () => {
    const driver = new SessionDriver(1);
    const peer = willing(driver, 1);
    driver.say(peer, dontHave(0, 0, 0, 0));
    driver.say(peer, { type: 'have', piece: 0 });
    expect(driver.asked(peer)).toEqual([0]);
    driver.pass(SIM_LIMITS.refusalMs + 2000);
    expect(driver.asked(peer)).toEqual([0, 0]);
  });

  test('leaves other requests alone', () => {
    const driver = new SessionDriver(2, { limits: { probationPieces: 2 } });
    const peer = willing(driver, 1);
    expect(driver.asked(peer).toSorted((a, b) => a - b)).toEqual([0, 1]);
    driver.say(peer, dontHave(0, 0, 0, 0));
    expect(driver.session.expectsBlock(peer, piece(1), 0, BLOCK)).toBe(true);
  });

  test('that we have, or it never had, changes nothing', () => {
    const have = new Bitfield(2);
    have.set(piece(0));
    const driver = new SessionDriver(2, { have });
    const peer = driver.connect(1);
    driver.say(peer, { type: 'have', piece: 0 });
    expect(driver.say(peer, dontHave(0, 0, 0, 0))).toEqual([]);
    expect(driver.say(peer, dontHave(0, 0, 0, 1))).toEqual([]);
    expect(driver.session.inspect().peers.get(peer)?.wantedCount).toBe(0);
  });
});

test.each([
  ['a piece that does not exist', [0, 0, 0, 2]],
  ['the largest index', [255, 255, 255, 255]],
  ['three bytes', [0, 0, 0]],
  ['nothing', []],
])('%s ends the peer', (_, payload) => {
  const driver = new SessionDriver(2);
  driver.say(driver.connect(1), dontHave(...payload));
  expect(driver.disconnects()).toEqual(['1 protocol-error']);
});
