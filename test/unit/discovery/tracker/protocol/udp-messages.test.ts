// The tables of BEP 15 and BEP 41, byte by byte.

import { describe, expect, test } from 'vitest';
import type { AnnounceParameters } from '../../../../../src/discovery/tracker/protocol/announce-request.js';
import { MAX_PEERS_PER_ANSWER } from '../../../../../src/discovery/tracker/protocol/announce-response.js';
import {
  decodeUdpReply,
  encodeAnnounce,
  encodeConnect,
  type UdpReply,
} from '../../../../../src/discovery/tracker/protocol/udp-messages.js';
import { formatAddress } from '../../../../../src/model/address.js';

const TRANSACTION = 0xdeadbeef;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

const PARAMETERS: AnnounceParameters = {
  infoHash: Uint8Array.from({ length: 20 }, (_, index) => index + 1),
  peerId: new TextEncoder().encode('-EF0100-abcdefghijkl'),
  port: 0x1ae1,
  uploaded: 3,
  downloaded: 0x1_0000_0002,
  left: Number.MAX_SAFE_INTEGER,
  numwant: 200,
  event: 'started',
  key: '89abcdef',
};

function announce(changes: Partial<AnnounceParameters> = {}, url = ''): string {
  const urlData = new TextEncoder().encode(url);
  const parameters = { ...PARAMETERS, ...changes };
  return hex(encodeAnnounce({ connectionId: bytesOf('0102030405060708'), transactionId: TRANSACTION, parameters, urlData }));
}

describe('requests', () => {
  test('connect: protocol id, action 0, transaction id', () => {
    expect(hex(encodeConnect(TRANSACTION))).toBe('000004172710198000000000deadbeef');
  });

  test('announce: every field at its place', () => {
    expect(announce()).toBe(
      '0102030405060708' + // connection id
        '00000001' + // action
        'deadbeef' + // transaction id
        '0102030405060708090a0b0c0d0e0f1011121314' + // info hash
        '2d4546303130302d6162636465666768696a6b6c' + // peer id
        '0000000100000002' + // downloaded
        '001fffffffffffff' + // left
        '0000000000000003' + // uploaded
        '00000002' + // event
        '00000000' + // ip: the packet's
        '89abcdef' + // key
        '000000c8' + // numwant
        '1ae1', // port
    );
  });

  test('the event has its number, and no key is 0', () => {
    const events = ([null, 'completed', 'started', 'stopped'] as const).map((event) => announce({ event }).slice(160, 168));
    expect(events).toEqual(['00000000', '00000001', '00000002', '00000003']);
    const { key: _, ...withoutKey } = PARAMETERS;
    const bytes = encodeAnnounce({
      connectionId: new Uint8Array(8),
      transactionId: 0,
      parameters: withoutKey,
      urlData: new Uint8Array(),
    });
    expect(hex(bytes.subarray(88, 92))).toBe('00000000');
  });

  test('a number too large for its field is cut to the largest', () => {
    expect(announce({ numwant: 2 ** 40 }).slice(184, 192)).toBe('7fffffff');
  });

  test('the URL follows in options of at most 255 bytes (BEP 41)', () => {
    expect(announce({}, '/dir?auth=1').slice(196)).toBe(`020b${hex(new TextEncoder().encode('/dir?auth=1'))}`);
    expect(announce({}, 'x'.repeat(255)).slice(196)).toBe(`02ff${'78'.repeat(255)}`);
    expect(announce({}, 'x'.repeat(257)).slice(196)).toBe(`02ff${'78'.repeat(255)}02027878`);
  });

  test.each<[string, Partial<AnnounceParameters>]>([
    ['info_hash', { infoHash: new Uint8Array(32) }],
    ['peer_id', { peerId: new Uint8Array(19) }],
    ['port', { port: 0 }],
    ['left', { left: -1 }],
    ['uploaded', { uploaded: 0.5 }],
    ['key', { key: 'secret' }],
    ['key', { key: '123456789' }],
    ['key', { key: '' }],
  ])('nonsense of ours is refused: %s', (parameter, changes) => {
    expect(() => announce(changes)).toThrow(
      expect.objectContaining({ code: 'invalid_parameter', detail: { parameter } }) as Error,
    );
  });
});

function reply(text: string, family: 4 | 6 = 4): UdpReply | null {
  return decodeUdpReply(bytesOf(text), TRANSACTION, family);
}

function addresses(text: string, family: 4 | 6 = 4): string[] {
  const found = reply(`00000001 deadbeef 00000708 00000002 00000003 ${text}`, family);
  if (found?.type !== 'announced') throw new Error('not announced');
  return found.response.addresses.map(formatAddress);
}

