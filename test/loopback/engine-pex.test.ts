// Peer exchange between sessions over real sockets: who knows one peer finds the others, and whose torrent is private, or who does
// not want it, does not so much as name the extension.

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { wireInfoHash, type SessionOptions } from '../../src/engine/session-options.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { encodeHandshake } from '../../src/wire/handshake.js';
import { nextNotice, openClient, peerHint, startSession } from '../support/engine-rig.js';
import { putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const torrent = storedTorrent({ pieceLength: 32_768, files: [['a', 1_000_000]] });

/** Seeds, so slowly that nobody becomes a seed by it. */
async function startHub(metainfo: Metainfo = torrent.metainfo, options: SessionOptions = {}): Promise<SessionServer> {
  const folder = await makeTempFolder();
  await putFiles(folder, { [metainfo.files[0].path.join('/')]: torrent.fileBytes(0) });
  const client = await openClient({ maxUploadBytesPerSecond: 1000 });
  const server = await startSession(metainfo, folder, { client, seed: true, isReadOnly: true, ...options });
  await nextNotice(server, 'checked');
  return server;
}

async function startLeecher(hub: SessionServer): Promise<SessionServer> {
  return startSession(torrent.metainfo, null, { client: await openClient(), peers: [peerHint(hub)] });
}

test('two that know the same third find each other through it', async () => {
  const hub = await startHub();
  const [one, other] = [await startLeecher(hub), await startLeecher(hub)];
  const isOther = (port: number | null) => (notice: { address: { port: number } }) => notice.address.port === port;
  // One of them comes first; the other sees an incoming connection, whose port it learns afterwards.
  await Promise.any([nextNotice(one, 'peer-opened', isOther(other.port)), nextNotice(other, 'peer-opened', isOther(one.port))]);
});

/** What the session says first to one that connects, as text. */
async function greetingOf(server: SessionServer): Promise<string> {
  const socket = connect(server.port ?? 0, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  const features = { fast: true, extended: true, dht: false };
  const infoHash = wireInfoHash(torrent.metainfo.infoHash);
  socket.write(encodeHandshake({ infoHash, peerId: new Uint8Array(20).fill(65), features }));
  let text = '';
  // The last key of the extended handshake.
  for await (const data of socket) {
    text += (data as Buffer).toString('latin1');
    if (text.includes('yourip')) break;
  }
  return text;
}

test.each<[string, Partial<Metainfo>, SessionOptions, boolean]>([
  ['a session', {}, {}, true],
  ['one of a private torrent', { isPrivate: true }, {}, false],
  ['one that is not to', {}, { usePex: false }, false],
])('%s names the extension: %o, %o: %s', async (_name, changes, options, isNamed) => {
  const server = await startHub({ ...torrent.metainfo, ...changes }, options);
  const greeting = await greetingOf(server);
  expect(greeting).toContain('yourip');
  expect(greeting.includes('ut_pex')).toBe(isNamed);
});
