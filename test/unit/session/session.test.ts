import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { encodeExtendedHandshake } from '../../../src/wire/extension.js';
import { addressAt, BLOCK, SessionDriver } from '../../support/session-driver.js';

const piece = (index: number): PieceIndex => index as PieceIndex;

describe('a download', () => {
  test('asks, stores, tells everybody and completes once', () => {
    const driver = new SessionDriver(1);
    const seed = driver.connect(1);
    const other = driver.connect(2);
    driver.say(seed, { type: 'have-all' });
    expect(driver.sent(seed, 'interested')).toHaveLength(1);
    expect(driver.asked(seed)).toEqual([]);
    driver.say(seed, { type: 'unchoke' });
    expect(driver.asked(seed)).toEqual([0]);
    expect(driver.session.expectsBlock(seed, piece(0), 0, BLOCK)).toBe(true);
    expect(driver.session.expectsBlock(other, piece(0), 0, BLOCK)).toBe(false);
    expect(driver.session.expectsBlock(seed, piece(0), 1, BLOCK)).toBe(false);
    expect(driver.deliver(seed, 0)).toContainEqual({ type: 'store-piece', piece: 0, digests: 'never' });
    const actions = driver.handle({ type: 'piece-stored', piece: piece(0) });
    expect(actions.at(-1)).toEqual({ type: 'complete' });
    expect(actions).toContainEqual({ type: 'announce', event: 'completed' });
    expect(driver.sent(other, 'have')).toHaveLength(1);
    expect(driver.sent(seed, 'not-interested')).toHaveLength(1);
    expect(driver.budget.reserved).toBe(0);
  });

  test('a body that was recalled on its way does not lose the block that was asked again', () => {
    const driver = new SessionDriver(1);
    const seed = driver.connect(1);
    driver.say(seed, { type: 'have-all' });
    driver.say(seed, { type: 'unchoke' });
    driver.handle({ type: 'block-received', peer: seed, piece: piece(0), begin: 0, length: BLOCK, kept: false });
    expect(driver.session.expectsBlock(seed, piece(0), 0, BLOCK)).toBe(true);
    driver.deliver(seed, 0);
    driver.handle({ type: 'piece-stored', piece: piece(0) });
    expect(driver.session.isComplete).toBe(true);
  });

  test('obeys a choke: nothing is asked until the unchoke, but what is allowed', () => {
    const driver = new SessionDriver(8, { limits: { probationPieces: 8 } });
    const seed = driver.connect(1);
    driver.say(seed, { type: 'have-all' });
    driver.say(seed, { type: 'allowed-fast', piece: 5 });
    expect(driver.asked(seed)).toEqual([5]);
    driver.say(seed, { type: 'unchoke' });
    expect(new Set(driver.asked(seed)).size).toBe(8);
    const before = driver.asked(seed).length;
    driver.say(seed, { type: 'choke' });
    expect(driver.asked(seed)).toHaveLength(before);
    expect(driver.session.expectsBlock(seed, piece(5), 0, BLOCK)).toBe(true);
    expect(driver.session.expectsBlock(seed, piece(4), 0, BLOCK)).toBe(false);
  });

  test('two peers that reject are not asked in turn for ever, a third one gets the block', () => {
    const driver = new SessionDriver(1);
    const [a, b, c] = [driver.connect(1), driver.connect(2), driver.connect(3)];
    for (const peer of [a, b, c]) driver.say(peer, { type: 'have-all' });
    for (const peer of [a, b, c]) driver.say(peer, { type: 'unchoke' });
    const reject = { type: 'reject', piece: 0, begin: 0, length: BLOCK } as const;
    driver.say(a, reject);
    driver.say(b, reject);
    expect(driver.asked(c)).toEqual([0]);
    driver.pass(1500);
    expect(driver.asked(a)).toEqual([0]);
  });

  test('a peer that never delivered holds a last block for two seconds at most, even twice', () => {
    const driver = new SessionDriver(1);
    const peers = [1, 2, 3].map((serial) => driver.connect(serial));
    for (const peer of peers) driver.say(peer, { type: 'have-all' });
    for (const peer of peers) driver.say(peer, { type: 'unchoke' });
    driver.pass(500);
    const askedSoon = peers.filter((peer) => driver.asked(peer).length > 0);
    expect(askedSoon).toHaveLength(2);
    driver.pass(2500);
    expect(peers.filter((peer) => driver.asked(peer).length > 0)).toHaveLength(3);
    expect(driver.sent(askedSoon[0], 'cancel')).toHaveLength(1);
  });
});

