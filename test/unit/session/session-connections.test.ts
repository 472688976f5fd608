// Who may be a peer of the session, who has to go, and who is called again.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { ExternalAddresses } from '../../../src/model/external-addresses.js';
import { toPeerKey, type PieceIndex } from '../../../src/model/ids.js';
import { PeerPriorities } from '../../../src/session/peer-priority.js';
import { addressAt, SessionDriver } from '../../support/session-driver.js';

const piece = (index: number): PieceIndex => index as PieceIndex;

describe('connections', () => {
  test('two that crossed: both ends keep the one of the larger id', () => {
    const larger = new SessionDriver(1, { ownId: 200 });
    larger.connect(1, { incoming: true, id: 5 });
    larger.connect(2, { id: 5, address: addressAt(1) });
    expect(larger.disconnects()).toEqual(['1 duplicate-peer']);
    const smaller = new SessionDriver(1, { ownId: 2 });
    smaller.connect(1, { incoming: true, id: 5 });
    smaller.connect(2, { id: 5, address: addressAt(1) });
    expect(smaller.disconnects()).toEqual(['2 duplicate-peer']);
  });

  test('one id from two hosts is two peers, over IPv4 and IPv6 one: who copies an id keeps nobody out', () => {
    const driver = new SessionDriver(1);
    driver.connect(1, { incoming: true, id: 5 });
    driver.connect(2, { incoming: true, id: 5 });
    expect(driver.disconnects()).toEqual([]);
    driver.connect(3, { incoming: true, id: 5, address: { host: '2001:db8::3', port: 1003, family: 6 } });
    expect(driver.disconnects()).toEqual(['3 duplicate-peer']);
  });

  test.each([true, false])('one that has been of no use to either side gives way to its double: incoming %s', (incoming) => {
    const driver = new SessionDriver(1, { have: Bitfield.full(1), seeds: true });
    driver.connect(1, { incoming: true, id: 5 });
    driver.pass(11_000);
    driver.connect(2, { incoming, id: 5, address: addressAt(1) });
    expect(driver.disconnects()).toEqual(['1 duplicate-peer']);
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
    expect(driver.actions).toContainEqual({ type: 'dial', address: addressAt(2), isEncrypted: false });
  });

  test('a peer that closes a plain connection without a word is dialled again at once, encrypted, and nobody is told', () => {
    const driver = new SessionDriver(1);
    const [dial] = driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(2)] }).slice(-1);
    expect(dial).toEqual({ type: 'dial', address: addressAt(2), isEncrypted: false });
    const again = driver.handle({ type: 'dial-failed', address: addressAt(2), reason: 'closed-in-handshake' });
    expect(again).toEqual([{ type: 'dial', address: addressAt(2), isEncrypted: true }]);
    const over = driver.handle({ type: 'dial-failed', address: addressAt(2), reason: 'closed-in-handshake' });
    expect(over).toEqual([
      { type: 'notice', notice: { type: 'dial-failed', address: addressAt(2), reason: 'closed-in-handshake' } },
    ]);
  });

  test.each([
    ['require' as const, true],
    ['off' as const, false],
  ])('with encryption %s every dial is of one kind, and a failure is one', (encryption, isEncrypted) => {
    const driver = new SessionDriver(1, { encryption });
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(2)] });
    driver.handle({ type: 'dial-failed', address: addressAt(2), reason: 'closed-in-handshake' });
    driver.pass(20_000);
    const dials = driver.actions.filter(({ type }) => type === 'dial');
    expect(dials).toHaveLength(2);
    for (const dial of dials) expect(dial).toEqual({ type: 'dial', address: addressAt(2), isEncrypted });
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
    expect(driver.actions).toContainEqual({ type: 'dial', address: addressAt(6), isEncrypted: false });
    driver.connect(7, { incoming: true });
    driver.connect(8, { incoming: true });
    expect(driver.disconnects().slice(3), 'who was interested once stays').toEqual(['8 too-many-peers']);
  });
});

describe('a full house, where our address is known', () => {
  const external = (driver: SessionDriver): void => driver.externalAddresses.hearFromTracker('tracker.example', '10.0.0.200');
  const known = new ExternalAddresses(1);
  known.hearFromTracker('tracker.example', '10.0.0.200');
  const serials = Array.from({ length: 12 }, (_, index) => index + 1);
  const priorityOf = (serial: number): number => new PeerPriorities(known, 6881).of(addressAt(serial)) ?? 0;
  /** From low to high. */
  const ranked = serials.toSorted((a, b) => priorityOf(a) - priorityOf(b));

  test('one that only waits gives way to a newcomer of higher priority (BEP 40), and to no other', () => {
    const driver = new SessionDriver(2, {
      have: Bitfield.full(2),
      seeds: true,
      limits: { maxPeers: 2, uploadSlots: 0, optimisticSlots: 0 },
    });
    external(driver);
    const [lowest, low, middle, high] = [ranked[0], ranked[2], ranked[5], ranked[9]];
    for (const serial of [middle, low]) driver.say(driver.connect(serial, { incoming: true }), { type: 'interested' });
    driver.pass(29_000);
    // Everybody gets some time.
    driver.connect(high, { incoming: true });
    driver.pass(2000);
    driver.connect(lowest, { incoming: true });
    driver.connect(high, { incoming: true });
    expect(driver.disconnects()).toEqual([`${high} too-many-peers`, `${lowest} too-many-peers`, `${low} outranked`]);
  });

  test('one that gets data, or has some for us, does not give way', () => {
    const have = new Bitfield(2);
    have.set(piece(0));
    const driver = new SessionDriver(2, { have, limits: { maxPeers: 2 } });
    external(driver);
    const [taker, source] = [ranked[0], ranked[1]];
    driver.say(driver.connect(taker, { incoming: true }), { type: 'interested' });
    driver.handle({ type: 'block-settled', peer: toPeerKey(taker), length: 16_384, sent: true });
    driver.say(driver.connect(source, { incoming: true }), { type: 'have', piece: 1 });
    driver.pass(31_000);
    driver.connect(ranked[11], { incoming: true });
    expect(driver.disconnects()).toEqual([`${ranked[11]} too-many-peers`]);
  });

  test('of those that nobody would miss the one of lowest priority goes', () => {
    const driver = new SessionDriver(2, { have: Bitfield.full(2), seeds: true, limits: { maxPeers: 3 } });
    external(driver);
    for (const serial of [ranked[5], ranked[3], ranked[8]]) driver.connect(serial, { incoming: true });
    driver.pass(31_000);
    // It wants nothing either, but came to us: priority does not matter between the two.
    driver.connect(ranked[0], { incoming: true });
    expect(driver.disconnects()).toEqual([`${ranked[3]} useless`]);
  });

  test('without an address of ours the one goes that has been here longest', () => {
    const driver = new SessionDriver(2, { have: Bitfield.full(2), seeds: true, limits: { maxPeers: 2 } });
    for (const serial of [ranked[5], ranked[3]]) driver.connect(serial, { incoming: true });
    driver.pass(31_000);
    driver.connect(ranked[0], { incoming: true });
    expect(driver.disconnects()).toEqual([`${ranked[5]} useless`]);
  });
});
