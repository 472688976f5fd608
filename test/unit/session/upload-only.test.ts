// Seeds and partial seeds (BEP 21): what we say of ourselves, what we hear, and when two that want nothing part.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { Geometry } from '../../../src/model/geometry.js';
import type { PeerKey, PieceIndex } from '../../../src/model/ids.js';
import { OUR_UPLOAD_ONLY_ID } from '../../../src/session/extension-ids.js';
import { planHeld } from '../../../src/session/piece-plan.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../../src/wire/extension.js';
import { decodePexMessage, PEX_FLAGS } from '../../../src/wire/ut-pex.js';
import { addressAt, BLOCK, SessionDriver } from '../../support/session-driver.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

const THEIR_ID = 7;
const THEIR_PEX_ID = 8;
const seeding = { have: Bitfield.full(2), seeds: true };

function greet(driver: SessionDriver, peer: PeerKey, isUploadOnly?: boolean): void {
  const extensions = new Map([
    ['upload_only', THEIR_ID],
    ['ut_pex', THEIR_PEX_ID],
  ]);
  const facts = { extensions, ...(isUploadOnly === undefined ? {} : { isUploadOnly }) };
  driver.say(peer, { type: 'extended', id: 0, payload: encodeExtendedHandshake(facts) });
}

/** A peer with piece 0 of 2 that says it wants nothing more. */
function partialSeed(driver: SessionDriver, serial: number): PeerKey {
  const peer = driver.connect(serial);
  driver.say(peer, { type: 'have', piece: 0 });
  greet(driver, peer, true);
  return peer;
}

function extended(driver: SessionDriver, peer: PeerKey, id: number): Uint8Array[] {
  return driver
    .sent(peer, 'extended')
    .flatMap((message) => (message.type === 'extended' && message.id === id ? [message.payload] : []));
}

function isKnownAs(driver: SessionDriver): boolean[] {
  return driver.session.snapshot(driver.now).peers.map(({ isUploadOnly }) => isUploadOnly);
}

describe('what we say', () => {
  test.each([
    ['a seed says it at once', seeding, true],
    ['a leecher does not', {}, undefined],
  ])('%s', (_, options, expected) => {
    const driver = new SessionDriver(2, options);
    const [hello] = extended(driver, driver.connect(1), 0);
    const { extensions, isUploadOnly } = decodeExtendedHandshake(hello);
    expect(isUploadOnly).toBe(expected);
    expect(extensions.get('upload_only')).toBe(OUR_UPLOAD_ONLY_ID);
  });

  test.each([
    ['goes on as a seed tells those that want to hear it, once', true, 1],
    ['ends tells nobody', false, 0],
  ])('who completes and %s', (_, seeds, count) => {
    const driver = new SessionDriver(1, { seeds });
    const source = driver.connect(1);
    const other = driver.connect(2);
    greet(driver, other);
    driver.say(source, { type: 'have-all' });
    driver.say(source, { type: 'unchoke' });
    driver.deliver(source, 0);
    driver.handle({ type: 'piece-stored', piece: 0 as PieceIndex });
    greet(driver, other);
    expect(extended(driver, other, THEIR_ID)).toEqual(Array.from({ length: count }, () => Uint8Array.of(1)));
  });

  test('a peer that we tell of others hears that they are such', () => {
    const driver = new SessionDriver(2);
    partialSeed(driver, 1);
    const curious = driver.connect(2);
    greet(driver, curious);
    driver.pass(2000);
    const [{ added }] = extended(driver, curious, THEIR_PEX_ID).map((payload) => decodePexMessage(payload));
    expect(added.map(({ flags }) => flags & PEX_FLAGS.isSeed)).toEqual([PEX_FLAGS.isSeed]);
  });
});

describe('what we hear', () => {
  test('in the handshake and by message, and that it is so no more', () => {
    const driver = new SessionDriver(2);
    const peer = driver.connect(1);
    expect(isKnownAs(driver)).toEqual([false]);
    greet(driver, peer, true);
    expect(isKnownAs(driver)).toEqual([true]);
    // A later handshake changes only what it names.
    greet(driver, peer);
    expect(isKnownAs(driver)).toEqual([true]);
    driver.say(peer, { type: 'extended', id: OUR_UPLOAD_ONLY_ID, payload: Uint8Array.of(0) });
    expect(isKnownAs(driver)).toEqual([false]);
    driver.say(peer, { type: 'extended', id: OUR_UPLOAD_ONLY_ID, payload: Uint8Array.of(1) });
    expect(isKnownAs(driver)).toEqual([true]);
  });

  test('what can not be read ends the peer', () => {
    const driver = new SessionDriver(2);
    const peer = driver.connect(1);
    driver.say(peer, { type: 'extended', id: OUR_UPLOAD_ONLY_ID, payload: new Uint8Array() });
    expect(driver.disconnects()).toEqual(['1 protocol-error']);
  });
});

