// The session as a library user drives it (rows A7 to A11 of the system this project re-imagines): connections that the
// caller keeps, messages handed in one by one, peers taken away again; and what the caller may do wrong.

import { describe, expect, test } from 'vitest';
import {
  DuplicatePeerError,
  InvalidArgumentError,
  NotRunningError,
  PeerEndedError,
  SelfConnectionError,
  UnknownPeerError,
} from '../../src/engine/session-error.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import type { PeerId } from '../../src/model/ids.js';
import type { Message } from '../../src/wire/message.js';
import { expectWhole, nextNotice, openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { HandSeeder, peerIdOf } from '../support/hand-seeder.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const torrent = storedTorrent({
  pieceLength: 32_768,
  files: [
    ['a', 100_000],
    ['b', 50_001],
  ],
});
const { pieceCount } = torrent.metainfo.geometry;

/** Its disk check is over: registered peers are admitted at once. */
async function startedSession(folder: string | null = null): Promise<SessionServer> {
  const server = await startSession(torrent.metainfo, folder);
  await nextNotice(server, 'checked');
  return server;
}

test('a whole download through handleMessage alone', async () => {
  const folder = await makeTempFolder();
  const server = await startedSession(folder);
  const seeder = new HandSeeder(server, torrent, 'seeder');
  seeder.register();
  await seeder.offer();
  expect(await server.done()).toMatchObject({ status: 'complete', downloadedBytes: 150_001 });
  await expectWhole(folder, torrent);
  await Promise.allSettled(seeder.answers);
  const kinds = seeder.received.map((message) => message.type);
  expect(kinds.slice(0, 2)).toEqual(['have-none', 'interested']);
  const blocks = [...torrent.metainfo.geometry.pieces()].reduce(
    (sum, piece) => sum + torrent.metainfo.geometry.blockCount(piece),
    0,
  );
  expect(seeder.requests()).toHaveLength(blocks);
  // The last block has its own length, also where everything else is 16 KiB.
  expect(seeder.requests().find(({ length }) => length < 16_384)).toEqual({
    type: 'request',
    piece: pieceCount - 1,
    begin: 16_384,
    length: 150_001 - 4 * 32_768 - 16_384,
  });
  expect(seeder.endedBy).toBe('stopping');
});

