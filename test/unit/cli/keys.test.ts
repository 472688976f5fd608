// Keys from a terminal: one by one, the signals among them given back, nothing in the background, and the terminal as it was at the end.

import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type KeyInput, Keys, type KeySignal } from '../../../src/cli/keys.js';

class FakeTerminal extends EventEmitter implements KeyInput {
  readableEnded = false;
  destroyed = false;
  isRaw = false;
  isGone = false;

  setRawMode(isRaw: boolean): void {
    if (this.isGone) throw new Error('setRawMode EIO');
    this.isRaw = isRaw;
  }

  resume(): void {}

  pause(): void {}

  type(text: string): void {
    this.emit('data', new TextEncoder().encode(text));
  }
}

function rig(isForeground = true) {
  const terminal = new FakeTerminal();
  const heard: string[] = [];
  const place = { isForeground };
  const keys = new Keys({
    input: terminal,
    isInForeground: () => place.isForeground,
    onKey: (key) => heard.push(key),
    onSignal: (signal: KeySignal) => heard.push(signal),
  });
  return { terminal, heard, place, keys };
}

test('keys come one by one, and what the terminal would have made a signal of is one', () => {
  const { terminal, heard } = rig();
  expect(terminal.isRaw).toBe(true);
  terminal.type('p');
  terminal.type('+-');
  for (const control of ['\u0003', '\u001A', '\u001C']) terminal.type(control);
  expect(heard).toEqual(['p', '+', '-', 'SIGINT', 'SIGTSTP', 'SIGQUIT']);
});

test('arrows, pasted text and what is no ASCII are no keys, but ^C among them counts', () => {
  const { terminal, heard } = rig();
  terminal.type('\u001B[A');
  terminal.type('qqqqqqqq');
  terminal.type('é');
  terminal.type('\r\n\t');
  expect(heard).toEqual([]);
  terminal.type('pasted text\u0003');
  expect(heard).toEqual(['SIGINT']);
});

test('stopped and gone on with, the terminal is given back and taken again, unless somebody else has it', () => {
  const { terminal, heard, place, keys } = rig();
  keys.suspend();
  expect(terminal.isRaw).toBe(false);
  terminal.type('p');
  place.isForeground = false;
  keys.resume();
  expect(terminal.isRaw).toBe(false);
  place.isForeground = true;
  keys.resume();
  terminal.type('v');
  expect([terminal.isRaw, heard]).toEqual([true, ['v']]);
  keys.close();
  keys.resume();
  expect(terminal.isRaw).toBe(false);
});

test('in the background, with an input that has ended, or a terminal that is gone, nothing is listened to', () => {
  expect(rig(false).terminal.isRaw).toBe(false);
  for (const loss of ['readableEnded', 'destroyed', 'isGone'] as const) {
    const { terminal, keys, heard } = rig();
    keys.suspend();
    terminal[loss] = true;
    keys.resume();
    terminal.type('p');
    expect([terminal.isRaw, heard]).toEqual([false, []]);
  }
});

test('a terminal that fails has no keys any more, and fails nobody', () => {
  const { terminal, heard, keys } = rig();
  terminal.emit('error', new Error('read EIO'));
  terminal.type('p');
  keys.resume();
  terminal.type('p');
  expect([heard, terminal.isRaw]).toEqual([[], false]);
});
