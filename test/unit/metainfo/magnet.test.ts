// Magnet links: vectors of BEP 9 and BEP 53, what is refused with the name of its field, what is left out, and the bounds.

import { describe, expect, test } from 'vitest';
import { parseInfoHash, parseMagnet } from '../../../src/metainfo/magnet.js';
import { MetainfoError } from '../../../src/model/error.js';
import { toHex } from '../../../src/model/ids.js';

const HEX = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
const BASE32 = 'YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK';
const XT = `xt=urn:btih:${HEX}`;

function link(...parameters: string[]): string {
  return `magnet:?${[XT, ...parameters].join('&')}`;
}

function refusal(text: string): [string, string] {
  try {
    parseMagnet(text);
  } catch (error) {
    expect(error).toBeInstanceOf(MetainfoError);
    return [(error as MetainfoError).detail.path, (error as MetainfoError).message];
  }
  return ['none', ''];
}

test('every parameter', () => {
  expect(
    parseMagnet(
      link(
        'dn=Some+file%20%C3%A9',
        'tr=http%3A%2F%2Ftracker.example%2Fannounce%3Fkey%3Da%2Bb',
        'tr=udp://tracker.example:6969',
        'ws=https://mirror.example/dir/',
        'x.pe=10.0.0.1:6881',
        'x.pe=[2001:DB8::1]:6882',
        'x.pe=Peer.example:6883',
        'xs=http://example.org/a.torrent',
        'as=https://example.org/b.torrent',
        'so=0,2,4,6-8',
        'kt=ignored',
      ),
    ),
  ).toEqual({
    infoHash: Uint8Array.from(Buffer.from(HEX, 'hex')),
    displayName: 'Some file é',
    trackers: ['http://tracker.example/announce?key=a+b', 'udp://tracker.example:6969'],
    webSeeds: ['https://mirror.example/dir/'],
    peers: [
      { host: '10.0.0.1', port: 6881 },
      { host: '2001:db8::1', port: 6882 },
      { host: 'peer.example', port: 6883 },
    ],
    sources: ['http://example.org/a.torrent', 'https://example.org/b.torrent'],
    selection: [
      { first: 0, last: 0 },
      { first: 2, last: 2 },
      { first: 4, last: 4 },
      { first: 6, last: 8 },
    ],
  });
});

test('nothing but the info hash', () => {
  expect(parseMagnet(link())).toEqual({
    infoHash: Uint8Array.from(Buffer.from(HEX, 'hex')),
    displayName: null,
    trackers: [],
    webSeeds: [],
    peers: [],
    sources: [],
    selection: null,
  });
});

describe('the info hash', () => {
  test.each([
    `magnet:?xt=urn:btih:${HEX}`,
    `magnet:?xt=urn:btih:${HEX.toUpperCase()}`,
    `magnet:?xt=urn:btih:${BASE32}`,
    `magnet:?xt=urn:btih:${BASE32.toLowerCase()}`,
    `MAGNET:?XT=URN:BTIH:${BASE32}`,
    `  magnet:?xt.1=urn%3Abtih%3a${HEX}\n`,
    `magnet:?dn=first&xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C&xt=urn:btih:${HEX}`,
    `magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}&xt=urn:btih:${HEX}`,
    `magnet:?xt=urn:btih:${HEX}&xt=urn:btih:${BASE32}`,
    `magnet:?xt.1=urn:btih:${HEX}&xt.2=urn:btih:${HEX}`,
  ])('%s', (text) => {
    expect(toHex(parseMagnet(text).infoHash)).toBe(HEX);
  });

  test.each([
    ['magnet:?dn=x', /expected urn:btih:/],
    ['magnet:?', /expected urn:btih:/],
    ['magnet:?xt=', /expected urn:btih:/],
    ['magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C', /expected urn:btih:/],
    [`magnet:?xt=urn:btih:${HEX.slice(1)}`, /40 hex or 32 base32/],
    [`magnet:?xt=urn:btih:${HEX}0`, /40 hex or 32 base32/],
    [`magnet:?xt=urn:btih:${BASE32.replace('Y', '1')}`, /40 hex or 32 base32/],
    [`magnet:?xt=urn:btih:${HEX.slice(2)}%`, /a % that/],
    [`magnet:?xt=urn:btih:%zz${HEX}`, /a % that/],
    [`magnet:?xt=urn:btih:${HEX}+`, /40 hex or 32 base32/],
    [`magnet:?xt=urn:btih:${HEX}&xt=urn:btih:${'0'.repeat(40)}`, /two different/],
    [`magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}`, /v2-only magnets are not yet supported/],
  ])('is refused: %s', (text, message) => {
    const [path, found] = refusal(text);
    expect(path).toBe('magnet.xt');
    expect(found).toMatch(message);
  });

  test('bare', () => {
    expect(toHex(parseInfoHash(HEX) ?? new Uint8Array())).toBe(HEX);
    expect(toHex(parseInfoHash(HEX.toUpperCase()) ?? new Uint8Array())).toBe(HEX);
    expect(toHex(parseInfoHash(BASE32) ?? new Uint8Array())).toBe(HEX);
    expect(toHex(parseInfoHash(BASE32.toLowerCase()) ?? new Uint8Array())).toBe(HEX);
    for (const text of ['', HEX.slice(1), ` ${HEX}`, `${HEX}\n`, BASE32.slice(1), `${BASE32}=`, 'x'.repeat(40), '8'.repeat(32)]) {
      expect(parseInfoHash(text)).toBeNull();
    }
  });
});

