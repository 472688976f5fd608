import { expect, test } from 'vitest';
import { Output } from '../../../../src/cli/output.js';
import { PlainView } from '../../../../src/cli/render/plain-view.js';
import type { Progress } from '../../../../src/cli/render/progress.js';
import { FakeStream } from '../../../support/fake-stream.js';

const PROGRESS: Progress = {
  name: 'data.bin',
  phase: 'downloading',
  totalBytes: 1000,
  doneBytes: 0,
  checkedBytes: 0,
  downloadBytesPerSecond: 100,
  uploadBytesPerSecond: 0,
  uploadedBytes: 0,
  timeLeftMs: 9000,
  peers: 2,
};

function open() {
  const stream = new FakeStream();
  let now = 0;
  const view = new PlainView(new Output(stream, undefined, () => {}), () => now);
  const at = (ms: number, change: Partial<Progress>): void => {
    now = ms;
    view.update({ ...PROGRESS, ...change });
  };
  return { stream, view, at, lines: () => stream.text.split('\n').slice(0, -1) };
}

test('a line at every 10%, none in between, none at the end', () => {
  const { at, lines } = open();
  for (let done = 0; done <= 1000; done += 10) at(done, { doneBytes: done });
  expect(lines()).toHaveLength(9);
  expect(lines()[0]).toBe('data.bin: 10%, 100 of 1000 B, 100 B/s, 0:09 left, 2 peers');
  expect(lines()[8]).toContain('90%');
});

test('a line every 10 s where it is slow', () => {
  const { at, lines } = open();
  for (let second = 0; second <= 35; second++) at(second * 1000, { doneBytes: second });
  expect(lines()).toHaveLength(3);
});

test('nothing is repeated where nothing changed', () => {
  const { at, lines } = open();
  for (let second = 0; second <= 60; second++) at(second * 1000, { timeLeftMs: null });
  expect(lines()).toEqual(['data.bin: 0%, 0 of 1000 B, 100 B/s, 2 peers']);
});

test('what was there at the start is no progress', () => {
  const { at, lines } = open();
  at(0, { doneBytes: 750 });
  at(100, { doneBytes: 790 });
  expect(lines()).toEqual([]);
  at(200, { doneBytes: 800 });
  expect(lines()).toHaveLength(1);
});

test('several steps at once are one line', () => {
  const { at, lines } = open();
  at(0, {});
  at(100, { doneBytes: 700 });
  at(200, { doneBytes: 710 });
  expect(lines()).toHaveLength(1);
});

test('a long check says how far it is', () => {
  const { at, lines } = open();
  at(0, { phase: 'checking' });
  at(10_000, { phase: 'checking', checkedBytes: 250 });
  at(20_000, { phase: 'allocating', checkedBytes: 500 });
  expect(lines()).toEqual(['data.bin: checking data, 25%', 'data.bin: allocating, 50%']);
});

test('a seed says where it is to be reached, where that is known', () => {
  const { at, lines } = open();
  at(60_000, { phase: 'seeding' });
  at(120_000, { phase: 'seeding', ratio: 1.5, reachableAt: '203.0.113.5:6881' });
  expect(lines()).toEqual([
    'data.bin: seeding, 0 B sent, 0 B/s, 2 peers',
    'data.bin: seeding, 0 B sent, ratio 1.50, 0 B/s, 2 peers, reachable as 203.0.113.5:6881',
  ]);
});

test('no escape and no carriage return, ever', () => {
  const { view, at, stream } = open();
  at(0, { phase: 'announcing' });
  at(10_000, { phase: 'announcing' });
  at(20_000, { doneBytes: 400 });
  at(90_000, { phase: 'seeding' });
  view.log('a line');
  view.close();
  expect(stream.text).not.toContain('\u001B');
  expect(stream.text).not.toContain('\r');
  expect(stream.text).toContain('a line\n');
});
