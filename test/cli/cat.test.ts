// `effusion cat` as a shell runs it: exact bytes through pipes and into files, readers that stop early or wait, and every refusal.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild, type Child, type ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const BIG = 40 * 1024 * 1024;
const one = pseudoRandomBytes('one', BIG);
const parts: Readonly<Record<string, Uint8Array>> = {
  'a.bin': pseudoRandomBytes('a', 300_000),
  'b/c.txt': new TextEncoder().encode('to be read\n'),
  'd.bin': pseudoRandomBytes('d', 123_457),
  empty: new Uint8Array(),
};

interface Place {
  readonly cwd: string;
  readonly seeder: Child;
  /** Options that lead to the seeder and nowhere else. */
  readonly from: string;
}

/** `one.torrent` of one file, `parts.torrent` of several, and a seeder of both. */
async function prepare(): Promise<Place> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed/parts/b'), { recursive: true });
  await writeFile(path.join(cwd, 'seed/one'), one);
  for (const [name, bytes] of Object.entries(parts)) await writeFile(path.join(cwd, 'seed/parts', name), bytes);
  for (const name of ['one', 'parts']) {
    const end = await cli.run(['create', `seed/${name}`, '-o', `${name}.torrent`], { cwd });
    expect(end.code, end.stderr).toBe(0);
  }
  const seeder = cli.start(['seed', 'one.torrent', 'parts.torrent', '--data', 'seed', '--no-trackers'], { cwd });
  const ports = await Promise.all(
    ['one', 'parts'].map((name) => seeder.outputMatching(new RegExp(`seeding ${name} on port (\\d+)`))),
  );
  return { cwd, seeder, from: `--only-peers --peer 127.0.0.1:${ports[0][1]}` };
}

/** A script in bash, with `effusion` for the command. */
function shell({ cwd }: Place, script: string): Promise<ChildEnd> {
  const command = `effusion() { ${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)} "$@"; }\n${script}`;
  return startChild('bash', ['-c', command], { cwd, env: { NO_COLOR: '1' } }).ended;
}

describe('what comes out', () => {
  test('a file by a pipe and into a file, byte for byte, and nothing is left on the disk', async () => {
    const place = await prepare();
    const end = await shell(
      place,
      `effusion -q cat one.torrent ${place.from} | cmp - seed/one && effusion cat one.torrent ${place.from} > out && ls -A`,
    );
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout.trim().split('\n').toSorted()).toEqual(['one.torrent', 'out', 'parts.torrent', 'seed']);
    expect((await readFile(path.join(place.cwd, 'out'))).equals(one)).toBe(true);
    expect(end.stderr).toMatch(/^done: one, 40\.0 MiB, /m);
  });

  test('files chosen by number, path or glob come in the order of the torrent', async () => {
    const place = await prepare();
    const all = Buffer.concat(Object.values(parts));
    for (const [spec, expected] of [
      ['2', parts['b/c.txt']],
      ['b/c.txt', parts['b/c.txt']],
      ['3,1', Buffer.concat([parts['a.bin'], parts['d.bin']])],
      ['*.bin', Buffer.concat([parts['a.bin'], parts['d.bin']])],
      ['*', all],
    ] as const) {
      const end = await shell(place, `effusion -q cat parts.torrent --files '${spec}' ${place.from} > out`);
      expect(end, spec).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect((await readFile(path.join(place.cwd, 'out'))).equals(expected), spec).toBe(true);
    }
  });

  // a.bin has 300,000 bytes, in pieces of 16 KiB.
  test('--range: from the middle of a piece, across pieces, open, the last so many, and what reaches beyond the end', async () => {
    const place = await prepare();
    for (const [range, start, end] of [
      ['6-9', 6, 10],
      ['0-0', 0, 1],
      ['16383-16384', 16_383, 16_385],
      ['10000-200000', 10_000, 200_001],
      ['300-', 300, undefined],
      ['299999-', 299_999, undefined],
      ['299999-300000', 299_999, undefined],
      ['-5', -5, undefined],
      ['-300000', 0, undefined],
      ['-999999999999', 0, undefined],
      ['0-999999999', 0, undefined],
    ] as const) {
      const done = await shell(place, `effusion -q cat parts.torrent -s a.bin --range ${range} ${place.from} > out`);
      expect(done, range).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect((await readFile(path.join(place.cwd, 'out'))).equals(parts['a.bin'].subarray(start, end)), range).toBe(true);
    }
  });

  test('a file of nothing is there at once, and asks nobody', async () => {
    const place = await prepare();
    const nobody = '--only-peers --peer 127.0.0.1:9';
    const end = await shell(place, `effusion cat parts.torrent -s empty ${nobody} | wc -c; exit \${PIPESTATUS[0]}`);
    expect([end.code, end.stdout.trim()], end.stderr).toEqual([0, '0']);
  });
});

describe('where it goes to', () => {
  test('a disk that is full: exit 9, which says so', async () => {
    const place = await prepare();
    const end = await shell(place, `effusion cat one.torrent ${place.from} > /dev/full`);
    expect(end.code, end.stderr).toBe(9);
    expect(end.stderr).toMatch(
      /^effusion: error: cannot write to stdout: no space left on the device \(ENOSPC\)\. Free some space where it goes to, and run it again\. \(exit 9\)$/m,
    );
    expect(end.stderr).not.toContain('done:');
  });

  test('a file that may not grow so large: exit 9, with what was written before', async () => {
    const place = await prepare();
    // In KiB; the signal that comes with it is ignored by Node.
    const end = await shell(place, `ulimit -f 1024; effusion -q cat one.torrent ${place.from} > out`);
    expect(end.code, end.stderr).toBe(9);
    expect(end.stderr).toMatch(/cannot write to stdout: the file is too large for this file system \(EFBIG\)/);
    expect((await readFile(path.join(place.cwd, 'out'))).equals(one.subarray(0, 1024 * 1024))).toBe(true);
  });
});

