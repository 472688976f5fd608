// What keys do to a run: on a terminal, and nowhere else.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/command-context.js';
import { KEY_HELP, listenForKeys, nextLimit } from '../../../src/cli/key-commands.js';
import type { KeyInput } from '../../../src/cli/keys.js';

const MIB = 1024 * 1024;

test('the rate goes up and down by powers of two, and off at the top', () => {
  expect(nextLimit('-', 0, 5 * MIB)).toBe(4 * MIB);
  expect(nextLimit('-', 4 * MIB, 0)).toBe(2 * MIB);
  expect(nextLimit('+', 2 * MIB, 0)).toBe(4 * MIB);
  expect(nextLimit('+', 3 * MIB, 0)).toBe(4 * MIB);
  expect(nextLimit('+', 1024 * MIB, 0)).toBe(0);
  expect(nextLimit('+', 0, 5 * MIB)).toBe(0);
  expect(nextLimit('-', 16 * 1024, 0)).toBe(16 * 1024);
  expect(nextLimit('-', 0, 0)).toBe(16 * 1024);
});

test('from any limit - leads down to the slowest, and + up to none', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 2 ** 40 }), (limit, rate) => {
      let [down, up] = [nextLimit('-', limit, rate), limit];
      for (let step = 0; step < 50; step++) {
        const next = nextLimit('-', down, rate);
        if (next > down) throw new Error(`- led from ${down} to ${next}`);
        down = next;
        up = nextLimit('+', up, rate);
      }
      return down === 16 * 1024 && up === 0;
    }),
  );
});

function rig({ isQuiet = false, canDraw = true, hasInput = true } = {}) {
  const did: string[] = [];
  let press: (text: string) => void = () => {};
  const input: KeyInput = {
    readableEnded: false,
    destroyed: false,
    setRawMode: (isRaw) => did.push(isRaw ? 'raw' : 'cooked'),
    on: (_, listener) => {
      press = (text) => listener(new TextEncoder().encode(text));
    },
    removeListener: () => {
      press = () => {};
    },
    resume: () => {},
    pause: () => {},
  };
  const client = {
    isPaused: false,
    setPaused: (isPaused: boolean): void => {
      client.isPaused = isPaused;
    },
    setLimits: (limits: object) => did.push(JSON.stringify(limits)),
  };
  const context = {
    isQuiet,
    stderr: { canDraw },
    keyInput: () => (hasInput ? input : null),
    board: {
      log: (line: string) => did.push(line),
      toggleDetail: () => did.push('detail'),
      rates: { download: 3 * MIB, upload: 0 },
    },
    interruption: { request: (...said: string[]) => did.push(said.join(' by ')), onExit: () => () => {} },
    suspension: { add: () => () => {} },
  } as unknown as CommandContext;
  const stop = listenForKeys({ client, direction: 'download', limit: 0 }, context, () => true);
  return { did, client, stop, press: (text: string) => press(text) };
}

test('p pauses and goes on, q stops in order, v shows more, ? says which there are', () => {
  const { did, client, press, stop } = rig();
  press('p');
  expect(client.isPaused).toBe(true);
  press('p');
  expect(client.isPaused).toBe(false);
  for (const key of ['q', 'v', '?', 'x']) press(key);
  expect(did).toEqual(['raw', 'paused: p goes on', 'going on', 'SIGINT by q', 'detail', KEY_HELP]);
  stop();
  press('q');
  expect(did.at(-1)).toBe('cooked');
});

test('- begins at what comes now, + leads back to no limit', () => {
  const { did, press } = rig();
  press('-');
  press('+');
  expect(did.slice(1)).toEqual([
    JSON.stringify({ maxDownloadBytesPerSecond: 2 * MIB }),
    'download: at most 2.0 MiB/s',
    JSON.stringify({ maxDownloadBytesPerSecond: 4 * MIB }),
    'download: at most 4.0 MiB/s',
  ]);
});

test.each([{ isQuiet: true }, { canDraw: false }, { hasInput: false }])('nobody is listened to with %o', (options) => {
  const { did, stop } = rig(options);
  stop();
  expect(did).toEqual([]);
});
