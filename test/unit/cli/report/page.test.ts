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
      sources: [{ name: '203.0.113.7:6881', client: 'Transmission', downloadedBytes: 4_100_000, uploadedBytes: 0 }],
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
      const run = { sources: [{ name: hostile, client: hostile, downloadedBytes: 1, uploadedBytes: 0 }] };
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
  expect(text).not.toMatch(/NaN|undefined|Infinity|<h2>/);
});

test('many peers are fifty rows and one for the rest', () => {
  const sources = Array.from({ length: 200 }, (_, at) => ({
    name: `203.0.113.7:${1000 + at}`,
    client: '',
    downloadedBytes: 1000,
    uploadedBytes: 0,
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

test('markup is escaped', () => {
  expect(escapeMarkup(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
});
