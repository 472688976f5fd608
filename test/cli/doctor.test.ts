// `effusion doctor` and `effusion peers`: what they print of a swarm of the test, and what they end with for each main cause.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTracker } from '../support/engine-rig.js';
import type { ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { freePort } from '../support/free-port.js';
import { Screen } from '../support/screen.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

interface DoctorJson {
  readonly ok: boolean;
  readonly exit: number;
  readonly torrent: { readonly totalBytes: number | null; readonly pieceCount: number | null };
  readonly checks: readonly { readonly id: string; readonly status: string; readonly text: string }[];
  readonly trackers: readonly { readonly url: string; readonly seeds: number | null; readonly error: string | null }[];
  readonly dht: unknown;
  readonly peers: readonly { readonly address: string; readonly result: string; readonly progress: number | null }[];
}

interface Served {
  readonly folder: string;
  readonly torrent: string;
  readonly magnet: string;
  readonly peers: readonly string[];
}

/** A folder with data.bin and a swarm of it. */
async function serve(...args: readonly string[]): Promise<Served> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'data.bin'), fixturePayload(41, 400_000));
  const swarm = cli.start(['swarm', 'data.bin', ...args], { cwd: folder });
  const [line] = await swarm.outputMatching(/^\{.*\}$/m);
  return { ...(JSON.parse(line) as Omit<Served, 'folder'>), folder };
}

/** A torrent of a tracker, and what else `create` is told. */
async function make(...args: readonly string[]): Promise<{ folder: string; torrent: string }> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'data.bin'), fixturePayload(41, 400_000));
  const end = await cli.run(['create', 'data.bin', ...args], { cwd: folder });
  expect(end.code, end.stderr).toBe(0);
  await mkdir(path.join(folder, 'out'));
  return { folder, torrent: 'data.bin.torrent' };
}

const run = (folder: string, ...args: readonly string[]): Promise<ChildEnd> => cli.run(args, { cwd: folder });

async function examine(folder: string, ...args: readonly string[]): Promise<DoctorJson> {
  const end = await run(folder, 'doctor', '--json', ...args);
  const found = JSON.parse(end.stdout) as DoctorJson;
  expect(end.code, end.stderr).toBe(found.exit);
  return found;
}

describe('doctor', () => {
  test('a good swarm: 0, a line for each check, and nothing is left on the disk', async () => {
    const { folder, torrent } = await serve();
    await mkdir(path.join(folder, 'out'));
    const end = await run(folder, 'doctor', torrent, '--no-dht', '-o', 'out');
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(end.stdout).toMatch(/^ok {4}data\.bin: 390\.6 KiB in 1 file, 25 pieces, 1 tracker$/m);
    expect(end.stdout).toMatch(
      /^ok {4}http:\/\/127\.0\.0\.1:\d+\/announce: 2 seeds, 1 leecher \(maybe us\), names 2 peers, in \d+ ms/m,
    );
    expect(end.stdout).toMatch(/^ok {4}peers: 2 of 2 answered, 2 with everything, 2 would send at once/m);
    expect(end.stdout).toMatch(/^warn {2}port: listening on port \d+, seen as 127\.0\.0\.1/m);
    expect(end.stdout).toMatch(/^ok {4}disk .*out: .* free, writes /m);
    expect(end.stdout).toMatch(/^ {6}127\.0\.0\.1:\d+ +tracker +connected +100% .*effusion\/[\d.]+$/m);
    expect(end.stdout).toMatch(/\na download should work\n$/);
    expect(await readdir(path.join(folder, 'out'))).toEqual([]);
  });

  test('one that unchokes nobody: it may still work, and does not now', async () => {
    const { folder, torrent } = await serve('--choke');
    const end = await run(folder, 'doctor', torrent, '--no-dht');
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(end.stdout).toMatch(/^warn {2}peers: 2 of 2 answered, 2 with everything, 0 would send at once/m);
    expect(end.stdout).toMatch(/\na download should work, once somebody has room for us\n$/);
  });

  test('a link: its peers are met without its metadata', async () => {
    const { folder, magnet } = await serve();
    const found = await examine(folder, magnet, '--no-dht');
    expect(found).toMatchObject({ ok: true, exit: 0, torrent: { totalBytes: null, pieceCount: null }, dht: null });
    expect(found.peers.map(({ result, progress }) => [result, progress])).toEqual([
      ['connected', 1],
      ['connected', 1],
    ]);
  });

  test('a dead tracker and no DHT: 6', async () => {
    const url = `http://127.0.0.1:${await freePort('127.0.0.1')}/announce`;
    const { folder, torrent } = await make('--tracker', url);
    const found = await examine(folder, torrent, '--timeout', '3');
    expect(found.exit).toBe(6);
    expect(found.trackers).toMatchObject([{ url, seeds: null, error: 'connection refused' }]);
    expect(found.dht).toMatchObject({ state: 'starting', nodes: { v4: 0, v6: 0 } });
    expect(found.checks.find(({ id }) => id === 'dht')).toMatchObject({ status: 'fail' });
  });

  test('a tracker that knows nobody, and one that refuses: 5', async () => {
    const empty = await startTracker();
    const refusing = await startTracker({ faults: { failWith: 'not\u001b[31m registered' } });
    const { folder, torrent } = await make('--tracker', empty.url, '--tracker', refusing.url);
    const found = await examine(folder, torrent, '--no-dht');
    expect(found.exit).toBe(5);
    expect(found.trackers.map(({ error }) => error === null)).toEqual([true, false]);
    const shown = await run(folder, 'doctor', torrent, '--no-dht');
    expect(shown.stdout).not.toContain('\u001b');
    expect(shown.stdout).toMatch(/^fail {2}.*registered/m);
    expect(shown.stdout).toMatch(/\nnobody names a peer \(exit 5\)\n$/);
    // Each that heard of us has heard that we are gone.
    expect(empty.announces.map(({ event }) => event)).toEqual(['started', 'stopped', 'started', 'stopped']);
  });

  test('a folder that cannot be written: 9; a port that is taken: 8; no torrent: 3; nobody to ask: 2', async () => {
    const { folder, torrent, peers } = await serve();
    expect((await examine(folder, torrent, '--no-dht', '-o', '/proc/self')).exit).toBe(9);
    const taken = peers[0].split(':')[1];
    expect((await run(folder, 'doctor', torrent, '--no-dht', '--port', taken)).code).toBe(8);
    expect((await run(folder, 'doctor', 'data.bin')).code).toBe(3);
    const nobody = await run(folder, 'doctor', torrent, '--only-peers');
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toMatch(/there is nobody to ask for peers/);
  });

  test('a private torrent asks its trackers alone', async () => {
    const tracker = await startTracker();
    const { folder, torrent } = await make('--private', '--tracker', tracker.url);
    const found = await examine(folder, torrent);
    expect(found.dht).toBeNull();
    expect(found.checks[0].text).toMatch(/private: its trackers alone name peers$/);
  });

  test('^C ends it at once and in order', async () => {
    const { folder, torrent } = await make('--tracker', `http://127.0.0.1:${await freePort('127.0.0.1')}/announce`);
    const child = cli.start(['doctor', torrent], { cwd: folder });
    await child.outputMatching(/looking at everything/);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code, end.stderr).toBe(130);
    expect(end.stdout).toBe('');
    expect((await readdir(folder)).toSorted()).toEqual(['data.bin', torrent, 'out']);
  });
});

