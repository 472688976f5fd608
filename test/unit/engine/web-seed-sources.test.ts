import { describe, expect, test } from 'vitest';
import { webSeedSources } from '../../../src/engine/web-seed-sources.js';
import { parseAddress, type Address } from '../../../src/model/address.js';
import { torrentOrigin } from '../../../src/model/torrent-origin.js';

function at(text: string): Address {
  const address = parseAddress(text);
  if (address === null) throw new Error(text);
  return address;
}

const [LOOPBACK, PRIVATE, LINK, GLOBAL, NOWHERE] = [
  '127.0.0.1:80',
  '10.0.0.1:80',
  '169.254.1.1:80',
  '8.8.8.8:80',
  '0.0.0.0:80',
].map(at);
const ALL = [LOOPBACK, PRIVATE, LINK, GLOBAL, NOWHERE];
const torrent = { webSeeds: ['http://a/', 'ftp://b/', 'http://'] };

test('those of the user come first, each once, and what is no http URL can not be used', () => {
  const sources = webSeedSources(torrent, { webSeeds: ['https://u:secret@c/x', 'http://a/'] });
  expect(sources.map(({ name, isUsable }) => [name, isUsable])).toEqual([
    ['https://c/x', true],
    ['http://a/', true],
    ['ftp://b/', false],
    ['http://', false],
  ]);
});

test('never, and a bounded number', () => {
  expect(webSeedSources(torrent, { webSeedMode: 'never' })).toEqual([]);
  const many = Array.from({ length: 5000 }, (_, index) => `http://host${index}/`);
  expect(webSeedSources({ webSeeds: many }, {})).toHaveLength(32);
});

describe('the addresses it may lead to', () => {
  const first = (options: Parameters<typeof webSeedSources>[1], sentBy: Address | null = null): boolean[] => {
    const [source] = webSeedSources(torrent, options);
    return ALL.map((address) => source.mayVisit(address, sentBy));
  };

  test("of the user's own torrent: any", () => expect(first({})).toEqual([true, true, true, true, true]));

  test('of a torrent that a server sent: where that is and farther out; what the user named too, any', () => {
    expect(first({ origin: torrentOrigin(GLOBAL, []) })).toEqual([false, false, false, true, false]);
    expect(first({ origin: torrentOrigin(PRIVATE, ['http://b/']) })).toEqual([false, true, false, true, false]);
    expect(first({ origin: torrentOrigin(LOOPBACK, []) })).toEqual([true, true, true, true, false]);
    expect(first({ origin: torrentOrigin(GLOBAL, ['http://a/']) })).toEqual([true, true, true, true, true]);
    expect(first({ origin: torrentOrigin(GLOBAL, []), webSeeds: ['http://a/'] })).toEqual([true, true, true, true, true]);
  });

  test('by a redirect: those of its server and wider, whoever named the URL', () => {
    for (const options of [{}, { origin: torrentOrigin(LOOPBACK, []) }]) {
      expect(first(options, GLOBAL)).toEqual([false, false, false, true, false]);
      expect(first(options, PRIVATE)).toEqual([false, true, false, true, false]);
      expect(first(options, LOOPBACK)).toEqual([true, true, true, true, false]);
    }
  });
});
