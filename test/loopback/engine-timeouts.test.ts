// The ends of a download that gets nowhere, and what an idle session does: each with the explanation that a person, or a
// script, is told.

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NoPeersError, StalledError } from '../../src/engine/session-error.js';
import { encodeHandshake } from '../../src/wire/handshake.js';
import {
  expectWhole,
  nextNotice,
  openClient,
  peerHint,
  startSeeder,
  startSession,
  startTracker,
  withTrackers,
} from '../support/engine-rig.js';
import { HandSeeder, peerIdOf } from '../support/hand-seeder.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 400_000]] });
const { metainfo } = torrent;

/** A TCP server that does with each connection what it is told. */
async function listen(onSocket: (socket: Socket) => void): Promise<{ host: string; port: number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, server };
}

describe('no peer ever answers', () => {
  test('and the error says what was tried', async () => {
    const tracker = await startTracker({ faults: { failWith: 'unregistered torrent' } });
    const silent = await listen(() => undefined);
    const dead = { host: '127.0.0.1', port: 1 };
    const server = await startSession(withTrackers(metainfo, tracker.url), null, {
      useTrackers: true,
      peers: [dead, silent, { host: 'no-such-host.invalid', port: 5 }],
      noPeersTimeoutMs: 1500,
    });
    await expect(server.done()).rejects.toThrow(NoPeersError);
    await expect(server.done()).rejects.toMatchObject({ code: 'no_peers', detail: { timeoutMs: 1500 } });
    const error = (await server.done().catch((reason: unknown) => reason)) as NoPeersError;
    expect(error.message).toContain('unregistered torrent');
    expect(error.detail.explanation).toContain('1 refused the connection');
    expect(error.detail.explanation).toContain('no peer is connected');
  });

  test('garbage and hanging up are no answers', async () => {
    const garbage = await listen((socket) => socket.write(Buffer.alloc(1000, 'HTTP/1.1 400 Bad Request\r\n')));
    const hangsUp = await listen((socket) => socket.end());
    const server = await startSession(metainfo, null, { peers: [garbage, hangsUp], noPeersTimeoutMs: 500 });
    await expect(server.done()).rejects.toThrow(NoPeersError);
    expect(server.snapshot()).toMatchObject({
      peersMet: 0,
      dialFailures: { 'malformed-handshake': 1, 'closed-in-handshake': 1 },
    });
  });

  test('beside them an honest seeder delivers', async () => {
    const garbage = await listen((socket) => socket.write(Buffer.alloc(1000, 'garbage')));
    const silent = await listen(() => undefined);
    const seeder = await startSeeder(torrent);
    const folder = await makeTempFolder();
    const server = await startSession(metainfo, folder, { peers: [garbage, silent, peerHint(seeder)], noPeersTimeoutMs: 20_000 });
    await server.done();
    await expectWhole(folder, torrent);
  });
});

describe('peers answer, and nothing comes', () => {
  test('stalled, and the error says why', async () => {
    const seeder = await startSeeder(torrent, { neverUnchokes: true });
    const server = await startSession(metainfo, null, {
      peers: [peerHint(seeder)],
      stallTimeoutMs: 400,
      noPeersTimeoutMs: 10_000,
    });
    await expect(server.done()).rejects.toThrow(StalledError);
    const error = (await server.done().catch((reason: unknown) => reason)) as StalledError;
    expect(error).toMatchObject({ code: 'stalled', detail: { timeoutMs: 400 } });
    expect(error.detail.explanation).toContain('1 keeping us waiting for a slot');
  });

  test('after half of it: what is there is kept', async () => {
    const seeder = await startSeeder(torrent, { stallAfterBlocks: 12 });
    const folder = await makeTempFolder();
    const server = await startSession(metainfo, folder, { peers: [peerHint(seeder)], stallTimeoutMs: 600 });
    await expect(server.done()).rejects.toThrow(StalledError);
    const { havePieces } = server.snapshot();
    expect(havePieces).toBeGreaterThan(0);
    const next = await startSession(metainfo, folder);
    expect(await nextNotice(next, 'checked')).toMatchObject({ havePieces });
  });

  test('who serves waits for nobody', async () => {
    const source = await startSeeder(torrent);
    const server = await startSession(metainfo, null, {
      seed: true,
      peers: [peerHint(source)],
      stallTimeoutMs: 150,
      noPeersTimeoutMs: 150,
      idleTimeoutMs: 400,
    });
    await nextNotice(server, 'completed');
    await source.close();
    // Long after both limits it is still there.
    await nextNotice(server, 'idle');
    expect(server.snapshot().phase).toBe('seeding');
  });
});

