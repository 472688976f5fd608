import { describe, expect, test } from 'vitest';
import { sha1 } from '../../../src/hash/digest.js';
import { createAddress, type Address } from '../../../src/model/address.js';
import { ExternalAddresses } from '../../../src/model/external-addresses.js';
import { toPeerKey, type PeerKey } from '../../../src/model/ids.js';
import { createRandom } from '../../../src/model/random.js';
import { MetadataFetch } from '../../../src/session/metadata-fetch.js';
import type { MetadataAction, MetadataEvent, MetadataFetchSettings } from '../../../src/session/metadata-terms.js';
import { OUR_METADATA_ID, OUR_PEX_ID } from '../../../src/session/extension-ids.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../../src/wire/extension.js';
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  METADATA_PIECE_BYTES,
  UT_METADATA,
} from '../../../src/wire/ut-metadata.js';
import { encodePexMessage } from '../../../src/wire/ut-pex.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

const PEER_METADATA_ID = 7;
const INFO = Uint8Array.from({ length: 2 * METADATA_PIECE_BYTES + 100 }, (_, index) => (index * 31) % 251);
const LIMITS = { maxBytes: 100_000, depth: 2, maxAssemblies: 2, answerMs: 10_000, secondCopyMs: 1000, turnMs: 10_000 };

function addressOf(serial: number): Address {
  const address = createAddress(`10.0.0.${serial}`, 6881);
  if (address === null) throw new Error('no address');
  return address;
}

/** The fetch under a test's own hands. */
class Driver {
  now = 0;
  readonly actions: MetadataAction[] = [];
  readonly fetch: MetadataFetch;
  readonly externalAddresses = new ExternalAddresses(10);

  constructor({ usesPex = true } = {}) {
    const settings: MetadataFetchSettings = {
      infoHash: sha1(INFO),
      peerId: new Uint8Array(20).fill(200),
      listenPort: 6881,
      clientVersion: 'test 1',
      limits: SIM_LIMITS,
      metadata: LIMITS,
      usesPex,
      encryption: 'prefer',
      externalAddresses: this.externalAddresses,
    };
    this.fetch = new MetadataFetch(settings, createRandom(1), 0);
  }

  handle(event: MetadataEvent): readonly MetadataAction[] {
    const actions = this.fetch.handle(event, this.now);
    this.actions.push(...actions);
    return actions;
  }

  connect(serial: number, extended = true): PeerKey {
    const peer = toPeerKey(serial);
    const address = addressOf(serial);
    this.handle({
      type: 'peer-connected',
      peer,
      peerId: new Uint8Array(20).fill(serial),
      address,
      remote: address,
      incoming: false,
      features: { fast: true, extended, dht: false },
    });
    return peer;
  }

  /** A peer that says it has `size` bytes of metadata. */
  source(serial: number, size = INFO.length): PeerKey {
    const peer = this.connect(serial);
    const extensions = new Map([[UT_METADATA, PEER_METADATA_ID]]);
    this.say(peer, 0, encodeExtendedHandshake({ extensions, metadataSize: size }));
    return peer;
  }

  say(peer: PeerKey, id: number, payload: Uint8Array): readonly MetadataAction[] {
    return this.handle({ type: 'message', peer, message: { type: 'extended', id, payload } });
  }

  give(peer: PeerKey, piece: number, content: Uint8Array = INFO): readonly MetadataAction[] {
    const bytes = content.slice(piece * METADATA_PIECE_BYTES, (piece + 1) * METADATA_PIECE_BYTES);
    const payload = encodeMetadataMessage({ type: 'data', piece, totalSize: content.length, bytes });
    return this.say(peer, OUR_METADATA_ID, payload);
  }

  /** Pieces asked of the peer so far, under the id that it named. */
  asked(peer: PeerKey): number[] {
    return this.actions.flatMap((action) => {
      if (action.type !== 'send' || action.peer !== peer || action.message.type !== 'extended') return [];
      if (action.message.id !== PEER_METADATA_ID) return [];
      const message = decodeMetadataMessage(action.message.payload);
      return message.type === 'request' ? [message.piece] : [];
    });
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (let due = this.fetch.nextTimeout(); due !== null && due <= end; due = this.fetch.nextTimeout()) {
      this.now = Math.max(this.now, due);
      this.handle({ type: 'timeout' });
    }
    this.now = end;
  }

  disconnects(): string[] {
    return this.actions.flatMap((action) => (action.type === 'disconnect' ? [`${action.peer} ${action.reason}`] : []));
  }

  get result(): Uint8Array | null {
    const last = this.actions.find((action) => action.type === 'complete');
    return last?.type === 'complete' ? last.infoBytes : null;
  }
}

/** What is asked of the peers is given by them, honestly or not, until nothing is asked any more. */
function answerAll(driver: Driver, contents: ReadonlyMap<PeerKey, Uint8Array>): void {
  const given = new Map<PeerKey, number>();
  for (let isIdle = false; !isIdle && driver.result === null;) {
    isIdle = true;
    for (const [peer, content] of contents) {
      const asked = driver.asked(peer);
      const at = given.get(peer) ?? 0;
      if (at >= asked.length) continue;
      isIdle = false;
      given.set(peer, at + 1);
      driver.give(peer, asked[at], content);
    }
  }
}

