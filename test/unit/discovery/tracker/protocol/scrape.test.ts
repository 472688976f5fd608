import { describe, expect, test } from 'vitest';
import { buildScrapeUrl, decodeScrapeResponse } from '../../../../../src/discovery/tracker/protocol/scrape.js';

const HASH = Uint8Array.from({ length: 20 }, (_, index) => index * 13);
const QUERY = 'info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7';
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.codePointAt(0) ?? 0);
const files = (counts: string): Uint8Array => bytes(`d5:filesd20:${String.fromCodePoint(...HASH)}${counts}ee`);

describe('the URL', () => {
  test.each([
    ['http://t.example/announce', `http://t.example/scrape?${QUERY}`],
    ['https://t.example:8443/x/announce', `https://t.example:8443/x/scrape?${QUERY}`],
    ['http://t.example/announce.php?passkey=abc', `http://t.example/scrape.php?passkey=abc&${QUERY}`],
    ['http://t.example/announce?x=a/announce', `http://t.example/scrape?x=a/announce&${QUERY}`],
    ['http://announce.example/announce/announce?', `http://announce.example/announce/scrape?${QUERY}`],
    ['http://t.example/announce#x', `http://t.example/scrape?${QUERY}`],
    ['http://u:p@t.example/announce', `http://u:p@t.example/scrape?${QUERY}`],
  ])('%s', (announce, scrape) => expect(buildScrapeUrl(announce, HASH)).toBe(scrape));

  test.each([
    'http://t.example/',
    'http://t.example/a',
    'http://t.example/announce/x',
    'http://t.example/announce/',
    'http://t.example/xannounce',
    'http://t.example/ANNOUNCE',
    'http://announce/',
    'http://t.example/?announce',
  ])('%s has none', (announce) => {
    expect(() => buildScrapeUrl(announce, HASH)).toThrow(expect.objectContaining({ code: 'no_scrape' }) as Error);
  });

  test('nonsense is refused', () => {
    expect(() => buildScrapeUrl('t.example', HASH)).toThrow(expect.objectContaining({ code: 'invalid_url' }) as Error);
    expect(() => buildScrapeUrl('http://t.example/announce', new Uint8Array(32))).toThrow(/20 bytes/);
  });
});

describe('the answer', () => {
  test('is three numbers', () => {
    expect(decodeScrapeResponse(files('d8:completei11e10:downloadedi13772e10:incompletei19ee'), HASH)).toEqual({
      seeds: 11,
      completed: 13_772,
      leechers: 19,
    });
  });

  test('of which each may be missing or make no sense', () => {
    const counts = decodeScrapeResponse(files('d8:completei-1e10:incomplete1:9e'), HASH);
    expect(counts).toEqual({ seeds: null, completed: null, leechers: null });
    expect(decodeScrapeResponse(files(`d8:completei${2n ** 60n}ee`), HASH).seeds).toBeNull();
  });

  test('nobody, where the torrent is not in it', () => {
    const nobody = { seeds: 0, leechers: 0, completed: 0 };
    expect(decodeScrapeResponse(bytes('d5:filesdee'), HASH)).toEqual(nobody);
    expect(decodeScrapeResponse(files('i5e'), HASH)).toEqual(nobody);
  });

  test.each([
    ['d14:failure reason7:\u001B[31mnoe', 'failure_reason', '[31mno'],
    ['d14:failure reason0:e', 'failure_reason', 'no reason given'],
    ['d14:failure reasoni5ee', 'failure_reason', 'no reason given'],
    ['<html>', 'malformed_answer', /not a tracker's answer/],
    ['', 'malformed_answer', /not a tracker's answer/],
    ['le', 'malformed_answer', /no dictionary/],
    ['de', 'malformed_answer', /no files/],
    ['d5:filesi1ee', 'malformed_answer', /no files/],
    [`${'l'.repeat(5000)}${'e'.repeat(5000)}`, 'malformed_answer', /not a tracker's answer/],
  ])('%j is an error', (text, code, message) => {
    const decode = (): unknown => decodeScrapeResponse(bytes(text), HASH);
    expect(decode).toThrow(expect.objectContaining({ code }) as Error);
    expect(decode).toThrow(message);
  });
});
