// Who answers, on real sockets: a peer whose id is not the one its tracker gave is closed, and taken where nobody said (row W5); a message that
// can't be read closes its connection alone, with its bytes in the log (row W11).

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { encodeHandshake } from '../../src/wire/handshake.js';
import { peerIdOf } from '../support/hand-seeder.js';
import { nextNotice, peerHint, startSeeder, startSession, withTrackers } from '../support/engine-rig.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { storedTorrent } from '../support/stored-torrent.js';

const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 100_000]] });

test('W5: the id that the tracker gave is taken, another one is closed', async () => {
  const right = await startSeeder(torrent);
  const wrong = await startSeeder(torrent, {}, '127.0.0.2');
  const tracker = await startStaticTracker([
    { ...peerHint(wrong), peerId: peerIdOf('somebody else') },
    { ...peerHint(right), peerId: right.peerId },
  ]);
  const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, { useTrackers: true, seed: true });
  const failed = nextNotice(server, 'dial-failed');
  const opened = nextNotice(server, 'peer-opened');
  expect(await failed).toMatchObject({ reason: 'peer-id-mismatch', address: { host: '127.0.0.2', port: wrong.port } });
  expect(await opened).toMatchObject({ address: { host: '127.0.0.1', port: right.port } });
  expect(server.snapshot().dialFailures).toEqual({ 'peer-id-mismatch': 1 });
});

test('W5: where nobody said who is there, whoever answers is taken', async () => {
  const seeder = await startSeeder(torrent);
  const tracker = await startStaticTracker([peerHint(seeder)]);
  const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, { useTrackers: true });
  expect(await server.done()).toMatchObject({ status: 'complete' });
});

test('W11: bytes that are no message close their connection, and are told; the download goes on', async () => {
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    const infoHash = torrent.metainfo.infoHash.v1 ?? new Uint8Array();
    const handshake = encodeHandshake({
      infoHash,
      peerId: peerIdOf('bad'),
      features: { fast: true, extended: false, dht: false },
    });
    socket.write(Buffer.concat([handshake, Buffer.from('00000003040102', 'hex')]));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const bad = listener.address() as { port: number };
  const server = await startSession(torrent.metainfo, null, { peers: [{ host: '127.0.0.1', port: bad.port }], seed: true });
  const told = await nextNotice(server, 'bad-message');
  expect(told).toEqual({
    type: 'bad-message',
    address: expect.objectContaining({ port: bad.port }) as never,
    bytes: '00000003040102',
  });
  expect(server.snapshot().phase).toBe('downloading');
});