test('one peer gives all of it, a few pieces at a time', () => {
  const driver = new Driver();
  const peer = driver.source(1);
  expect(driver.asked(peer)).toEqual([0, 1]);
  driver.give(peer, 1);
  expect(driver.asked(peer)).toEqual([0, 1, 2]);
  driver.give(peer, 0);
  expect(driver.result).toBeNull();
  driver.give(peer, 2);
  expect(driver.result).toEqual(INFO);
  expect(driver.fetch.nextTimeout()).toBeNull();
});

test('peers that claim the same size share the work', () => {
  const driver = new Driver();
  const first = driver.source(1);
  const second = driver.source(2);
  expect([driver.asked(first), driver.asked(second)]).toEqual([[0, 1], [2]]);
  driver.give(second, 2);
  driver.give(first, 0);
  driver.give(first, 1);
  expect(driver.result).toEqual(INFO);
});

test('a lone liar is banned for its first wrong hash', () => {
  const driver = new Driver();
  const liar = driver.source(1);
  answerAll(driver, new Map([[liar, Uint8Array.from(INFO, (byte) => byte ^ 1)]]));
  expect(driver.disconnects()).toEqual(['1 bad-data']);
  driver.connect(1);
  expect(driver.disconnects()).toEqual(['1 bad-data', '1 banned']);
  const honest = driver.source(2);
  answerAll(driver, new Map([[honest, INFO]]));
  expect(driver.result).toEqual(INFO);
});

test('among many the liars are found out, and nobody else is banned', () => {
  const driver = new Driver();
  const wrong = Uint8Array.from(INFO, (byte) => byte ^ 1);
  const contents = new Map<PeerKey, Uint8Array>();
  for (let serial = 1; serial <= 5; serial++) contents.set(driver.source(serial), serial === 5 ? INFO : wrong);
  answerAll(driver, contents);
  expect(driver.result).toEqual(INFO);
  expect(driver.disconnects().every((line) => line.endsWith('bad-data') && !line.startsWith('5 '))).toBe(true);
});

test('sizes that nobody could hold, or that differ, take no memory and no turn from the honest', () => {
  const driver = new Driver();
  driver.source(1, 2 ** 31);
  expect(driver.disconnects()).toEqual(['1 useless']);
  const shorter = driver.source(2, INFO.length - 1);
  const honest = driver.source(3);
  answerAll(
    driver,
    new Map([
      [shorter, INFO.subarray(1)],
      [honest, INFO],
    ]),
  );
  expect(driver.result).toEqual(INFO);
});

test('a silent peer makes room, and what it was asked for goes to another, soon', () => {
  const driver = new Driver();
  const silent = driver.source(1);
  const quick = driver.source(2);
  expect(driver.asked(silent)).toEqual([0, 1]);
  driver.give(quick, 2);
  driver.pass(1000);
  expect(driver.asked(quick)).toEqual([2, 0, 1]);
  driver.pass(LIMITS.answerMs);
  expect(driver.disconnects()).toContain('1 inactive');
});

test('chatter does not put off the second copy', () => {
  const driver = new Driver();
  driver.source(1);
  const quick = driver.source(2);
  driver.give(quick, 2);
  for (let i = 0; i < 5; i++) {
    driver.pass(300);
    driver.handle({ type: 'message', peer: quick, message: { type: 'have', piece: i } });
  }
  expect(driver.asked(quick)).toEqual([2, 0, 1]);
});

test('who claims other sizes and drips gives its place to who waits', () => {
  const driver = new Driver();
  const drips = [90_000, 95_000].map((size, index) => ({ size, peer: driver.source(index + 1, size) }));
  const honest = driver.source(3);
  expect(driver.asked(honest)).toEqual([]);
  for (const { size, peer } of drips) driver.give(peer, 0, new Uint8Array(size));
  driver.pass(LIMITS.answerMs - 1000);
  for (const { size, peer } of drips) driver.give(peer, 1, new Uint8Array(size));
  driver.pass(2000);
  expect(driver.asked(honest)).toEqual([0, 1]);
  answerAll(driver, new Map([[honest, INFO]]));
  expect(driver.result).toEqual(INFO);
});

test.each([
  ['no extended messages', (driver: Driver) => driver.connect(1, false), '1 useless'],
  [
    'no metadata extension',
    (driver: Driver) => driver.say(driver.connect(1), 0, encodeExtendedHandshake({ extensions: new Map() })),
    '1 useless',
  ],
  ['a handshake that is none', (driver: Driver) => driver.say(driver.connect(1), 0, Uint8Array.of(1)), '1 protocol-error'],
  ['garbage for metadata', (driver: Driver) => driver.say(driver.source(1), 1, Uint8Array.of(1)), '1 protocol-error'],
  ['a piece of the wrong length', (driver: Driver) => driver.give(driver.source(1), 0, INFO.subarray(0, 50)), '1 protocol-error'],
  [
    'a refusal',
    (driver: Driver) => driver.say(driver.source(1), 1, encodeMetadataMessage({ type: 'reject', piece: 0 })),
    '1 useless',
  ],
])('a peer with %s is let go', (_, act, expected) => {
  const driver = new Driver();
  act(driver);
  expect(driver.disconnects()).toEqual([expected]);
});

