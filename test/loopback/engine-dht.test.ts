// The DHT as torrents use it, between real sockets: found by a bare hash, by the torrent's nodes, by a peer's PORT message; not opened
// where it is not needed; and never for a private torrent.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { ClientDht } from '../../src/engine/client-dht.js';
import type { Client } from '../../src/engine/client.js';
import { MetadataFetcher } from '../../src/engine/metadata-fetcher.js';
import type { ServerNotice } from '../../src/engine/server-snapshot.js';
import type { PeerHint, SessionOptions } from '../../src/engine/session-options.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { createTorrent } from '../../src/engine/torrent-files.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { createAddress, type Address } from '../../src/model/address.js';
import { torrentOrigin } from '../../src/model/torrent-origin.js';
import { nextNotice, openClient, peerHint, startSession } from '../support/engine-rig.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

interface Origin {
  readonly folder: string;
  readonly metainfo: Metainfo;
  readonly infoHash: Uint8Array;
}

async function makeOrigin(isPrivate = false): Promise<Origin> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'data.bin'), pseudoRandomBytes('dht', 300_000));
  const { metainfo } = await createTorrent(path.join(folder, 'data.bin'), {
    threads: 0,
    pieceLength: 16_384,
    isPrivate,
  });
  const { v1: infoHash } = metainfo.infoHash;
  if (infoHash === undefined) throw new Error('no hash');
  return { folder, metainfo, infoHash };
}

function dhtOf({ dht }: Client): ClientDht {
  if (dht === null) throw new Error('a client without the DHT');
  return dht;
}

/** A client that is nothing but a node, and where it is. */
async function openNode(bootstrap: PeerHint[] = []): Promise<{ client: Client; node: PeerHint }> {
  const client = await openClient({ dht: { bootstrap } });
  await dhtOf(client).open();
  return { client, node: { host: '127.0.0.1', port: dhtOf(client).port(4) ?? 0 } };
}

async function seed({ folder, metainfo }: Origin, client: Client, options: SessionOptions = {}): Promise<SessionServer> {
  const server = await startSession(metainfo, folder, { client, seed: true, isReadOnly: true, ...options });
  await nextNotice(server, 'checked');
  return server;
}

/** A seeder that some nodes know of. */
async function announced(origin: Origin): Promise<{ node: PeerHint; server: SessionServer }> {
  const { node } = await openNode();
  await openNode([node]);
  const server = await seed(origin, await openClient({ dht: { bootstrap: [node] } }));
  await nextNotice(server, 'dht-searched', ({ announced }) => announced > 0);
  return { node, server };
}

test('a bare hash is enough, for the metadata and for the data', async () => {
  const origin = await makeOrigin();
  const { node } = await announced(origin);
  const client = await openClient({ dht: { bootstrap: [node], isBrief: true } });
  const { infoHash } = origin;
  const fetcher = new MetadataFetcher({ infoHash, client, announceTiers: [], webSeeds: [], timeoutMs: 20_000, isHandover: true });
  const { metainfo, peers } = await fetcher.fetch();
  expect(metainfo.infoBytes).toEqual(origin.metainfo.infoBytes);
  expect(fetcher.facts().dht).toMatchObject({ peers: 1 });
  const server = await startSession(metainfo, null, { client, peers });
  expect(await server.done()).toMatchObject({ status: 'complete', totalBytes: 300_000 });
});

test('the nodes that a torrent names are enough', async () => {
  const origin = await makeOrigin();
  const { node } = await announced(origin);
  const client = await openClient({ dht: { bootstrap: [] } });
  const server = await startSession({ ...origin.metainfo, nodes: [node] }, null, { client });
  expect(await server.done()).toMatchObject({ status: 'complete' });
});

test('nodes that came with a torrent by its URL are asked where its server may lead us, and nowhere else', async () => {
  const origin = await makeOrigin();
  const { node } = await announced(origin);
  const at = (host: string): Address => createAddress(host, 80) as Address;
  const run = async (namer: string): Promise<SessionServer> => {
    const client = await openClient({ dht: { bootstrap: [] } });
    const nodes = [node, { host: 'localhost', port: node.port }];
    return startSession({ ...origin.metainfo, nodes }, null, { client, origin: torrentOrigin(at(namer), []) });
  };
  const fromInternet = await run('192.0.2.1');
  expect(await nextNotice(fromInternet, 'dht-searched')).toMatchObject({ nodes: 0, peers: 0 });
  expect(fromInternet.snapshot().dht).toMatchObject({ nodes: 0 });
  expect(await (await run('127.0.0.1')).done()).toMatchObject({ status: 'complete' });
});

