// The man page of a small command tree: everything of it is there, and nothing of it means something to roff.

import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { formatManPage } from '../../../src/cli/man-page.js';

function makePage(): string {
  const program = new Command('effusion').description('Does things.').helpCommand(false).option('-q, --quiet', 'say less');
  program
    .command('get')
    .description('get it')
    .argument('<NAME>', 'what to get')
    .addOption(new Option('--how <MODE>', '.fast or not').choices(['a', 'b']).default('a'))
    .option('--same', 'shared')
    .addOption(new Option('--secret').hideHelp())
    .addHelpText('after', "\n.starts with a dot\n\n  effusion get 'x\\y'\n  .also here");
  program.command('put').option('--same', 'shared');
  return formatManPage({ program, version: '1.2-3', topics: { units: 'By 1024.\n', 'exit-codes': 'not here' } });
}

test('commands, arguments, options, choices and topics are there', () => {
  const page = makePage();
  for (const part of [
    '.TH EFFUSION 1 "" "effusion 1.2\\-3" "User Commands"',
    'effusion \\- does things',
    '.SS "effusion get [options] <NAME>"',
    '.TP\n.I NAME\nWhat to get.\n',
    '.TP\n.B \\-\\-how <MODE>\n\\&.fast or not (a, b; default: a).\n',
    'Also, as described above: \\-\\-same.',
    '.B \\-q, \\-\\-quiet\nSay less.',
    '.SH UNITS\nBy 1024.\n',
    '.SH EXIT STATUS',
  ]) {
    expect(page).toContain(part);
  }
  expect(page).not.toContain('secret');
  expect(page).not.toContain('not here');
});

test('text is no macro, wherever it stands', () => {
  const page = makePage();
  expect(page).toContain('\n\\&.starts with a dot\n');
  expect(page).toContain('\neffusion get \\(aqx\\ey\\(aq\n\\&.also here\n');
});