describe('peers', () => {
  test('a table, those first that answer; JSON, one object a line', async () => {
    const { folder, torrent, peers } = await serve('--choke', '--corrupt', '100%');
    const dead = `127.0.0.1:${await freePort('127.0.0.1')}`;
    const shown = await run(folder, 'peers', torrent, '--no-dht', '--peer', dead);
    expect(shown.code, shown.stderr).toBe(0);
    const lines = shown.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^peer +from +result +has +sends +rtt +encrypted +client$/);
    expect(lines[3]).toMatch(new RegExp(`^${dead} +user +refused +- +- +- +- +-$`));
    // Both say what they have, and let nobody have it.
    for (const line of lines.slice(1, 3)) expect(line).toMatch(/ connected +100% +not yet +\d+ ms /);
    expect(shown.stderr).toMatch(/^3 peers found, 2 answered, 2 with everything; the others: 1 refused$/m);

    const json = await run(folder, 'peers', torrent, '--no-dht', '--peer', dead, '--json', '--encryption', 'require', '-q');
    const found = json.stdout
      .trimEnd()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { address: string; encrypted: boolean | null; pieces: number | null; rttMs: number | null },
      );
    expect(found.map(({ address }) => address).toSorted()).toEqual([...peers, dead].toSorted());
    expect(found[2].address).toBe(dead);
    expect(found.map(({ encrypted, pieces }) => [encrypted, pieces])).toEqual([
      [true, 25],
      [true, 25],
      [null, null],
    ]);
    expect(json.stderr).toBe('');
  });

  test('a terminal shows how far it is, and is left clean', async () => {
    const { folder, torrent } = await serve();
    const end = await cli.terminal('stty cols 120; ', `peers ${torrent} --no-dht`, { cwd: folder });
    expect(end.code, end.stdout).toBe(0);
    expect(end.stdout).toMatch(/data\.bin: looking for peers: 1 of 1 tracker answered, 2 peers found, [0-2] met/);
    const screen = new Screen(120, 24);
    await screen.write(end.stdout);
    expect(screen.lines().filter((line) => line.includes('looking for peers'))).toEqual([
      'data.bin: looking for peers; takes 10s at most (--timeout)',
    ]);
  });

  test('nobody answers: 5, with the reason', async () => {
    const { folder, torrent } = await make();
    const dead = `127.0.0.1:${await freePort('127.0.0.1')}`;
    const end = await run(folder, 'peers', torrent, '--no-dht', '--peer', dead);
    expect(end.code).toBe(5);
    expect(end.stderr).toMatch(/no peers: none of 1 answered: 1 refused\. .*\(exit 5\)$/m);
    const empty = await startTracker();
    const told = await run(folder, 'peers', torrent, '--no-dht', '--tracker', empty.url);
    expect(told.stderr).toMatch(/no peers: nobody names one \(1 tracker answered and knows of nobody\)/);
    const refused = await run(folder, 'peers', torrent, '--no-dht', '--tracker', `http://${dead}/announce`);
    expect(refused.stderr).toMatch(/no peers: nobody names one \(1 of 1 tracker failed, connection refused\)/);
    const none = await run(folder, 'peers', torrent, '--timeout', '1');
    expect(none.code).toBe(5);
    expect(none.stderr).toMatch(/no peers: nobody names one \(no node of the DHT answers\)/);
  });
});
