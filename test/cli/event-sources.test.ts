// `--events` and receipts of the real command where sources of every kind have a part in it: liars, web seeds, trackers, peers that give
// nothing; and where the process itself comes to grief.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import type { SeederFaults } from '../../src/swarm/seeder-faults.js';
import { startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { namesOf, only, readEvents } from '../support/event-lines.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(23, 200_000);
const ALONE = ['--no-trackers', '--no-dht', '--no-listen'];

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A folder with `data.torrent` alone, of `payload`. */
async function prepare(...args: readonly string[]): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const end = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent', ...args], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return cwd;
}

async function openSeeder(cwd: string, faults: SeederFaults): Promise<string> {
  const metainfo = parseTorrentFile(await readFile(path.join(cwd, 'data.torrent')));
  const seeder = await FaultySeeder.open({ metainfo, content: payload, faults });
  onTestFinished(() => seeder.close());
  return `${seeder.host}:${seeder.port}`;
}

test('a swarm of one liar: what came wrong, from whom, and that nobody is left', async () => {
  const cwd = await prepare();
  const peer = await openSeeder(cwd, { corruptShare: 1 });
  const end = await cli.run(['download', 'data.torrent', '-o', 'out', ...ALONE, '--peer', peer, '--events'], { cwd });
  expect(end.code, end.stderr).toBe(10);
  const lines = readEvents(end.stdout);
  expect(only(lines, 'hashfail')[0]).toMatchObject({ peers: [peer], webSeeds: [] });
  expect(only(lines, 'peer').map((line) => line['state'])).toContain('banned');
  expect(only(lines, 'error')).toMatchObject([{ id: 1, code: 'sources_exhausted', exit: 10 }]);
  expect(lines.at(-1)).toMatchObject({ exit: 10, name: 'verification' });
});

test('a liar beside an honest one: the receipt has the bytes of both, and the waste', async () => {
  const cwd = await prepare();
  const liar = await openSeeder(cwd, { corruptShare: 0.3 });
  const honest = await openSeeder(cwd, {});
  const peers = ['--peer', liar, '--peer', honest];
  const end = await cli.run(['download', 'data.torrent', '-o', 'out', ...ALONE, ...peers, '--receipt', 'r.json'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  const receipt = JSON.parse(await readFile(path.join(cwd, 'r.json'), 'utf8')) as {
    sources: { peers: { address: string; bytes: number }[] };
    downloadedBytes: number;
    waste: { bytes: number; hashFailures: number };
  };
  const { sources, downloadedBytes, waste } = receipt;
  expect(sources.peers.every((share) => [liar, honest].includes(share.address))).toBe(true);
  expect(sources.peers.reduce((sum, share) => sum + share.bytes, 0)).toBe(downloadedBytes);
  expect(downloadedBytes - waste.bytes).toBe(payload.length);
});

test('a web seed and a tracker: both in the events, the bytes in the receipt, no secret in either', async () => {
  const webSeed = await serve((request, response) => {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (match === null) {
      response.end(payload);
      return;
    }
    const [from, to] = [Number(match[1]), Number(match[2])];
    response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${payload.length}` }).end(payload.subarray(from, to + 1));
  });
  const tracker = await serve((_, response) => response.end('d8:intervali1800e5:peers0:15:warning message9:hear thise'));
  const cwd = await prepare(
    '--web-seed',
    `http://me:secretword@${webSeed}/`,
    '--tracker',
    `http://${tracker}/${'k'.repeat(20)}9/announce`,
  );
  const args = ['download', 'data.torrent', '-o', 'out', '--no-dht', '--no-listen', '--max-download', '100K', '--timeout', '10s'];
  const end = await cli.run([...args, '--events', '--receipt', 'r.json'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  const lines = readEvents(end.stdout);
  expect(only(lines, 'tracker')[0]).toMatchObject({ state: 'answered', url: `http://${tracker}/***/announce`, peers: 0 });
  expect(only(lines, 'progress').length).toBeGreaterThan(2);
  const receipt = await readFile(path.join(cwd, 'r.json'), 'utf8');
  expect(JSON.parse(receipt)).toMatchObject({
    sources: { peers: [], webSeeds: [{ url: `http://${webSeed}/`, bytes: payload.length }] },
  });
  for (const secret of ['secretword', 'kkkk']) expect(end.stdout + receipt).not.toContain(secret);
});

test('a peer that gives nothing: why, in reasons, and the end by --stall-timeout', async () => {
  const cwd = await prepare();
  const peer = await openSeeder(cwd, { neverUnchokes: true });
  const args = ['download', 'data.torrent', '-o', 'out', ...ALONE, '--peer', peer, '--stall-timeout', '9', '--events'];
  const end = await cli.run(args, { cwd });
  expect(end.code, end.stderr).toBe(7);
  const lines = readEvents(end.stdout);
  const [stall] = only(lines, 'stall');
  expect(stall['silentMs']).toBeGreaterThanOrEqual(8000);
  expect(stall['reasons']).toContain('1 connected peer, 1 keeping us waiting for a slot');
  expect(only(lines, 'error')).toMatchObject([{ code: 'stalled', exit: 7 }]);
});

test('a fault of our own, at any moment: the error, and done', async () => {
  const cwd = await prepare();
  const code = 'setTimeout(() => { throw new Error("boom http://x/?passkey=abcdefgh") }, 700)';
  const bomb = `data:text/javascript,${encodeURIComponent(code)}`;
  const args = [
    '--import',
    bomb,
    cli.script,
    'download',
    'data.torrent',
    '-o',
    'out',
    ...ALONE,
    '--peer',
    '127.0.0.1:9',
    '--events',
  ];
  const env = { EFFUSION_NO_LSD: '1', NO_COLOR: '1' };
  const end = await startChild(process.execPath, args, { cwd, env }).ended;
  expect(end.code, end.stderr).toBe(1);
  const lines = readEvents(end.stdout);
  expect(namesOf(lines).slice(-2)).toEqual(['error', 'done']);
  expect(lines.at(-2)).toMatchObject({ code: 'bug', exit: 1, message: 'Error: boom http://x/?passkey=***' });
  expect(lines.at(-1)).toMatchObject({ exit: 1, name: 'bug' });
});
