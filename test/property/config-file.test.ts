// Whatever stands in the configuration file: keys with values, or an error that says what is wrong; never a crash of ours.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/cli/settings/config-file.js';
import { applySettings } from '../../src/cli/settings/apply-settings.js';
import { UsageError } from '../../src/cli/usage-error.js';
import { openProgramRig } from '../support/program-rig.js';

const key = fc.oneof(
  fc.constantFrom('port', 'no-dht', 'dht', 'peer', 'timeout', 'color', 'output', 'constructor', 'toString'),
  fc.string({ maxLength: 8 }),
);
const value = fc.oneof(
  fc.constantFrom(
    'true',
    'false',
    '6881',
    '-1',
    '1e400',
    'nan',
    '"5m"',
    '"a:1"',
    '[]',
    '["a:1", "a:2"]',
    '[[1]]',
    '{ a = 1 }',
    '1979-05-27',
    "'''x",
  ),
  fc.string({ maxLength: 12 }),
);
const file = fc
  .array(
    fc.oneof(
      fc.tuple(key, value).map(([name, text]) => `${name} = ${text}`),
      fc.constantFrom('[download]', '[seed]', '[x.y]', '# x'),
      fc.string({ maxLength: 20 }),
    ),
    {
      maxLength: 8,
    },
  )
  .map((lines) => lines.join('\n'));

test('a text is entries, or a UsageError that names the file', async () => {
  await fc.assert(
    fc.asyncProperty(file, async (text) => {
      const error: unknown = await parseConfig(text, '/a/file').then(
        (entries) => {
          for (const entry of entries) expect(entry.line === null || entry.line >= 1).toBe(true);
          return null;
        },
        (reason: unknown) => reason,
      );
      if (error === null) return;
      expect(error).toBeInstanceOf(UsageError);
      expect((error as UsageError).message).toContain('/a/file');
    }),
    { numRuns: 500 },
  );
});

test('a variable is a value, or a UsageError that names it', async () => {
  const names = fc.constantFrom(
    'PORT',
    'NO_DHT',
    'DHT',
    'PEER',
    'TIMEOUT',
    'COLOR',
    'PROXY',
    'MAX_DOWNLOAD',
    'OVERWRITE',
    'CONSTRUCTOR',
  );
  await fc.assert(
    fc.asyncProperty(names, fc.oneof(fc.string(), fc.constantFrom('1', '0', '5m', 'a:1', 'a:1\nb:2')), async (name, text) => {
      const { program } = openProgramRig();
      const command = program.commands.find((candidate) => candidate.name() === 'download') ?? program;
      const environment = { EFFUSION_NO_CONFIG: '1', [`EFFUSION_${name}`]: text };
      const error: unknown = await applySettings(program, command, environment).then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error === null) return;
      expect(error).toBeInstanceOf(UsageError);
      expect((error as UsageError).message).toContain(`EFFUSION_${name}`);
    }),
    { numRuns: 300 },
  );
});
