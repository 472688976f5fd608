// Several torrents in one run of the command, against seeders of its own on the loopback: every mix of ways to name them, every
// way in which some of them can fail, and what is on the screen meanwhile.

import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Child } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { Screen } from '../support/screen.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const NAMES = ['a', 'b', 'c'] as const;
const LENGTH = 1_000_000;
const payloadOf = (name: string): Uint8Array => fixturePayload(name.charCodeAt(0), LENGTH);
const UNKNOWN = 'a'.repeat(40);

/** A folder with `seed/a.bin`, `a.torrent` and so on. */
async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  for (const name of NAMES) {
    await writeFile(path.join(cwd, `seed/${name}.bin`), payloadOf(name));
    const end = await cli.run(['create', `seed/${name}.bin`, '-o', `${name}.torrent`], { cwd });
    expect(end.code, end.stderr).toBe(0);
  }
  return cwd;
}

/** All of them from one process. */
async function seed(cwd: string, ...args: readonly string[]): Promise<{ child: Child; peer: string }> {
  const torrents = NAMES.map((name) => `${name}.torrent`);
  const child = cli.start(['seed', ...torrents, '--data', 'seed', '--no-trackers', ...args], { cwd });
  const ports = await Promise.all(
    NAMES.map((name) => child.outputMatching(new RegExp(`^seeding ${name}\\.bin on port (\\d+)$`, 'm'))),
  );
  expect(new Set(ports.map(([, port]) => port)).size).toBe(1);
  return { child, peer: `127.0.0.1:${ports[0][1]}` };
}

async function infoHashOf(cwd: string, file: string): Promise<string> {
  const end = await cli.run(['info', file, '--json'], { cwd });
  return (JSON.parse(end.stdout) as { infoHash: string }).infoHash;
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function expectWhole(cwd: string, folder: string, names: readonly string[] = NAMES): Promise<void> {
  expect(readdirSync(path.join(cwd, folder)).toSorted()).toEqual(names.map((name) => `${name}.bin`));
  for (const name of names) {
    expect(Buffer.compare(await readFile(path.join(cwd, folder, `${name}.bin`)), payloadOf(name)), name).toBe(0);
  }
}

const sorted = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
const errorsIn = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('effusion: error: '));

describe('all are whole: 0', () => {
  test('a file, a magnet link and stdin in one run', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const link = `magnet:?xt=urn:btih:${await infoHashOf(cwd, 'b.torrent')}&dn=link`;
    const end = await cli.shell(`download a.torrent '${link}' - -o out --no-trackers --peer ${peer} < c.torrent`, { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(sorted(end.stdout)).toEqual(['out/a.bin', 'out/b.bin', 'out/c.bin']);
    await expectWhole(cwd, 'out');
    const lines = end.stderr.trimEnd().split('\n');
    expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^link: fetching metadata from peers; /)]));
    expect(lines.filter((line) => /^[abc]\.bin: .* in 1 file to out; gives up /.test(line))).toHaveLength(3);
    expect(lines.filter((line) => /^done: out\/[abc]\.bin, 976\.6 KiB in /.test(line))).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/^done: 3 torrents, 2\.9 MiB came in /);
    expect(end.stderr).not.toContain('\u001B');
    expect(end.stderr).not.toContain('\r');
  });

  test('the default command, one at a time, quiet: paths in order and nothing else', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const args = ['a.torrent', 'b.torrent', 'c.torrent', '-q', '-j', '1', '-o', 'out', '--no-trackers', '--peer', peer];
    const end = await cli.run(args, { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'out/a.bin\nout/b.bin\nout/c.bin\n', stderr: '' });
    await expectWhole(cwd, 'out');
  });

  test('a list from stdin, with a URL in it, besides a torrent of the command line', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const bytes = await readFile(path.join(cwd, 'c.torrent'));
    const base = await serve((_, response) => response.end(bytes));
    await writeFile(path.join(cwd, 'list'), `# two\n\nb.torrent\r\n${base}/c.torrent\n`);
    const end = await cli.shell(`download a.torrent -i - -o out --no-trackers --peer ${peer} < list`, { cwd });
    expect(end.code, end.stderr).toBe(0);
    await expectWhole(cwd, 'out');
  });

  test('they listen on one port, and all trackers are told that', async () => {
    const cwd = await makeTempFolder();
    const ports = new Set<string | undefined>();
    const hashes = new Set<string | undefined>();
    let heard = (): void => undefined;
    const areBoth = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const base = await serve((request, response) => {
      ports.add(/[?&]port=(\d+)/.exec(request.url ?? '')?.[1]);
      hashes.add(/info_hash=([^&]+)/.exec(request.url ?? '')?.[1]);
      if (hashes.size === 2) heard();
      response.end('d8:intervali1800e5:peers0:e');
    });
    for (const name of ['a', 'b']) {
      await writeFile(path.join(cwd, name), payloadOf(name));
      await cli.run(['create', name, '-o', `${name}.torrent`, '--tracker', `${base}/announce`], { cwd });
    }
    const child = cli.start(['a.torrent', 'b.torrent', '-o', 'out'], { cwd });
    await areBoth;
    expect(ports.size).toBe(1);
    child.kill('SIGINT');
    expect((await child.ended).code).toBe(130);
  });

  test('named twice, by file and by hash: taken once, and said so', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const args = ['a.torrent', 'a.torrent', await infoHashOf(cwd, 'a.torrent'), '-o', 'out', '--no-trackers', '--peer', peer];
    const end = await cli.run(args, { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'out/a.bin\n' });
    expect(end.stderr.match(/: it is taken once$/gm)).toHaveLength(2);
    // The first name counts: with the file at hand nobody is asked for what it says.
    expect(end.stderr).toContain('the same torrent as a.torrent: it is taken once');
    expect(end.stderr).toMatch(/^done: 1 torrent, /m);
  });
});

