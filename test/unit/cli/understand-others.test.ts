// Habits that were made with other programs, and slips of the keyboard.

import { describe, expect, test } from 'vitest';
import { parseFileSpec } from '../../../src/cli/file-spec.js';
import { ALIASES, ALWAYS_SO, COMMANDS_OF_OTHERS, NOT_THE_SAME } from '../../../src/cli/foreign-spellings.js';
import { openProgramRig } from '../../support/program-rig.js';

describe('what means the same is understood', () => {
  test.each([
    [['-m', '5'], { timeout: 5000 }],
    [['-P', 'x'], { output: 'x' }],
    [['-d', 'x'], { output: 'x' }],
    [['--dir=x'], { output: 'x' }],
    [['-c', '--max-download-limit', '2M'], { maxDownloadEach: 2 * 1024 ** 2 }],
    [['--max-overall-download-limit=1K'], { maxDownload: 1024 }],
    [['--max-upload-limit', '1K'], { maxUploadEach: 1024 }],
    [['--listen-port=6881-6889'], { port: { first: 6881, last: 6889 } }],
    [['--bt-tracker', 'udp://a:1', '--tracker', 'udp://b:1'], { tracker: [['udp://a:1'], ['udp://b:1']] }],
    [['--bt-stop-timeout=60'], { stallTimeout: 60_000 }],
    [['--stop=60'], { timeout: 60_000 }],
    [['--index-out=1=x/y'], { rename: new Map([[1, 'x/y']]) }],
    [['--seed-time=0', '--seed-ratio=1.5'], { seedTime: 0, seedRatio: 1.5 }],
    [['--select-file=1,3'], { files: [parseFileSpec('1,3', '--files')] }],
  ])('%j', async (flags, expected) => {
    const rig = openProgramRig();
    await rig.parse('download', ...flags, 'x:y');
    expect(rig.optionsOf('download')).toMatchObject(expected);
    expect(rig.optionsOf('download')).not.toHaveProperty('dir');
  });

  test('its value is checked as ours is', async () => {
    await expect(openProgramRig().parse('-m', '5x', 'x:y')).rejects.toThrow("'5x' is no duration");
  });

  test('a flag so written comes before a variable', async () => {
    const rig = openProgramRig({ EFFUSION_OUTPUT: 'a' });
    await rig.parse('-P', 'b', 'x:y');
    expect(rig.optionsOf('download')).toMatchObject({ output: 'b' });
  });

  test('none of them is in the help', async () => {
    const help =
      openProgramRig()
        .program.commands.find((command) => command.name() === 'download')
        ?.helpInformation() ?? '';
    expect(help).toContain('--output');
    for (const flag of ['--dir ', ' -P,', '--continue', '--listen-port', '--dht ', '--no-fsync'])
      expect(help).not.toContain(flag);
  });
});

describe('what is another thing ends with our spelling', () => {
  test.each([
    [['--bt-exclude-tracker=x'], "unknown option '--bt-exclude-tracker': effusion calls it --exclude-tracker"],
    [['--enable-dht=false'], 'effusion calls it --no-dht'],
    [['--bt-require-crypto'], 'effusion calls it --encryption require'],
    [['--bt-metadata-only=true'], 'effusion calls it effusion metadata'],
    [['--hash-check-only'], 'effusion calls it effusion verify'],
  ])('%j', async (flags, message) => {
    await expect(openProgramRig().parse('x:y', ...flags)).rejects.toThrow(message);
  });

  test('no option is advised that the command lacks', async () => {
    await expect(openProgramRig().parse('verify', 'x', '--bt-exclude-tracker', 'y')).rejects.toThrow(
      /^unknown option '--bt-exclude-tracker'$/,
    );
  });
});

describe('slips', () => {
  test.each([
    [
      ['x:y', '--no-seed'],
      "unknown option '--no-seed': effusion calls it --seed-time=0 (it serves only where it is asked to)",
      'See effusion download --help.',
    ],
    [
      ['x:y', '--no-webseed'],
      "unknown option '--no-webseed': effusion calls it --webseeds never",
      'See effusion download --help.',
    ],
    [['x:y', '--log'], '--log: argument missing', 'It is written --log-file <FILE>. See effusion --help.'],
    [['x:y', '--prot', '5'], "unknown option '--prot'", 'Did you mean --port?'],
    [['x:y', '--prot=5'], "unknown option '--prot'", 'Did you mean --port?'],
    [['info', 'x:y', '--qiet'], "unknown option '--qiet'", 'Did you mean --quiet?'],
    [['verify', 'x', '--super-seeding'], "unknown option '--super-seeding' of effusion verify", 'It is one of effusion seed.'],
    [['x:y', '--dht=false'], '--dht: takes no value', 'Write --dht, or --no-dht.'],
    [['x:y', '--no-pex=1'], '--no-pex: takes no value', 'Write --no-pex, or --pex.'],
    [['x:y', '--quiet=yes'], '--quiet: takes no value', 'Write --quiet, or --no-quiet.'],
    [
      ['x:y', '-O', 'file'],
      "unknown option '-O': effusion calls it --output DIR, and --name NAME",
      'See effusion download --help.',
    ],
    [['seed', 'x', '--frobnicate'], "unknown option '--frobnicate'", 'See effusion seed --help.'],
  ])('%j', async (args, message, hint) => {
    const error: unknown = await openProgramRig()
      .parse(...args)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'usage_error', message, detail: { hint } });
  });
});

test('a spelling stands once, and is none of ours', () => {
  const theirs = [...ALIASES.map(([flags]) => flags), ...ALWAYS_SO].flatMap((flags) => flags.split(', '));
  const all = [...theirs, ...NOT_THE_SAME.keys()];
  expect(new Set(all).size).toBe(all.length);
  const { program } = openProgramRig();
  const ours = new Set(
    program.commands.flatMap((command) =>
      command.options.filter(({ hidden }) => !hidden).flatMap(({ short, long }) => [short, long]),
    ),
  );
  expect(all.filter((flag) => ours.has(flag))).toEqual([]);
});

test('a command of another program is one of ours, under another name', () => {
  const { program } = openProgramRig();
  const names = new Set(program.commands.flatMap((command) => [command.name(), ...command.aliases()]));
  expect([...COMMANDS_OF_OTHERS.keys()].filter((name) => names.has(name))).toEqual([]);
  const ours = [...COMMANDS_OF_OTHERS.values()].map((words) => words.split(' ')[0]);
  expect(ours.filter((name) => !names.has(name) && name !== '--version')).toEqual([]);
});
