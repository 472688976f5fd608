// The page: everything in it, nothing from outside, and nothing of what a stranger said as markup.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatReport, type ReportedTorrent } from '../../../../src/cli/report/page.js';
import { drawPieces, drawSpeed, escapeMarkup } from '../../../../src/cli/report/svg.js';
import type { RecordedRun } from '../../../../src/cli/report/recorder.js';
import type { ServerSnapshot } from '../../../../src/engine/server-snapshot.js';

const SNAPSHOT = {
  totalBytes: 4_000_000,
  verifiedBytes: 4_000_000,
  downloadedBytes: 4_100_000,
  uploadedBytes: 0,
  wastedBytes: 100_000,
  hashFailures: 1,
  peersMet: 2,
} as unknown as ServerSnapshot;

function torrent(more: Partial<ReportedTorrent> = {}, run: Partial<RecordedRun> = {}): ReportedTorrent {
  return {
    name: 'data.bin',
    infoHash: 'aa'.repeat(20),
    outcome: 'whole and verified',
    isWhole: true,
    path: '/data/data.bin',
    pieceBytes: 1_000_000,
    run: {
      elapsedMs: 2000,
      samples: [
        { atMs: 1000, downloadBytesPerSecond: 1_000_000, uploadBytesPerSecond: 0 },
        { atMs: 2000, downloadBytesPerSecond: 3_000_000, uploadBytesPerSecond: 0 },
      ],
      pieceTimes: Float64Array.of(0, 500, 2000, Number.NaN),
      sources: [
        { name: '203.0.113.7:6881', client: 'Transmission', downloadedBytes: 4_100_000, uploadedBytes: 0, isBanned: false },
      ],
      trackers: [{ url: 'http://tracker.example/announce', state: 'working', peers: 3, latencyMs: 12, error: null }],
      events: [{ atMs: 1200, text: 'piece 1 failed its hash' }],
      eventsLeftOut: 0,
      snapshot: SNAPSHOT,
      ...run,
    },
    ...more,
  };
}

function page(...torrents: readonly ReportedTorrent[]): string {
  const [startedAt, endedAt] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:02.000Z'];
  return formatReport({ startedAt, endedAt, version: '1.2.3', torrents });
}

test('says what, how much, how fast, from whom and what went wrong', () => {
  const text = page(torrent());
  for (const part of [
    'data.bin',
    'aa'.repeat(20),
    'whole and verified',
    '/data/data.bin',
    '3.9 MiB (97.7 KiB of it of no use, 1 piece failed the hash)',
    '203.0.113.7:6881',
    'Transmission',
    'http://tracker.example/announce',
    'piece 1 failed its hash',
    '2026-01-01T00:00:00.000Z',
  ])
    expect(text).toContain(part);
});

test('asks for nothing from outside, and runs nothing', () => {
  const text = page(torrent(), torrent({ name: 'other' }));
  expect(text).not.toMatch(/<script|<link(?![^>]*href="data:,")|\ssrc=|url\(|@import|\son[a-z]+=/i);
  expect(text).toContain("default-src 'none'");
});

test('whatever a stranger calls himself stays text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const hostile = `<script>alert("${name}")</script>'"><img src=x onerror=alert(1)>&`;
      const run = { sources: [{ name: hostile, client: hostile, downloadedBytes: 1, uploadedBytes: 0, isBanned: true }] };
      const text = page(torrent({ name: hostile, path: hostile, outcome: hostile }, run));
      expect(text).not.toMatch(/<script|<img/);
    }),
  );
});

test('a run that never began, or had no time, has a page too', () => {
  const empty: RecordedRun = {
    elapsedMs: 0,
    samples: [],
    pieceTimes: new Float64Array(),
    sources: [],
    trackers: [],
    events: [],
    eventsLeftOut: 0,
    snapshot: null,
  };
  const text = page(torrent({ outcome: 'cannot read x.torrent', isWhole: false, path: null, infoHash: '', run: empty }));
  expect(text).toContain('cannot read x.torrent');
  expect(text).not.toMatch(/NaN|undefined|Infinity|<h2>|mean speed|0 B/);
});

test('of several torrents the page begins with what came of each, and leads to it', () => {
  const text = page(torrent(), torrent({ name: 'other', outcome: 'no peer answered', isWhole: false }));
  expect(text).toContain('<h1>2 torrents</h1>');
  expect(text).toContain('<td><a href="#torrent-2">other</a></td><td><span class="failed">no peer answered</span></td>');
  expect(text).toContain('<h1 id="torrent-2">other</h1>');
  expect(page(torrent())).not.toContain('<a ');
});

test('many peers are fifty rows and one for the rest', () => {
  const sources = Array.from({ length: 200 }, (_, at) => ({
    name: `203.0.113.7:${1000 + at}`,
    client: '',
    downloadedBytes: 1000,
    uploadedBytes: 0,
    isBanned: false,
  }));
  const text = page(torrent({}, { sources }));
  expect(text).toContain('150 more');
  expect(text.match(/203\.0\.113\.7:/g)).toHaveLength(50);
});

