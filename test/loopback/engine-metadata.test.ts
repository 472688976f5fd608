// From an info hash to the metadata between real sockets: by tracker, by a peer that comes to us, past liars, and every way it can end.

import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encode } from '../../src/bencode/encode.js';
import type { TrackerServer } from '../../src/swarm/tracker-server.js';
import { MetadataFetcher, type MetadataFetcherOptions } from '../../src/engine/metadata-fetcher.js';
import { NoMetadataError } from '../../src/engine/session-error.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { createTorrent } from '../../src/engine/torrent-files.js';
import { sha1 } from '../../src/hash/digest.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { encodeMetainfo } from '../../src/metainfo/torrent-encoder.js';
import { MetainfoError } from '../../src/model/error.js';
import { filesBelow, nextNotice, openClient, peerHint, startSession, startTracker, withTrackers } from '../support/engine-rig.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

interface Origin {
  readonly folder: string;
  readonly metainfo: Metainfo;
  readonly infoHash: Uint8Array;
}

/** Data on disk and its torrent: so many pieces that the metadata has several pieces itself. */
async function makeOrigin(): Promise<Origin> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'data.bin'), pseudoRandomBytes('metadata', 16_384 * 1000));
  const { metainfo } = await createTorrent(path.join(folder, 'data.bin'), { threads: 0, pieceLength: 16_384 });
  return { folder, metainfo, infoHash: sha1(metainfo.infoBytes) };
}

async function seed({ folder, metainfo }: Origin, changes: Partial<Metainfo> = {}): Promise<SessionServer> {
  const changed = { ...metainfo, ...changes };
  const client = await openClient();
  const useTrackers = changed.announceTiers.length > 0;
  const server = await startSession(changed, folder, { client, seed: true, isReadOnly: true, useTrackers });
  // Before that it refuses connections, and whoever was refused waits.
  await nextNotice(server, 'checked');
  return server;
}

async function fetcherOf(infoHash: Uint8Array, options: Partial<MetadataFetcherOptions> = {}): Promise<MetadataFetcher> {
  const client = options.client ?? (await openClient());
  return new MetadataFetcher({ infoHash, client, announceTiers: [], webSeeds: [], timeoutMs: 20_000, ...options });
}

/** A tracker, and when it has heard that many announces. */
async function trackerHearing(count: number): Promise<{ tracker: TrackerServer; heard: Promise<void> }> {
  let left = count;
  let resolve = (): void => undefined;
  const heard = new Promise<void>((settle) => {
    resolve = settle;
  });
  const onAnnounce = (): void => {
    if (--left === 0) resolve();
  };
  return { tracker: await startTracker({ onAnnounce }), heard };
}

test('by a tracker, from two who have it; the session that follows takes over the peers that were met', async () => {
  const origin = await makeOrigin();
  const { tracker, heard } = await trackerHearing(2);
  const seeders = [
    await seed(origin, withTrackers(origin.metainfo, tracker.url)),
    await seed(origin, withTrackers(origin.metainfo, tracker.url)),
  ];
  await heard;
  const client = await openClient();
  const fetcher = await fetcherOf(origin.infoHash, {
    client,
    announceTiers: [[tracker.url]],
    webSeeds: ['http://a.example/'],
    isHandover: true,
  });
  const { metainfo, peers } = await fetcher.fetch();
  expect(metainfo).toMatchObject({ name: 'data.bin', announceTiers: [[tracker.url]], webSeeds: ['http://a.example/'] });
  expect(metainfo.infoBytes).toEqual(origin.metainfo.infoBytes);
  expect(peers.map(({ port }) => port)).toEqual(expect.arrayContaining(seeders.map(({ port }) => port)));
  // No good-bye: the session announces under the same id.
  expect(tracker.announces.map(({ event }) => event)).not.toContain('stopped');

  const folder = await makeTempFolder();
  const leecher = await startSession({ ...metainfo, announceTiers: [] }, folder, { client, peers });
  expect(await leecher.done()).toMatchObject({ status: 'complete', totalBytes: origin.metainfo.geometry.totalLength });
  expect(await filesBelow(folder)).toEqual(['data.bin']);
});

test('without a session to follow, the tracker is told good-bye, under the key of the client', async () => {
  const origin = await makeOrigin();
  const tracker = await startTracker();
  const seeder = await seed(origin);
  const client = await openClient();
  const options = { client, announceTiers: [[tracker.url]], peers: [peerHint(seeder)] };
  await (await fetcherOf(origin.infoHash, options)).fetch();
  expect(tracker.announces.at(-1)?.event).toBe('stopped');
  expect(new Set(tracker.announces.map(({ key }) => key))).toEqual(new Set([client.announceKey]));
});

test('from a peer that comes to us', async () => {
  const origin = await makeOrigin();
  const client = await openClient();
  const fetching = (await fetcherOf(origin.infoHash, { client })).fetch();
  const peers = [{ host: '127.0.0.1', port: client.port ?? 0 }];
  await startSession(origin.metainfo, origin.folder, { seed: true, isReadOnly: true, peers });
  expect((await fetching).metainfo.infoBytes).toEqual(origin.metainfo.infoBytes);
});

test('two with other bytes, one that never speaks and one honest: the honest one is found', async () => {
  const origin = await makeOrigin();
  const infoBytes = Uint8Array.from(origin.metainfo.infoBytes, (byte) => byte ^ 1);
  const seeders = [await seed(origin, { infoBytes }), await seed(origin, { infoBytes }), await seed(origin)];
  const deaf = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => {
    deaf.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    deaf.close();
  });
  const peers = [...seeders, { port: (deaf.address() as AddressInfo).port }].map((seeder) => peerHint(seeder));
  expect((await (await fetcherOf(origin.infoHash, { peers })).fetch()).metainfo.infoBytes).toEqual(origin.metainfo.infoBytes);
});

