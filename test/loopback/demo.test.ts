// `npm run demo`, as a newcomer runs it: it ends well, has used all its seeders, and leaves nothing behind; nor does one that
// was stopped in the middle.

import { readdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startChild, type Child } from '../support/child-process.js';
import { makeTempFolder } from '../support/temp-folder.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

async function startDemo(): Promise<{ child: Child; temp: string }> {
  const temp = await makeTempFolder();
  const { scripts } = JSON.parse(readFileSync(`${project}package.json`, 'utf8')) as { scripts: { demo: string } };
  const [command, ...args] = scripts.demo.split(' ');
  expect(command).toBe('node');
  return { child: startChild(process.execPath, args, { cwd: project, env: { TMPDIR: temp, NO_COLOR: '1' } }), temp };
}

/** tsx keeps a cache beside them. */
async function demoFolders(temp: string): Promise<string[]> {
  return (await readdir(temp)).filter((name) => name.startsWith('effusion'));
}

test('it downloads from all its seeders, verifies, and cleans up', { timeout: 60_000 }, async () => {
  const { child, temp } = await startDemo();
  const end = await child.ended;
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr).toMatch(/^done: download\/holiday, .* on average$/m);
  expect(end.stderr).toMatch(/^whole: 7 files, .*, every piece verified$/m);
  const shares = /^The seeders sent (.*)\.$/m.exec(end.stdout)?.[1].split(', ') ?? [];
  expect(shares).toHaveLength(4);
  for (const share of shares) expect(Number.parseFloat(share)).toBeGreaterThan(1);
  expect(await demoFolders(temp)).toEqual([]);
});

test('stopped in the middle it cleans up, with the code of the signal', { timeout: 60_000 }, async () => {
  const { child, temp } = await startDemo();
  await child.outputMatching(/holiday: \d+%/);
  child.kill('SIGTERM');
  const end = await child.ended;
  expect(end.code, end.stderr).toBe(143);
  expect(end.stderr).toMatch(/^stopped: /m);
  expect(await demoFolders(temp)).toEqual([]);
});