describe('one that fails does not stop the others', () => {
  test('14: each failure is a line that names its torrent, or its line of the list', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    await writeFile(path.join(cwd, 'bad.torrent'), 'hello');
    await writeFile(path.join(cwd, 'list'), 'gone.torrent\n\nmagnet:?xt=urn:btih:zz\na.torrent\n');
    const args = ['bad.torrent', 'b.torrent', '-i', 'list', '-o', 'out', '--no-trackers', '--peer', peer];
    const end = await cli.run(args, { cwd });
    expect(end.code, end.stderr).toBe(14);
    expect(sorted(end.stdout)).toEqual(['out/a.bin', 'out/b.bin']);
    await expectWhole(cwd, 'out', ['a', 'b']);
    const errors = errorsIn(end.stderr);
    expect(errors.slice(0, -1).toSorted()).toEqual([
      expect.stringMatching(/error: bad\.torrent: not a usable torrent: .* \(exit 3\)$/),
      expect.stringMatching(/error: list line 1: cannot read gone\.torrent: there is no such file .* \(exit 3\)$/),
      expect.stringMatching(/error: list line 3: magnet\.xt: .* \(exit 3\)$/),
    ]);
    expect(errors.at(-1)).toMatch(/error: 3 of 5 torrents failed: .*bad\.torrent.*\. \(exit 14\)$/);
    expect(end.stderr.trimEnd().split('\n').at(-1)).toBe(errors.at(-1));
  });

  test('all of the same cause: the code of that', async () => {
    const cwd = await prepare();
    const args = ['a.torrent', 'b.torrent', '-v', '-o', 'out', '--no-trackers', '--no-peers-timeout', '500ms'];
    const end = await cli.run(args, { cwd });
    expect(end.code).toBe(5);
    // What -v tells of sources says of which torrent's.
    for (const name of ['a', 'b']) expect(end.stderr).toMatch(new RegExp(`^  ${name}\\.bin: DHT: `, 'm'));
    const errors = errorsIn(end.stderr);
    expect(errors.slice(0, 2).toSorted()).toEqual([
      expect.stringMatching(/error: a\.bin: no peer answered within 0\.5 s: .* \(exit 5\)$/),
      expect.stringMatching(/error: b\.bin: no peer answered within 0\.5 s: .* \(exit 5\)$/),
    ]);
    expect(errors[2]).toMatch(/error: 2 of 2 torrents failed: [ab]\.bin, [ab]\.bin\. \(exit 5\)$/);
  });

  test('all of different causes: 14; metadata counts as a torrent under way', async () => {
    const cwd = await prepare();
    const times = ['--no-peers-timeout', '300ms', '--metadata-timeout', '300ms'];
    const end = await cli.run(['a.torrent', UNKNOWN, '-o', 'out', '--no-trackers', '--peer', '127.0.0.1:1', ...times], { cwd });
    expect(end.code).toBe(14);
    expect(end.stderr).toMatch(new RegExp(`error: ${UNKNOWN}: no metadata came within 0\\.3 s: .* \\(exit 4\\)$`, 'm'));
    expect(end.stderr).toMatch(/error: a\.bin: no peer answered .* \(exit 5\)$/m);
  });

  test('many at a time, and not a word too much', async () => {
    const cwd = await makeTempFolder();
    await writeFile(path.join(cwd, 'list'), Array.from({ length: 30 }, (_, index) => String(index).padStart(40, '0')).join('\n'));
    const end = await cli.run(['-i', 'list', '-j', '30', '--peer', '127.0.0.1:1', '--metadata-timeout', '500ms'], { cwd });
    expect(end.code).toBe(4);
    const lines = end.stderr.trimEnd().split('\n');
    expect(lines.filter((line) => !/^(0+\d+: fetching metadata|effusion: error: )/.test(line))).toEqual([]);
    expect(lines).toHaveLength(61);
  });

  test.each(['1', '2'])('two of one name, %s at a time: the second is refused, the first stays as it is', async (jobs) => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    await mkdir(path.join(cwd, 'other'));
    await writeFile(path.join(cwd, 'other/a.bin'), payloadOf('z'));
    await cli.run(['create', 'other/a.bin', '-o', 'other.torrent'], { cwd });
    const args = ['a.torrent', 'other.torrent', '-j', jobs, '-o', 'out', '--no-trackers', '--peer', peer];
    const end = await cli.run([...args, '--no-peers-timeout', '1'], { cwd });
    expect(end.code, end.stderr).toBe(14);
    expect(errorsIn(end.stderr)[0]).toMatch(
      /error: (other|a)\.torrent: another torrent of this run, (other|a)\.torrent, writes a file or folder named a\.bin too\. .* \(exit 9\)$/,
    );
    if (jobs === '1') await expectWhole(cwd, 'out', ['a']);
  });

  test('a port that is taken is one error, not one of each torrent', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const end = await cli.run(['a.torrent', 'b.torrent', '--port', peer.split(':')[1], '--no-trackers'], { cwd });
    expect(end.code).toBe(8);
    expect(errorsIn(end.stderr)).toHaveLength(1);
  });
});

