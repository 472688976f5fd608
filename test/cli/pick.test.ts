// `-I` on a terminal: keys go in, files come out, and whoever gives up, or whose terminal goes away, has touched nothing.

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Child } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { filesBelow } from '../support/engine-rig.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const SIZE = 'stty cols 80 rows 24; ';
const SHOWN = /Choose files of album[^]*c\.txt[^]*3 of 3 files/;
const OTHER_SCREEN = ['\u001B[?1049h', '\u001B[?1049l'];
const DOWN = '\u001B[B';

/** `album.torrent` of three files and `alone.torrent` of one, both served. */
async function prepare(): Promise<{ cwd: string; args: string }> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed/album'), { recursive: true });
  for (const [at, name] of ['a.bin', 'b.bin', 'c.txt'].entries()) {
    await writeFile(path.join(cwd, 'seed/album', name), fixturePayload(at, 40_000));
  }
  await writeFile(path.join(cwd, 'seed/alone'), fixturePayload(7, 40_000));
  const peers: string[] = [];
  for (const name of ['album', 'alone']) {
    const made = await cli.run(['create', `seed/${name}`, '-o', `${name}.torrent`], { cwd });
    expect(made.code, made.stderr).toBe(0);
    const seeder = cli.start(['seed', `${name}.torrent`, '--data', 'seed', '--no-trackers'], { cwd });
    const [, port] = await seeder.outputMatching(/^seeding .* on port (\d+)$/m);
    peers.push(`--peer 127.0.0.1:${port}`);
  }
  return { cwd, args: `-I -o out --only-peers ${peers.join(' ')}` };
}

async function choosing(cwd: string, args: string): Promise<Child> {
  const child = cli.openTerminal(SIZE, args, { cwd });
  await child.outputMatching(SHOWN);
  return child;
}

test('what is chosen comes, and nothing else; a torrent of one file asks nobody', async () => {
  const { cwd, args } = await prepare();
  const child = await choosing(cwd, `alone.torrent album.torrent ${args}`);
  child.type(`${DOWN} `);
  await child.outputMatching(/2 of 3 files/);
  child.type('\r');
  const { code, stdout } = await child.ended;
  expect(code, stdout).toBe(0);
  expect(await filesBelow(path.join(cwd, 'out'))).toEqual(['album/a.bin', 'album/c.txt', 'alone']);
  expect(OTHER_SCREEN.map((sequence) => stdout.split(sequence).length - 1)).toEqual([1, 1]);
});

test.each([
  ['q', 'q'],
  ['^C', '\u0003'],
  ['^D', '\u0004'],
])('%s gives up: 130, nothing is made, and the terminal is as it was', async (_, key) => {
  const { cwd, args } = await prepare();
  const child = await choosing(cwd, `album.torrent ${args}`);
  child.type(key);
  const { code, stdout } = await child.ended;
  expect(code).toBe(130);
  expect(existsSync(path.join(cwd, 'out'))).toBe(false);
  expect(stdout.slice(stdout.indexOf(OTHER_SCREEN[1]))).toMatch(/^\S+?stopped: no files were chosen\r\n$/);
});

test.each([
  ['with a hangup, which ends it', 'trap : HUP; '],
  ['without a hangup, where nobody can choose any more', 'trap "" HUP; '],
])('a terminal that goes away %s', async (_, trap) => {
  const { cwd, args } = await prepare();
  // The shell outlives its terminal, and writes down what it was told.
  const child = cli.openTerminal(`${SIZE}${trap}( `, `album.torrent ${args} --events=events; echo $? > code )`, { cwd });
  await child.outputMatching(SHOWN);
  const { pid } = JSON.parse((await readFile(path.join(cwd, 'events'), 'utf8')).split('\n')[0]) as { pid: number };
  onTestFinished(() => {
    if (!existsSync(path.join(cwd, 'code'))) process.kill(pid, 'SIGKILL');
  });
  child.kill('SIGKILL');
  const told = async (): Promise<string> => readFile(path.join(cwd, 'code'), 'utf8').catch(() => '');
  for (let tries = 0; tries < 200 && (await told()) === ''; tries++) await pause(50);
  // And not by an abort of Node, which puts terminals back as they were.
  expect(await told()).toBe('129\n');
  const events = (await readFile(path.join(cwd, 'events'), 'utf8')).trim().split('\n');
  expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ event: 'done', exit: 129, cause: 'SIGHUP' });
  expect(existsSync(path.join(cwd, 'out'))).toBe(false);
});
