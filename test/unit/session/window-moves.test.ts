// A session that reads, event by event: what is asked for and in which order, what a jump gives up, what is promised to others, and who helps
// where a reader waits.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { toPeerKey, type PeerKey, type PieceIndex } from '../../../src/model/ids.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';

const piece = (index: number): PieceIndex => index as PieceIndex;
const range = (first: number, end: number): { first: number; end: number } => ({ first, end });

function reading(pieces: number, ...windows: [number, number][]): SessionDriver {
  const driver = new SessionDriver(pieces, { reads: true, limits: { probationPieces: 100 } });
  look(driver, ...windows);
  return driver;
}

/** A reader for each window. */
function look(driver: SessionDriver, ...windows: [number, number][]): void {
  driver.handle({ type: 'window-moved', readers: windows.map(([first, end]) => [range(first, end)]) });
}

function willing(driver: SessionDriver, serial: number): PeerKey {
  const peer = driver.connect(serial);
  driver.say(peer, { type: 'have-all' });
  driver.say(peer, { type: 'unchoke' });
  return peer;
}

function bring(driver: SessionDriver, peer: PeerKey, ...pieces: number[]): void {
  for (const index of pieces) {
    driver.deliver(peer, index);
    driver.handle({ type: 'piece-stored', piece: piece(index) });
  }
}

function forgotten(driver: SessionDriver): number[] {
  return driver.actions.flatMap((action) => (action.type === 'forget-piece' ? [action.piece] : []));
}

describe('what is asked for', () => {
  test('is the window, in order, and nothing before there is one', () => {
    const driver = reading(20);
    const peer = willing(driver, 1);
    expect(driver.asked(peer)).toEqual([]);
    look(driver, [4, 9]);
    expect(driver.asked(peer)).toEqual([4, 5, 6, 7, 8]);
  });

  test('follows the reader, and what it has read is forgotten', () => {
    const driver = reading(20, [0, 4]);
    const peer = willing(driver, 1);
    bring(driver, peer, 0, 1, 2);
    look(driver, [2, 6]);
    expect(driver.asked(peer)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(forgotten(driver)).toEqual([0, 1]);
    expect(driver.session.hasPiece(piece(2))).toBe(true);
    expect(driver.session.snapshot(driver.now)).toMatchObject({ havePieces: 1, verifiedBytes: BLOCK, leftBytes: 19 * BLOCK });
  });

  test('can be asked for again when somebody goes back', () => {
    const driver = reading(20, [0, 2]);
    const peer = willing(driver, 1);
    bring(driver, peer, 0, 1);
    look(driver, [10, 12]);
    look(driver, [0, 2]);
    expect(driver.asked(peer)).toEqual([0, 1, 10, 11, 0, 1]);
  });

  test('is what all readers are near to, by turns', () => {
    const driver = reading(20, [0, 3], [10, 13]);
    expect(driver.asked(willing(driver, 1))).toEqual([0, 10, 1, 11, 2, 12]);
  });
});

describe('a jump', () => {
  test('cancels what was asked and is not wanted any more', () => {
    const driver = reading(20, [0, 4]);
    const peer = willing(driver, 1);
    look(driver, [2, 4], [15, 16]);
    expect(driver.sent(peer, 'cancel').map((message) => message.type === 'cancel' && message.piece)).toEqual([0, 1]);
    expect(driver.session.expectsBlock(peer, piece(0), 0, BLOCK)).toBe(false);
    expect(driver.session.expectsBlock(peer, piece(2), 0, BLOCK)).toBe(true);
    expect(driver.asked(peer)).toEqual([0, 1, 2, 3, 15]);
  });

  test('forgets what was on its way to the disk as soon as it is there', () => {
    const driver = reading(20, [0, 2]);
    const peer = willing(driver, 1);
    driver.deliver(peer, 0);
    look(driver, [10, 12]);
    expect(forgotten(driver)).toEqual([]);
    driver.handle({ type: 'piece-stored', piece: piece(0) });
    expect(forgotten(driver)).toEqual([0]);
    expect(driver.session.hasPiece(piece(0))).toBe(false);
  });

  test('and back again keeps it', () => {
    const driver = reading(20, [0, 2]);
    const peer = willing(driver, 1);
    driver.deliver(peer, 0);
    look(driver, [10, 12]);
    look(driver, [0, 2]);
    driver.handle({ type: 'piece-stored', piece: piece(0) });
    expect(forgotten(driver)).toEqual([]);
    expect(driver.asked(peer).filter((index) => index === 0)).toEqual([0]);
  });

  test('that finds its piece bad outside of the window does not ask for it again', () => {
    const driver = reading(20, [0, 1]);
    const [one, other] = [willing(driver, 1), willing(driver, 2)];
    driver.deliver(one, 0);
    look(driver, [10, 11]);
    driver.handle({ type: 'piece-mismatch', piece: piece(0), blockDigests: null });
    driver.pass(5000);
    expect([...driver.asked(one), ...driver.asked(other)].filter((index) => index === 0)).toEqual([0]);
  });

  test('ends the request of a web seed, and the next one begins where the reader is', () => {
    const driver = new SessionDriver(40, { reads: true, limits: { webSeedRunBytes: 4 * BLOCK } });
    const link = toPeerKey(1001);
    driver.handle({ type: 'web-seeds-found', seeds: [{ name: 'http://seed/', links: [link] }] });
    look(driver, [0, 8]);
    look(driver, [20, 28]);
    const runs = driver.actions.flatMap((action) => {
      if (action.type === 'fetch-run') return [`${action.first}..${action.end}`];
      return action.type === 'abort-run' ? ['abort'] : [];
    });
    expect(runs).toEqual(['0..4', 'abort', '20..24']);
    const { tracker } = driver.session.inspect();
    expect([0, 3, 4].map((index) => tracker.picker.isPickable(piece(index)))).toEqual([false, false, false]);
  });
});

describe('others', () => {
  test('hear of nothing that we have, and are let have nothing', () => {
    const driver = reading(20, [0, 4]);
    const peer = willing(driver, 1);
    bring(driver, peer, 0, 1);
    const late = driver.connect(2);
    driver.say(late, { type: 'interested' });
    driver.say(peer, { type: 'interested' });
    driver.pass(60_000);
    for (const type of ['have', 'bitfield', 'have-all', 'allowed-fast', 'unchoke'] as const) {
      expect([...driver.sent(peer, type), ...driver.sent(late, type)], type).toEqual([]);
    }
    expect(driver.sent(late, 'have-none')).toHaveLength(1);
    driver.say(late, { type: 'request', piece: 0, begin: 0, length: BLOCK });
    expect(driver.sent(late, 'reject')).toHaveLength(1);
  });

  test('are of interest again when what they have was forgotten', () => {
    const driver = reading(2, [0, 2]);
    const peer = willing(driver, 1);
    bring(driver, peer, 0, 1);
    expect(driver.sent(peer, 'not-interested')).toHaveLength(1);
    look(driver, [1, 2]);
    expect(driver.sent(peer, 'interested')).toHaveLength(2);
    expect(driver.session.snapshot(driver.now).isComplete).toBe(false);
    expect(driver.actions.filter((action) => action.type === 'complete')).toEqual([]);
  });

  test('make room where they have nothing that readers lack, though they have other pieces', () => {
    const driver = new SessionDriver(20, { reads: true, limits: { maxPeers: 1 } });
    look(driver, [0, 2]);
    const idle = driver.connect(1);
    driver.say(idle, { type: 'have', piece: 9 });
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [{ host: '10.0.0.9', port: 6009, family: 4 }] });
    driver.pass(60_000);
    expect(driver.disconnects()).toEqual([`${idle} useless`]);
  });
});