test('nobody has it: the error says what was tried, and the same client may try again', async () => {
  const client = await openClient();
  const hash = new Uint8Array(20).fill(7);
  const unanswered = await fetcherOf(hash, { client, peers: [{ host: '127.0.0.1', port: 1 }], timeoutMs: 50 });
  await expect(unanswered.fetch()).rejects.toMatchObject({
    code: 'no_metadata',
    message: expect.stringContaining('no tracker to ask; 1 address known') as string,
  });
  const again = await fetcherOf(hash, { client, timeoutMs: 50 });
  await expect(again.fetch()).rejects.toBeInstanceOf(NoMetadataError);
});

test('a stop ends it with its own reason, also one that came before it began', async () => {
  const stop = new AbortController();
  const fetching = (await fetcherOf(new Uint8Array(20).fill(7))).fetch(stop.signal);
  stop.abort(new Error('enough'));
  await expect(fetching).rejects.toThrow('enough');
  await expect((await fetcherOf(new Uint8Array(20).fill(7))).fetch(stop.signal)).rejects.toThrow('enough');
});

test('a tracker hears of us with something left, and a good-bye when nothing came', async () => {
  const { tracker, heard } = await trackerHearing(1);
  const fetcher = await fetcherOf(new Uint8Array(20).fill(7), { announceTiers: [[tracker.url]] });
  const stop = new AbortController();
  const fetching = fetcher.fetch(stop.signal);
  await heard;
  stop.abort(new Error('enough'));
  await expect(fetching).rejects.toThrow('enough');
  expect(tracker.announces.map(({ event }) => event)).toEqual(['started', 'stopped']);
  expect(tracker.announces[0].left).toBeGreaterThan(0);
});

test('metadata with the right hash that is no usable torrent is an error of the torrent', async () => {
  const origin = await makeOrigin();
  const infoBytes = encode({ name: '..', length: 1, 'piece length': 1, pieces: new Uint8Array(20) });
  const seeder = await seed(origin, { infoBytes, infoHash: { v1: sha1(infoBytes) } });
  const fetcher = await fetcherOf(sha1(infoBytes), { peers: [peerHint(seeder)] });
  const error = await fetcher.fetch().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MetainfoError);
  expect((error as MetainfoError).detail.path).toBe('info.name');
});

async function serveFiles(answer: RequestListener): Promise<string> {
  const server = createHttpServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the torrent file from a web server, where peers have nothing; its trackers and those of the link are both kept', async () => {
  const origin = await makeOrigin();
  const file = encodeMetainfo({
    ...origin.metainfo,
    announceTiers: [['http://t.example/a'], ['http://u.example/a']],
    comment: 'mine',
  });
  const base = await serveFiles((request, response) => {
    if (request.url === '/right.torrent') response.end(file);
    else response.writeHead(404).end();
  });
  const peers = [{ host: '127.0.0.1', port: 1 }];
  const sources = [`${base}/gone.torrent`, `${base}/right.torrent`];
  const announceTiers = [['http://127.0.0.1:1/a'], ['http://u.example/a']];
  const fetcher = await fetcherOf(origin.infoHash, { peers, sources, announceTiers, isHandover: true });
  const fetched = await fetcher.fetch();
  expect(fetched.bytes).toEqual(file);
  expect(fetched.metainfo.infoBytes).toEqual(origin.metainfo.infoBytes);
  expect(fetched.metainfo.comment).toBe('mine');
  // Who sent it answers for what it names, and the user for what is in the link.
  expect(fetched.origin?.server).toMatchObject({ host: '127.0.0.1', port: Number(new URL(base).port) });
  expect([...(fetched.origin?.userUrls ?? [])]).toEqual(['http://127.0.0.1:1/a', 'http://u.example/a']);
  expect(fetched.metainfo.announceTiers).toEqual([['http://127.0.0.1:1/a'], ['http://u.example/a'], ['http://t.example/a']]);
  // What was met on the way is handed on, as where peers sent it.
  expect(fetched.peers).toContainEqual({ host: '127.0.0.1', port: 1 });
});

test('peers that have it do not wait for a web server that never answers', async () => {
  const origin = await makeOrigin();
  let closed = (): void => undefined;
  const isGivenUp = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const base = await serveFiles((request) => request.on('close', () => closed()));
  const peers = [peerHint(await seed(origin))];
  const { metainfo, bytes } = await (await fetcherOf(origin.infoHash, { peers, sources: [`${base}/x.torrent`] })).fetch();
  expect(metainfo.infoBytes).toEqual(origin.metainfo.infoBytes);
  expect(bytes).toBe(null);
  await isGivenUp;
});

test('web servers alone, and none has it: an end at once, with the reason', async () => {
  const base = await serveFiles((_, response) => response.writeHead(404).end());
  const fetcher = await fetcherOf(new Uint8Array(20).fill(7), { sources: [`${base}/x.torrent`], timeoutMs: 0 });
  const error = await fetcher.fetch().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(NoMetadataError);
  expect((error as Error).message).toMatch(
    /^no metadata came: .*; 1 of 1 address of the torrent file failed \(cannot fetch http:.*: HTTP status 404\)$/,
  );
});