describe('the least speed', () => {
  test('a peer that is slower ends it, with both numbers; what is there is kept', async () => {
    const seeder = await startSeeder(torrent, { stallAfterBlocks: 12 });
    const minSpeed = { bytesPerSecond: 1e9, overMs: 400 };
    const folder = await makeTempFolder();
    const server = await startSession(metainfo, folder, { peers: [peerHint(seeder)], minSpeed, stallTimeoutMs: 30_000 });
    await expect(server.done()).rejects.toThrow(StalledError);
    const error = (await server.done().catch((reason: unknown) => reason)) as StalledError;
    expect(error.detail).toMatchObject({ minSpeed, timeoutMs: 400, bytesPerSecond: expect.any(Number) as unknown });
    expect(error.detail.bytesPerSecond).toBeLessThan(1e9);
    expect(error.message).toMatch(/^only .*B\/s of useful data came over 0\.4 s, less than the 953\.7 MiB\/s asked for: /);
    const { havePieces } = server.snapshot();
    const next = await startSession(metainfo, folder);
    expect(await nextNotice(next, 'checked')).toMatchObject({ havePieces });
  });

  test('a limit of our own below it is nobody’s fault, and neither is that nobody is there', async () => {
    const seeder = await startSeeder(torrent);
    const folder = await makeTempFolder();
    const minSpeed = { bytesPerSecond: 1e9, overMs: 1500 };
    const alone = await startSession(metainfo, null, { minSpeed, noPeersTimeoutMs: 900 });
    await expect(alone.done()).rejects.toThrow(NoPeersError);
    const maxDownloadBytesPerSecond = metainfo.geometry.totalLength / 4;
    const server = await startSession(metainfo, folder, { peers: [peerHint(seeder)], minSpeed, maxDownloadBytesPerSecond });
    await server.done();
    await expectWhole(folder, torrent);
  });
});

describe('an idle session', () => {
  test('says so once for each silence; any message ends it', async () => {
    const client = await openClient();
    const server = await startSession(metainfo, null, { client, idleTimeoutMs: 100 });
    const notices = server.notices();
    const next = async (): Promise<string> => ((await notices.next()) as { value: { type: string } }).value.type;
    expect(await next()).toBe('checked');
    expect(await next()).toBe('idle');
    const peer = new HandSeeder(server, torrent, 'somebody');
    peer.register();
    expect(await next()).toBe('peer-opened');
    await peer.say({ type: 'keep-alive' });
    expect(await next()).toBe('idle');
    await server.stop();
    expect(await next()).toBe('peer-closed');
    expect(await next()).toBe('stopped');
    expect(await notices.next()).toEqual({ done: true, value: undefined });
  });
});

test('a peer that sends handshakes for ever is a protocol error of its own', async () => {
  const infoHash = metainfo.infoHash.v1 ?? new Uint8Array();
  const features = { fast: false, extended: false, dht: false };
  const handshake = encodeHandshake({ infoHash, peerId: peerIdOf('twice'), features });
  const twice = await listen((socket) => socket.write(Buffer.concat([handshake, handshake, handshake])));
  const server = await startSession(metainfo, null, { peers: [twice] });
  expect(await nextNotice(server, 'peer-closed')).toMatchObject({ reason: 'protocol-error' });
  expect(server.snapshot().phase).toBe('downloading');
});
