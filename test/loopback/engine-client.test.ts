// Two torrents of one Client: one port, one memory budget, one upload limit; what comes in finds its torrent by the info
// hash, and nobody uses up the descriptors by saying hello only.

import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CONFIG } from '../../src/engine/config.js';
import type { Client } from '../../src/engine/client.js';
import { encodeHandshake } from '../../src/wire/handshake.js';
import { expectWhole, nextNotice, openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { peerIdOf } from '../support/hand-seeder.js';
import { storedTorrent, type StoredTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const PIECE = 65_536;
const one = storedTorrent({ pieceLength: PIECE, files: [['', 400_000]], name: 'one' });
const two = storedTorrent({ pieceLength: PIECE, files: [['', 500_000]], name: 'two' });

/** Both torrents whole, in memory, on one client. */
async function seedBoth(client: Client): Promise<void> {
  for (const torrent of [one, two]) {
    const source = await startSeeder(torrent);
    const server = await startSession(torrent.metainfo, null, { client, seed: true, peers: [peerHint(source)] });
    await nextNotice(server, 'completed');
    expect(server.port).toBe(client.port);
    await source.close();
  }
}

async function sayHello(port: number, infoHash: Uint8Array, name: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const features = { fast: false, extended: false, dht: false };
  socket.write(encodeHandshake({ infoHash, peerId: peerIdOf(name), features }).subarray(0, 48));
  return socket;
}

test('one port serves both: incoming connections find their torrent', async () => {
  const client = await openClient();
  await seedBoth(client);
  const folder = await makeTempFolder();
  const other = await openClient();
  const leechers = await Promise.all(
    [one, two].map((torrent) => startSession(torrent.metainfo, folder, { client: other, peers: [peerHint(client)] })),
  );
  for (const leecher of leechers) expect(await leecher.done()).toMatchObject({ status: 'complete' });
  const both: StoredTorrent = {
    ...one,
    metainfo: { ...one.metainfo, files: [...one.metainfo.files, ...two.metainfo.files] },
    fileBytes: (file) => (file === 0 ? one : two).fileBytes(0),
  };
  await expectWhole(folder, both);
});

test('the upload limit is one for both', async () => {
  const rate = 600_000;
  const client = await openClient({ maxUploadBytesPerSecond: rate });
  await seedBoth(client);
  const startedAt = performance.now();
  const leechers = await Promise.all(
    [one, two].map((torrent) => startSession(torrent.metainfo, null, { peers: [peerHint(client)] })),
  );
  await Promise.all(leechers.map((leecher) => leecher.done()));
  const elapsedMs = performance.now() - startedAt;
  // 900,000 bytes less the burst of 150,000: either alone would be through in half of that.
  expect(elapsedMs).toBeGreaterThan(((900_000 - 150_000) / rate) * 1000 - 20);
});

test('the memory budget is one for both', async () => {
  const budget = 4 * PIECE;
  const client = await openClient({ pieceBudgetBytes: budget });
  const folder = await makeTempFolder();
  const servers = await Promise.all(
    [one, two].map(async (torrent) => {
      const seeders = await Promise.all([1, 2, 3].map(() => startSeeder(torrent)));
      return startSession(torrent.metainfo, folder, { client, peers: seeders.map((seeder) => peerHint(seeder)) });
    }),
  );
  let most = 0;
  const watch = async (server: (typeof servers)[0]): Promise<void> => {
    for await (const _ of server.notices()) most = Math.max(most, client.pieceBuffers.reservedBytes);
  };
  await Promise.all(servers.map((server) => watch(server)));
  for (const server of servers) expect(await server.done()).toMatchObject({ status: 'complete' });
  expect(most).toBeGreaterThan(0);
  // One piece each may always be open.
  expect(most).toBeLessThanOrEqual(budget + PIECE);
  expect(client.pieceBuffers.reservedBytes).toBe(0);
});

describe('connections that only say hello', () => {
  test('are limited, and go when the session ends', async () => {
    const client = await openClient();
    const server = await startSession(one.metainfo, null, { client });
    await nextNotice(server, 'checked');
    const infoHash = one.metainfo.infoHash.v1 ?? new Uint8Array();
    const room = CONFIG.swarm.maxPeers + CONFIG.swarm.newcomers;
    const sockets: Socket[] = [];
    let closed = 0;
    const fiveAreClosed = new Promise<void>((resolve) => {
      void (async () => {
        for (let index = 0; index < room + 5; index++) {
          const socket = await sayHello(client.port ?? 0, infoHash, `stranger ${index}`);
          socket.on('close', () => {
            closed++;
            if (closed === 5) resolve();
          });
          socket.resume();
          sockets.push(socket);
        }
      })();
    });
    await fiveAreClosed;
    expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(sockets.length - 5);
    expect(sockets.length).toBeGreaterThan(room);
    const gone = Promise.all(sockets.filter((socket) => !socket.destroyed).map((socket) => once(socket, 'close')));
    await server.stop();
    await gone;
  });

  test('of a torrent that is not here are closed', async () => {
    const client = await openClient();
    const server = await startSession(one.metainfo, null, { client });
    await nextNotice(server, 'checked');
    const socket = await sayHello(client.port ?? 0, two.metainfo.infoHash.v1 ?? new Uint8Array(), 'lost');
    const closed = once(socket, 'close');
    socket.resume();
    await closed;
    expect(server.snapshot().peers).toEqual([]);
  });
});
