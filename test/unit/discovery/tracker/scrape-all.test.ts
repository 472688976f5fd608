// Who is asked when, and what becomes of each, with a transport of the test's own.

import { expect, test } from 'vitest';
import type { AnnounceTransport, ScrapeCall } from '../../../../src/discovery/tracker/announce-transport.js';
import type { ScrapeCounts } from '../../../../src/discovery/tracker/protocol/scrape.js';
import { TrackerError } from '../../../../src/discovery/tracker/protocol/tracker-error.js';
import { scrapeAll } from '../../../../src/discovery/tracker/scrape-all.js';
import { torrentOrigin, type TorrentOrigin } from '../../../../src/model/torrent-origin.js';
import { addressAt } from '../../../support/scripted-trackers.js';

const COUNTS: ScrapeCounts = { seeds: 1, leechers: 2, completed: 3 };

function ask(
  tiers: readonly (readonly string[])[],
  scrape: ((call: ScrapeCall) => Promise<ScrapeCounts>) | undefined,
  options: { parallel?: number; timeoutMs?: number; origin?: TorrentOrigin } = {},
): ReturnType<typeof scrapeAll> {
  const transport: AnnounceTransport = {
    schemes: ['http'],
    announce: () => Promise.reject(new Error('nobody announces')),
    ...(scrape === undefined ? {} : { scrape }),
  };
  const infoHash = new Uint8Array(20);
  return scrapeAll({ tiers, origin: null, infoHash, transport, timeoutMs: 1000, parallel: 2, now: () => 0, ...options });
}

test('each distinct tracker once, in the order of the torrent, whoever answers first', async () => {
  const asked: string[] = [];
  const outcomes = await ask(
    [
      [' http://a.example/announce', ''],
      ['http://b.example/announce', 'http://a.example/announce'],
    ],
    async ({ url }) => {
      asked.push(url);
      if (url.includes('a.example')) await new Promise((resolve) => setImmediate(resolve));
      return { ...COUNTS, seeds: url.includes('a.example') ? 7 : 8 };
    },
  );
  expect(asked).toEqual(['http://a.example/announce', 'http://b.example/announce']);
  expect(outcomes).toMatchObject([
    { url: 'http://a.example/announce', counts: { seeds: 7 } },
    { url: 'http://b.example/announce', counts: { seeds: 8 } },
  ]);
});

test('no more at a time than allowed, and all within the time', async () => {
  let open = 0;
  let most = 0;
  const times: number[] = [];
  const urls = Array.from({ length: 7 }, (_, index) => `http://t${index}.example/announce`);
  const outcomes = await ask([urls], async ({ timeoutMs }) => {
    times.push(timeoutMs);
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    return COUNTS;
  });
  expect(outcomes).toHaveLength(7);
  expect(most).toBe(2);
  // Four rounds of two.
  expect(times).toEqual(Array(7).fill(250));
});

test('what fails is told without secrets, and does not touch the others', async () => {
  const key = '0123456789abcdef0123456789abcdef';
  const outcomes = await ask(
    [[`http://u:p@a.example/${key}/announce`, 'http://b.example/announce', 'http://c.example/announce']],
    ({ url }) => {
      if (url.includes('b.example')) return Promise.reject(new Error('a bug'));
      if (url.includes('c.example')) return Promise.resolve(COUNTS);
      return Promise.reject(new TrackerError('failure_reason', `no torrent at ${url}`));
    },
  );
  expect(JSON.stringify(outcomes)).not.toContain(key);
  expect(outcomes).toMatchObject([
    {
      url: 'http://a.example/***/announce',
      error: { code: 'failure_reason', message: 'no torrent at http://a.example/***/announce' },
    },
    { url: 'http://b.example/announce', error: { code: 'failed' } },
    { counts: COUNTS },
  ]);
});

test('a transport that does not scrape, and nobody to ask', async () => {
  expect(await ask([['http://a.example/announce']], undefined)).toMatchObject([{ error: { code: 'unsupported_scheme' } }]);
  expect(await ask([], undefined)).toEqual([]);
  const many = Array.from({ length: 300 }, (_, index) => `http://t.example:${index + 1}/announce`);
  expect(await ask([many], () => Promise.resolve(COUNTS), { parallel: 50 })).toHaveLength(200);
});

test('says who named each, where that was not the user', async () => {
  const server = addressAt('203.0.113.9', 80);
  const [own, other] = ['http://own.example/announce', 'http://other.example/announce'];
  const asked: unknown[] = [];
  await ask(
    [[own, other]],
    ({ url, origin }) => {
      asked.push([url, origin]);
      return Promise.resolve(COUNTS);
    },
    { origin: torrentOrigin(server, [own]) },
  );
  expect(asked).toEqual([
    [own, undefined],
    [other, server],
  ]);
});
