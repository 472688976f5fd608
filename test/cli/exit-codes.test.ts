// Every exit code of the table from its real cause, through the real command. The table drives the test: a code that is in use and has no
// case fails it, so does a case whose code is gone. Limits are short, and each run is bounded in time by startChild.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import type { SeederFaults } from '../../src/swarm/seeder-faults.js';
import type { Child, ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { freePort } from '../support/free-port.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(5, 1_000_000);
const UNKNOWN = 'a'.repeat(40);
const UNREAD = 'sha256:'.concat('a'.repeat(64));

/** A folder with `seed/data.bin` and `data.torrent`. */
async function prepare(...more: readonly string[]): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const end = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent', ...more], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return cwd;
}

/** A seeder of the torrent there that does wrong what it is told to. Answers `--peer` and its address. */
async function faulty(cwd: string, faults: SeederFaults): Promise<[string, string]> {
  const metainfo = parseTorrentFile(new Uint8Array(await readFile(path.join(cwd, 'data.torrent'))));
  const seeder = await FaultySeeder.open({ metainfo, content: new Uint8Array(payload), faults });
  onTestFinished(() => seeder.close());
  return ['--peer', seeder.address];
}

const download = (cwd: string, ...args: readonly string[]): Child =>
  cli.start(['download', 'data.torrent', '-o', 'out', '--no-trackers', ...args], { cwd });