describe('a reader', () => {
  test('that has enough ends it at once, with 0 and without a word', async () => {
    const place = await prepare();
    const end = await shell(
      place,
      `set -o pipefail; effusion cat one.torrent ${place.from} | head -c 1000 | cmp -n 1000 - seed/one`,
    );
    expect(end).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('that stops stops the download, and ^C ends it all the same', async () => {
    const place = await prepare();
    // The pipe holds 64 KiB; nobody reads it.
    const script = `mkfifo pipe; exec 3<>pipe; exec ${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)} -v cat one.torrent ${place.from} >pipe`;
    const child = startChild('bash', ['-c', script], { cwd: place.cwd, env: { NO_COLOR: '1' } });
    await child.outputMatching(/one: \d+%/);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end).toMatchObject({ code: 130, stdout: '' });
    expect(end.stderr).toMatch(/^stopped: one$/m);
    expect(end.stderr).not.toContain('done:');
  });
});

describe('from a terminal', () => {
  const shown = async (line: string): Promise<string> => {
    const place = await prepare();
    const end = await cli.terminal('', `cat one.torrent ${place.from} ${line}`, { cwd: place.cwd });
    expect(end.code, end.stdout).toBe(0);
    return end.stdout;
  };

  test('through a pipe nothing is drawn or written across the screen of its reader', async () => {
    expect(await shown('| cat > out')).toBe('');
  });

  test('through a pipe with --progress, and into a file, it shows how it goes', async () => {
    expect(await shown('--progress line | cat > out')).toMatch(/^done: one, 40\.0 MiB, /m);
    expect(await shown('> out')).toMatch(/^done: one, 40\.0 MiB, /m);
  });

  test('the log file has the end in any case', async () => {
    expect(await shown('--log-file log | cat > out; cat log')).toMatch(/^\S+Z info done: one, 40\.0 MiB, /m);
  });
});

describe('what is refused', () => {
  test.each([
    [
      'several files and no choice',
      'parts.torrent',
      /  1 {2}a\.bin \(293\.0 KiB\)\n  2 {2}b\/c\.txt \(11 B\)\n[^]*the torrent has 4 files/,
    ],
    ['no such file', 'parts.torrent -s 5', /--files 5: there is no file 5: the torrent has 4 files/],
    ['a range of several', "parts.torrent -s '*' --range 0-1", /--range is of one file, and --files chooses 4/],
    ['a range beyond the end', 'parts.torrent -s 2 --range 11-', /--range has no byte of b\/c\.txt, which has 11\. The first/],
    ['the last none', 'parts.torrent -s 2 --range -0', /--range has no byte of b\/c\.txt, which has 11\. The first/],
    ['a range of nothing', 'parts.torrent -s 4 --range 0-', /--range has no byte of empty, which has 0\. Leave --range out/],
    [
      'a range that ends before it begins',
      'parts.torrent -s 2 --range 5-4',
      /'5-4' is no range of bytes: it ends before it begins\. /,
    ],
    ['what is no range', 'parts.torrent -s 2 --range 0x5-', /--range: '0x5-' is no range of bytes\. Write 0-99/],
    ['nobody to read from', 'one.torrent --only-peers', /--only-peers leaves nobody to download from/],
  ])('%s: exit 2', async (_, args, message) => {
    const place = await prepare();
    const from = args.includes('--only-peers') ? '' : '--only-peers --peer 127.0.0.1:9';
    const end = await shell(place, `effusion cat ${args} ${from} | cat; exit \${PIPESTATUS[0]}`);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(message);
  });

  test('a terminal: exit 2, and nothing reaches it', async () => {
    const place = await prepare();
    const end = await shell(
      place,
      `script -qec "$(printf '%q ' ${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)}) cat one.torrent" /dev/null </dev/null`,
    );
    expect(end.stdout).toMatch(/stdout is a terminal, and a file may hold anything\. .* \(exit 2\)/);
    expect(end.code).toBe(2);
  });

  test('what never comes: the exit codes of download', async () => {
    const place = await prepare();
    const limits = '--only-peers --peer 127.0.0.1:9';
    const lost = await shell(place, `effusion cat one.torrent ${limits} --no-peers-timeout 1 | cat; exit \${PIPESTATUS[0]}`);
    expect(lost.code, lost.stderr).toBe(5);
    const late = await shell(place, `effusion cat one.torrent ${limits} --timeout 1 | cat; exit \${PIPESTATUS[0]}`);
    expect(late.code, late.stderr).toBe(124);
    expect(late.stderr).toMatch(/the 1s of --timeout are up/);
  });

  test('from a peer that lies: exit 10, and nothing is said to be kept', async () => {
    const place = await prepare();
    const end = await shell(
      place,
      `effusion swarm seed/one --seeders 1 --corrupt 100% --timeout 30 > swarm.json & swarm=$!
      until [ -s swarm.json ]; do kill -0 $swarm || exit 99; sleep 0.1; done
      peer=$(sed 's/.*"peers":\\["\\([^"]*\\)".*/\\1/' swarm.json)
      effusion cat one.torrent --only-peers --peer "$peer" | cat; code=\${PIPESTATUS[0]}
      kill $swarm; exit $code`,
    );
    expect(end.code, end.stderr).toBe(10);
    expect(end.stderr).toMatch(
      /piece \d+ of one came only from .*: 127\.0\.0\.1:\d+\. Run it again when there are other peers\. \(exit 10\)/,
    );
    expect(end.stderr).not.toContain('kept');
  });
});