test('what is said before the disk check is over waits for it, in order', async () => {
  const folder = await makeTempFolder();
  const server = await startSession(torrent.metainfo, folder);
  const seeder = new HandSeeder(server, torrent, 'early');
  seeder.register();
  expect(() => seeder.register()).toThrow(DuplicatePeerError);
  const offered = seeder.offer();
  expect(server.snapshot().phase).toBe('checking');
  expect(seeder.received).toEqual([]);
  await offered;
  expect(await server.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
});

test('a peer taken away before the disk check is over is never admitted', async () => {
  const server = await startSession(torrent.metainfo, null);
  const seeder = new HandSeeder(server, torrent, 'gone');
  seeder.register();
  const said = seeder.say({ type: 'unchoke' });
  expect(server.unregisterConnection(seeder.peerId)).toBe(true);
  await expect(said).rejects.toThrow(PeerEndedError);
  await nextNotice(server, 'checked');
  await expect(seeder.say({ type: 'unchoke' })).rejects.toThrow(UnknownPeerError);
  expect(server.snapshot().peers).toEqual([]);
  expect(seeder.received).toEqual([]);
});

describe('what a caller can do wrong has an error of its own, and the session lives', () => {
  const unchoke: Message = { type: 'unchoke' };

  test('unknown, own and malformed peer ids', async () => {
    const client = await openClient();
    const server = await startSession(torrent.metainfo, null, { client });
    const here = { host: '127.0.0.1', port: 1 };
    const send = (): void => undefined;
    await expect(server.handleMessage(peerIdOf('nobody'), unchoke)).rejects.toThrow(UnknownPeerError);
    await expect(server.handleMessage(client.peerId, unchoke)).rejects.toThrow(SelfConnectionError);
    expect(() => server.registerConnection(client.peerId, here, send)).toThrow(SelfConnectionError);
    for (const id of [new Uint8Array(19), 'twenty letters, exact', undefined, null] as unknown as PeerId[]) {
      await expect(server.handleMessage(id, unchoke)).rejects.toThrow(InvalidArgumentError);
      expect(() => server.registerConnection(id, here, send)).toThrow(InvalidArgumentError);
      expect(server.unregisterConnection(id)).toBe(false);
    }
    expect(server.snapshot().phase).toBe('checking');
  });

  test('addresses, send and messages that are none', async () => {
    const server = await startedSession();
    const id = peerIdOf('peer');
    const send = (): void => undefined;
    for (const address of [{ host: 'example.org', port: 1 }, { host: '127.0.0.1', port: 0 }, { host: '127.0.0.1' }, null]) {
      expect(() => server.registerConnection(id, address as { host: string; port: number }, send)).toThrow(InvalidArgumentError);
    }
    expect(() => server.registerConnection(id, { host: '::1', port: 1 }, 'send' as unknown as () => void)).toThrow(
      InvalidArgumentError,
    );
    server.registerConnection(id, { host: '::1', port: 1 }, send);
    const messages = [
      null,
      'unchoke',
      {},
      { type: 'nonsense' },
      { type: 'toString' },
      { type: 'have' },
      { type: 'have', piece: 0.5 },
    ];
    for (const message of [...messages, { type: 'bitfield', bytes: [1, 2] }, { type: 'piece', piece: 0, begin: 0 }]) {
      await expect(server.handleMessage(id, message as unknown as Message)).rejects.toThrow(InvalidArgumentError);
    }
    expect(server.snapshot().peers).toHaveLength(1);
  });

  test('after the end nothing is taken', async () => {
    const server = await startedSession();
    const id = peerIdOf('peer');
    server.registerConnection(id, { host: '127.0.0.1', port: 1 }, () => undefined);
    await server.stop();
    await expect(server.handleMessage(id, unchoke)).rejects.toThrow(NotRunningError);
    expect(() => server.registerConnection(id, { host: '127.0.0.1', port: 1 }, () => undefined)).toThrow(NotRunningError);
    expect(server.unregisterConnection(id)).toBe(false);
  });

  test('stopped before the disk check was over, it rejects what waited', async () => {
    const server = await startSession(torrent.metainfo, null);
    const seeder = new HandSeeder(server, torrent, 'early');
    seeder.register();
    const said = seeder.say({ type: 'unchoke' });
    await server.stop();
    await expect(said).rejects.toThrow(NotRunningError);
    expect(seeder.endedBy).toBe('stopping');
  });
});

describe('a message that breaks the rules ends its peer, never the session', () => {
  const bad: readonly (readonly [what: string, message: Message])[] = [
    ['have beyond the last piece', { type: 'have', piece: pieceCount }],
    ['have of a huge piece', { type: 'have', piece: 2 ** 32 - 1 }],
    ['a bitfield that is too long', { type: 'bitfield', bytes: new Uint8Array(20) }],
    ['a bitfield with spare bits', { type: 'bitfield', bytes: Uint8Array.of(0b0000_0001) }],
  ];
  test.each(bad)('%s', async (_, message) => {
    const server = await startedSession();
    const liar = new HandSeeder(server, torrent, 'liar', 5001);
    liar.register();
    const refused = liar.say(message);
    await expect(refused).rejects.toThrow(PeerEndedError);
    await expect(refused).rejects.toMatchObject({ code: 'peer_ended', detail: { reason: 'protocol-error' } });
    await expect(liar.say({ type: 'unchoke' })).rejects.toThrow(UnknownPeerError);
    expect(liar.endedBy).toBe('protocol-error');
    const honest = new HandSeeder(server, torrent, 'honest', 5002);
    honest.register();
    await honest.offer();
    expect(await server.done()).toMatchObject({ status: 'complete' });
  });

  test('blocks nobody asked for, or of the wrong size, are harmless', async () => {
    const server = await startedSession();
    const seeder = new HandSeeder(server, torrent, 'seeder');
    seeder.answersRequests = false;
    seeder.register();
    await seeder.say({ type: 'piece', piece: 0, begin: 0, block: new Uint8Array(16_384) });
    await seeder.say({ type: 'piece', piece: 99, begin: 0, block: new Uint8Array(16_384) });
    await seeder.say({ type: 'piece', piece: 0, begin: 5, block: new Uint8Array(0) });
    await seeder.offer();
    const [first] = seeder.requests();
    await seeder.say({ type: 'piece', piece: first.piece, begin: first.begin, block: new Uint8Array(200_000) });
    expect(server.snapshot()).toMatchObject({ wastedBytes: 16_384 * 2 + 200_000, verifiedBytes: 0 });
    expect(server.snapshot().peers).toHaveLength(1);
  });

  test('a send that throws is the end of that connection alone', async () => {
    const server = await startedSession();
    const id = peerIdOf('broken');
    const failure = new Error('the wire is cut');
    let calls = 0;
    const register = (): void =>
      server.registerConnection(id, { host: '127.0.0.1', port: 1 }, () => {
        calls++;
        throw failure;
      });
    expect(register).toThrow(PeerEndedError);
    expect(register).toThrow(
      expect.objectContaining({ cause: failure, detail: expect.objectContaining({ reason: 'send-failure' }) }),
    );
    expect(calls).toBe(2);
    expect(server.snapshot().peers).toEqual([]);
  });
});

describe('unregisterConnection', () => {
  test('gives requests back: another peer is asked for them', async () => {
    const server = await startedSession();
    const first = new HandSeeder(server, torrent, 'first', 5001);
    first.answersRequests = false;
    first.register();
    await first.offer();
    expect(first.requests().length).toBeGreaterThan(0);
    const second = new HandSeeder(server, torrent, 'second', 5002);
    second.answersRequests = false;
    second.register();
    await second.offer();
    const key = ({ piece, begin }: { piece: number; begin: number }): string => `${piece}/${begin}`;
    const before = new Set(second.requests().map(key));
    expect(first.requests().some((request) => before.has(key(request)))).toBe(false);
    expect(server.unregisterConnection(first.peerId, { host: '127.0.0.1', port: 9 })).toBe(false);
    expect(server.unregisterConnection(first.peerId, first.address)).toBe(true);
    expect(server.unregisterConnection(first.peerId, first.address)).toBe(false);
    expect(first.endedBy).toBe(null);
    second.answersRequests = true;
    for (const request of second.requests()) await second.sayBlock(request);
    expect(await server.done()).toMatchObject({ status: 'complete', downloadedBytes: 150_001 });
    const after = new Set(second.requests().map(key));
    for (const request of first.requests()) expect(after).toContain(key(request));
  });

  test('knows one address by all its spellings', async () => {
    const server = await startedSession();
    const id = peerIdOf('v6');
    server.registerConnection(id, { host: '2001:DB8:0:0::1', port: 7 }, () => undefined);
    expect(server.unregisterConnection(id, { host: '2001:db8::1', port: 7 })).toBe(true);
  });

  test('makes room: somebody else is dialled', async () => {
    const server = await startedSession();
    const seeder = new HandSeeder(server, torrent, 'only');
    seeder.register();
    await seeder.say({ type: 'have-none' });
    server.unregisterConnection(seeder.peerId);
    expect(server.snapshot().peers).toEqual([]);
    // The same peer may come back at once.
    seeder.register();
    expect(server.snapshot().peers).toHaveLength(1);
  });
});

test('two connections of one peer id are one too many', async () => {
  const server = await startedSession();
  const seeder = new HandSeeder(server, torrent, 'twin');
  seeder.register();
  expect(() => seeder.register()).toThrow(DuplicatePeerError);
  expect(server.snapshot().peers).toHaveLength(1);
});

test('messages of peers by hand and of peers on the wire go side by side', async () => {
  const folder = await makeTempFolder();
  const remote = await startSeeder(torrent, { rateBytesPerSecond: 200_000 });
  const server = await startSession(torrent.metainfo, folder, { peers: [peerHint(remote)] });
  const seeder = new HandSeeder(server, torrent, 'by hand');
  seeder.register();
  await seeder.offer();
  expect(await server.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
});

test('a leecher by hand is served', async () => {
  const server = await startSession(torrent.metainfo, null, { seed: true });
  const source = new HandSeeder(server, torrent, 'source', 5001);
  source.register();
  const isWhole = nextNotice(server, 'completed');
  await source.offer();
  await isWhole;
  const leecher = new HandSeeder(server, torrent, 'leecher', 5002);
  leecher.answersRequests = false;
  leecher.register();
  await leecher.say({ type: 'have-none' });
  await leecher.say({ type: 'interested' });
  await leecher.until(() => leecher.received.some((message) => message.type === 'unchoke'));
  await leecher.say({ type: 'request', piece: 1, begin: 16_384, length: 16_384 });
  await leecher.until(() => leecher.received.some((message) => message.type === 'piece'));
  const piece = leecher.received.find((message) => message.type === 'piece');
  expect(piece).toMatchObject({ piece: 1, begin: 16_384 });
  expect(Buffer.from(piece?.block ?? []).equals(torrent.pieceBytes(1).subarray(16_384))).toBe(true);
});
