// What a log file holds.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LogFile, type LogLevel } from '../../../src/cli/log-file.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const TIME = '2026-01-02T03:04:05.006Z';

async function open(level: LogLevel): Promise<{ log: LogFile; file: string; lines: () => Promise<string[]> }> {
  const file = path.join(await makeTempFolder(), 'log');
  const log = new LogFile({ path: file, level, now: () => NOW });
  return { log, file, lines: async () => (await readFile(file, 'utf8')).split('\n').slice(0, -1) };
}

test('each line has its time and its level, and no colours', async () => {
  const { log, lines } = await open('info');
  log.say('\u001B[32mdone\u001B[39m: x');
  log.say('effusion: error: x: ENOENT. (exit 9)');
  log.say('a.iso: banned 10.0.0.1:1: bad data for piece 3');
  log.say('no data for 8 s: nobody');
  log.say('effusion: this is a bug: E\n    at x');
  log.close();
  expect(await lines()).toEqual([
    `${TIME} info done: x`,
    `${TIME} error effusion: error: x: ENOENT. (exit 9)`,
    `${TIME} warn a.iso: banned 10.0.0.1:1: bad data for piece 3`,
    `${TIME} warn no data for 8 s: nobody`,
    `${TIME} error effusion: this is a bug: E`,
    `${TIME} error     at x`,
  ]);
});

test.each([
  ['error', ['error']],
  ['warn', ['error', 'warn']],
  ['info', ['error', 'warn', 'info']],
  ['debug', ['error', 'warn', 'info', 'debug']],
] as const)('at %s', async (level, expected) => {
  const { log, lines } = await open(level);
  for (const of of ['debug', 'info', 'warn', 'error'] as const) log.write(of, 'x');
  log.close();
  expect((await lines()).map((line) => line.split(' ')[1]).toReversed()).toEqual(expected);
});

test('a run appends to what another wrote', async () => {
  const { log, file, lines } = await open('info');
  log.say('one');
  log.close();
  const next = new LogFile({ path: file, level: 'info', now: () => NOW });
  next.say('two');
  next.close();
  expect((await lines()).map((line) => line.split(' ').at(-1))).toEqual(['one', 'two']);
});

test('a file that cannot be opened is an error of the disk', async () => {
  const file = path.join(await makeTempFolder(), 'none/log');
  expect(() => new LogFile({ path: file, level: 'info' })).toThrow(
    `--log-file: cannot write ${file}: there is no folder ${path.dirname(file)} (ENOENT)`,
  );
  expect(() => new LogFile({ path: file, level: 'info' })).toThrow(expect.objectContaining({ code: 'output_failed' }) as Error);
});

test('a full disk ends the log and nothing else', () => {
  const log = new LogFile({ path: '/dev/full', level: 'info' });
  expect(() => log.say('x')).not.toThrow();
  expect(() => log.say('y')).not.toThrow();
  log.close();
});