describe('replies', () => {
  test('connect: a connection id of its own memory', () => {
    const bytes = bytesOf('00000000 deadbeef 1122334455667788');
    const found = decodeUdpReply(bytes, TRANSACTION, 4);
    bytes.fill(0);
    expect(found).toEqual({ type: 'connected', connectionId: bytesOf('1122334455667788') });
  });

  test('announce: interval, leechers, seeders, peers', () => {
    expect(reply('00000001 deadbeef 00000708 00000002 00000003 7f0000011ae1 0a000002c8d5')).toEqual({
      type: 'announced',
      response: {
        intervalSeconds: 1800,
        minIntervalSeconds: null,
        trackerId: null,
        seeds: 3,
        leechers: 2,
        warning: null,
        addresses: [
          { host: '127.0.0.1', port: 6881, family: 4 },
          { host: '10.0.0.2', port: 51_413, family: 4 },
        ],
        names: [],
        externalHost: null,
      },
    });
  });

  test('error: what the tracker says, made printable', () => {
    const long = Buffer.from(`go\u0000 away\u001B[31m ${'x'.repeat(3000)}`).toString('hex');
    const found = reply(`00000003 deadbeef ${long}`);
    expect(found).toMatchObject({ type: 'error', message: expect.stringMatching(/^go away \[31m x{10,}…$/) as string });
    expect(found?.type === 'error' && found.message.length).toBe(200);
    expect(reply('00000003 deadbeef')).toEqual({ type: 'error', message: 'no reason given' });
  });

  test('peers are 18 bytes where the tracker was reached over IPv6', () => {
    const v6 = '20010db8000000000000000000000001 1ae1 00000000000000000000ffff0a000001 0050';
    expect(addresses(v6, 6)).toEqual(['[2001:db8::1]:6881', '10.0.0.1:80']);
  });

  test('peers that nobody can dial go, doubles too, and so does a last one cut short', () => {
    expect(addresses('7f0000010000 000000001ae1 ffffffff1ae1 e00000011ae1 0a0000010001 0a0000010001 0a0000')).toEqual([
      '10.0.0.1:1',
    ]);
    expect(addresses(`${'00'.repeat(16)} 1ae1 ff02${'00'.repeat(13)}01 1ae1 00ff${'00'.repeat(13)}01 1ae1`, 6)).toEqual([
      '[ff::1]:6881',
    ]);
  });

  test('as many as a datagram holds are bounded like any answer', () => {
    const most = Math.floor((65_507 - 20) / 6);
    let peers = '';
    for (let i = 0; i < most; i++) peers += `0a00${i.toString(16).padStart(4, '0')}0001`;
    expect(addresses(peers)).toHaveLength(MAX_PEERS_PER_ANSWER);
  });

  test('counts and intervals that make no sense are none', () => {
    expect(reply('00000001 deadbeef 00000000 ffffffff 80000000')).toMatchObject({
      response: { intervalSeconds: null, leechers: null, seeds: null, addresses: [] },
    });
    expect(reply('00000001 deadbeef ffffffff 00000000 00000000')).toMatchObject({ response: { intervalSeconds: null } });
    expect(reply('00000001 deadbeef 7fffffff 00000000 00000000')).toMatchObject({ response: { intervalSeconds: 86_400 } });
  });

  test('the numbers of a scrape: seeds, completed, leechers', () => {
    expect(reply('00000002 deadbeef 0000000b 000035cc 00000013')).toEqual({
      type: 'scraped',
      counts: { seeds: 11, completed: 13_772, leechers: 19 },
    });
    expect(reply('00000002 deadbeef ffffffff 80000000 7fffffff 00000001')).toEqual({
      type: 'scraped',
      counts: { seeds: null, completed: null, leechers: 2 ** 31 - 1 },
    });
  });

  test.each([
    ['nothing', ''],
    ['too short for a head', '00000003 deadbe'],
    ['a short connect', '00000000 deadbeef 11223344556677'],
    ['a short announce', '00000001 deadbeef 00000708 00000002 000000'],
    ['another transaction', '00000000 deadbeee 1122334455667788'],
    ['an error of another transaction', '00000003 00000000 6e6f'],
    ['a short scrape', '00000002 deadbeef 0000000000000000000000'],
    ['an action of nobody', 'ffffffff deadbeef 000000000000000000000000'],
  ])('%s is no answer', (_, text) => {
    expect(reply(text)).toBeNull();
  });
});