test('the map: there before, when it came, never; many pieces share a cell', () => {
  const map = drawPieces(Float64Array.of(0, 500, 2000, Number.NaN), 2000, 1000);
  expect(map.match(/class="before"|fill-opacity="[^"]*"|class="missing"/g)).toEqual([
    'class="before"',
    'fill-opacity="0.44"',
    'fill-opacity="1"',
    'class="missing"',
  ]);
  expect(map).toContain('piece 1: after 500ms');
  const large = drawPieces(new Float64Array(100_000).fill(5), 10, 1000);
  expect(large.match(/<rect/g)).toHaveLength(2400);
  expect(large).toContain('pieces 0 to 41');
});

test('the speeds: within the drawing, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ step: fc.integer({ min: 1, max: 5000 }), rate: fc.double({ min: 0, max: 1e10, noNaN: true }) }), {
        minLength: 1,
        maxLength: 50,
      }),
      (looks) => {
        let atMs = 0;
        const samples = looks.map(({ step, rate }) => {
          atMs += step;
          return { atMs, downloadBytesPerSecond: rate, uploadBytesPerSecond: rate / 2 };
        });
        const svg = drawSpeed(samples, atMs);
        for (const [, points] of svg.matchAll(/points="([^"]*)"/g)) {
          for (const point of points.split(' ')) {
            const [x, y] = point.split(',').map(Number);
            expect(x >= 0 && x <= 960 && y >= 0 && y <= 220, point).toBe(true);
          }
        }
      },
    ),
  );
});

/** The words of the axes, and how the bars lie. */
const axis = (svg: string): string[] => Array.from(svg.matchAll(/<text[^>]*>([^<]*)</g), ([, words]) => words);

test.each([
  [1000, 2500, ['0 B/s', '256 B/s', '512 B/s', '768 B/s', '1.0 KiB/s', '1s', '2s', '0', '2.5s']],
  [
    900 * 1024,
    65_000,
    ['0 B/s', '256.0 KiB/s', '512.0 KiB/s', '768.0 KiB/s', '1.0 MiB/s', '10s', '20s', '30s', '40s', '50s', '1m', '0', '1m 5s'],
  ],
  [2.9 * 1024 ** 2, 3_600_000, ['0 B/s', '1.0 MiB/s', '2.0 MiB/s', '3.0 MiB/s', '10m', '20m', '30m', '40m', '50m', '0', '1h']],
  [
    30 * 1024 ** 2,
    20 * 86_400_000,
    ['0 B/s', '10.0 MiB/s', '20.0 MiB/s', '30.0 MiB/s', '3d', '6d', '9d', '12d', '15d', '18d', '0', '20d'],
  ],
])('the axes of %d B/s in %d ms are round numbers, each once', (rate, elapsedMs, words) => {
  const samples = [{ atMs: elapsedMs, downloadBytesPerSecond: rate, uploadBytesPerSecond: 0 }];
  expect(axis(drawSpeed(samples, elapsedMs))).toEqual(words);
});

test('where nothing came there is no empty drawing of it, and a line is drawn for what was sent alone', () => {
  const samples = (down: number, up: number) => [{ atMs: 2000, downloadBytesPerSecond: down, uploadBytesPerSecond: up }];
  const silent = page(torrent({}, { samples: samples(0, 0) }));
  expect(silent).toContain('Nothing came, and nothing was sent.');
  expect(silent).not.toContain('<polyline');
  const receiving = page(torrent({}, { samples: samples(2048, 0) }));
  expect(receiving).toContain('received, 2.0 KiB/s at most');
  expect(receiving).toContain('nothing was sent');
  expect(receiving).not.toContain('<polyline');
  const both = page(torrent({}, { samples: samples(2048, 1024) }));
  expect(both).toContain('sent, 1.0 KiB/s at most');
  expect(both).toContain('<polyline');
});

test('the colours of the map are explained, those that it has, with their counts', () => {
  const mixed = page(torrent());
  for (const words of ['4 pieces of 976.6 KiB', '2 came, from the first to the last', '1 there before', '1 never came'])
    expect(mixed).toContain(words);
  const whole = page(torrent({}, { pieceTimes: Float64Array.of(100, 200) }));
  expect(whole).not.toMatch(/there before|never came/);
});

test('who sent bad data is marked, and the column of errors is there where a tracker had one', () => {
  const sources = [
    { name: '203.0.113.7:6881', client: '', downloadedBytes: 750, uploadedBytes: 0, isBanned: false },
    { name: '203.0.113.8:6881', client: '', downloadedBytes: 250, uploadedBytes: 0, isBanned: true },
  ];
  const text = page(torrent({}, { sources }));
  expect(text.match(/<td>203[^]*?<\/td>/g)).toEqual([
    '<td>203.0.113.7:6881</td>',
    '<td>203.0.113.8:6881 <span class="banned">banned for bad data</span></td>',
  ]);
  expect(text).toContain('style="--part:75.0%">75.0%<');
  expect(text).not.toContain('>error</th>');
  const trackers = [{ url: 'http://a.example/', state: 'failed', peers: null, latencyMs: null, error: 'connection refused' }];
  expect(page(torrent({}, { trackers }))).toContain('>error</th>');
});

test('markup is escaped', () => {
  expect(escapeMarkup(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
});