describe('bad data', () => {
  test('from one source bans it, under every key it has', () => {
    const driver = new SessionDriver(4);
    const liar = driver.connect(1);
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'peer-disconnected', peer: liar, reason: 'closed-by-peer' });
    driver.connect(9, { address: addressAt(1) });
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    expect(driver.noticed('peer-banned')).toBe(1);
    expect(driver.disconnects()).toEqual(['9 bad-data']);
    driver.connect(1, { id: 60 });
    expect(driver.disconnects().at(-1)).toBe('1 banned');
  });

  test('a banned peer that comes back from another port is refused, also when it names its port only then', () => {
    const driver = new SessionDriver(4);
    const liar = driver.connect(1, { incoming: true });
    driver.say(liar, { type: 'extended', id: 0, payload: encodeExtendedHandshake({ extensions: new Map(), port: 7000 }) });
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    expect(driver.disconnects()).toContain('1 bad-data');
    driver.connect(2, { incoming: true, address: addressAt(2, '10.0.0.1') });
    expect(driver.disconnects()).toContain('2 banned');
  });

  test('sources-exhausted is said once, after a grace, and not while an address is untried', () => {
    const driver = new SessionDriver(2);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(1), addressAt(2)] });
    const liar = driver.connect(1);
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    driver.pass(6000);
    expect(driver.noticed('sources-exhausted')).toBe(0);
    driver.handle({ type: 'dial-failed', address: addressAt(2), reason: 'refused' });
    driver.pass(4000);
    expect(driver.noticed('sources-exhausted')).toBe(0);
    driver.pass(2000);
    expect(driver.noticed('sources-exhausted')).toBe(1);
    driver.pass(60_000);
    expect(driver.noticed('sources-exhausted')).toBe(1);
  });
});

describe('connections', () => {
  test('two that crossed: both ends keep the one of the larger id', () => {
    const larger = new SessionDriver(1, { ownId: 200 });
    larger.connect(1, { incoming: true, id: 5 });
    larger.connect(2, { id: 5 });
    expect(larger.disconnects()).toEqual(['1 duplicate-peer']);
    const smaller = new SessionDriver(1, { ownId: 2 });
    smaller.connect(1, { incoming: true, id: 5 });
    smaller.connect(2, { id: 5 });
    expect(smaller.disconnects()).toEqual(['2 duplicate-peer']);
  });

  test('ourselves and a full house are refused, dialled or not', () => {
    const driver = new SessionDriver(1, { limits: { maxPeers: 2 } });
    driver.connect(1, { id: 100 });
    for (const serial of [2, 3, 4]) driver.connect(serial);
    driver.connect(5, { incoming: true });
    expect(driver.disconnects()).toEqual(['1 self-connection', '4 too-many-peers', '5 too-many-peers']);
  });

  test('in a full house a useless peer makes room for an address that waits', () => {
    const driver = new SessionDriver(1, { limits: { maxPeers: 1 } });
    driver.connect(1);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(2)] });
    driver.pass(29_000);
    expect(driver.disconnects()).toEqual([]);
    driver.pass(3000);
    expect(driver.disconnects()).toEqual(['1 useless']);
    expect(driver.actions).toContainEqual({ type: 'dial', address: addressAt(2) });
  });

  test('keep-alives go out, and the silent are dropped', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    driver.pass(101_000);
    expect(driver.sent(peer, 'keep-alive')).toHaveLength(1);
    driver.pass(50_000);
    expect(driver.disconnects()).toEqual(['1 inactive']);
  });

  test.each([
    ['a have beyond the end', { type: 'have', piece: 9 }],
    ['a bitfield of the wrong length', { type: 'bitfield', bytes: new Uint8Array(7) }],
    ['spare bits', { type: 'bitfield', bytes: Uint8Array.of(0xff) }],
    ['a broken extended handshake', { type: 'extended', id: 0, payload: Uint8Array.of(1) }],
  ] as const)('%s ends that peer and nothing else', (_, message) => {
    const driver = new SessionDriver(3);
    const rude = driver.connect(1);
    const polite = driver.connect(2);
    driver.say(rude, message);
    expect(driver.disconnects()).toEqual(['1 protocol-error']);
    expect(driver.session.hasPeer(polite)).toBe(true);
  });
});

