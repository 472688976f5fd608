// From `start` to `done`: the last line is the last, whatever is told after it.

import { expect, test, vi } from 'vitest';
import { EventStream } from '../../../../src/cli/events/event-stream.js';
import { CONFIG } from '../../../../src/engine/config.js';
import { type EventLine, namesOf, readEvents, schemaComplaint } from '../../../support/event-lines.js';

function rig() {
  const state = { text: '', now: 1_000_000, isFull: false };
  const stream = new EventStream({ version: '1.2.3', onBroken: () => undefined, now: () => state.now });
  const write = (bytes: Uint8Array): number => {
    if (state.isFull) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    state.text += Buffer.from(bytes).toString();
    return bytes.length;
  };
  return { state, stream, write };
}

const linesOf = (text: string): EventLine[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as EventLine);

const piece = (index: number) => ({ event: 'piece', id: 1, piece: index, have: index, pieces: 1_000_000 }) as const;

test('nothing is written where nobody asked', async () => {
  const { state, stream } = rig();
  stream.emit(piece(1));
  await stream.end(0, null);
  expect(stream.isOpen).toBe(false);
  expect(state.text).toBe('');
});

test('done is the last, once, with the time of the run', async () => {
  const { state, stream, write } = rig();
  stream.begin(write);
  state.now += 1500;
  await stream.end(130, 'SIGINT');
  stream.emit(piece(1));
  stream.endNow(1, null);
  const lines = readEvents(state.text);
  expect(namesOf(lines)).toEqual(['start', 'done']);
  expect(lines[0]).toMatchObject({ v: 1, t: 1_000_000, version: '1.2.3' });
  expect(lines[1]).toMatchObject({ exit: 130, name: 'interrupt', cause: 'SIGINT', elapsedMs: 1500 });
});

test('what strangers wrote stays one line, and valid', () => {
  const { state, stream, write } = rig();
  stream.begin(write);
  const client = 'a\nb\u2028\u001B[31m"\\\u0000\uD800';
  stream.emit({ event: 'peer', state: 'connected', address: '[::1]:1', incoming: true, client, id: 1 });
  stream.endNow(0, null);
  const lines = readEvents(state.text);
  expect(lines).toHaveLength(3);
  expect(lines[1]['client']).toBe(client);
});

test('what moves a cursor or turns text round is told as an escape', () => {
  const { state, stream, write } = rig();
  stream.begin(write);
  const message = 'a\u009B31m\u202Eb';
  stream.emit({ event: 'warning', code: 'x', message });
  expect(state.text).not.toMatch(/[\u0080-\u009F\u202E]/);
  expect(linesOf(state.text).at(-1)).toMatchObject({ message });
});

test('a slow reader gets what there is room for, hears how much it has missed, and the end', () => {
  vi.useFakeTimers();
  try {
    const { state, stream, write } = rig();
    stream.begin(write);
    state.isFull = true;
    for (let index = 0; index < 20_000; index++) stream.emit(piece(index));
    expect(namesOf(linesOf(state.text))).toEqual(['start']);
    state.isFull = false;
    vi.advanceTimersByTime(CONFIG.events.retryMs);
    expect(state.text.length).toBeLessThan(CONFIG.events.maxQueuedBytes + 1000);
    const kept = linesOf(state.text).length;
    stream.emit(piece(7));
    stream.endNow(7, null);
    const [warning, ...rest] = linesOf(state.text).slice(kept);
    expect(schemaComplaint(warning)).toBeNull();
    expect(warning['message']).toBe(`${20_001 - kept} events were left out, as the reader was slow`);
    expect(namesOf(rest)).toEqual(['piece', 'done']);
  } finally {
    vi.useRealTimers();
  }
});
