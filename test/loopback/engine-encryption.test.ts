// Message Stream Encryption between real sockets: every pair of policies, downloads and magnet links to the last byte, the retry of a
// plain dial, and strangers at the port.

import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Client, EncryptionPolicy } from '../../src/engine/client.js';
import { MetadataFetcher } from '../../src/engine/metadata-fetcher.js';
import type { PeerHint } from '../../src/engine/session-options.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { createTorrent } from '../../src/engine/torrent-files.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { encodeHandshake } from '../../src/wire/handshake.js';
import { nextNotice, openClient, peerHint, startSession } from '../support/engine-rig.js';
import { peerIdOf } from '../support/hand-seeder.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { expectSameBytes } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const CONTENT = pseudoRandomBytes('encryption', 5_000_001);

interface Seed {
  readonly metainfo: Metainfo;
  readonly client: Client;
  readonly server: SessionServer;
}

/** Serves the content from a folder of its own. */
async function seed(encryption: EncryptionPolicy, peers: readonly PeerHint[] = []): Promise<Seed> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'data.bin'), CONTENT);
  const { metainfo } = await createTorrent(path.join(folder, 'data.bin'), { threads: 0, pieceLength: 65_536 });
  const client = await openClient({ encryption });
  const server = await startSession(metainfo, folder, { client, seed: true, isReadOnly: true, peers });
  // Before that it refuses connections, and whoever was refused waits.
  await nextNotice(server, 'checked');
  return { metainfo, client, server };
}

async function expectContent(folder: string): Promise<void> {
  expectSameBytes(await readFile(path.join(folder, 'data.bin')), CONTENT);
}

/** Takes connections, keeps what comes first of each, and closes them: at once, or when `answer` has nothing to say. */
async function startListener(onFirst: (socket: Socket, first: Uint8Array) => void): Promise<{ port: number }> {
  const listener = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first: Uint8Array) => onFirst(socket, first));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.close();
  });
  return { port: (listener.address() as AddressInfo).port };
}

describe('between two of ours', () => {
  test.each<[EncryptionPolicy, EncryptionPolicy, boolean]>([
    ['prefer', 'prefer', false],
    ['prefer', 'require', true],
    ['require', 'prefer', true],
    ['require', 'require', true],
    ['prefer', 'off', false],
    ['off', 'prefer', false],
  ])('a leecher with %s gets every byte of a seed with %s', async (ours, theirs, isEncrypted) => {
    const { metainfo, client: far, server } = await seed(theirs);
    const incoming = vi.spyOn(server, 'onIncoming');
    const folder = await makeTempFolder();
    const client = await openClient({ encryption: ours, listen: false });
    const leecher = await startSession(metainfo, folder, { client, peers: [peerHint(far)] });
    expect(await leecher.done()).toMatchObject({ status: 'complete' });
    await expectContent(folder);
    expect(incoming.mock.calls.map(([connection]) => connection.isEncrypted)).toEqual([isEncrypted]);
    expect(far.unencryptedCount, 'the plain dial before').toBe(ours === 'prefer' && theirs === 'require' ? 1 : 0);
  });

  test('a seed that encrypts only dials the leecher, and uploads', async () => {
    const folder = await makeTempFolder();
    const client = await openClient();
    const { metainfo } = await seed('off');
    const leecher = await startSession(metainfo, folder, { client });
    await nextNotice(leecher, 'checked');
    const incoming = vi.spyOn(leecher, 'onIncoming');
    await seed('require', [peerHint(client)]);
    expect(await leecher.done()).toMatchObject({ status: 'complete' });
    await expectContent(folder);
    expect(incoming.mock.calls.map(([connection]) => connection.isEncrypted)).toEqual([true]);
  });

  test.each<[EncryptionPolicy, EncryptionPolicy]>([
    ['require', 'off'],
    ['off', 'require'],
  ])('a leecher with %s and a seed with %s never meet', async (ours, theirs) => {
    const { metainfo, client: far, server } = await seed(theirs);
    const incoming = vi.spyOn(server, 'onIncoming');
    const client = await openClient({ encryption: ours, listen: false });
    const options = { client, peers: [peerHint(far)], noPeersTimeoutMs: 1000 };
    const leecher = await startSession(metainfo, await makeTempFolder(), options);
    const words = ours === 'require' ? 'hung up on encryption, which is required' : 'hung up during the handshake';
    await expect(leecher.done()).rejects.toMatchObject({ code: 'no_peers', message: expect.stringContaining(words) as string });
    expect(incoming).not.toHaveBeenCalled();
  });

  test.each<EncryptionPolicy>(['prefer', 'require'])('metadata with %s from one that encrypts only', async (encryption) => {
    const { metainfo, client: far } = await seed('require');
    const client = await openClient({ encryption, listen: false });
    const infoHash = metainfo.infoHash.v1 ?? new Uint8Array();
    const peers = [peerHint(far)];
    const fetcher = new MetadataFetcher({ infoHash, client, announceTiers: [], webSeeds: [], peers, timeoutMs: 20_000 });
    expect((await fetcher.fetch()).metainfo.infoBytes).toEqual(metainfo.infoBytes);
  });

  test('the private client of a session has its policy', async () => {
    const { metainfo, client: far } = await seed('require');
    const options = { listen: false, encryption: 'off' as const, peers: [peerHint(far)], noPeersTimeoutMs: 1000 };
    const leecher = await startSession(metainfo, await makeTempFolder(), options);
    await expect(leecher.done()).rejects.toMatchObject({ code: 'no_peers' });
  });
});