describe('uploads', () => {
  const full = Bitfield.full(3);

  test('serve what is asked while unchoked, refuse the rest', () => {
    const driver = new SessionDriver(3, { have: full, seeds: true, limits: { allowedFastPieces: 0 } });
    const peer = driver.connect(1);
    const request = { type: 'request', piece: 1, begin: 0, length: BLOCK } as const;
    driver.say(peer, request);
    expect(driver.sent(peer, 'reject')).toHaveLength(1);
    driver.say(peer, { type: 'interested' });
    expect(driver.sent(peer, 'unchoke')).toHaveLength(1);
    expect(driver.say(peer, request)).toEqual([{ type: 'send-block', peer, piece: 1, begin: 0, length: BLOCK }]);
    driver.say(peer, { ...request, piece: 3 });
    driver.say(peer, { ...request, length: 128 * 1024 + 1 });
    driver.say(peer, { ...request, begin: 1 });
    expect(driver.sent(peer, 'reject')).toHaveLength(4);
  });

  test('a round while seeding keeps the slots full', () => {
    const driver = new SessionDriver(3, { have: full, seeds: true });
    const peers = Array.from({ length: 8 }, (_, i) => driver.connect(i + 1));
    for (const peer of peers) driver.say(peer, { type: 'interested' });
    driver.pass(60_000);
    const unchoked = driver.session.snapshot(driver.now).peers.filter((peer) => !peer.amChoking);
    expect(unchoked).toHaveLength(5);
  });

  test('two seeds have nothing to say to each other', () => {
    const driver = new SessionDriver(3, { have: full, seeds: true });
    driver.say(driver.connect(1), { type: 'have-all' });
    expect(driver.disconnects()).toEqual(['1 both-seeds']);
  });
});

describe('the end', () => {
  test('a stop gives everything back, and what was on its way finds nobody', () => {
    const driver = new SessionDriver(3, { limits: { probationPieces: 3 } });
    const seed = driver.connect(1);
    driver.say(seed, { type: 'have-all' });
    driver.say(seed, { type: 'unchoke' });
    const [first] = driver.asked(seed);
    driver.deliver(seed, first);
    driver.handle({ type: 'stop' });
    expect(driver.disconnects()).toEqual(['1 stopping']);
    expect(driver.budget.reserved).toBe(0);
    expect(driver.handle({ type: 'piece-stored', piece: piece(first) })).toEqual([]);
    expect(driver.handle({ type: 'stop' })).toEqual([]);
    expect(driver.session.nextTimeout()).toBeNull();
    driver.connect(2);
    expect(driver.disconnects().at(-1)).toBe('2 stopping');
  });
});

