// Answers of trackers, good, odd and hostile, and the recorded shape of the original system's fixture.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encode, type Encodable } from '../../../../../src/bencode/encode.js';
import {
  decodeAnnounceResponse,
  MAX_NAMES_PER_ANSWER,
  MAX_PEERS_PER_ANSWER,
  type AnnounceResponse,
} from '../../../../../src/discovery/tracker/protocol/announce-response.js';
import { formatAddress } from '../../../../../src/model/address.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const OWN = { peerId: ascii('-EF0100-abcdefghijkl'), port: 6881 };

function decode(answer: Encodable): AnnounceResponse {
  return decodeAnnounceResponse(encode(answer), OWN);
}

function peersOf(answer: Encodable): string[] {
  return decode(answer).addresses.map(formatAddress);
}

describe('the fixture of the original system', () => {
  const bytes = new Uint8Array(readFileSync(new URL('../../../../../fixtures/tracker/tracker_response', import.meta.url)));

  test('interval 1800, min interval 300, tracker id 463286, 50 peers, the first at port 58256', () => {
    const response = decodeAnnounceResponse(bytes, OWN);
    expect(response).toMatchObject({ intervalSeconds: 1800, minIntervalSeconds: 300, trackerId: ascii('463286'), names: [] });
    expect(response.addresses).toHaveLength(50);
    expect(response.addresses[0].port).toBe(58256);
    expect(response.addresses.every(({ family }) => family === 4)).toBe(true);
  });

  test('the answer holds no view of the bytes it came in', () => {
    const copy = bytes.slice();
    const response = decodeAnnounceResponse(copy, OWN);
    copy.fill(0);
    expect(response.trackerId).toEqual(ascii('463286'));
  });

  test('cut anywhere, it is an error of the tracker', () => {
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => decodeAnnounceResponse(bytes.subarray(0, length), OWN)).toThrow(
        expect.objectContaining({ code: 'malformed_answer' }),
      );
    }
  });
});

describe('peers', () => {
  test('compact (BEP 23): port 0 is no peer, a rest of less than six bytes is nothing', () => {
    const peers = Uint8Array.of(10, 0, 0, 1, 0x1a, 0xe1, 10, 0, 0, 2, 0, 0, 10, 0, 0, 3, 0xff, 0xff, 1, 2, 3);
    expect(peersOf({ interval: 1800, peers })).toEqual(['10.0.0.1:6881', '10.0.0.3:65535']);
  });

  test('nobody can dial everybody: such addresses go', () => {
    const peers = Uint8Array.of(0, 0, 0, 0, 0x1a, 0xe1, 224, 0, 0, 1, 0x1a, 0xe1, 255, 255, 255, 255, 0, 80, 10, 0, 0, 3, 0, 80);
    expect(peersOf({ interval: 1800, peers })).toEqual(['10.0.0.3:80']);
  });

  test('compact IPv6 (BEP 7), beside IPv4', () => {
    const peers6 = new Uint8Array(36);
    peers6.set([0x20, 0x01, 0x0d, 0xb8], 0);
    peers6.set([1, 0x1a, 0xe1], 15);
    peers6.set([0xff, 0xff, 10, 0, 0, 9, 0, 80], 28);
    expect(peersOf({ peers: Uint8Array.of(10, 0, 0, 1, 0, 80), peers6 })).toEqual([
      '10.0.0.1:80',
      '[2001:db8::1]:6881',
      '10.0.0.9:80',
    ]);
  });

  test('dictionaries: IPv4, IPv6, host names; nonsense is left out', () => {
    const response = decode({
      peers: [
        { ip: '10.0.0.1', port: 6881, 'peer id': ascii('-TR2940-aaaaaaaaaaaa') },
        { ip: '2001:DB8::1', port: 6881 },
        { ip: 'seed.example.org', port: 51413 },
        { ip: '10.0.0.2', port: 0 },
        { ip: '10.0.0.2', port: 65_536 },
        { ip: '10.0.0.2', port: -1 },
        { ip: '10.0.0.2', port: '6881' },
        { ip: '10.0.0.2' },
        { port: 6881 },
        { ip: 17, port: 6881 },
        { ip: '300.0.0.1', port: 6881 },
        { ip: '127.1', port: 6881 },
        { ip: '0x7f.0x1', port: 6881 },
        { ip: 'bad name', port: 6881 },
        { ip: 'a..b', port: 6881 },
        { ip: '', port: 6881 },
        { ip: 'x'.repeat(300), port: 6881 },
        'no dictionary',
        17,
      ],
    });
    expect(response.addresses.map(formatAddress)).toEqual(['10.0.0.1:6881', '[2001:db8::1]:6881']);
    expect(response.names).toEqual([{ host: 'seed.example.org', port: 51413 }]);
  });

  test.each([
    ['an empty string', { interval: 60, peers: '' }],
    ['an empty list', { interval: 60, peers: [] }],
    ['nothing', { interval: 60 }],
    ['a wrong peers6', { interval: 60, peers6: [1, 2] }],
  ])('%s', (_, answer) => {
    expect(peersOf(answer)).toEqual([]);
  });

  test('each once', () => {
    const one = [10, 0, 0, 1, 0x1a, 0xe1];
    expect(peersOf({ peers: Uint8Array.from([...one, ...one]) })).toEqual(['10.0.0.1:6881']);
    const name = { ip: 'seed.example.org', port: 1 };
    expect(decode({ peers: [name, name] }).names).toHaveLength(1);
  });

  test('without ourselves: by peer id, and by the address the tracker sees us at (BEP 24)', () => {
    expect(peersOf({ peers: [{ ip: '10.0.0.1', port: 9, 'peer id': OWN.peerId }] })).toEqual([]);
    const peers = Uint8Array.of(192, 0, 2, 7, 0x1a, 0xe1, 192, 0, 2, 7, 0x1a, 0xe2);
    expect(peersOf({ peers, 'external ip': Uint8Array.of(192, 0, 2, 7) })).toEqual(['192.0.2.7:6882']);
    const v6 = new Uint8Array(16).fill(0x20);
    const peers6 = Uint8Array.of(...v6, 0x1a, 0xe1);
    expect(peersOf({ peers6, 'external ip': v6 })).toEqual([]);
    expect(peersOf({ peers6, 'external ip': 'odd' })).toHaveLength(1);
    expect(decode({ 'external ip': v6 }).externalHost).toBe(Array.from({ length: 8 }, () => '2020').join(':'));
    expect(decode({ 'external ip': 'odd' }).externalHost).toBeNull();
    expect(decode({}).externalHost).toBeNull();
  });

  test('no more than a bounded number', () => {
    const compact = new Uint8Array(6 * 100_000);
    for (let index = 0; index < 100_000; index++)
      compact.set([10, index >> 16, (index >> 8) & 255, index & 255, 1, 1], index * 6);
    expect(peersOf({ peers: compact })).toHaveLength(MAX_PEERS_PER_ANSWER);
    const list = Array.from({ length: 5000 }, (_, index) => ({ ip: `10.1.${index >> 8}.${index & 255}`, port: 6881 }));
    expect(peersOf({ peers: list })).toHaveLength(MAX_PEERS_PER_ANSWER);
    const names = Array.from({ length: 5000 }, (_, index) => ({ ip: `n${index}.example`, port: 6881 }));
    expect(decode({ peers: names }).names).toHaveLength(MAX_NAMES_PER_ANSWER);
  });
});

