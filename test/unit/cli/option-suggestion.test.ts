// What is suggested for typical slips, among the options of download: the right one, or none, and never the opposite.

import { expect, test } from 'vitest';
import { didYouMean, suggestOptions } from '../../../src/cli/option-suggestion.js';
import { openProgramRig } from '../../support/program-rig.js';

const { program } = openProgramRig();
const OPTIONS = [...(program.commands.find((command) => command.name() === 'download')?.options ?? []), ...program.options]
  .filter(({ hidden }) => !hidden)
  .flatMap(({ short, long }) => [long ?? '', short ?? '']);

test.each([
  ['--outpt', ['--output']],
  ['--max-donwload', ['--max-download']],
  ['--tracer', ['--tracker']],
  ['--no-tracker', ['--no-trackers']],
  ['--reciept', ['--receipt']],
  ['--time-out', ['--timeout']],
  ['--nodht', ['--no-dht']],
  ['--jason', ['--json']],
  ['--file', ['--files']],
  ['--qiet', ['--quiet']],
  ['--stall', ['--stall-timeout']],
  ['--strip', ['--strip-components']],
  ['--incomplete', ['--incomplete-dir']],
  ['--dry', ['--dry-run']],
  ['--encrypt', ['--encryption']],
  ['--no-peers', ['--no-peers-timeout']],
  ['--interface-name', ['--interface']],
  ['--exec-after', ['--exec']],
  ['--ratio', ['--seed-ratio']],
  ['--webs', ['--webseed', '--webseeds']],
  ['--no-seed', []],
  ['--no-webseed', []],
  ['--no-upnp', []],
  ['--x', []],
  ['--user-agent', []],
])('%s: %j', (name, expected) => {
  expect(suggestOptions(name, OPTIONS)).toEqual(expected);
});

test('of many that begin so a few are named', () => {
  expect(suggestOptions('--max', OPTIONS)).toHaveLength(4);
});

test('as a question', () => {
  expect(didYouMean([])).toBe('');
  expect(didYouMean(['--a'])).toBe('Did you mean --a?');
  expect(didYouMean(['--a', '--b', '--c'])).toBe('Did you mean --a, --b or --c?');
});
