import { expect, test, vi } from 'vitest';
import { Output } from '../../../src/cli/output.js';
import { FakeStream } from '../../support/fake-stream.js';

const ignore = (): void => {};

test('a terminal can be drawn on, unless it is dumb, has no columns, or is none', () => {
  const onTerminal = new FakeStream({ isTTY: true, columns: 80 });
  expect(new Output(onTerminal, 'xterm', ignore).canDraw).toBe(true);
  expect(new Output(onTerminal, 'dumb', ignore).canDraw).toBe(false);
  expect(new Output(new FakeStream({ isTTY: true, columns: 0 }), 'xterm', ignore).canDraw).toBe(false);
  expect(new Output(new FakeStream(), 'xterm', ignore).canDraw).toBe(false);
});

test('a choice goes before what the terminal says of itself, but makes no terminal of what is none', () => {
  const drawn = (stream: FakeStream, name: string, choice: 'auto' | 'always' | 'never'): boolean => {
    const output = new Output(stream, name, ignore);
    output.chooseDrawing(choice);
    return output.canDraw;
  };
  const onTerminal = new FakeStream({ isTTY: true, columns: 80 });
  expect(drawn(onTerminal, 'dumb', 'always')).toBe(true);
  expect(drawn(onTerminal, 'xterm', 'never')).toBe(false);
  expect(drawn(onTerminal, 'dumb', 'auto')).toBe(false);
  expect(drawn(new FakeStream(), 'xterm', 'always')).toBe(false);
});

test('after a failed write there is silence, and one call about it', async () => {
  const stream = new FakeStream();
  const onBroken = vi.fn();
  const output = new Output(stream, undefined, onBroken);
  output.line('before');
  stream.failure = Object.assign(new Error('broken pipe'), { code: 'EPIPE' });
  output.line('lost');
  output.line('lost too');
  await output.flush();
  expect(onBroken).toHaveBeenCalledExactlyOnceWith(stream.failure);
  expect(stream.text).toBe('before\n');
});

test('changes of size are heard until they are not wanted any more', () => {
  const stream = new FakeStream({ isTTY: true, columns: 80 });
  const output = new Output(stream, 'xterm', ignore);
  const listener = vi.fn();
  const stop = output.onResize(listener);
  stream.resize(100);
  stop();
  stream.resize(120);
  expect(listener).toHaveBeenCalledOnce();
  expect(output.columns).toBe(120);
});