describe('the end of all', () => {
  test('^C: 130, in order, and the next run goes on', async () => {
    const cwd = await prepare();
    const slow = await seed(cwd, '--max-upload', '300K');
    const args = ['a.torrent', 'b.torrent', 'c.torrent', '-j', '2', '-o', 'out', '--no-trackers'];
    const child = cli.start([...args, '--peer', slow.peer], { cwd });
    await Promise.all([child.outputMatching(/a\.bin: \d+%/), child.outputMatching(/b\.bin: \d+%/)]);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr.match(/^stopping \(SIGINT\); once more to stop at once$/gm)).toHaveLength(1);
    expect(end.stderr.match(/^[ab]\.bin: stopped: \d+\.\d% of 976\.6 KiB is there$/gm)).toHaveLength(2);
    expect(end.stderr).toMatch(/^stopped: 0 of 3 torrents done\. Run the same command again to go on\.\n$/m);
    expect(end.stdout).toBe('');
    const quick = await seed(cwd);
    const rest = await cli.run([...args, '--peer', quick.peer], { cwd });
    expect(rest.code, rest.stderr).toBe(0);
    expect(rest.stderr.match(/^[ab]\.bin: goes on: /gm)).toHaveLength(2);
    await expectWhole(cwd, 'out');
  });

  test('a second signal: at once, and no lock is left', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd, '--max-upload', '300K');
    // A tracker that never hears out a good-bye, or the first signal alone would end it.
    const base = await serve((request, response) => {
      if (request.url?.includes('event=stopped') !== true) response.end('d8:intervali1800e5:peers0:e');
    });
    const args = ['a.torrent', 'b.torrent', '-o', 'out', '--peer', peer, '--tracker', `${base}/announce`];
    const child = cli.start(args, { cwd });
    await Promise.all([child.outputMatching(/a\.bin: \d+%/), child.outputMatching(/b\.bin: \d+%/)]);
    child.kill('SIGINT');
    await child.outputMatching(/once more to stop at once/);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).not.toContain('torrents done');
    expect(readdirSync(path.join(cwd, 'out')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  test('nobody reads the paths any more: the rest is stopped and not called a success', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd);
    const line = `download a.torrent b.torrent c.torrent -j 1 -o out --no-trackers --peer ${peer} | true; echo "code \${PIPESTATUS[0]}"`;
    const end = await cli.shell(line, { cwd });
    expect(end.stdout).toMatch(/^code (9|14)\n$/);
    expect(end.stderr).toMatch(/error: [23] of 3 torrents failed: /);
  });

  test('--timeout is for all of them: 124, also where one was not begun', async () => {
    const cwd = await prepare();
    const args = ['a.torrent', 'b.torrent', 'c.torrent', '-j', '2', '-o', 'out', '--no-trackers', '--timeout', '700ms'];
    const end = await cli.run(args, { cwd });
    expect(end.code).toBe(124);
    expect(end.stderr.match(/error: [ab]\.bin: the 700ms of --timeout are up: 0\.0% of .* \(exit 124\)$/gm)).toHaveLength(2);
    expect(end.stderr).toMatch(/error: 3 of 3 torrents failed: [ab]\.bin, [ab]\.bin, 1 not begun\. \(exit 124\)\n$/);
    expect(existsSync(path.join(cwd, 'out/c.bin.part'))).toBe(false);
  });
});