describe('a peer that closes plain connections', () => {
  test.each([
    ['closes', (socket: Socket) => socket.destroy()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('and %s them is dialled once in plain and once encrypted', async (_how, end) => {
    const { metainfo } = await seed('off');
    const plain: boolean[] = [];
    let onSecond = (): void => undefined;
    const second = new Promise<void>((resolve) => {
      onSecond = resolve;
    });
    const listener = await startListener((socket, first) => {
      plain.push(first[0] === 19);
      end(socket);
      if (plain.length === 2) onSecond();
    });
    const client = await openClient({ listen: false });
    const leecher = await startSession(metainfo, await makeTempFolder(), { client, peers: [peerHint(listener)] });
    const failure = nextNotice(leecher, 'dial-failed');
    await second;
    expect(await failure).toMatchObject({ reason: 'closed-in-handshake' });
    expect(plain).toEqual([true, false]);
    expect(leecher.snapshot().peers).toEqual([]);
  });
});

describe('strangers at the port', () => {
  async function sayTo(client: Client, bytes: Uint8Array): Promise<Uint8Array> {
    const socket = connect(client.port ?? 0, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    const answer: Uint8Array[] = [];
    socket.on('data', (chunk: Uint8Array) => answer.push(chunk));
    socket.write(bytes);
    await once(socket, 'close');
    return Uint8Array.from(answer.flatMap((chunk) => [...chunk]));
  }

  test('with require a plain handshake is closed without an answer, and counted', async () => {
    const { client, metainfo } = await seed('require');
    const infoHash = metainfo.infoHash.v1 ?? new Uint8Array();
    const features = { fast: true, extended: true, dht: false };
    const answer = await sayTo(client, encodeHandshake({ infoHash, peerId: peerIdOf('stranger'), features }));
    expect(answer).toHaveLength(0);
    expect(client.unencryptedCount).toBe(1);
  });

  test.each<EncryptionPolicy>(['prefer', 'require'])(
    'with %s noise is closed, and costs nobody else anything',
    async (policy) => {
      const { client, metainfo } = await seed(policy);
      const answer = await sayTo(client, pseudoRandomBytes('noise', 700));
      expect(answer.length, 'a key and padding').toBeLessThanOrEqual(96 + 512);
      const folder = await makeTempFolder();
      const leecher = await startSession(metainfo, folder, { peers: [peerHint(client)], listen: false });
      expect(await leecher.done()).toMatchObject({ status: 'complete' });
      await expectContent(folder);
    },
  );

  test('with off noise is closed at its first byte', async () => {
    const { client } = await seed('off');
    expect(await sayTo(client, pseudoRandomBytes('noise', 700))).toHaveLength(0);
  });
});