/** Breaks something of the runtime before the command runs: what no input can do. */
function sabotage(code: string): { env: Record<string, string> } {
  return { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` } };
}

interface Case {
  readonly cause: string;
  readonly run: () => Promise<ChildEnd>;
  /** In stderr. */
  readonly says?: RegExp;
}

/** A download that has begun and will not come to its end by itself is sent `signal`. */
async function interrupted(signal: NodeJS.Signals): Promise<ChildEnd> {
  const cwd = await prepare();
  const child = download(cwd, ...(await faulty(cwd, { rateBytesPerSecond: 200_000 })));
  await child.outputMatching(/data\.bin: \d+%/);
  child.kill(signal);
  return child.ended;
}

/** Serving after a download that is over is sent `signal`. */
async function servingInterrupted(signal: NodeJS.Signals): Promise<ChildEnd> {
  const cwd = await prepare();
  const child = cli.start(['data.torrent', '-o', 'seed', '--no-trackers', '--seed'], { cwd });
  await child.outputMatching(/^seeding data\.bin/m);
  child.kill(signal);
  return child.ended;
}

const usage =
  (...args: readonly string[]): (() => Promise<ChildEnd>) =>
  async () =>
    cli.run(args, { cwd: await prepare() });

const CASES: Readonly<Record<number, readonly Case[]>> = {
  0: [
    {
      cause: 'a download that is whole',
      run: async () => {
        const cwd = await prepare();
        return download(cwd, ...(await faulty(cwd, {}))).ended;
      },
      says: /^done: out\/data\.bin/m,
    },
    { cause: 'data that verifies', run: usage('verify', 'data.torrent', 'seed'), says: /^whole: /m },
    {
      cause: 'seeding that came to its limit',
      run: usage('seed', 'data.torrent', '--data', 'seed', '--no-trackers', '--seed-time', '100ms'),
    },
    { cause: 'help', run: usage('help', 'exit-codes') },
  ],
  1: [
    {
      cause: 'an error that nobody foresaw, in a command',
      run: async () => {
        const broken = "process.hrtime = () => { throw new TypeError('the clock is broken'); }";
        return cli.run(['download', 'data.torrent', '-o', 'out'], { cwd: await prepare(), ...sabotage(broken) });
      },
      says: /^effusion: error: this is a bug: TypeError: the clock is broken\n +at /m,
    },
    {
      cause: 'an error that nobody catches',
      run: async () => {
        const stray =
          "process.on('newListener', (name) => { if (name === 'SIGHUP') setImmediate(() => { throw new TypeError('from nowhere'); }); });";
        return cli.run(['download', 'data.torrent', '-o', 'out'], { cwd: await prepare(), ...sabotage(stray) });
      },
      says: /this is a bug: TypeError: from nowhere/,
    },
  ],
  2: [
    { cause: 'no argument', run: usage() },
    ...['download', 'seed', 'create', 'info', 'verify'].map((command) => ({
      cause: `${command} with an option that is none`,
      run: usage(command, 'data.torrent', '--no-such-thing'),
      says: /unknown option '--no-such-thing'/,
    })),
    { cause: 'a word that is no command', run: usage('donwload'), says: /Did you mean effusion download\?/ },
    {
      cause: 'options that leave each other without a use',
      run: usage('data.torrent', '--no-listen', '--port', '6881'),
      says: /--port has no use with --no-listen\. Leave out one of them\./,
    },
    {
      cause: 'a checksum of a file that is not there',
      run: usage('data.torrent', '--checksum', `${UNREAD}:x.bin`),
      says: /there is no file "x\.bin" in data\.bin/,
    },
  ],
  3: [
    { cause: 'no such torrent file', run: usage('download', './data.torent'), says: /Did you mean \.?\/?data\.torrent\?/ },
    { cause: 'a file that is no torrent', run: usage('info', 'seed/data.bin'), says: /not a usable torrent/ },
    {
      cause: 'a blocklist that is none',
      run: usage('download', 'data.torrent', '--blocklist', 'data.torrent'),
      says: /data\.torrent/,
    },
  ],
  4: [
    {
      cause: 'nobody has the metadata of a link',
      run: usage(UNKNOWN, '-o', 'out', '--peer', '127.0.0.1:9', '--metadata-timeout', '500ms'),
      says: /refused the connection/,
    },
  ],
  5: [
    {
      cause: 'a dead tracker, and why',
      run: async () => {
        const cwd = await prepare('--tracker', `http://127.0.0.1:${await freePort()}/announce`);
        return cli.run(['data.torrent', '-o', 'out', '--no-peers-timeout', '1s'], { cwd });
      },
      says: /^effusion: error: no peer answered within 1 s: http:\/\/127\.0\.0\.1:\d+\/.* failed \(.*refused.*\).*\. .*\(exit 5\)$/im,
    },
  ],
  6: [
    {
      cause: 'a proxy that is not there',
      run: async () =>
        download(await prepare(), '--peer', '127.0.0.1:9', '--proxy', `socks5h://127.0.0.1:${await freePort()}`).ended,
      says: /nothing was sent around it/,
    },
    {
      cause: 'a torrent by URL whose server is not there',
      run: async () => cli.run(['download', `http://127.0.0.1:${await freePort()}/x.torrent`], { cwd: await prepare() }),
      says: /no web server listens there/,
    },
    {
      cause: 'a scrape that nobody answers',
      run: async () => {
        const cwd = await prepare('--tracker', `http://127.0.0.1:${await freePort()}/announce`);
        return cli.run(['info', 'data.torrent', '--scrape', '--no-dht', '--timeout', '2s'], { cwd });
      },
    },
  ],
  7: [
    {
      cause: 'a peer that gives nothing',
      run: async () => {
        const cwd = await prepare();
        return download(cwd, ...(await faulty(cwd, { neverUnchokes: true })), '--stall-timeout', '700ms').ended;
      },
      says: /no data came for 0\.7 s: .*1 keeping us waiting for a slot/,
    },
    {
      cause: 'a peer that is too slow',
      run: async () => {
        const cwd = await prepare();
        return download(cwd, ...(await faulty(cwd, { rateBytesPerSecond: 50_000 })), '--min-speed', '10M:1s').ended;
      },
      says: /only .* of useful data came over 1 s, less than the 10\.0 MiB\/s asked for: .*1 connected peer, 1 sending\. .*A lower --min-speed waits longer\./,
    },
  ],
  8: [
    {
      cause: 'a port that is taken',
      run: async () => {
        const holder = createServer();
        await new Promise<void>((resolve) => {
          holder.listen(0, resolve);
        });
        onTestFinished(() => {
          holder.close();
        });
        return download(await prepare(), '--port', String((holder.address() as AddressInfo).port)).ended;
      },
      says: /EADDRINUSE/,
    },
  ],
  9: [
    {
      cause: 'a folder that another run has',
      run: async () => {
        const cwd = await prepare();
        const holder = cli.start(['data.torrent', '-o', 'seed', '--no-trackers', '--seed'], { cwd });
        await holder.outputMatching(/^seeding data\.bin/m);
        return cli.run(['data.torrent', '-o', 'seed', '--no-trackers', '--seed'], { cwd });
      },
      says: /process \d+/,
    },
    {
      cause: 'an output folder that is a file',
      run: async () => cli.run(['data.torrent', '-o', 'seed/data.bin', '--no-trackers'], { cwd: await prepare() }),
    },
    {
      cause: 'a result that cannot be written',
      run: async () => cli.shell('info data.torrent > /dev/full', { cwd: await prepare() }),
      says: /cannot write to stdout: .*ENOSPC/,
    },
  ],
  10: [
    {
      cause: 'a swarm whose only seeder lies: piece, file and peer are named',
      run: async () => {
        const cwd = await prepare();
        const [option, address] = await faulty(cwd, { corruptShare: 1 });
        const end = await download(cwd, option, address).ended;
        expect(end.stderr).toMatch(
          new RegExp(
            `^effusion: error: piece \\d+ of data\\.bin came only from sources that sent bad data: ${address}\\. .*\\(exit 10\\)$`,
            'm',
          ),
        );
        return end;
      },
    },
    {
      cause: 'data that does not verify',
      run: async () => {
        const cwd = await prepare();
        await writeFile(path.join(cwd, 'seed/data.bin'), payload.subarray(1));
        return cli.run(['verify', 'data.torrent', 'seed'], { cwd });
      },
      says: /not whole/,
    },
    { cause: 'nothing to serve', run: usage('seed', 'data.torrent', '--data', 'elsewhere'), says: /there is no "data\.bin"/ },
  ],
  11: [
    {
      cause: 'a checksum that differs, of a download',
      run: usage('data.torrent', '-o', 'seed', '--checksum', UNREAD),
      says: /data\.bin has sha256 /,
    },
    { cause: 'a checksum that differs, of verify', run: usage('verify', 'data.torrent', 'seed', '--checksum', UNREAD) },
  ],
  12: [
    { cause: 'a hook that fails', run: usage('data.torrent', '-o', 'seed', '--exec', 'false'), says: /--exec/ },
    {
      cause: 'a hook that fails where it was to serve then: it does not',
      run: usage('data.torrent', '-o', 'seed', '--no-trackers', '--seed', '--exec', 'false'),
      says: /\(exit 12\)/,
    },
  ],
  14: [
    {
      cause: 'two torrents, of which one is none',
      run: usage('data.torrent', 'seed/data.bin', '-o', 'seed'),
      says: /1 of 2 torrents failed/,
    },
  ],
  124: [
    {
      cause: 'the time is up',
      run: async () => {
        const cwd = await prepare();
        return download(cwd, ...(await faulty(cwd, { isSilent: true })), '-t', '700ms').ended;
      },
      says: /the 700ms of --timeout are up/,
    },
  ],
  129: [{ cause: 'SIGHUP', run: () => interrupted('SIGHUP'), says: /^stopped: /m }],
  130: [
    { cause: 'SIGINT', run: () => interrupted('SIGINT'), says: /^stopped: /m },
    { cause: 'SIGINT while it serves', run: () => servingInterrupted('SIGINT'), says: /^data\.bin: stopped: /m },
  ],
  143: [
    { cause: 'SIGTERM', run: () => interrupted('SIGTERM'), says: /^stopped: /m },
    { cause: 'SIGTERM while it serves', run: () => servingInterrupted('SIGTERM'), says: /^data\.bin: stopped: /m },
  ],
};

describe.each(EXIT_CODES)('$code $name', ({ code }) => {
  const cases = CASES[code] ?? [];
  test('has a case', () => expect(cases).not.toEqual([]));
  for (const { cause, run, says } of cases) {
    test(cause, async () => {
      const end = await run();
      expect(end.timedOut, 'it did not end by itself').toBe(false);
      expect(end.code, end.stderr).toBe(code);
      if (says !== undefined) expect(end.stderr).toMatch(says);
      expect(end.stdout + end.stderr).not.toContain('\u001B');
    });
  }
});

test('no case is there whose code is not', () => {
  const codes = new Set(EXIT_CODES.map((entry) => String(entry.code)));
  expect(Object.keys(CASES).filter((code) => !codes.has(code))).toEqual([]);
});