describe.skipIf(!existsSync('/usr/bin/script'))('on a terminal', () => {
  test.each([40, 80])('at %i columns: a bar each and a line about all, and a clean screen at the end', async (columns) => {
    const cwd = await prepare();
    const { peer } = await seed(cwd, '--max-upload', '900K');
    const line = `download a.torrent b.torrent c.torrent gone.torrent -j 2 -o out --no-trackers --peer ${peer}`;
    const end = await cli.terminal(`stty cols ${columns} rows 24; `, line, { cwd });
    expect(end.code, end.stdout).toBe(14);
    const written = stripVTControlCharacters(end.stdout);
    const overviews = written.match(/4 torrents: \d done, [^;…]*/g) ?? [];
    expect(overviews.some((text) => text.includes('2 running, 2'))).toBe(true);
    for (const name of NAMES) expect(written).toMatch(new RegExp(`${name}\\.bin [█▒░]+ +\\d`));
    const screen = new Screen(columns, 24);
    await screen.write(end.stdout);
    const text = screen.lines().join('');
    expect(text).not.toMatch(/[█▒░]|running/);
    expect(text.match(/done: out\/[abc]\.bin/g)).toHaveLength(3);
    expect(text).toContain('1 of 4 torrents failed: gone.torrent');
    expect(end.stdout.lastIndexOf('\u001B[?25h')).toBeGreaterThan(end.stdout.lastIndexOf('\u001B[?25l'));
    expect(end.stdout.lastIndexOf('\u001B[?7h')).toBeGreaterThan(end.stdout.lastIndexOf('\u001B[?7l'));
  });

  test('more torrents than rows: no frame is higher than the terminal', async () => {
    const cwd = await prepare();
    const { peer } = await seed(cwd, '--max-upload', '900K');
    const line = `download a.torrent b.torrent c.torrent -o out --no-trackers --peer ${peer}`;
    const end = await cli.terminal('stty cols 100 rows 3; ', line, { cwd });
    expect(end.code, end.stdout).toBe(0);
    expect(end.stdout).toContain('2 more than fit here');
    const screen = new Screen(100, 3);
    await screen.write(end.stdout);
    expect(screen.lines().filter((shown) => /[█▒░]/.test(shown))).toEqual([]);
  });
});

describe('info of several', () => {
  test('in their order, a blank line between them; with --json an object a line', async () => {
    const cwd = await prepare();
    const bytes = await readFile(path.join(cwd, 'a.torrent'));
    // The first is the last to come.
    const base = await serve((_, response) => setTimeout(() => response.end(bytes), 300));
    const torrents = [`${base}/a.torrent`, 'b.torrent', 'c.torrent'];
    const text = await cli.run(['info', ...torrents], { cwd });
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout.match(/^name .*$|^$/gm)).toEqual([
      'name        a.bin',
      '',
      'name        b.bin',
      '',
      'name        c.bin',
      '',
    ]);
    const json = await cli.run(['info', ...torrents, '--json'], { cwd });
    const objects = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string });
    expect(objects.map(({ name }) => name)).toEqual(['a.bin', 'b.bin', 'c.bin']);
  });

  test('14 where one cannot be read', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'list'), 'gone.torrent\na.torrent\n');
    const end = await cli.run(['info', '-i', 'list', '--json'], { cwd });
    expect(end.code).toBe(14);
    const lines = end.stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ error: { exit: 3 } }, { name: 'a.bin' }]);
    expect(end.stderr).toMatch(/^effusion: error: list line 1: cannot read gone\.torrent/);
  });
});

describe('seed of several', () => {
  test('all from one port until ^C; one whose data is not whole does not stop the others', async () => {
    const cwd = await prepare();
    await writeFile(path.join(cwd, 'seed/b.bin'), payloadOf('x'));
    const child = cli.start(['seed', 'a.torrent', 'b.torrent', 'c.torrent', '--data', 'seed', '--no-trackers'], { cwd });
    const [, port] = await child.outputMatching(/^seeding a\.bin on port (\d+)$/m);
    await child.outputMatching(/^seeding c\.bin on port \d+$/m);
    await child.outputMatching(/error: b\.bin: the data is not whole: b\.bin \(bad\)\. .* \(exit 10\)/);
    const args = ['a.torrent', 'c.torrent', '-o', 'out', '--no-trackers', '--peer', `127.0.0.1:${port}`];
    expect((await cli.run(args, { cwd })).code).toBe(0);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).toMatch(/^stopped: 1\.9 MiB sent$/m);
  });

  test('10 where none has its data', async () => {
    const cwd = await prepare();
    const end = await cli.run(['seed', 'a.torrent', 'b.torrent', '--data', 'elsewhere'], { cwd });
    expect(end.code).toBe(10);
    expect(errorsIn(end.stderr)).toHaveLength(2);
  });
});
