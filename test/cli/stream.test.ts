// `effusion stream` as a person runs it: the URL on stdout, a player that begins and ends, ^C, and every refusal.

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Child, ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const film = pseudoRandomBytes('film', 3_000_000);

/** `show.torrent` of a film and a text, and a seeder of it. */
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

async function urlOf(child: Child): Promise<string> {
  const [url] = await child.outputMatching(/^http:\S+$/m);
  return url;
}

test('one file has its URL on stdout, is sent byte for byte, and ^C ends it with 130', async () => {
  const { cwd, from } = await prepare();
  const child = cli.start(['stream', 'show.torrent', '-s', 'film.mp4', ...from], { cwd });
  const url = await urlOf(child);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/1\/film\.mp4$/);
  const whole = await fetch(url);
  expect(whole.headers.get('content-type')).toBe('video/mp4');
  expect(Buffer.from(await whole.arrayBuffer()).equals(film)).toBe(true);
  const part = await fetch(url, { headers: { range: 'bytes=2999990-' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 2999990-2999999/3000000']);
  expect(Buffer.from(await part.arrayBuffer()).equals(film.subarray(2_999_990))).toBe(true);
  child.kill('SIGINT');
  const end = await child.ended;
  expect(end).toMatchObject({ code: 130, stdout: `${url}\n` });
  await expect(fetch(url)).rejects.toThrow();
});

test('several files have a page', async () => {
  const { cwd, from } = await prepare();
  const child = cli.start(['-q', 'stream', 'show.torrent', ...from], { cwd });
  const url = await urlOf(child);
  expect(new URL(url).pathname).toBe('/');
  const page = await (await fetch(url)).text();
  expect(Array.from(page.matchAll(/<a href="([^"]+)"/g), ([, link]) => link)).toEqual(['/1/film.mp4', '/2/notes.txt']);
  expect(page).toContain('<p>2 files, 2.9 MiB</p>');
  expect(page).toContain('<td class="size" title="3000000 bytes">2.9 MiB</td>');
  expect(await (await fetch(new URL('/2/notes.txt', url))).text()).toBe('to be read\n');
  child.kill('SIGTERM');
  expect(await child.ended).toMatchObject({ code: 143, stdout: `${url}\n`, stderr: '' });
});

describe('the player', () => {
  test('gets its arguments and the URL, its words are on stderr, and its end is the end', async () => {
    const { cwd, from } = await prepare();
    const script = 'const u=process.argv.at(-1);fetch(u).then(r=>r.text()).then(t=>console.log(process.argv[2],u,t.trim()))';
    await writeFile(path.join(cwd, 'player.cjs'), script);
    const player = `${process.execPath} player.cjs  --fullscreen`;
    const end = await cli.run(['stream', 'show.torrent', '-s', 'notes.txt', '--open', player, ...from], { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/2\/notes\.txt\n$/);
    expect(end.stderr).toContain(`--fullscreen ${end.stdout.trim()} to be read\n`);
  });

  test('that fails, or is ended by a signal, ends it as well, with 0', async () => {
    const { cwd, from } = await prepare();
    const run = (player: string): Promise<ChildEnd> =>
      cli.run(['stream', 'show.torrent', '-s', '2', '--open', player, ...from], { cwd });
    const failed = await run('false');
    expect(failed.code, failed.stderr).toBe(0);
    const unread = ' without having read anything. Without --open the URL is served until ^C';
    expect(failed.stderr).toContain(`false ended with exit code 1${unread}\n`);
    const ended = await run(`bash -c 'kill -9 "$$"'`);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain(`bash was ended by SIGKILL${unread}\n`);
    // As xdg-open does, which leaves the URL to another program.
    const left = await run('true');
    expect(left.code, left.stderr).toBe(0);
    expect(left.stderr).toContain(`true has ended${unread}\n`);
  });

  test('that has read and then fails: its exit code is told, also when it is quiet', async () => {
    const { cwd, from } = await prepare();
    await writeFile(path.join(cwd, 'player.cjs'), 'fetch(process.argv.at(-1)).then((r) => r.text()).then(() => process.exit(4))');
    const player = `${process.execPath} player.cjs`;
    const end = await cli.run(['-q', 'stream', 'show.torrent', '-s', '2', '--open', player, ...from], { cwd });
    expect(end).toMatchObject({ code: 0, stderr: `${process.execPath} ended with exit code 4\n` });
  });

  test('is asked to end by ^C, and then it is 130', async () => {
    const { cwd, from } = await prepare();
    await writeFile(path.join(cwd, 'player.cjs'), "console.log('playing'); setInterval(() => {}, 1000)");
    const child = cli.start(['stream', 'show.torrent', '-s', '2', '--open', `${process.execPath} player.cjs`, ...from], { cwd });
    await child.outputMatching(/^playing$/m);
    child.kill('SIGINT');
    expect((await child.ended).code).toBe(130);
  });

  // It waits for bytes that nobody has, and takes its time to end. A server that goes first breaks its connection, as ffmpeg would say.
  const WAITING = `
    const { get } = require('node:http');
    const broken = () => console.log('cut off');
    get(process.argv.at(-1), (response) => {
      console.log('playing');
      response.on('error', broken).on('close', broken).resume();
    }).on('error', broken);
    const leave = () => {
      console.log('leaving');
      process.exit(0);
    };
    process.on('SIGTERM', () => setTimeout(leave, 500));`;

  test.each<['SIGINT' | 'SIGTERM', number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ends before its server does, by %s', async (signal, code) => {
    const { cwd } = await prepare();
    await writeFile(path.join(cwd, 'player.cjs'), WAITING);
    const args = ['stream', 'show.torrent', '-s', '1', '--open', `${process.execPath} player.cjs`];
    const child = cli.start([...args, '--only-peers', '--peer', '127.0.0.1:9'], { cwd });
    await child.outputMatching(/^playing$/m);
    child.kill(signal);
    const end = await child.ended;
    expect(end.code, end.stderr).toBe(code);
    // At once, and not when the wait is over: it says how to be quicker.
    expect(end.stderr).toMatch(/^stopping \(SIG[^]*^leaving$/m);
    expect(end.stderr).not.toMatch(/cut off|ended|read anything/);
  });

  test('on a terminal ^C reaches both at once: it is the end of the run, and not of the player', async () => {
    const { cwd } = await prepare();
    await writeFile(path.join(cwd, 'player.cjs'), WAITING.replace(/process\.on\('SIGTERM'[^]*$/, ''));
    const player = `--open '${process.execPath} player.cjs'`;
    const child = cli.openTerminal('', `stream show.torrent -s 1 ${player} --only-peers --peer 127.0.0.1:9`, { cwd });
    await child.outputMatching(/^playing\r$/m);
    child.type('\x03');
    const end = await child.ended;
    expect(end.code, end.stdout).toBe(130);
    expect(end.stdout).toMatch(/^stopped: show\r$/m);
    expect(end.stdout).not.toMatch(/cut off|ended by|read anything/);
  });

  test('ended by a signal that is for the run too is no word, though its end is seen first', async () => {
    const { cwd } = await prepare();
    // `kill -0` finds it until its parent has heard of its end.
    const both = `bash -c '(while kill -0 $$ 2> /dev/null; do :; done; kill -INT $PPID) & kill -INT $$'`;
    const args = ['stream', 'show.torrent', '-s', '1', '--open', both, '--only-peers', '--peer', '127.0.0.1:9'];
    const end = await cli.run(args, { cwd });
    expect(end.code, end.stderr).toBe(130);
    expect(end.stderr).toMatch(/^stopped: show$/m);
    expect(end.stderr).not.toMatch(/ended by|read anything/);
  });

  test('is asked to end where what it plays can not be had, and then it is that error', async () => {
    const { cwd } = await prepare();
    await writeFile(
      path.join(cwd, 'player.cjs'),
      "process.on('SIGTERM', () => { console.log('asked'); process.exit(0); }); setInterval(() => {}, 1000)",
    );
    const args = ['stream', 'show.torrent', '-s', '1', '--open', `${process.execPath} player.cjs`];
    const end = await cli.run([...args, '--only-peers', '--peer', '127.0.0.1:9', '--no-peers-timeout', '1'], { cwd });
    expect(end.code, end.stderr).toBe(5);
    expect(end.stderr).toMatch(/^asked$/m);
  });
});

describe('what is refused', () => {
  test.each([
    ['a player for several files', ['--open', 'true'], 2, / 1 {2}film\.mp4[^]*--open plays one file, and there are 2 files/],
    [
      'a player that is nowhere',
      ['--open', 'no-such-player -fs'],
      2,
      /--open: cannot start 'no-such-player': no program of that name is in any folder of PATH\. Install it, name its path, or leave --open out/,
    ],
    [
      'a player that is not there, before the torrent is looked at',
      ['-s', '9', '--open', '"./no player"'],
      2,
      /--open: cannot start '\.\/no player': there is no such file\. Check the path, or/,
    ],
    ['a player that is a folder', ['-s', '1', '--open', './seed'], 2, /cannot start '\.\/seed': it is a folder/],
    [
      'a player that is no program',
      ['-s', '1', '--open', './show.torrent'],
      2,
      /'\.\/show\.torrent': it may not be run \(EACCES\)/,
    ],
    ['a player without its second quote', ['-s', '1', '--open', 'mpv "x'], 2, /--open: 'mpv "x' has no second "/],
    ['no player', ['--open', ' '], 2, /--open names no player/],
    ['no port', ['--port', '70000'], 2, /--port: '70000' is no port/],
    ['no such file', ['-s', 'film.mp3'], 2, /--files film\.mp3: no file of the torrent is called so\. Did you mean film\.mp4\?/],
  ])('%s', async (_, args, code, message) => {
    const { cwd, from } = await prepare();
    const end = await cli.run(['stream', 'show.torrent', ...args, ...from], { cwd });
    expect(end.code, end.stderr).toBe(code);
    expect(end.stderr).toMatch(message);
  });

  test('a port that is taken: exit 8', async () => {
    const { cwd, from } = await prepare();
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const end = await cli.run(['stream', 'show.torrent', '--port', String(port), ...from], { cwd });
    expect(end).toMatchObject({ code: 8, stdout: '' });
    expect(end.stderr).toContain(`port ${port} is taken`);
  });

  test('a torrent that nobody has: the exit codes of download, and the server is gone', async () => {
    const { cwd } = await prepare();
    const nobody = ['--only-peers', '--peer', '127.0.0.1:9', '--no-peers-timeout', '1'];
    const end = await cli.run(['stream', 'show.torrent', '-s', '1', ...nobody], { cwd });
    expect(end.code, end.stderr).toBe(5);
  });
});