describe('slow and missing sources', () => {
  test('a snubbed peer keeps the request that it may be in the middle of, the rest goes to others', () => {
    const driver = new SessionDriver(3, { limits: { probationPieces: 3 } });
    const slow = driver.connect(1);
    driver.say(slow, { type: 'have-all' });
    driver.say(slow, { type: 'unchoke' });
    const [first, second, third] = driver.asked(slow);
    driver.pass(70_000);
    expect(driver.sent(slow, 'cancel')).toHaveLength(2);
    expect(driver.session.expectsBlock(slow, piece(first), 0, BLOCK)).toBe(true);
    expect(driver.actions.filter((action) => action.type === 'revoke-lease').map((action) => action.piece)).toEqual([
      second,
      third,
    ]);
    expect(driver.deliver(slow, first)).toContainEqual({ type: 'store-piece', piece: first, digests: 'never' });
  });

  test('what a dead peer holds comes to another one, even to one that was slow itself', () => {
    const driver = new SessionDriver(2);
    const [dead, slow, quick] = [driver.connect(1), driver.connect(2), driver.connect(3)];
    driver.say(dead, { type: 'have', piece: 0 });
    driver.say(dead, { type: 'unchoke' });
    driver.say(slow, { type: 'have-all' });
    driver.say(slow, { type: 'unchoke' });
    driver.say(quick, { type: 'have', piece: 1 });
    driver.say(quick, { type: 'unchoke' });
    driver.pass(3000);
    driver.deliver(quick, 1);
    driver.handle({ type: 'piece-stored', piece: piece(1) });
    driver.handle({ type: 'peer-disconnected', peer: quick, reason: 'closed-by-peer' });
    expect(driver.asked(slow), 'overtaken, it is snubbed').toEqual([1]);
    driver.pass(22_000);
    expect(driver.asked(slow)).toEqual([1, 0]);
  });

  test('a session with nobody to ask or dial calls for addresses, twice a minute and no more', () => {
    const driver = new SessionDriver(1);
    const calls = (): number =>
      driver.actions.filter((action) => action.type === 'announce' && action.event === 'more-peers').length;
    driver.pass(29_999);
    expect(calls()).toBe(0);
    driver.pass(1);
    expect(calls()).toBe(1);
    expect(driver.session.nextTimeout()).toBe(60_000);
    const peer = driver.connect(1);
    driver.pass(100_000);
    expect(calls(), 'somebody is here').toBe(1);
    driver.handle({ type: 'peer-disconnected', peer, reason: 'closed-by-peer' });
    driver.pass(0);
    expect(calls()).toBe(2);
    driver.pass(29_999);
    expect(calls()).toBe(2);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(2)] });
    driver.pass(60_000);
    expect(calls(), 'a dial is under way').toBe(2);
    driver.handle({ type: 'dial-failed', address: addressAt(2), reason: 'refused' });
    driver.pass(0);
    expect(calls()).toBe(3);
    driver.handle({ type: 'stop' });
    expect(driver.session.nextTimeout()).toBeNull();
  });

  test('a peer that has nothing does not hide that a piece has no source left, one that has it does', () => {
    for (const has of [[], [0, 1]]) {
      const driver = new SessionDriver(2);
      driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(1), addressAt(2)] });
      const liar = driver.connect(1);
      const other = driver.connect(2);
      for (const index of has) driver.say(other, { type: 'have', piece: index });
      driver.say(liar, { type: 'have-all' });
      driver.say(liar, { type: 'unchoke' });
      const [asked] = driver.asked(liar);
      driver.deliver(liar, asked);
      driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
      driver.pass(4000);
      expect(driver.noticed('sources-exhausted')).toBe(0);
      driver.pass(10_000);
      expect(driver.noticed('sources-exhausted')).toBe(has.length === 0 ? 1 : 0);
    }
  });

  test('a piece that never failed is not exhausted, however lonely we are', () => {
    const driver = new SessionDriver(2);
    const liar = driver.connect(1);
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    const honest = driver.connect(2);
    driver.say(honest, { type: 'have', piece: asked });
    driver.say(honest, { type: 'unchoke' });
    driver.deliver(honest, asked);
    driver.handle({ type: 'piece-stored', piece: piece(asked) });
    driver.handle({ type: 'peer-disconnected', peer: honest, reason: 'closed-by-peer' });
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [] });
    driver.pass(10_000);
    expect(driver.noticed('sources-exhausted')).toBe(0);
  });
});

describe('who may come, stay and come back', () => {
  test('what is refused anyway does not cost a twin its place', () => {
    const driver = new SessionDriver(4);
    const liar = driver.connect(1);
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    driver.connect(2, { id: 7 });
    driver.pass(11_000);
    driver.connect(3, { id: 7, address: addressAt(1) });
    expect(driver.disconnects()).toEqual(['1 bad-data', '3 banned']);
  });

  test.each([
    ['flooding', 0],
    ['protocol-error', 0],
    ['connection-error', 1],
  ] as const)('after %s a peer that gave us something is dialled again at once: %i', (reason, dials) => {
    const driver = new SessionDriver(2);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(1)] });
    const peer = driver.connect(1);
    driver.say(peer, { type: 'have-all' });
    driver.say(peer, { type: 'unchoke' });
    driver.deliver(peer, driver.asked(peer)[0]);
    const actions = driver.handle({ type: 'peer-disconnected', peer, reason });
    expect(actions.filter((action) => action.type === 'dial')).toHaveLength(dials);
  });

  test('a full seed drops the peer that has idled longest for an address that waits, and for a newcomer', () => {
    const driver = new SessionDriver(1, { have: Bitfield.full(1), seeds: true, limits: { maxPeers: 3 } });
    const busy = driver.connect(1);
    driver.say(busy, { type: 'interested' });
    driver.say(busy, { type: 'not-interested' });
    driver.connect(2);
    driver.connect(3);
    driver.pass(20_000);
    driver.connect(4, { incoming: true });
    expect(driver.disconnects()).toEqual(['4 too-many-peers']);
    driver.pass(11_000);
    driver.connect(5, { incoming: true });
    expect(driver.disconnects().slice(1)).toEqual(['2 useless']);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(6)] });
    driver.pass(1000);
    expect(driver.disconnects().slice(2)).toEqual(['3 useless']);
    expect(driver.actions).toContainEqual({ type: 'dial', address: addressAt(6) });
    driver.connect(7, { incoming: true });
    driver.connect(8, { incoming: true });
    expect(driver.disconnects().slice(3), 'who was interested once stays').toEqual(['8 too-many-peers']);
  });
});
