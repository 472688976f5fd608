// A super-seed (BEP 16) under a test's own hands: what it says and hides, what it reveals when, what it serves, and how it ends.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PeerKey, PieceIndex } from '../../../src/model/ids.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../../src/wire/extension.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

const PIECES = 30;
const THEIR_ID = 7;
const { superSeedDepth, superSeedLoneDepth, superSeedHelloMs, superSeedPatienceMs, superSeedGiveUpMs } = SIM_LIMITS;

function superSeed(limits: Partial<typeof SIM_LIMITS> = {}, pieces = PIECES): SessionDriver {
  return new SessionDriver(pieces, { have: Bitfield.full(pieces), seeds: true, superSeeds: true, limits });
}

/** A peer with nothing yet that wants to hear of upload_only. */
function leecher(driver: SessionDriver, serial: number): PeerKey {
  const peer = driver.connect(serial);
  driver.say(peer, { type: 'have-none' });
  driver.say(peer, {
    type: 'extended',
    id: 0,
    payload: encodeExtendedHandshake({ extensions: new Map([['upload_only', THEIR_ID]]) }),
  });
  return peer;
}

function revealed(driver: SessionDriver, peer: PeerKey): number[] {
  return driver.sent(peer, 'have').flatMap((message) => (message.type === 'have' ? [message.piece] : []));
}

function get(driver: SessionDriver, peer: PeerKey, ...pieces: readonly number[]): void {
  for (const piece of pieces) driver.say(peer, { type: 'have', piece });
}

function ends(driver: SessionDriver): string[] {
  return driver.actions.flatMap((action) =>
    action.type === 'notice' && action.notice.type === 'super-seeding-ended' ? [action.notice.reason] : [],
  );
}

/** Two peers that take part: each has what it was told of, and waits. */
function twoAtWork(): { driver: SessionDriver; a: PeerKey; b: PeerKey } {
  const driver = superSeed({ superSeedLoneDepth: superSeedDepth });
  const [a, b] = [leecher(driver, 1), leecher(driver, 2)];
  // The first one is alone in having anything, until the other one has.
  for (const peer of [a, b, a]) get(driver, peer, ...revealed(driver, peer));
  return { driver, a, b };
}

describe('what it says first', () => {
  test('nothing of its pieces, nor that it wants none', () => {
    const driver = superSeed();
    const peer = driver.connect(1);
    expect(driver.sent(peer, 'have-none')).toHaveLength(1);
    for (const type of ['have-all', 'bitfield', 'allowed-fast', 'have'] as const) expect(driver.sent(peer, type)).toEqual([]);
    const [hello] = driver.sent(peer, 'extended');
    if (hello?.type !== 'extended') throw new Error('no extended handshake');
    expect(decodeExtendedHandshake(hello.payload).isUploadOnly).toBeUndefined();
    expect(driver.session.snapshot(0).isSuperSeeding).toBe(true);
  });

  test('not even have-none to a peer without the Fast extension, and pieces once it has had its time to speak', () => {
    const driver = superSeed();
    const peer = driver.connect(1, { features: { fast: false, extended: false, dht: false } });
    expect(driver.actions.filter(({ type }) => type === 'send')).toEqual([]);
    driver.pass(superSeedHelloMs + 1000);
    expect(revealed(driver, peer)).toHaveLength(superSeedLoneDepth);
  });

  test.each([
    ['without everything at the start', { seeds: true, superSeeds: true }],
    ['that ends when it is complete', { have: Bitfield.full(PIECES), superSeeds: true }],
  ])('a session %s does not super-seed', (_, options) => {
    const driver = new SessionDriver(PIECES, options);
    expect(driver.session.snapshot(0).isSuperSeeding).toBe(false);
  });
});

describe('what it reveals', () => {
  test('to each peer other pieces, none that the peer has', () => {
    const driver = superSeed({}, 8);
    const half = new Bitfield(8);
    for (const index of [0, 1, 2, 3]) half.set(index as PieceIndex);
    const holder = driver.connect(1);
    driver.say(holder, { type: 'bitfield', bytes: half.toBytes() });
    expect(revealed(driver, holder).toSorted((a, b) => a - b)).toEqual([4, 5, 6, 7]);
    const later = leecher(driver, 2);
    // Pieces on their way, which are taken to come, and those that somebody has are equally rare: nobody has any twice.
    expect(new Set(revealed(driver, later)).size).toBe(superSeedDepth);
  });

  test('the rarest first: with three peers no piece twice while there are others', () => {
    const driver = superSeed();
    const peers = [1, 2, 3].map((serial) => leecher(driver, serial));
    const all = peers.flatMap((peer) => revealed(driver, peer));
    expect(all).toHaveLength(superSeedLoneDepth + 2 * superSeedDepth);
    expect(new Set(all).size).toBe(all.length);
  });

  test('another piece when the last one is seen at somebody else, not before', () => {
    const { driver, a, b } = twoAtWork();
    const before = revealed(driver, a);
    driver.pass(2000);
    expect(revealed(driver, a)).toEqual(before);
    const [third, fourth] = before.slice(-2);
    get(driver, b, third);
    expect(revealed(driver, a)).toHaveLength(before.length + 1);
    get(driver, b, fourth);
    expect(revealed(driver, a)).toHaveLength(before.length + 2);
  });

  test('and when nobody takes it for long', () => {
    const { driver, a } = twoAtWork();
    const before = revealed(driver, a).length;
    driver.pass(superSeedPatienceMs + 1000);
    expect(revealed(driver, a)).toHaveLength(before + superSeedDepth);
  });

  test('to a peer alone, or with others that want nothing or take no part, whenever it has got one', () => {
    const driver = superSeed();
    const peer = leecher(driver, 1);
    const uploadOnly = driver.connect(2);
    driver.say(uploadOnly, { type: 'have', piece: 0 });
    driver.say(uploadOnly, {
      type: 'extended',
      id: 0,
      payload: encodeExtendedHandshake({ extensions: new Map(), isUploadOnly: true }),
    });
    driver.connect(3);
    const first = revealed(driver, peer);
    get(driver, peer, ...first);
    expect(revealed(driver, peer)).toHaveLength(first.length + superSeedDepth);
  });
});