describe('two that want nothing', () => {
  test('part when they have told each other of their peers, and the address is left alone for long', () => {
    const driver = new SessionDriver(2, seeding);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(1)] });
    partialSeed(driver, 1);
    driver.pass(SIM_LIMITS.redundantMs - 1);
    expect(driver.disconnects()).toEqual([]);
    driver.pass(1001);
    expect(driver.disconnects()).toEqual(['1 both-upload-only']);
    const dials = (): number => driver.actions.filter(({ type }) => type === 'dial').length;
    expect(dials()).toBe(1);
    driver.pass(SIM_LIMITS.maxBackoffMs - 2000);
    expect(dials()).toBe(1);
    driver.pass(4000);
    expect(dials()).toBe(2);
  });

  test('two seeds part at once, and leave each other alone as long, whoever hung up', () => {
    for (const hangsUp of [true, false]) {
      const driver = new SessionDriver(2, seeding);
      driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(1)] });
      const peer = driver.connect(1);
      if (hangsUp) {
        greet(driver, peer, true);
        driver.handle({ type: 'peer-disconnected', peer, reason: 'closed-by-peer' });
      } else {
        driver.say(peer, { type: 'have-all' });
        expect(driver.disconnects()).toEqual(['1 both-seeds']);
      }
      driver.pass(SIM_LIMITS.maxBackoffMs - 1000);
      expect(driver.actions.filter(({ type }) => type === 'dial')).toHaveLength(1);
    }
  });

  test.each([
    ['a leecher keeps a partial seed', {}, (): void => {}],
    [
      'a seed keeps one that is interested after all',
      seeding,
      (driver: SessionDriver, peer: PeerKey): void => void driver.say(peer, { type: 'interested' }),
    ],
    [
      'a seed keeps one that has changed its mind',
      seeding,
      (driver: SessionDriver, peer: PeerKey): void =>
        void driver.say(peer, { type: 'extended', id: OUR_UPLOAD_ONLY_ID, payload: Uint8Array.of(0) }),
    ],
  ])('%s', (_, options, act) => {
    const driver = new SessionDriver(2, options);
    act(driver, partialSeed(driver, 1));
    driver.pass(SIM_LIMITS.redundantMs * 3);
    expect(driver.disconnects()).toEqual([]);
  });
});

describe('who serves a part of it', () => {
  const GEOMETRY = new Geometry(3 * BLOCK, BLOCK);
  const serving = (): SessionDriver => {
    const have = new Bitfield(3);
    have.set(1 as PieceIndex);
    return new SessionDriver(3, { have, seeds: true, plan: planHeld(GEOMETRY, have) });
  };

  test('says that it wants nothing, shows what it has, and asks nobody', () => {
    const driver = serving();
    const peer = driver.connect(1);
    driver.say(peer, { type: 'have', piece: 0 });
    driver.say(peer, { type: 'unchoke' });
    const [hello] = extended(driver, peer, 0);
    expect(decodeExtendedHandshake(hello).isUploadOnly).toBe(true);
    expect(driver.sent(peer, 'bitfield')).toEqual([{ type: 'bitfield', bytes: Uint8Array.of(0b0100_0000) }]);
    expect(driver.sent(peer, 'interested')).toEqual([]);
    expect(driver.session.snapshot(driver.now)).toMatchObject({
      isComplete: true,
      totalBytes: BLOCK,
      leftBytes: 0,
      announcedLeftBytes: 2 * BLOCK,
      havePieces: 1,
      pieceCount: 3,
    });
  });

  test('parts from a seed at once', () => {
    const driver = serving();
    driver.say(driver.connect(1), { type: 'have-all' });
    expect(driver.disconnects()).toEqual(['1 both-seeds']);
  });

  test('who has all it chose of more tells the trackers that, and not that it completed', () => {
    const announces = (seeds: boolean): unknown[] => {
      const chosen = new Bitfield(3);
      chosen.set(1 as PieceIndex);
      const driver = new SessionDriver(3, { seeds, plan: planHeld(GEOMETRY, chosen) });
      const peer = driver.connect(1);
      driver.say(peer, { type: 'have', piece: 1 });
      driver.say(peer, { type: 'unchoke' });
      driver.deliver(peer, 1);
      driver.handle({ type: 'piece-stored', piece: 1 as PieceIndex });
      return driver.actions.flatMap((action) => (action.type === 'announce' ? [action.event] : []));
    };
    expect(announces(true)).toContain('partial-seed');
    expect(announces(true)).not.toContain('completed');
    expect(announces(false)).not.toContain('partial-seed');
  });
});
