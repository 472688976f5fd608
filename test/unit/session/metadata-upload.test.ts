// The info dictionary for peers that came by a magnet link: what is named in the handshake, who gets which piece, how often.

import { describe, expect, test } from 'vitest';
import type { PeerKey } from '../../../src/model/ids.js';
import { OUR_METADATA_ID } from '../../../src/session/extension-ids.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../../src/wire/extension.js';
import type { Message } from '../../../src/wire/message.js';
import { decodeMetadataMessage, encodeMetadataMessage, type MetadataMessage } from '../../../src/wire/ut-metadata.js';
import { SessionDriver } from '../../support/session-driver.js';

const PIECE = 16_384;
/** The id under which the peers of these tests take ut_metadata. */
const THEIR_ID = 9;

const infoBytes = Uint8Array.from({ length: 2 * PIECE + 100 }, (_, i) => i % 251);

function extended(id: number, payload: Uint8Array): Message {
  return { type: 'extended', id, payload };
}

function greeting(id: number): Message {
  return extended(0, encodeExtendedHandshake({ extensions: new Map([['ut_metadata', id]]) }));
}

function request(piece: number): Message {
  return extended(OUR_METADATA_ID, encodeMetadataMessage({ type: 'request', piece }));
}

/** What the peer was sent after the handshake, each with the id it came under. */
function answers(driver: SessionDriver, peer: PeerKey): (MetadataMessage & { id: number })[] {
  return driver
    .sent(peer, 'extended')
    .flatMap((message) =>
      message.type === 'extended' && message.id !== 0 ? [{ id: message.id, ...decodeMetadataMessage(message.payload) }] : [],
    );
}

function start(info = infoBytes, limits = {}): { driver: SessionDriver; peer: PeerKey } {
  const driver = new SessionDriver(3, { infoBytes: info, limits });
  return { driver, peer: driver.connect(1) };
}

describe('the extended handshake', () => {
  test('names ut_metadata and the size', () => {
    const { driver, peer } = start();
    const [hello] = driver.sent(peer, 'extended');
    const handshake = decodeExtendedHandshake(hello.type === 'extended' ? hello.payload : new Uint8Array());
    expect(handshake.extensions.get('ut_metadata')).toBe(OUR_METADATA_ID);
    expect(handshake.metadataSize).toBe(infoBytes.length);
  });

  test('names neither where there is nothing to give', () => {
    const { driver, peer } = start(new Uint8Array());
    const [hello] = driver.sent(peer, 'extended');
    const handshake = decodeExtendedHandshake(hello.type === 'extended' ? hello.payload : new Uint8Array());
    expect(handshake.extensions.has('ut_metadata')).toBe(false);
    expect(handshake.metadataSize).toBeUndefined();
    driver.say(peer, greeting(THEIR_ID));
    driver.say(peer, request(0));
    expect(answers(driver, peer)).toEqual([{ id: THEIR_ID, type: 'reject', piece: 0 }]);
  });
});

test('pieces go out under the id of the peer, the last one short', () => {
  const { driver, peer } = start();
  driver.say(peer, greeting(THEIR_ID));
  for (const piece of [2, 0, 1]) driver.say(peer, request(piece));
  const totalSize = infoBytes.length;
  expect(answers(driver, peer)).toEqual([
    { id: THEIR_ID, type: 'data', piece: 2, totalSize, bytes: infoBytes.slice(2 * PIECE) },
    { id: THEIR_ID, type: 'data', piece: 0, totalSize, bytes: infoBytes.slice(0, PIECE) },
    { id: THEIR_ID, type: 'data', piece: 1, totalSize, bytes: infoBytes.slice(PIECE, 2 * PIECE) },
  ]);
});

test('there is no piece after the last, also where that is a whole one', () => {
  const { driver, peer } = start(infoBytes.slice(0, PIECE));
  driver.say(peer, greeting(THEIR_ID));
  for (const piece of [0, 1, 2 ** 31 - 1]) driver.say(peer, request(piece));
  expect(answers(driver, peer).map(({ type }) => type)).toEqual(['data', 'reject', 'reject']);
});

test('a peer that takes no ut_metadata is sent nothing', () => {
  const { driver, peer } = start();
  driver.say(peer, request(0));
  driver.say(peer, greeting(0));
  driver.say(peer, request(0));
  expect(answers(driver, peer)).toEqual([]);
});

test('a later handshake changes only what it names', () => {
  const { driver, peer } = start();
  driver.say(peer, greeting(THEIR_ID));
  driver.say(peer, extended(0, encodeExtendedHandshake({ extensions: new Map([['ut_pex', 2]]) })));
  driver.say(peer, request(0));
  driver.say(peer, greeting(THEIR_ID + 1));
  driver.say(peer, request(0));
  driver.say(peer, greeting(0));
  driver.say(peer, request(0));
  expect(answers(driver, peer).map(({ id }) => id)).toEqual([THEIR_ID, THEIR_ID + 1]);
});

test('a peer gets the whole a few times, then it is rejected; others are served', () => {
  const { driver, peer } = start(infoBytes, { metadataRounds: 2 });
  driver.say(peer, greeting(THEIR_ID));
  driver.say(peer, request(3));
  for (let i = 0; i < 7; i++) driver.say(peer, request(1));
  const types = answers(driver, peer).map(({ type }) => type);
  expect(types).toEqual(['reject', ...Array.from({ length: 6 }, () => 'data'), 'reject']);
  expect(driver.disconnects()).toEqual([]);
  const other = driver.connect(2);
  driver.say(other, greeting(THEIR_ID));
  driver.say(other, request(1));
  expect(answers(driver, other).map(({ type }) => type)).toEqual(['data']);
});

test('data, rejects, unknown kinds and unknown ids mean nothing to us', () => {
  const { driver, peer } = start();
  driver.say(peer, greeting(THEIR_ID));
  const messages: MetadataMessage[] = [
    { type: 'data', piece: 0, totalSize: 3, bytes: new Uint8Array(3) },
    { type: 'reject', piece: 0 },
  ];
  for (const one of messages) {
    if (one.type !== 'unknown') driver.say(peer, extended(OUR_METADATA_ID, encodeMetadataMessage(one)));
  }
  driver.say(peer, extended(OUR_METADATA_ID, new TextEncoder().encode('d8:msg_typei9ee')));
  driver.say(peer, extended(200, Uint8Array.of(1, 2, 3)));
  expect(answers(driver, peer)).toEqual([]);
  expect(driver.disconnects()).toEqual([]);
});

test('what can not be read ends the peer', () => {
  const { driver, peer } = start();
  driver.say(peer, greeting(THEIR_ID));
  driver.say(peer, extended(OUR_METADATA_ID, Uint8Array.of(1, 2, 3)));
  expect(driver.disconnects()).toEqual(['1 protocol-error']);
});
