// Peer exchange through a whole session: whom a peer names and what becomes of it; whom we name to it, when, and when no more.

import { describe, expect, test } from 'vitest';
import { createAddress, formatAddress, type Address } from '../../../src/model/address.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PeerKey } from '../../../src/model/ids.js';
import type { SessionAction } from '../../../src/session/actions.js';
import { OUR_PEX_ID } from '../../../src/session/extension-ids.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../../src/wire/extension.js';
import type { Message } from '../../../src/wire/message.js';
import { decodePexMessage, encodePexMessage, PEX_FLAGS } from '../../../src/wire/ut-pex.js';
import { addressAt, SessionDriver } from '../../support/session-driver.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

/** The id under which the peers of these tests take ut_pex. */
const THEIR_ID = 9;
const { pexIntervalMs, pexMinIntervalMs, maxEarlyPex, maxPexPeers } = SIM_LIMITS;

function at(host: string, port = 7000): Address {
  const address = createAddress(host, port);
  if (address === null) throw new Error(`no address: ${host}`);
  return address;
}

function naming(addresses: readonly Address[], flags = 0): Message {
  const payload = encodePexMessage({ added: addresses.map((address) => ({ address, flags })), dropped: [] });
  return { type: 'extended', id: OUR_PEX_ID, payload };
}

function greeting(id = THEIR_ID, port?: number): Message {
  const facts = { extensions: new Map([['ut_pex', id]]), ...(port === undefined ? {} : { port }) };
  return { type: 'extended', id: 0, payload: encodeExtendedHandshake(facts) };
}

function dialled(actions: readonly SessionAction[]): string[] {
  return actions.flatMap((action) => (action.type === 'dial' ? [formatAddress(action.address)] : [])).toSorted();
}

interface Told {
  readonly added: string[];
  readonly flags: number[];
  readonly dropped: string[];
}

/** The messages of peer exchange that the peer got, as text. */
function told(driver: SessionDriver, peer: PeerKey): Told[] {
  return driver.sent(peer, 'extended').flatMap((message) => {
    if (message.type !== 'extended' || message.id !== THEIR_ID) return [];
    const { added, dropped } = decodePexMessage(message.payload);
    return [
      {
        added: added.map(({ address }) => formatAddress(address)),
        flags: added.map(({ flags }) => flags),
        dropped: dropped.map((address) => formatAddress(address)),
      },
    ];
  });
}

/** A peer that wants to be told. */
function curious(driver: SessionDriver, serial: number, address = addressAt(serial)): PeerKey {
  const peer = driver.connect(serial, { address });
  driver.say(peer, greeting());
  return peer;
}

describe('our extended handshake', () => {
  const extensions = (options: ConstructorParameters<typeof SessionDriver>[1]): ReadonlyMap<string, number> => {
    const driver = new SessionDriver(1, options);
    const [hello] = driver.sent(driver.connect(1), 'extended');
    return decodeExtendedHandshake(hello.type === 'extended' ? hello.payload : new Uint8Array()).extensions;
  };

  test('names ut_pex', () => {
    expect(extensions({}).get('ut_pex')).toBe(OUR_PEX_ID);
  });

  test('but not where the torrent is private, or it is switched off', () => {
    expect(extensions({ isPrivate: true }).has('ut_pex')).toBe(false);
    expect(extensions({ usesPex: false }).has('ut_pex')).toBe(false);
  });
});

