// A probe of real peers on loopback: who is there, by which source, what they have, and that it ends as soon as all is known.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Client } from '../../src/engine/client.js';
import { SwarmProbe, type SwarmProbeOptions, type SwarmReport } from '../../src/engine/swarm-probe.js';
import { createTorrent } from '../../src/engine/torrent-files.js';
import { checkWebSeed } from '../../src/engine/web-seed-check.js';
import { webSeedSources } from '../../src/engine/web-seed-sources.js';
import type { EncryptionPolicy } from '../../src/engine/client.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { BLOCK_LENGTH } from '../../src/model/geometry.js';
import { formatAddress } from '../../src/model/address.js';
import { nextNotice, openClient, peerHint, startSeeder, startSession, startTracker } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startWebServer, webTorrent, withWebSeeds } from '../support/web-server.js';

const torrent = webTorrent({ pieceLength: BLOCK_LENGTH, files: [['a.bin', 9 * BLOCK_LENGTH]] });
const { metainfo } = torrent;
const infoHash = metainfo.infoHash.v1 ?? new Uint8Array();
const never = new AbortController().signal;

function optionsFor(client: Client, more: Partial<SwarmProbeOptions> = {}): SwarmProbeOptions {
  return {
    client,
    infoHash,
    pieceCount: metainfo.geometry.pieceCount,
    isPrivate: false,
    origin: null,
    announceTiers: [],
    nodes: [],
    peers: [],
    useTrackers: true,
    useDht: false,
    useLsd: false,
    usePex: true,
    maxDials: 100,
    timeoutMs: 20_000,
    signal: never,
    ...more,
  };
}

const rows = ({ peers }: SwarmReport): Record<string, [string, number | null, string]> =>
  Object.fromEntries(
    peers.map(({ address, result, facts, sources }) => [
      formatAddress(address),
      [result, facts?.progress ?? null, [...sources].join()],
    ]),
  );

test('trackers and named peers: who has everything, who is dead, and ourselves left out; the tracker is told good-bye', async () => {
  const seeder = await startSeeder(torrent);
  const tracker = await startTracker();
  const other = `http://127.0.0.1:${await freePort('127.0.0.1')}/announce`;
  const leecher = await startSession({ ...metainfo, announceTiers: [[tracker.url]] }, null, { useTrackers: true });
  const dead = await freePort('127.0.0.1');
  const client = await openClient();
  const peers = [peerHint(seeder), { host: '127.0.0.1', port: dead }, { host: '127.0.0.1', port: client.port ?? 0 }];
  await expect.poll(() => tracker.announces.length).toBeGreaterThan(0);
  const report = await new SwarmProbe(optionsFor(client, { peers, announceTiers: [[tracker.url, other]] })).run();
  expect(rows(report)).toEqual({
    [seeder.address]: ['connected', 1, 'user'],
    [`127.0.0.1:${leecher.port}`]: ['connected', 0, 'tracker'],
    [`127.0.0.1:${dead}`]: ['refused', null, 'user'],
  });
  expect(report.isWhole).toBe(true);
  expect(report.trackers).toMatchObject([
    { url: tracker.url, hosts: ['127.0.0.1'], seeds: 0, leechers: 2, peers: 1, error: null },
    { url: other, latencyMs: null, error: expect.stringContaining('refused') as string },
  ]);
  const own = tracker.announces.filter(({ address }) => address.port === client.port);
  expect(own.map(({ event, left }) => [event, left > 0])).toEqual([
    ['started', true],
    ['stopped', true],
  ]);
  expect(report.elapsedMs).toBeLessThan(20_000);
});

test('several that have a part each, and the pieces that nobody has', async () => {
  const client = await openClient();
  const seeder = await startSeeder(torrent, { isSilent: true });
  const report = await new SwarmProbe(optionsFor(client, { peers: [peerHint(seeder)] })).run();
  // One that says nothing has nothing.
  expect(rows(report)).toEqual({ [seeder.address]: ['connected', 0, 'user'] });
  expect([report.isWhole, report.available?.count]).toEqual([false, 0]);
});

test('one that comes by itself is seen, and sees us', async () => {
  const [host, guest] = [await openClient(), await openClient()];
  const silent = await startSeeder(torrent, { isSilent: true });
  const hosting = new SwarmProbe(optionsFor(host, { peers: [peerHint(silent)] })).run();
  const visit = await new SwarmProbe(optionsFor(guest, { peers: [{ host: '127.0.0.1', port: host.port ?? 0 }] })).run();
  expect(rows(visit)).toEqual({ [`127.0.0.1:${host.port}`]: ['connected', 0, 'user'] });
  const report = await hosting;
  expect(report.incoming).toBe(1);
  expect(Object.values(rows(report))).toContainEqual(['connected', 0, 'incoming']);
});

test.each<[EncryptionPolicy, EncryptionPolicy, string, boolean | null]>([
  ['prefer', 'require', 'connected', true],
  ['prefer', 'off', 'connected', false],
  ['require', 'prefer', 'connected', true],
  ['off', 'require', 'closed-in-handshake', null],
])('encryption: we %s, the peer %s', async (ours, theirs, result, isEncrypted) => {
  const peer = await startSession(metainfo, null, { encryption: theirs });
  const client = await openClient({ encryption: ours });
  const report = await new SwarmProbe(optionsFor(client, { peers: [peerHint(peer)] })).run();
  expect(report.peers.map((probe) => [probe.result, probe.isEncrypted])).toEqual([[result, isEncrypted]]);
});

