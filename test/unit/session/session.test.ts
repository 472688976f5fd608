// The session's main ways: a download, uploads, the end. Who is connected: session-connections; whose fault: session-sources.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

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
  });

  test('a choke of BEP 6 rejects nothing by itself: blocks on their way are still taken, and asked of nobody else', () => {
    const driver = new SessionDriver(4, { limits: { probationPieces: 8 } });
    const [a, b] = [driver.connect(1), driver.connect(2)];
    for (const peer of [a, b]) driver.say(peer, { type: 'have-all' });
    driver.say(a, { type: 'unchoke' });
    expect(new Set(driver.asked(a)).size).toBe(4);
    driver.say(a, { type: 'choke' });
    driver.say(b, { type: 'unchoke' });
    expect(driver.asked(b)).toEqual([]);
    expect(driver.session.expectsBlock(a, piece(2), 0, BLOCK)).toBe(true);
    driver.say(a, { type: 'reject', piece: 2, begin: 0, length: BLOCK });
    expect(driver.asked(b)).toEqual([2]);
  });

  test('a peer of BEP 6 that chokes and then answers nothing keeps nobody else waiting', () => {
    const driver = new SessionDriver(4, { limits: { probationPieces: 8 } });
    const [a, b] = [driver.connect(1), driver.connect(2)];
    for (const peer of [a, b]) driver.say(peer, { type: 'have-all' });
    driver.say(a, { type: 'allowed-fast', piece: 1 });
    driver.say(a, { type: 'unchoke' });
    driver.say(a, { type: 'choke' });
    driver.say(b, { type: 'unchoke' });
    const asked = driver.asked(b).length;
    driver.pass(SIM_LIMITS.chokedAnswerMs + 1000);
    const cancelled = driver.sent(a, 'cancel').map((message) => (message.type === 'cancel' ? message.piece : -1));
    expect(new Set(cancelled)).toEqual(new Set([0, 2, 3]));
    expect(driver.asked(b).slice(asked)).toEqual(expect.arrayContaining([0, 2, 3]));
    expect(driver.session.expectsBlock(a, piece(1), 0, BLOCK)).toBe(true);
  });

  test('without BEP 6 a choke drops every request', () => {
    const driver = new SessionDriver(2);
    const seed = driver.connect(1, { features: { fast: false, extended: false, dht: false } });
    driver.say(seed, { type: 'bitfield', bytes: Uint8Array.of(0xc0) });
    driver.say(seed, { type: 'unchoke' });
    expect(driver.session.expectsBlock(seed, piece(0), 0, BLOCK)).toBe(true);
    driver.say(seed, { type: 'choke' });
    expect(driver.session.expectsBlock(seed, piece(0), 0, BLOCK)).toBe(false);
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