describe('what peers name', () => {
  test('is dialled at once, IPv4 and IPv6', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    const actions = driver.say(peer, naming([at('10.1.0.1'), at('2001:db8::1')]));
    expect(dialled(actions)).toEqual(['10.1.0.1:7000', '[2001:db8::1]:7000']);
    expect(actions).toContainEqual({ type: 'notice', notice: { type: 'addresses-found', source: 'pex', count: 2, added: 2 } });
  });

  test('is taken of a peer that wants to hear nothing itself', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    driver.say(peer, greeting(0));
    expect(dialled(driver.say(peer, naming([at('10.1.0.1')])))).toHaveLength(1);
  });

  test.each([{ isPrivate: true }, { usesPex: false }])('is nothing to a session that is %o', (options) => {
    const driver = new SessionDriver(1, options);
    const peer = driver.connect(1);
    expect(driver.say(peer, naming([at('10.1.0.1')]))).toEqual([]);
    expect(driver.say(peer, { type: 'extended', id: OUR_PEX_ID, payload: Uint8Array.of(1) })).toEqual([]);
  });

  test('has to be of its own scope or a wider one', () => {
    const named = ['127.0.0.1', '10.1.0.1', '1.2.3.4', '::1', 'fe80::1', '224.0.0.1', '0.0.0.0'].map((host) => at(host));
    const from = (host: string): string[] => {
      const driver = new SessionDriver(1);
      return dialled(driver.say(driver.connect(1, { address: at(host) }), naming(named)));
    };
    expect(from('8.8.8.8')).toEqual(['1.2.3.4:7000']);
    expect(from('192.168.0.1')).toEqual(['1.2.3.4:7000', '10.1.0.1:7000']);
    expect(from('127.0.0.9')).toEqual(['1.2.3.4:7000', '10.1.0.1:7000', '127.0.0.1:7000', '[::1]:7000', '[fe80::1]:7000']);
  });

  test('seeds are of no use to a seed', () => {
    const driver = new SessionDriver(1, { seeds: true, have: Bitfield.full(1) });
    expect(dialled(driver.say(driver.connect(1), naming([at('10.1.0.1')], 0x12)))).toEqual([]);
    expect(dialled(driver.say(driver.connect(2), naming([at('10.1.0.2')], 0x10)))).toEqual(['10.1.0.2:7000']);
  });

  test('what cannot be read ends the peer', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    driver.say(peer, { type: 'extended', id: OUR_PEX_ID, payload: Uint8Array.of(1) });
    expect(driver.disconnects()).toEqual([`${peer} protocol-error`]);
  });
});

describe('how often a peer may name others', () => {
  test('what comes too soon is ignored, and what comes in time is taken again', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    driver.say(peer, naming([at('10.1.0.1')]));
    driver.pass(pexMinIntervalMs - 1);
    expect(dialled(driver.say(peer, naming([at('10.1.0.2')])))).toEqual([]);
    driver.pass(1);
    expect(dialled(driver.say(peer, naming([at('10.1.0.3')])))).toEqual(['10.1.0.3:7000']);
    expect(driver.disconnects()).toEqual([]);
  });

  test('a flood ends it', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    for (let i = 0; i <= maxEarlyPex; i++) driver.say(peer, naming([]));
    expect(driver.disconnects()).toEqual([]);
    driver.say(peer, naming([]));
    expect(driver.disconnects()).toEqual([`${peer} flooding`]);
  });

  test('now and then one too soon is no flood', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    for (let i = 0; i < maxEarlyPex * 4; i++) {
      driver.say(peer, naming([]));
      driver.pass(pexMinIntervalMs / 2);
    }
    expect(driver.disconnects()).toEqual([]);
  });
});

