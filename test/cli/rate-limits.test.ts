// Rates of the command line: of each torrent, and of the run as a whole. Both are upper bounds, so a slow machine can't break these tests.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const NAMES = ['a', 'b'];
const TORRENTS = NAMES.map((name) => `${name}.torrent`);

async function prepare(): Promise<{ cwd: string; peer: string }> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  for (const [index, name] of NAMES.entries()) {
    await writeFile(path.join(cwd, `seed/${name}.bin`), fixturePayload(index + 1, 1_000_000));
    const end = await cli.run(['create', `seed/${name}.bin`, '-o', `${name}.torrent`], { cwd });
    expect(end.code, end.stderr).toBe(0);
  }
  const child = cli.start(['seed', ...TORRENTS, '--data', 'seed', '--no-trackers'], { cwd });
  await child.outputMatching(/^seeding a\.bin on port \d+$/m);
  const [, port] = await child.outputMatching(/^seeding b\.bin on port (\d+)$/m);
  return { cwd, peer: `127.0.0.1:${port}` };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

// Three seconds at 64 KiB/s are a fifth of a file; whole pieces are counted, and the first moments may make up for something.
test.each([
  ['--max-download-each', 'each of them may have a fifth', (percents: readonly number[]) => Math.max(...percents)],
  ['--max-download', 'both together may have a fifth', sumOf],
])('%s: %s', { timeout: 60_000 }, async (option, _, measure) => {
  const { cwd, peer } = await prepare();
  const args = [...TORRENTS, '-j', '2', '-o', 'out', '--no-trackers', '--peer', peer, option, '64K', '--timeout', '3s'];
  const end = await cli.run(args, { cwd });
  expect(end.code, end.stderr).toBe(124);
  const percents = [...end.stderr.matchAll(/--timeout are up: (\d+\.\d)% of/g)].map((match) => Number(match[1]));
  expect(percents).toHaveLength(2);
  expect(measure(percents)).toBeLessThan(35);
});