test('peers tell each other of their nodes, also of those that are opened later', async () => {
  const origin = await makeOrigin();
  const slow = { maxUploadBytesPerSecond: 1000 };
  const seeder = await openClient({ ...slow, dht: { bootstrap: [] } });
  const server = await seed(origin, seeder);
  await dhtOf(seeder).open();
  const client = await openClient({ dht: { bootstrap: [] } });
  const leecher = await startSession(origin.metainfo, null, { client, peers: [peerHint(server)] });
  await nextNotice(leecher, 'peer-opened');
  expect(dhtOf(client).port(4), 'not needed yet').toBeNull();
  const service = await dhtOf(client).open();
  await vi.waitFor(async () => {
    expect(service?.nodes).toBe(1);
    expect((await dhtOf(seeder).open())?.nodes).toBe(1);
  }, 10_000);
});

test('where trackers or peers suffice, it is not opened', async () => {
  const origin = await makeOrigin();
  const server = await seed(origin, await openClient());
  const client = await openClient({ dht: { bootstrap: [] } });
  const leecher = await startSession(origin.metainfo, null, { client, peers: [peerHint(server)] });
  expect(await leecher.done()).toMatchObject({ status: 'complete' });
  expect(leecher.snapshot().dht).toMatchObject({ state: 'waiting' });
  expect(dhtOf(client).port(4)).toBeNull();
});

test.each<[string, boolean, SessionOptions]>([
  ['a private torrent', true, {}],
  ['a torrent that is not to', false, { useDht: false }],
])('%s takes no part in it, and tells its peers nothing of it', async (_, isPrivate, options) => {
  const origin = await makeOrigin(isPrivate);
  const { client, node } = await openNode();
  const slow = await openClient({ maxUploadBytesPerSecond: 1000, dht: { bootstrap: [node] } });
  await dhtOf(slow).open();
  const server = await seed(origin, slow, options);
  const heard: ServerNotice['type'][] = [];
  const leecherClient = await openClient({ dht: { bootstrap: [] } });
  const leecher = await startSession(origin.metainfo, null, { client: leecherClient, peers: [peerHint(server)], ...options });
  void (async () => {
    for await (const notice of leecher.notices()) heard.push(notice.type);
  })();
  await dhtOf(leecherClient).open();
  await vi.waitFor(() => expect(leecher.snapshot().downloadedBytes).toBeGreaterThan(0), 10_000);
  expect([server.snapshot().dht, leecher.snapshot().dht]).toEqual([null, null]);
  expect((await dhtOf(leecherClient).open())?.nodes, 'no PORT message').toBe(0);
  expect(heard).not.toContain('dht-searched');
  await client.close();
});

test('what the DHT named is forgotten where the metadata shows a private torrent', async () => {
  const origin = await makeOrigin(true);
  const { node, client: keeper } = await openNode();
  const seeder = await openClient();
  await seed(origin, seeder);
  // Somebody who does not care announces it all the same.
  const service = await dhtOf(keeper).open();
  const other = await openNode([node]);
  const { infoHash } = origin;
  const announce = { port: seeder.port ?? 0, isSeed: true };
  const announcing = await dhtOf(other.client).open();
  await new Promise<void>((resolve) => {
    announcing?.search({ infoHash, announce, scrape: false }, { onPeers: () => {}, onDone: () => resolve() });
  });
  expect(service).not.toBeNull();
  const client = await openClient({ dht: { bootstrap: [node] } });
  const fetcher = new MetadataFetcher({ infoHash, client, announceTiers: [], webSeeds: [], timeoutMs: 20_000 });
  const { metainfo, peers } = await fetcher.fetch();
  expect(metainfo.isPrivate).toBe(true);
  expect(peers).toEqual([]);
});
