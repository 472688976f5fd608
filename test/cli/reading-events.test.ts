// `--events` of what reads instead of downloading: cat, whose stdout is for the bytes, and stream, which tells its URL there. Each line is held
// against the shipped schema.

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { type EventLine, namesOf, only, readEvents } from '../support/event-lines.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const LENGTH = 300_000;
const film = fixturePayload(7, LENGTH);

/** `show.torrent` of two files, and options that lead to its seeder. */
async function prepare(): Promise<{ cwd: string; from: string[] }> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed/show'), { recursive: true });
  await writeFile(path.join(cwd, 'seed/show/film.mp4'), film);
  await writeFile(path.join(cwd, 'seed/show/notes.txt'), 'to be read\n');
  const made = await cli.run(['create', 'seed/show', '-o', 'show.torrent'], { cwd });
  expect(made.code, made.stderr).toBe(0);
  const seeder = cli.start(['seed', 'show.torrent', '--data', 'seed', '--no-trackers'], { cwd });
  const [, port] = await seeder.outputMatching(/seeding show on port (\d+)/);
  return { cwd, from: ['--only-peers', '--peer', `127.0.0.1:${port}`] };
}

async function eventsIn(cwd: string): Promise<EventLine[]> {
  return readEvents(await readFile(path.join(cwd, 'events.jsonl'), 'utf8'));
}

describe('cat', () => {
  test('tells what it hands out, into a file; nothing is under a name', async () => {
    const { cwd, from } = await prepare();
    const end = await cli.run(['cat', 'show.torrent', '-s', '1', '--range', '100-', ...from, '--events=events.jsonl'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    const lines = await eventsIn(cwd);
    expect(only(lines, 'torrent')).toMatchObject([{ id: 1, name: 'show', size: LENGTH, files: 1, path: '' }]);
    expect(only(lines, 'file')).toEqual([]);
    expect(only(lines, 'piece').length).toBeGreaterThan(0);
    expect(only(lines, 'progress')[0]).toMatchObject({ doneBytes: 0, totalBytes: LENGTH - 100, timeLeftMs: null });
    expect(only(lines, 'progress').at(-1)).toMatchObject({ doneBytes: LENGTH - 100, totalBytes: LENGTH - 100 });
    expect(only(lines, 'complete')).toMatchObject([
      { id: 1, name: 'show', path: '', size: LENGTH - 100, alreadyComplete: false },
    ]);
    expect(lines.at(-1)).toMatchObject({ exit: 0, cause: null });
  });

  test('never on stdout: there would be no telling them from the file', async () => {
    const { cwd, from } = await prepare();
    for (const option of ['--events', '--events=1']) {
      const end = await cli.run(['cat', 'show.torrent', '-s', '2', ...from, option], { cwd });
      expect(end.code).toBe(2);
      expect(end.stderr).toContain('--events would write to stdout, which is for the bytes of the file. Lead them elsewhere: ');
      const lines = readEvents(end.stdout);
      expect(only(lines, 'error')).toMatchObject([{ code: 'usage_error', exit: 2 }]);
      expect(lines.at(-1)).toMatchObject({ exit: 2 });
    }
  });

  test('a reader that has enough: done says so, and nothing is complete', async () => {
    const { cwd, from } = await prepare();
    const setup = `${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)}`;
    const line = `${setup} cat show.torrent -s 1 ${from.join(' ')} --events=events.jsonl | head -c 10 > out; exit \${PIPESTATUS[0]}`;
    const end = await cli.shell(line, { cwd });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    const lines = await eventsIn(cwd);
    expect(only(lines, 'complete')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ exit: 0, cause: 'EPIPE' });
  });

  test.each([
    ['a choice that names nothing', ['-s', '9'], 2, 'usage_error'],
    ['an unknown option', ['--otput', 'x'], 2, 'usage_error'],
    ['two torrents', ['other.torrent'], 2, 'usage_error'],
    ['peers that are not there', ['-s', '1', '--no-peers-timeout', '1'], 5, 'no_peers'],
  ])('%s: an error, and done after it', async (_, args, exit, code) => {
    const { cwd } = await prepare();
    const nobody = ['--only-peers', '--peer', '127.0.0.1:9'];
    const end = await cli.run(['cat', 'show.torrent', ...args, ...nobody, '--events=events.jsonl'], { cwd });
    expect(end.code, end.stderr).toBe(exit);
    const lines = await eventsIn(cwd);
    expect(only(lines, 'error')).toMatchObject([{ code, exit }]);
    expect(lines.at(-1)).toMatchObject({ exit });
  });
});

describe('stream', () => {
  test('tells its URL in serving, and there alone where the events have stdout; ^C is in done', async () => {
    const { cwd, from } = await prepare();
    const child = cli.start(['stream', 'show.torrent', '-s', '1', ...from, '--events'], { cwd });
    const [, url] = await child.outputMatching(/"event":"serving".*"url":"([^"]+)"/);
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(film)).toBe(true);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    const lines = readEvents(end.stdout);
    expect(only(lines, 'serving')).toMatchObject([{ id: 1, url }]);
    expect(only(lines, 'progress').at(-1)).toMatchObject({ doneBytes: LENGTH, totalBytes: LENGTH });
    expect(namesOf(lines)).not.toContain('complete');
    expect(lines.at(-1)).toMatchObject({ exit: 130, cause: 'SIGINT' });
  });

  test('into a file the URL is in both', async () => {
    const { cwd, from } = await prepare();
    const args = ['stream', 'show.torrent', '-s', '2', ...from, '--open', 'true', '--events=events.jsonl'];
    const end = await cli.run(args, { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(only(await eventsIn(cwd), 'serving')).toMatchObject([{ url: end.stdout.trim() }]);
  });
});

test('what both lack is named with what to use instead', async () => {
  const cwd = await makeTempFolder();
  for (const command of ['cat', 'stream']) {
    const end = await cli.run([command, 'x.torrent', '--json'], { cwd });
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(
      `unknown option '--json' of effusion ${command}. Use --events=FILE: stdout is for what is read. (exit 2)`,
    );
    const lines = readEvents((await cli.run([command, 'x.torrent', '--events', '--receipt', 'r'], { cwd })).stdout);
    expect(only(lines, 'error')).toMatchObject([{ hint: 'It is one of effusion download.' }]);
    expect(existsSync(path.join(cwd, 'r'))).toBe(false);
  }
});
