// The writer against descriptors that take part of a line, nothing for now, or nothing any more.

import { expect, test, vi } from 'vitest';
import { EventWriter } from '../../../../src/cli/events/event-writer.js';

function failing(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

/** `room`: bytes that the reader still takes. */
function rig(room: number, maxQueuedBytes = 1000) {
  const state = { room, text: '', broken: [] as (string | undefined)[], failure: null as Error | null };
  const writer = new EventWriter({
    maxQueuedBytes,
    retryMs: 10,
    onBroken: (error) => state.broken.push(error.code),
    write: (bytes) => {
      if (state.failure !== null) throw state.failure;
      if (state.room === 0) throw failing('EAGAIN');
      const taken = Math.min(state.room, bytes.length);
      state.text += Buffer.from(bytes.subarray(0, taken)).toString();
      state.room -= taken;
      return taken;
    },
  });
  return { state, writer };
}

test('a line is out when the call returns', () => {
  const { state, writer } = rig(Infinity);
  writer.line('one', 'event');
  expect(state.text).toBe('one\n');
  expect(writer.isIdle).toBe(true);
});

test('what a full pipe does not take goes out later, whole and in order', () => {
  vi.useFakeTimers();
  try {
    const { state, writer } = rig(2);
    writer.line('first', 'event');
    writer.line('second', 'progress');
    expect(state.text).toBe('fi');
    state.room = 3;
    vi.advanceTimersByTime(10);
    expect(state.text).toBe('first');
    expect(writer.isIdle).toBe(false);
    state.room = Infinity;
    vi.advanceTimersByTime(10);
    expect(state.text).toBe('first\nsecond\n');
    expect(writer.isIdle).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('what waits is bounded: progress is lost first, then events, never the end nor a line that is half out', () => {
  const { state, writer } = rig(1, 40);
  writer.line('half-out-progress', 'progress');
  writer.line('progress-1', 'progress');
  writer.line('event-1', 'event');
  writer.line('event-2', 'event');
  writer.line('end-1', 'end');
  writer.line('progress-2', 'progress');
  writer.line('end-2', 'end');
  state.room = Infinity;
  writer.flushNow(0);
  expect(state.text).toBe('half-out-progress\nevent-2\nend-1\nend-2\n');
  expect(writer.takeDropped()).toBe(3);
  expect(writer.takeDropped()).toBe(0);
});

test('ends are kept beyond the bound', () => {
  const { state, writer } = rig(0, 10);
  for (let i = 0; i < 5; i++) writer.line(`the end ${i}`, 'end');
  state.room = Infinity;
  writer.flushNow(0);
  expect(state.text.split('\n')).toHaveLength(6);
});

test('a reader that is gone: said once, and nothing is kept', () => {
  const { state, writer } = rig(0);
  writer.line('one', 'event');
  state.failure = failing('EPIPE');
  writer.flushNow(0);
  writer.line('two', 'end');
  writer.flushNow(0);
  expect(state.broken).toEqual(['EPIPE']);
  expect(writer.isIdle).toBe(true);
});

test('waiting for a reader that never reads ends', async () => {
  const { writer, state } = rig(0);
  writer.line('one', 'end');
  writer.flushNow(20);
  await writer.flush(20);
  expect(state.text).toBe('');
  expect(writer.isIdle).toBe(false);
});