test.each(['', 'magnet', 'magnet:', `magnet:${XT}`, `http://example.org/?${XT}`, HEX])('is no magnet link: %s', (text) => {
  expect(refusal(text)[0]).toBe('magnet');
});

describe('the name', () => {
  const named = (value: string): string | null => parseMagnet(link(`dn=${value}`)).displayName;

  test('is text, whatever it holds', () => {
    expect(named('a+b%2Bc')).toBe('a b+c');
    expect(named('100%')).toBe('100%');
    expect(named('50%25%zz%4')).toBe('50%%zz%4');
    expect(named('%ff%fe')).toBe('ÿþ');
    expect(named('..%2F..%2Fetc')).toBe('../../etc');
    expect(named('a=b')).toBe('a=b');
    expect(named('')).toBeNull();
    expect(named('+%20')).toBeNull();
  });

  test('is cut, between characters', () => {
    expect(named('x'.repeat(10_000))).toBe('x'.repeat(255));
    expect(named('😀'.repeat(300))).toBe('😀'.repeat(255));
  });

  test('the first one counts', () => {
    expect(parseMagnet(link('dn=a', 'dn=b')).displayName).toBe('a');
  });
});

describe('addresses', () => {
  test('numbered ones, in order, each once', () => {
    expect(parseMagnet(link('tr.2=http://b/x', 'tr.1=http://a/x', 'tr=http%3a%2f%2fb%2fx', 'TR=http://c/x')).trackers).toEqual([
      'http://b/x',
      'http://a/x',
      'http://c/x',
    ]);
    expect(parseMagnet(link('x.pe.1=h:1', 'x.pe=H:1', 'x.pe=[::ffff:1.2.3.4]:5', 'x.pe=1.2.3.4:5')).peers).toEqual([
      { host: 'h', port: 1 },
      { host: '1.2.3.4', port: 5 },
    ]);
  });

  test('trackers of schemes we know', () => {
    const trackers = ['http://h/a', 'https://[::1]:1/a', 'udp://h:1', 'wss://h'];
    expect(parseMagnet(link(...trackers.map((url) => `tr=${url}`))).trackers).toEqual(trackers);
  });

  test.each(['', 'x', 'ftp://h/', 'javascript:alert(1)', 'file:///etc/passwd', 'http://', 'udp://', 'http://h:0/', 'udp://h:0'])(
    'no tracker and no web seed: %s',
    (url) => {
      expect(parseMagnet(link(`tr=${url}`, `ws=${url}`, `xs=${url}`, `as=${url}`))).toMatchObject({
        trackers: [],
        webSeeds: [],
        sources: [],
      });
    },
  );

  test.each(['http://h:99999/', 'http://a%20b/', 'http://h/%0d%0aX:1', 'http://[::1/', `http://h/${'x'.repeat(17_000)}`])(
    'no tracker: %.40s',
    (url) => {
      expect(parseMagnet(link(`tr=${url}`)).trackers).toEqual([]);
    },
  );

  test('web seeds and sources come by http alone', () => {
    const udp = 'udp://h:1/a';
    expect(parseMagnet(link(`ws=${udp}`, `xs=${udp}`, `xs=urn:btih:${HEX}`, 'as=http://h/a'))).toMatchObject({
      webSeeds: [],
      sources: ['http://h/a'],
    });
  });

  test.each(
    [
      '',
      'h',
      'h:',
      ':1',
      'h:0',
      'h:65536',
      'h:-1',
      'h:1x',
      '[::1:5',
      '::1]:5',
      '::1:5',
      '[::1]',
      '[1.2.3.4]:5',
      '[h]:5',
      '[::g]:1',
    ].concat('1.2.3:5', '1.2.3.256:5', 'a b:5', 'é:5', `${'h'.repeat(254)}:5`, 'a/b:1', 'u@h:1'),
  )('no peer: %.30s', (peer) => {
    expect(parseMagnet(link(`x.pe=${peer}`)).peers).toEqual([]);
  });
});

