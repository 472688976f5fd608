// The man page as it is shipped, under the eyes of the programs that show it.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { describeWith } from '../support/real-peers.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

async function writePage(): Promise<string> {
  const { stdout, code } = await cli.run(['help', '--man']);
  expect(code).toBe(0);
  const file = path.join(await makeTempFolder(), 'effusion.1');
  await writeFile(file, stdout);
  return file;
}

test('every option of every command is in it', async () => {
  const page = (await cli.run(['help', '--man'])).stdout.replaceAll('\\-', '-');
  for (const command of ['download', 'seed', 'create', 'info', 'verify', 'config']) {
    const help = (await cli.run([command, '--help'])).stdout;
    const options = help.match(/(?<=^ .*)--[a-z][a-z-]+/gm) ?? [];
    expect(options.length).toBeGreaterThan(3);
    expect(options.filter((option) => !page.includes(option))).toEqual([]);
  }
});

describeWith(['mandoc'], 'mandoc', () => {
  test('has nothing to say against it, but that it has no date: a build makes the same bytes each time', async () => {
    const end = await startChild('mandoc', ['-Tlint', '-W', 'all', await writePage()]).ended;
    const complaints = end.stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'));
    expect(complaints).toEqual([]);
  });
});

describeWith(['groff'], 'groff', () => {
  test('shows it without a warning', async () => {
    const end = await startChild('groff', ['-man', '-ww', '-Tutf8', '-z', await writePage()]).ended;
    expect(end.stderr).toBe('');
    expect(end.code).toBe(0);
  });
});

describeWith(['man'], 'man', () => {
  test('shows it without a warning', async () => {
    const env = { MANWIDTH: '80', LC_ALL: 'C.UTF-8' };
    const end = await startChild('man', ['--warnings', '-l', await writePage()], { env }).ended;
    expect(end.stderr).toBe('');
    expect(end.stdout).toMatch(/^NAME\n +effusion - downloads, serves, makes and checks torrents$/m);
  });
});
