// Whether a run that failed owes its reader an object of JSON, and which: by the words as commander reads them.

import { expect, test } from 'vitest';
import { createProgram } from '../../../../src/cli/program.js';
import { type OwedJson, owedJson } from '../../../../src/cli/results/json-argument.js';
import { openProgramRig } from '../../../support/program-rig.js';

const makeProgram = (): ReturnType<typeof createProgram> =>
  createProgram({
    version: '1.2.3',
    helpWidth: 80,
    environment: {},
    writeOut: (text) => {
      throw new Error(`it wrote ${text}`);
    },
    run: () => Promise.reject(new Error('it ran')),
  });

const owes = (line: string, environment: Record<string, string> = {}, isTerminal = false): OwedJson | null =>
  owedJson({ argv: line.split(' '), program: makeProgram(), used: null, environment, isTerminal });

test.each<[string, OwedJson | null]>([
  ['download x --json --frob', 'result'],
  ['x.torrent --frob --json', 'result'],
  ['--json', 'result'],
  ['-q seed x --json', 'result'],
  ['get x --json', 'result'],
  ['x --json --no-json', null],
  ['x --no-json --json', 'result'],
  ['x -- --json', null],
  ['x --frob', null],
  ['dwonload x --json', 'result'],
  ['info x --json', 'error'],
  ['show x --json', 'error'],
  ['config --json --frob', 'error'],
  ['doctor x --json', 'error'],
  ['cat x --json', null],
  ['help --json', null],
])('%s', (line, expected) => expect(owes(line)).toBe(expected));

test.each<[string, string, OwedJson | null]>([
  ['a value of an option of every command is no command', '--log-file info x --json', 'result'],
  ['nor is one behind a =', '--log-file=info x --json', 'result'],
  ['the command stands behind options of every command', '--log-file a.log info x --json', 'error'],
  ['an option of one command in front leaves the default one', '--timeout 5 info x --json', 'result'],
  ['a value may look like the option', 'info x --save --json', null],
  ['also where it is cut off', 'info x --json --save', 'error'],
  ['a short one takes its value too', 'download x -o --json', null],
  ['or has it joined', 'download x -oout --json', 'result'],
  ['letters in one word', 'info -qv x --json', 'error'],
  ['a value that cannot be', 'info x --metadata-timeout soon --json', 'error'],
  ['an optional one takes no option', 'x --seed --json', 'result'],
  ['one that stands apart from it', 'x --seed 2x --json', 'result'],
])('%s: %s', (_, line, expected) => expect(owes(line)).toBe(expected));

test('swarm says it in a pipe without being asked, and at a prompt does not', () => {
  expect(owes('swarm nothing')).toBe('error');
  expect(owes('swarm nothing', {}, true)).toBeNull();
});

test('the variable says it too, and a flag goes before it', () => {
  expect(owes('x --frob', { EFFUSION_JSON: '1' })).toBe('result');
  expect(owes('info x --frob', { EFFUSION_JSON: '1' })).toBe('error');
  expect(owes('x --no-json', { EFFUSION_JSON: '1' })).toBeNull();
  expect(owes('x', { EFFUSION_JSON: 'perhaps' })).toBeNull();
  expect(owes('config --frob', { EFFUSION_JSON: '1' })).toBeNull();
});

test('what the configuration said counts where the run came to that', async () => {
  const rig = openProgramRig({ EFFUSION_JSON: 'true' });
  await rig.parse('info', 'x.torrent');
  const used = rig.program;
  const failed = { argv: ['info', 'x.torrent'], environment: {}, isTerminal: false };
  expect(owedJson({ ...failed, program: makeProgram(), used })).toBe('error');
  expect(owedJson({ ...failed, argv: ['files', 'x.torrent'], program: makeProgram(), used })).toBeNull();
});