describe('the choice of files', () => {
  const chosen = (...values: string[]): unknown => parseMagnet(link(...values.map((value) => `so=${value}`))).selection;

  test('ranges are sorted and merged, never spread out', () => {
    expect(chosen('8,2-4,0,3-5,6')).toEqual([
      { first: 0, last: 0 },
      { first: 2, last: 6 },
      { first: 8, last: 8 },
    ]);
    expect(chosen('5%2C1', '2-3')).toEqual([
      { first: 1, last: 3 },
      { first: 5, last: 5 },
    ]);
    expect(chosen('0-2147483647,7')).toEqual([{ first: 0, last: 2_147_483_647 }]);
    expect(chosen('00,1-1')).toEqual([{ first: 0, last: 1 }]);
  });

  test.each([
    '',
    'a',
    '1,',
    ',',
    '-1',
    '1-',
    '1-2-3',
    '4-2',
    '1.5',
    '0x1',
    '1 2',
    '2147483648',
    '99999999999999999999',
    '1e3',
    '%31%zz',
  ])('is refused: %s', (value) => {
    expect(refusal(link(`so=${value}`))[0]).toBe('magnet.so');
  });

  test('at most 10,000 ranges', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, i) => i * 2).join(',');
    expect(chosen(many(10_000))).toHaveLength(10_000);
    expect(refusal(link(`so=${many(10_001)}`))).toEqual(['magnet.so', 'magnet.so: more than 10000 ranges']);
    expect(refusal(link(`so=${many(6000)}`, `so=${many(6000)}`))[0]).toBe('magnet.so');
  });
});

describe('bounds', () => {
  test('1 MiB', () => {
    const rest = (length: number): string => link(`dn=${'x'.repeat(length - link('dn=').length)}`);
    expect(parseMagnet(rest(1_048_576)).displayName).toHaveLength(255);
    expect(refusal(rest(1_048_577))[0]).toBe('magnet');
  });

  test('1,000 of each kind of address, 5,000 parameters', () => {
    const trackers = Array.from({ length: 1200 }, (_, i) => `tr=http://h/${i}`);
    const peers = Array.from({ length: 1200 }, (_, i) => `x.pe=h:${i + 1}`);
    const magnet = parseMagnet(link(...trackers, ...peers));
    expect(magnet.trackers).toHaveLength(1000);
    expect(magnet.peers).toHaveLength(1000);
    const filler = Array.from({ length: 4998 }, () => 'a=b');
    expect(parseMagnet(link(...filler, 'dn=in', 'tr=http://out/')).displayName).toBe('in');
    expect(parseMagnet(link(...filler, 'dn=in', 'tr=http://out/')).trackers).toEqual([]);
  });

  test('long runs of anything take no time', () => {
    const started = Date.now();
    const length = 1_000_000;
    for (const run of [' ', '%', '%2', '&', '=', '&tr=', '&tr.1', '.', '1', 'a:', ',']) {
      const text = run.repeat(Math.floor(length / run.length));
      for (const name of ['dn', 'tr', 'x.pe']) parseMagnet(link(`${name}=x${text}x`));
      parseMagnet(link(`${text}x=1`));
      refusal(link(`so=1${text}`));
      refusal(`magnet:?xt=urn:btih:${text}x`);
    }
    expect(Date.now() - started).toBeLessThan(10_000);
  }, 20_000);

  test('names of properties are names like others', () => {
    expect(parseMagnet(link('__proto__=1', 'constructor=2', '__proto__.tr=http://h/', 'toString=3')).trackers).toEqual([]);
    expect(({} as Record<string, unknown>)['tr']).toBeUndefined();
  });
});
