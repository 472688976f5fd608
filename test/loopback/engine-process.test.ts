// The built library in a process of its own: nothing keeps it alive after the end, a crash that nobody listens to ends it, it
// lives on 64 descriptors, and the example of the README is a program that works.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import { startChild, type Child, type ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { leftovers, makePayload, payloadDifferences, writeTorrent, type Payload } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

let build: CliBuild;
beforeAll(async () => {
  build = await buildCli();
});
afterAll(() => build.remove());

interface Place {
  readonly folder: string;
  readonly torrentPath: string;
  readonly seeders: readonly FaultySeeder[];
  readonly peers: readonly string[];
  /** Runs `source` as a module that finds the package `effusion`. */
  run(source: string, args: readonly string[]): Promise<ChildEnd>;
  start(source: string, args: readonly string[], descriptors?: number): Promise<Child>;
}

/** A folder with a torrent in it, seeders, and the built package where an import finds it. */
async function prepare(payload: Payload, seederCount: number, rateBytesPerSecond?: number): Promise<Place> {
  const folder = await makeTempFolder();
  const torrent = await writeTorrent(payload, folder);
  const metainfo = parseTorrentFile(new Uint8Array(torrent.bytes));
  const content = Buffer.concat(payload.files.map((file) => file.bytes));
  const faults = rateBytesPerSecond === undefined ? {} : { rateBytesPerSecond };
  const opening = Array.from({ length: seederCount }, () => FaultySeeder.open({ metainfo, content, faults }));
  const seeders = await Promise.all(opening);
  await mkdir(path.join(folder, 'node_modules'));
  await symlink(path.dirname(path.dirname(build.script)), path.join(folder, 'node_modules/effusion'));
  const start = async (source: string, args: readonly string[], descriptors?: number): Promise<Child> => {
    const script = path.join(folder, 'script.mjs');
    await writeFile(script, source);
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
    const line = `${limit}exec "$0" "$@"`;
    return startChild('bash', ['-c', line, process.execPath, script, ...args], { cwd: folder });
  };
  return {
    folder,
    torrentPath: torrent.path,
    seeders,
    peers: seeders.map(({ address }) => address),
    start,
    run: async (source, args) => (await start(source, args)).ended,
  };
}

async function closeAll(seeders: readonly FaultySeeder[]): Promise<void> {
  await Promise.all(seeders.map((seeder) => seeder.close()));
}

/** The first program of the README's section. */
async function readmeExample(): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const found = /^## As a library\n[^]*?```js\n([^]*?)```/m.exec(readme);
  if (found === null) throw new Error('the README has no example under "As a library"');
  return found[1];
}

const payload = makePayload('library', [
  ['first.bin', 300_000],
  ['sub/second.bin', 200_001],
]);

test('the example of the README downloads a torrent and ends by itself', async () => {
  const place = await prepare(payload, 2);
  const end = await place.run(await readmeExample(), [place.torrentPath, 'out', ...place.peers]);
  expect(end, end.stderr).toMatchObject({ code: 0, timedOut: false });
  expect(end.stdout).toBe(`complete ${path.join('out', 'library')}\n`);
  expect(await payloadDifferences(payload, path.join(place.folder, 'out'))).toEqual([]);
  await closeAll(place.seeders);
});

const HEAD = `
import { readFile } from 'node:fs/promises';
import { Client, parseTorrentFile, SessionServer, supervisor } from 'effusion';
const [torrent, ...rest] = process.argv.slice(2);
const metainfo = parseTorrentFile(await readFile(torrent));
const peers = rest.map((peer) => ({ host: peer.split(':')[0], port: Number(peer.split(':')[1]) }));
const local = { host: '127.0.0.1' };
`;

