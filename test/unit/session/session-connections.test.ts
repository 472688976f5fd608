// Who may be a peer of the session, who has to go, and who is called again.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
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
