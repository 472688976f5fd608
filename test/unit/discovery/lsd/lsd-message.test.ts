import { describe, expect, test } from 'vitest';
import { decodeLsdAnnounce, encodeLsdAnnounce } from '../../../../src/discovery/lsd/protocol/lsd-message.js';

const GROUP = '239.192.152.143:6771';
const HASH = Uint8Array.from({ length: 20 }, (_, at) => at * 7);
const OTHER = new Uint8Array(20).fill(0xab);

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const GOOD = `BT-SEARCH * HTTP/1.1\r\nHost: ${GROUP}\r\nPort: 6881\r\nInfohash: ${'ab'.repeat(20)}\r\n\r\n\r\n`;

describe('an announce of BEP 14', () => {
  test('is written as the BEP has it', () => {
    const bytes = encodeLsdAnnounce(GROUP, { port: 6881, infoHashes: [OTHER], cookie: 'x1' });
    const withCookie = GOOD.replace('\r\n\r\n\r\n', '\r\ncookie: x1\r\n\r\n\r\n');
    expect(new TextDecoder().decode(bytes)).toBe(withCookie);
  });

  test('comes back as it was, with as many torrents as fit', () => {
    const infoHashes = Array.from({ length: 20 }, (_, at) => new Uint8Array(20).fill(at));
    const announce = { port: 1, infoHashes, cookie: 'c'.repeat(32) };
    const bytes = encodeLsdAnnounce('[ff15::efc0:988f]:6771', announce);
    expect(bytes.length).toBeLessThanOrEqual(1400);
    expect(decodeLsdAnnounce(bytes)).toEqual(announce);
  });

  test.each([
    ['names of headers in any case', GOOD.replace('Port', 'pORT').replace('Infohash', 'INFOHASH')],
    ['a hash in capitals', GOOD.replace('ab'.repeat(20), 'AB'.repeat(20))],
    ['headers that are not known', GOOD.replace('Port', 'X-New: yes\r\nPort')],
    ['one empty line at the end', GOOD.slice(0, -2)],
    ['HTTP/1.0', GOOD.replace('1.1', '1.0')],
  ])('is read with %s', (_, text) => {
    expect(decodeLsdAnnounce(bytesOf(text))).toEqual({ port: 6881, infoHashes: [OTHER], cookie: null });
  });

  test.each([
    ['nothing', ''],
    ['another method', GOOD.replace('BT-SEARCH', 'M-SEARCH')],
    ['no port', GOOD.replace('Port: 6881\r\n', '')],
    ['port 0', GOOD.replace('6881', '0')],
    ['a port beyond 65535', GOOD.replace('6881', '65536')],
    ['a port that is no number', GOOD.replace('6881', '68e1')],
    ['two ports', GOOD.replace('Port', 'Port: 1\r\nPort')],
    ['no torrent', GOOD.replace(/Infohash.*\r\n/, '')],
    ['a short hash', GOOD.replace('abab', 'ab')],
    ['a hash that is none', GOOD.replace('abab', 'abxy')],
    ['a line without a colon', GOOD.replace('Port', 'rubbish\r\nPort')],
    ['bytes that are no text', GOOD.replace('Port', '\u0000Port')],
    ['more than 1400 bytes', GOOD.replace('Port', `X: ${'y'.repeat(1400)}\r\nPort`)],
    ['more than 20 torrents', GOOD.replace('Port', `${`Infohash: ${'cd'.repeat(20)}\r\n`.repeat(20)}Port`)],
  ])('is refused with %s', (_, text) => {
    expect(decodeLsdAnnounce(bytesOf(text))).toBeNull();
  });

  test('keeps different hashes apart', () => {
    const bytes = encodeLsdAnnounce(GROUP, { port: 9, infoHashes: [HASH, OTHER], cookie: null });
    expect(decodeLsdAnnounce(bytes)?.infoHashes).toEqual([HASH, OTHER]);
  });
});