describe('what a peer is told', () => {
  test('soon after its handshake: everybody else, how they came, and nothing of itself', () => {
    const driver = new SessionDriver(2);
    const dialledOne = driver.connect(2);
    const seed = driver.connect(3);
    driver.say(seed, { type: 'have-all' });
    const came = driver.connect(4, { incoming: true });
    driver.say(came, greeting(0, 7004));
    driver.connect(5, { incoming: true });
    const peer = curious(driver, 1);
    driver.pass(2000);
    expect(told(driver, peer)).toEqual([
      { added: ['10.0.0.2:6002', '10.0.0.3:6003', '10.0.0.4:7004'], flags: [0x10, 0x12, 0], dropped: [] },
    ]);
    for (const other of [dialledOne, seed, came]) expect(told(driver, other)).toEqual([]);
  });

  test('nobody, as long as nobody else is there', () => {
    const driver = new SessionDriver(1);
    const peer = curious(driver, 1);
    driver.pass(pexIntervalMs * 2);
    expect(told(driver, peer)).toEqual([]);
    driver.connect(2);
    driver.pass(2000);
    expect(told(driver, peer)).toMatchObject([{ added: ['10.0.0.2:6002'] }]);
  });

  test('later the differences, a minute after the last at the earliest, and nothing where nothing changed', () => {
    const driver = new SessionDriver(1);
    const leaver = driver.connect(2);
    const peer = curious(driver, 1);
    driver.pass(1000);
    expect(told(driver, peer)).toHaveLength(1);
    driver.connect(3);
    driver.handle({ type: 'peer-disconnected', peer: leaver, reason: 'closed-by-peer' });
    driver.pass(pexIntervalMs - 1000);
    expect(told(driver, peer)).toHaveLength(1);
    driver.pass(2000);
    expect(told(driver, peer).slice(1)).toEqual([{ added: ['10.0.0.3:6003'], flags: [0x10], dropped: ['10.0.0.2:6002'] }]);
    driver.pass(pexIntervalMs);
    expect(told(driver, peer)).toHaveLength(2);
  });

  test('one that came and went in between is not mentioned', () => {
    const driver = new SessionDriver(1);
    driver.connect(2);
    const peer = curious(driver, 1);
    driver.pass(1000);
    const passing = driver.connect(3);
    driver.handle({ type: 'peer-disconnected', peer: passing, reason: 'closed-by-peer' });
    driver.pass(pexIntervalMs + 1000);
    expect(told(driver, peer)).toHaveLength(1);
  });

  test('of a crowd so many at a time', () => {
    const driver = new SessionDriver(1, { ownId: 255, limits: { maxPeers: 200, inactiveMs: 1e9 } });
    const crowd = Array.from({ length: 120 }, (_, i) => driver.connect(i + 2));
    const peer = curious(driver, 1);
    driver.pass(3 * pexIntervalMs);
    expect(told(driver, peer).map(({ added }) => added.length)).toEqual([maxPexPeers, maxPexPeers, 120 - 2 * maxPexPeers]);
    for (const other of crowd.slice(60)) driver.handle({ type: 'peer-disconnected', peer: other, reason: 'closed-by-peer' });
    driver.pass(3 * pexIntervalMs);
    expect(told(driver, peer).map(({ dropped }) => dropped.length)).toEqual([0, 0, 0, maxPexPeers, 10]);
  });

  test('nothing that it could not dial: addresses of our own network are no business of the internet', () => {
    const driver = new SessionDriver(1);
    driver.connect(2, { address: at('127.0.0.1') });
    driver.connect(3, { address: at('192.168.0.3') });
    driver.connect(4, { address: at('2001:db8::4') });
    const far = curious(driver, 5, at('8.8.8.8'));
    driver.pass(1000);
    expect(told(driver, far)).toMatchObject([{ added: ['[2001:db8::4]:7000'] }]);
  });

  test.each([{ isPrivate: true }, { usesPex: false }])('nothing at all by a session that is %o', (options) => {
    const driver = new SessionDriver(1, options);
    driver.connect(2);
    const peer = curious(driver, 1);
    driver.pass(pexIntervalMs * 2);
    expect(told(driver, peer)).toEqual([]);
  });

  test('nothing once it has switched it off', () => {
    const driver = new SessionDriver(1);
    driver.connect(2);
    const peer = curious(driver, 1);
    driver.pass(1000);
    driver.connect(3);
    driver.say(peer, greeting(0));
    driver.pass(pexIntervalMs * 2);
    expect(told(driver, peer)).toHaveLength(1);
  });
});

describe('encryption', () => {
  test('of those that peers say prefer it is dialled first', () => {
    const driver = new SessionDriver(1);
    const peer = driver.connect(1);
    const dials = driver.say(peer, naming([at('10.1.0.1')], PEX_FLAGS.prefersEncryption)).filter(({ type }) => type === 'dial');
    expect(dials).toEqual([{ type: 'dial', address: at('10.1.0.1'), isEncrypted: true }]);
  });

  test('is told of those that speak it', () => {
    const driver = new SessionDriver(1);
    driver.connect(2, { isEncrypted: true });
    driver.connect(3);
    const peer = curious(driver, 1);
    driver.pass(2000);
    const [{ added, flags }] = told(driver, peer);
    const { prefersEncryption, isReachable } = PEX_FLAGS;
    expect(added).toEqual([formatAddress(addressAt(2)), formatAddress(addressAt(3))]);
    expect(flags).toEqual([prefersEncryption | isReachable, isReachable]);
  });
});