describe('numbers', () => {
  test.each<[Encodable, number | null]>([
    [1800, 1800],
    [1, 1],
    [0, null],
    [-5, null],
    [10 ** 9, 86_400],
    [2n ** 62n, 86_400],
    ['1800', null],
    [[], null],
  ])('interval %o is %o', (interval, seconds) => {
    expect(decode({ interval, 'min interval': interval })).toMatchObject({
      intervalSeconds: seconds,
      minIntervalSeconds: seconds,
    });
  });

  test('complete and incomplete, or null', () => {
    expect(decode({ complete: 0, incomplete: 12 })).toMatchObject({ seeds: 0, leechers: 12 });
    expect(decode({ complete: -1, incomplete: 'x' })).toMatchObject({ seeds: null, leechers: null });
  });

  test('a tracker id of any bytes, within reason', () => {
    expect(decode({ 'tracker id': Uint8Array.of(0, 255) }).trackerId).toEqual(Uint8Array.of(0, 255));
    expect(decode({ 'tracker id': 'x'.repeat(2000) }).trackerId).toBeNull();
    expect(decode({ 'tracker id': 5 }).trackerId).toBeNull();
  });
});

describe('words', () => {
  test('a failure reason, made printable and short', () => {
    expect(() => decode({ 'failure reason': 'torrent not\u001B[31m registered\r\n', peers: '' })).toThrow(
      expect.objectContaining({ code: 'failure_reason', message: 'torrent not [31m registered', detail: {} }),
    );
    expect(() => decode({ 'failure reason': 'é'.repeat(5000) })).toThrow(`${'é'.repeat(199)}…`);
    expect(() => decode({ 'failure reason': Uint8Array.of(0xff, 0xfe) })).toThrow('\uFFFD\uFFFD');
    expect(() => decode({ 'failure reason': 5 })).toThrow('no reason given');
  });

  test.each<[Encodable, object]>([
    [5, { retryInMs: 300_000 }],
    ['7', { retryInMs: 420_000 }],
    ['never', { retryInMs: Number.POSITIVE_INFINITY }],
    ['soon', {}],
    [-1, {}],
  ])('retry in %o (BEP 31)', (retry, detail) => {
    expect(() => decode({ 'failure reason': 'busy', 'retry in': retry })).toThrow(expect.objectContaining({ detail }));
  });

  test('a warning beside the peers', () => {
    expect(decode({ 'warning message': 'old\tclient \u202Eevil' }).warning).toBe('old client evil');
    expect(decode({ 'warning message': '' }).warning).toBeNull();
    expect(decode({}).warning).toBeNull();
  });
});

describe('what is no answer', () => {
  test.each(['', '<html><body>Not Found</body></html>', 'i5e', 'le', '4:spam', 'd5:peersi5ee', 'd5:peersdee', 'd8:intervali18'])(
    '%s',
    (text) => {
      expect(() => decodeAnnounceResponse(ascii(text), OWN)).toThrow(expect.objectContaining({ code: 'malformed_answer' }));
    },
  );

  test('but bytes after a whole one are forgiven', () => {
    expect(decodeAnnounceResponse(ascii('d8:intervali60ee\n<!-- 0.01 s -->'), OWN).intervalSeconds).toBe(60);
  });
});