test('what was not asked for is ignored, and requests are refused', () => {
  const driver = new Driver();
  const peer = driver.source(1);
  driver.give(peer, 2);
  expect(driver.asked(peer)).toEqual([0, 1]);
  const [answer] = driver.say(peer, 1, encodeMetadataMessage({ type: 'request', piece: 0 }));
  if (answer.type !== 'send' || answer.message.type !== 'extended') throw new Error('no answer');
  expect(decodeMetadataMessage(answer.message.payload)).toEqual({ type: 'reject', piece: 0 });
});

test('addresses are dialled as they come, and handed on when it is over', () => {
  const driver = new Driver();
  driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressOf(1), addressOf(2)] });
  expect(driver.actions.filter(({ type }) => type === 'dial')).toHaveLength(2);
  driver.handle({ type: 'dial-failed', address: addressOf(2), reason: 'refused' });
  const peer = driver.source(1);
  answerAll(driver, new Map([[peer, INFO]]));
  expect(driver.fetch.addresses(false).map(({ host }) => host)).toEqual(['10.0.0.1', '10.0.0.2']);
});

test('a peer that closes a plain connection without a word is dialled again at once, encrypted', () => {
  const driver = new Driver();
  driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressOf(2)] });
  const again = driver.handle({ type: 'dial-failed', address: addressOf(2), reason: 'closed-in-handshake' });
  expect(again).toEqual([{ type: 'dial', address: addressOf(2), isEncrypted: true }]);
});

describe('peers that peers name', () => {
  const naming = (...addresses: Address[]): Uint8Array =>
    encodePexMessage({ added: addresses.map((address) => ({ address, flags: 0x02 })), dropped: [] });

  test('are dialled, and handed on unless the torrent turns out to be private', () => {
    const driver = new Driver();
    const peer = driver.source(1);
    const dials = driver.say(peer, OUR_PEX_ID, naming(addressOf(2), addressOf(3))).filter(({ type }) => type === 'dial');
    expect(dials).toHaveLength(2);
    driver.connect(2);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressOf(3), addressOf(4)] });
    answerAll(driver, new Map([[peer, INFO]]));
    expect(driver.result).toEqual(INFO);
    const hosts = (isPrivate: boolean): string[] => driver.fetch.addresses(isPrivate).map(({ host }) => host);
    expect(hosts(false).toSorted()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']);
    expect(hosts(true).toSorted()).toEqual(['10.0.0.1', '10.0.0.3', '10.0.0.4']);
  });

  test('nobody is dialled who is nearer than the one who names him, nor where it is switched off', () => {
    const near = createAddress('127.0.0.1', 6881);
    if (near === null) throw new Error('no address');
    const driver = new Driver();
    expect(driver.say(driver.source(1), OUR_PEX_ID, naming(near))).toEqual([]);
    const silent = new Driver({ usesPex: false });
    expect(silent.say(silent.source(1), OUR_PEX_ID, naming(addressOf(2)))).toEqual([]);
  });

  test('a flood and what cannot be read end the peer', () => {
    const driver = new Driver();
    const [flooder, mumbler] = [driver.source(1), driver.source(2)];
    for (let i = 0; i < SIM_LIMITS.maxEarlyPex + 2; i++) driver.say(flooder, OUR_PEX_ID, naming());
    driver.say(mumbler, OUR_PEX_ID, Uint8Array.of(1));
    expect(driver.disconnects()).toEqual([`${flooder} flooding`, `${mumbler} protocol-error`]);
  });

  test('the handshake says so', () => {
    const extensions = (usesPex: boolean): unknown => {
      const driver = new Driver({ usesPex });
      driver.connect(1);
      const hello = driver.actions.find((action) => action.type === 'send' && action.message.type === 'extended');
      if (hello?.type !== 'send' || hello.message.type !== 'extended') throw new Error('no handshake');
      return Object.fromEntries(decodeExtendedHandshake(hello.message.payload).extensions);
    };
    expect(extensions(true)).toEqual({ ut_metadata: OUR_METADATA_ID, ut_pex: OUR_PEX_ID });
    expect(extensions(false)).toEqual({ ut_metadata: OUR_METADATA_ID });
  });
});

test('without anybody it asks for more peers now and then', () => {
  const driver = new Driver();
  driver.pass(SIM_LIMITS.morePeersMs * 2);
  expect(driver.actions.filter(({ type }) => type === 'more-peers')).toHaveLength(2);
});

test('where peers see us counts (BEP 10 yourip)', () => {
  const driver = new Driver();
  const payload = encodeExtendedHandshake({ extensions: new Map([[UT_METADATA, PEER_METADATA_ID]]), yourIp: '203.0.113.5' });
  driver.say(driver.connect(1), 0, payload);
  expect(driver.externalAddresses.host(4)).toBe('203.0.113.5');
});
