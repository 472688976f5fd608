// The announce URL, byte by byte, and what is refused before it is sent.

import { describe, expect, test } from 'vitest';
import {
  buildAnnounceUrl,
  percentEncode,
  type AnnounceParameters,
} from '../../../../../src/discovery/tracker/protocol/announce-request.js';
import { TrackerError } from '../../../../../src/discovery/tracker/protocol/tracker-error.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const base: AnnounceParameters = {
  infoHash: Uint8Array.from({ length: 20 }, (_, index) => index * 13),
  peerId: ascii('-EF0100-abcdefghijkl'),
  port: 6881,
  uploaded: 0,
  downloaded: 16_384,
  left: 1_899_528_192,
  numwant: 200,
  event: null,
};

const QUERY =
  'info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7&peer_id=-EF0100-abcdefghijkl&port=6881' +
  '&uploaded=0&downloaded=16384&left=1899528192&compact=1&numwant=200';

describe('percent-encoding (RFC 3986)', () => {
  test('leaves the unreserved characters alone and writes every other byte as two upper-case digits', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const encoded = percentEncode(all);
    expect(encoded.replaceAll(/%[0-9A-F]{2}/g, '')).toBe('-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~');
    expect(encoded.match(/%/g)).toHaveLength(256 - 66);
    expect(percentEncode(Uint8Array.of(0, 0x20, 0x2b, 0x25, 0xff))).toBe('%00%20%2B%25%FF');
  });
});

describe('the URL', () => {
  test('of a plain tracker', () => {
    expect(buildAnnounceUrl('http://t.example:6969/announce', base)).toBe(`http://t.example:6969/announce?${QUERY}`);
  });

  test.each([
    ['http://t.example/announce?passkey=ab%2Fc', `http://t.example/announce?passkey=ab%2Fc&${QUERY}`],
    ['http://t.example/announce?', `http://t.example/announce?${QUERY}`],
    ['http://t.example/announce?a=1&', `http://t.example/announce?a=1&${QUERY}`],
    ['http://t.example/announce#part', `http://t.example/announce?${QUERY}`],
    ['https://[::1]:8443/a/b', `https://[::1]:8443/a/b?${QUERY}`],
    ['http://user:word@t.example/announce', `http://user:word@t.example/announce?${QUERY}`],
    ['http://t.example', `http://t.example/?${QUERY}`],
  ])('of %s', (tracker, url) => {
    expect(buildAnnounceUrl(tracker, base)).toBe(url);
  });

  test('has the options it is given, in this order', () => {
    const url = buildAnnounceUrl('http://t.example/a', {
      ...base,
      event: 'started',
      key: '00c0ffee',
      trackerId: ascii('4 6'),
      noPeerId: true,
      ip: '192.0.2.1',
      ipv6: '[2001:db8::1]:6881',
    });
    expect(url).toBe(
      `http://t.example/a?${QUERY}&no_peer_id=1&key=00c0ffee&event=started&trackerid=4%206&ip=192.0.2.1` +
        '&ipv6=%5B2001%3Adb8%3A%3A1%5D%3A6881',
    );
  });
});

describe('encryption', () => {
  test.each([
    [undefined, ''],
    ['supported' as const, '&supportcrypto=1'],
    ['required' as const, '&supportcrypto=1&requirecrypto=1'],
  ])('%s', (encryption, said) => {
    const url = buildAnnounceUrl('http://t.example/a', { ...base, ...(encryption === undefined ? {} : { encryption }) });
    expect(url).toBe(`http://t.example/a?${QUERY}${said}`);
  });
});

describe('what is refused', () => {
  const short = new Uint8Array(19);
  test.each([
    ['info_hash', { infoHash: short }],
    ['info_hash', { infoHash: new Uint8Array(32) }],
    ['peer_id', { peerId: short }],
    ['port', { port: 0 }],
    ['port', { port: 65_536 }],
    ['port', { port: 1.5 }],
    ['uploaded', { uploaded: -1 }],
    ['downloaded', { downloaded: Number.NaN }],
    ['left', { left: 0.5 }],
    ['left', { left: Number.POSITIVE_INFINITY }],
    ['numwant', { numwant: -1 }],
  ])('%s: %o', (parameter, change) => {
    const build = (): string => buildAnnounceUrl('http://t.example/a', { ...base, ...change });
    expect(build).toThrow(TrackerError);
    expect(build).toThrow(expect.objectContaining({ code: 'invalid_parameter', detail: { parameter } }));
  });

  test('an address that is none', () => {
    expect(() => buildAnnounceUrl('http://', base)).toThrow(expect.objectContaining({ code: 'invalid_url' }));
  });
});