describe('what it serves', () => {
  const ask = (driver: SessionDriver, peer: PeerKey, piece: number): readonly string[] => {
    driver.say(peer, { type: 'interested' });
    return driver
      .say(peer, { type: 'request', piece, begin: 0, length: BLOCK })
      .map((action) => (action.type === 'send' ? action.message.type : action.type));
  };

  test('pieces that it revealed to the peer, and no other', () => {
    const driver = superSeed();
    const [a, b] = [leecher(driver, 1), leecher(driver, 2)];
    expect(ask(driver, a, revealed(driver, a)[0])).toEqual(['send-block']);
    expect(ask(driver, a, revealed(driver, b)[0])).toEqual(['reject']);
  });

  test('a peer whose word that it wants nothing has crossed with a new piece keeps its slot', () => {
    const driver = superSeed();
    const peer = leecher(driver, 1);
    driver.say(peer, { type: 'interested' });
    expect(driver.sent(peer, 'unchoke')).toHaveLength(1);
    driver.say(peer, { type: 'not-interested' });
    expect(driver.sent(peer, 'choke')).toEqual([]);
    // But not for ever.
    driver.pass(SIM_LIMITS.chokeRoundMs + 1000);
    expect(driver.sent(peer, 'choke')).toHaveLength(1);
  });
});

describe('it ends', () => {
  test('when every piece is with two peers: everybody hears of everything, and that it wants nothing', () => {
    const driver = superSeed({}, 4);
    const peers = [1, 2, 3].map((serial) => leecher(driver, serial));
    const [a, b, c] = peers;
    get(driver, a, 0, 1, 2);
    get(driver, b, 1, 2, 3);
    get(driver, c, 0);
    driver.pass(1000);
    expect(ends(driver)).toEqual([]);
    get(driver, c, 3);
    driver.pass(1000);
    expect(ends(driver)).toEqual(['spread']);
    expect(driver.session.snapshot(driver.now).isSuperSeeding).toBe(false);
    const { peers: connected } = driver.session.inspect();
    for (const peer of peers) {
      const known = new Set([...revealed(driver, peer), ...(connected.get(peer)?.have ?? [])]);
      expect(known.size).toBe(4);
      expect(revealed(driver, peer)).toHaveLength(new Set(revealed(driver, peer)).size);
      expect(
        driver.sent(peer, 'extended').filter((message) => message.type === 'extended' && message.id === THEIR_ID),
      ).toHaveLength(1);
    }
    // Whoever comes now meets an ordinary seed.
    expect(driver.sent(driver.connect(4), 'have-all')).toHaveLength(1);
  });

  test('when there is another seed, which is let go', () => {
    const driver = superSeed();
    const peer = leecher(driver, 1);
    driver.say(driver.connect(2), { type: 'have-all' });
    expect(ends(driver)).toEqual(['another-seed']);
    expect(driver.disconnects()).toEqual(['2 both-seeds']);
    expect(revealed(driver, peer)).toHaveLength(PIECES);
  });

  test('when a peer has become one', () => {
    const driver = superSeed({}, 2);
    get(driver, leecher(driver, 1), 0, 1);
    expect(ends(driver)).toEqual(['another-seed']);
  });

  test('when peers never pass on what they get', () => {
    const { driver, a, b } = twoAtWork();
    for (let waited = 0; waited < superSeedGiveUpMs + superSeedPatienceMs + 2000; waited += 1000) {
      driver.pass(1000);
      // Pieces that both have would be no sign of anything, but there are enough others.
      for (const peer of [a, b]) if (revealed(driver, peer).length < 12) get(driver, peer, ...revealed(driver, peer));
    }
    expect(ends(driver)).toEqual(['not-spreading']);
  });

  test('telling what is left some at a time', () => {
    const driver = superSeed({ maxHavesAtOnce: 10 });
    const peer = leecher(driver, 1);
    const first = revealed(driver, peer).length;
    driver.say(driver.connect(2), { type: 'have-all' });
    expect(revealed(driver, peer)).toHaveLength(first + 10);
    driver.pass(1000);
    expect(revealed(driver, peer)).toHaveLength(Math.min(PIECES, first + 20));
    driver.pass(2000);
    expect(revealed(driver, peer)).toHaveLength(PIECES);
  });
});