describe('a reader that waits', () => {
  /** The first peer is slow, the second quick, and both are known as that. */
  function slowAndQuick(driver: SessionDriver, lacks: number | null = null): [PeerKey, PeerKey] {
    const [slow, quick] = [willing(driver, 1), driver.connect(2)];
    const have = Bitfield.full(driver.session.have().length);
    if (lacks !== null) have.clear(piece(lacks));
    driver.say(quick, { type: 'bitfield', bytes: have.toBytes() });
    driver.say(quick, { type: 'unchoke' });
    for (let second = 0; second < 4; second++) {
      const wanted = driver.asked(slow).filter((index) => driver.session.expectsBlock(slow, piece(index), 0, BLOCK));
      bring(driver, slow, ...wanted.slice(0, 1));
      for (;;) {
        const open = driver.asked(quick).filter((index) => driver.session.expectsBlock(quick, piece(index), 0, BLOCK));
        if (open.length === 0) break;
        bring(driver, quick, ...open);
      }
      driver.pass(1000);
    }
    return [slow, quick];
  }

  test('is given the near pieces by the quick peer', () => {
    const driver = reading(1000, [0, 200]);
    const [slow, quick] = slowAndQuick(driver);
    const before = driver.asked(slow).length;
    look(driver, [600, 700]);
    const asked = driver.asked(slow).slice(before);
    expect(driver.asked(quick)).toContain(600);
    expect(asked.filter((index) => index >= 600 && index < 625)).toEqual([]);
  });

  test('for a slow peer has the quick one asked too, though that has enough to do', () => {
    const driver = reading(2000, [0, 200]);
    const [slow, quick] = slowAndQuick(driver, 600);
    look(driver, [600, 1800]);
    expect(driver.asked(slow)).toContain(600);
    driver.say(quick, { type: 'have', piece: 600 });
    const { tracker, hasIdlePeer } = driver.session.inspect();
    expect([tracker.isEndgame, hasIdlePeer]).toEqual([false, false]);
    driver.pass(300);
    expect(driver.asked(quick)).not.toContain(600);
    // A place in its queue is free, as there is after each of its blocks.
    driver.deliver(quick, driver.asked(quick).at(-1) ?? 0);
    driver.pass(300);
    expect(driver.asked(quick)).toContain(600);
    driver.deliver(quick, 600);
    expect(driver.sent(slow, 'cancel').at(-1)).toMatchObject({ piece: 600 });
  });
});

test('a window that is full is no stall', () => {
  const driver = reading(20, [0, 2]);
  const peer = willing(driver, 1);
  expect(driver.session.snapshot(driver.now).isThrottled).toBe(false);
  bring(driver, peer, 0, 1);
  expect(driver.session.snapshot(driver.now).isThrottled).toBe(true);
  look(driver, [1, 3]);
  expect(driver.session.snapshot(driver.now).isThrottled).toBe(false);
  look(driver);
  expect(driver.session.snapshot(driver.now).isThrottled).toBe(true);
});