describe('a process ends by itself', () => {
  const programs: readonly (readonly [what: string, source: string, stdout: string])[] = [
    [
      'after a whole download',
      `const server = await SessionServer.start(metainfo, local, 'out', { peers, idleTimeoutMs: 60_000, stallTimeoutMs: 60_000 });
       console.log((await server.done()).status);`,
      'complete\n',
    ],
    [
      'after a stop in the middle of everything',
      `const silent = { host: '127.0.0.1', port: 1 };
       const server = await SessionServer.start(metainfo, local, 'out', { peers: [...peers, silent] });
       for await (const notice of server.notices()) if (notice.type === 'checked') break;
       await server.stop();
       console.log((await server.done()).status);`,
      'stopped\n',
    ],
    [
      'after a shared client was closed',
      `const client = await Client.open(local);
       const server = await SessionServer.start(metainfo, local, null, { client, peers, seed: true });
       for await (const notice of server.notices()) if (notice.type === 'completed') break;
       await server.stop();
       await client.close();
       console.log((await server.done()).status);`,
      'complete\n',
    ],
    [
      'under a supervisor',
      `const session = await supervisor.start(metainfo, local, 'out', { peers });
       console.log((await session.done()).status, session.restarts);`,
      'complete 0\n',
    ],
    [
      'after a refused start',
      `const client = await Client.open(local);
       console.log(await SessionServer.start(metainfo, { ...local, port: client.port }, 'out').catch(({ code }) => code));
       await client.close();`,
      'port_taken\n',
    ],
  ];
  test.each(programs)('%s', async (_, source, stdout) => {
    const place = await prepare(payload, 1);
    const end = await place.run(HEAD + source, [place.torrentPath, ...place.peers]);
    expect(end, end.stderr).toMatchObject({ code: 0, timedOut: false, stdout });
    await closeAll(place.seeders);
  });
});

describe('a crash', () => {
  const crashing = (owner: string): string => `${HEAD}
    const transport = { connect: () => { throw new TypeError('a bug'); } };
    const client = await Client.open({ listen: false, transport });
    await SessionServer.start(metainfo, local, null, { client, peers: [{ host: '127.0.0.1', port: 9 }], ${owner} });`;

  test('that nobody listens to ends the process', async () => {
    const place = await prepare(payload, 0);
    const end = await place.run(crashing(''), [place.torrentPath]);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('SessionCrashedError');
    expect(end.stderr).toContain('TypeError: a bug');
  });

  test('that the owner was told of does not', async () => {
    const place = await prepare(payload, 0);
    const owner = `owner: { onCrash: (error) => console.log(error.code, error.cause.message) }`;
    const end = await place.run(crashing(owner), [place.torrentPath]);
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'session_crashed a bug\n' });
  });
});

/** So many connections that say nothing, and are made again where they are ended, until the test is over. Resolves once all were open. */
async function floodWithSilence(port: number, connections: number): Promise<void> {
  const sockets = new Set<Socket>();
  let isOver = false;
  const open = (): void => {
    if (isOver) return;
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('connect', () => socket.resume());
    socket.on('close', () => {
      sockets.delete(socket);
      setTimeout(open, 50);
    });
  };
  onTestFinished(() => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  });
  for (let n = 0; n < connections; n++) open();
  await Promise.all([...sockets].map((socket) => once(socket, 'connect')));
}

test('64 descriptors are enough for 70 peers, many files and a flood of silent connections', { timeout: 60_000 }, async () => {
  const many = makePayload(
    'many',
    Array.from({ length: 300 }, (_, index) => [`folder ${index % 7}/file ${index}`, 20_000 + index] as const),
  );
  const place = await prepare(many, 70, 2_000_000);
  const source = `${HEAD}
    process.on('warning', (warning) => console.log(warning.message));
    const client = await Client.open(local);
    const flooded = new Promise((resolve) => process.once('SIGUSR2', resolve));
    console.log('port ' + client.port);
    await flooded;
    const server = await SessionServer.start(metainfo, local, 'out', { client, peers });
    console.log((await server.done()).status);
    await client.close();`;
  const child = await place.start(source, [place.torrentPath, ...place.peers], 64);
  const [, port] = await child.outputMatching(/port (\d+)\n/);
  await floodWithSilence(Number(port), 80);
  child.kill('SIGUSR2');
  const end = await child.ended;
  expect(end, end.stderr).toMatchObject({ code: 0, stdout: `port ${port}\ncomplete\n`, timedOut: false });
  expect(await payloadDifferences(many, path.join(place.folder, 'out'))).toEqual([]);
  expect(await leftovers(path.join(place.folder, 'out'))).toEqual([]);
  expect(place.seeders.filter((seeder) => seeder.counts.blocks > 0).length).toBeGreaterThan(10);
  await closeAll(place.seeders);
});