test('peers of peers, and those that the DHT names', async () => {
  const { folder, metainfo: shared } = await sharedFolder();
  const node = await openClient({ dht: { bootstrap: [] } });
  await node.dht?.open();
  const way = { host: '127.0.0.1', port: node.dht?.port(4) ?? 0 };
  await (await openClient({ dht: { bootstrap: [way] } })).dht?.open();
  const seeder = await startSession(shared, folder, {
    client: await openClient({ dht: { bootstrap: [way] } }),
    seed: true,
    isReadOnly: true,
  });
  await nextNotice(seeder, 'dht-searched', ({ announced }) => announced > 0);
  // Another one, which only the first knows.
  const leecher = await startSession(shared, null, {
    client: await openClient({ maxDownloadBytesPerSecond: 100 }),
    peers: [peerHint(seeder)],
  });
  await expect.poll(() => seeder.snapshot().peers.length).toBeGreaterThan(0);
  const client = await openClient({ dht: { bootstrap: [way], isBrief: true } });
  const options = { useDht: true, infoHash: shared.infoHash.v1 ?? new Uint8Array(), pieceCount: shared.geometry.pieceCount };
  const report = await new SwarmProbe(optionsFor(client, options)).run();
  expect(rows(report)).toMatchObject({
    [`127.0.0.1:${seeder.port}`]: ['connected', 1, expect.stringMatching(/^dht/)],
    [`127.0.0.1:${leecher.port}`]: ['connected', expect.any(Number), 'pex'],
  });
  expect(report.dht).toMatchObject({ state: 'running', peers: { v4: 1, v6: 0 } });
  expect(report.dht?.nodes.v4).toBeGreaterThan(0);
});

async function sharedFolder(): Promise<{ folder: string; metainfo: Metainfo }> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'data.bin'), torrent.content);
  const { metainfo: made } = await createTorrent(path.join(folder, 'data.bin'), { threads: 0 });
  return { folder, metainfo: made };
}

test('another torrent, a link without metadata, a limit of dials, and the end of the time', async () => {
  const seeders = [await startSeeder(torrent), await startSeeder(torrent), await startSeeder(torrent)];
  const peers = seeders.map(peerHint);
  const client = await openClient();
  const wrong = await new SwarmProbe(optionsFor(client, { infoHash: new Uint8Array(20).fill(1), peers: [peers[0]] })).run();
  expect(wrong.peers[0].facts).toBeNull();
  expect(wrong.peers[0].result).not.toBe('connected');

  const link = await new SwarmProbe(optionsFor(client, { pieceCount: null, peers })).run();
  expect([link.isWhole, link.available, link.peers.length]).toEqual([true, null, 3]);

  const few = await new SwarmProbe(optionsFor(client, { maxDials: 1, peers })).run();
  expect(Object.values(rows(few)).map(([result]) => result)).toEqual(['connected', 'untried', 'untried']);

  const stop = new AbortController();
  stop.abort();
  const early = await new SwarmProbe(optionsFor(client, { peers, signal: stop.signal })).run();
  expect(early.peers.filter(({ facts }) => facts !== null)).toEqual([]);
});

test('a private torrent asks neither the DHT nor the local network', async () => {
  const client = await openClient({ lsd: true, dht: { bootstrap: [], isBrief: true } });
  const seeder = await startSeeder(torrent);
  const options = { isPrivate: true, useDht: true, useLsd: true, peers: [peerHint(seeder)] };
  const report = await new SwarmProbe(optionsFor(client, options)).run();
  expect(report.dht).toBeNull();
  expect(client.dht?.port(4)).toBeNull();
});

test('web seeds: good, without ranges, with another file, gone, and one that says nothing', async () => {
  const good = await startWebServer(torrent);
  const plain = await startWebServer(torrent, { hasRanges: false });
  const other = await startWebServer(torrent, { change: (bytes) => bytes.subarray(1) });
  const gone = await startWebServer(torrent, {
    answer: (_, response) => {
      response.writeHead(404).end();
      return true;
    },
  });
  const silent = await startWebServer(torrent, { answer: () => true });
  const client = await openClient();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), 1000);
  onTestFinished(() => clearTimeout(timer));
  const sources = webSeedSources(withWebSeeds(torrent, good.url, plain.url, other.url, gone.url, silent.url), {});
  const found = await Promise.all(sources.map((source) => checkWebSeed(source, metainfo, client, patience.signal)));
  expect(found.map(({ verdict }) => verdict)).toEqual(['ok', 'no-ranges', 'failed', 'failed', 'failed']);
  expect(found.slice(0, 2).map(({ status }) => status)).toEqual([206, 200]);
  expect(Math.abs(found[0].clockMs ?? Infinity)).toBeLessThan(60_000);
  expect(found.slice(3).map(({ reason }) => reason)).toEqual(['HTTP status 404', 'no answer in time']);
  expect(good.requests.map(({ range }) => range)).toEqual([`bytes=${9 * BLOCK_LENGTH - 1}-${9 * BLOCK_LENGTH - 1}`]);
});
