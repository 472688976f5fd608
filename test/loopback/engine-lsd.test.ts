// Sessions that know of each other by local discovery alone, with real multicast over the host's own loop.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { expectWhole, openClient, startSession } from '../support/engine-rig.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 200_000]], name: 'on-the-lan', seed: 'lsd' });

async function startSeed(metainfo = torrent.metainfo) {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'on-the-lan'), torrent.content);
  const client = await openClient({ lsd: true });
  return startSession(metainfo, folder, { client, seed: true, isReadOnly: true });
}

test('a download finds a seed on its network, with nothing but the info hash', async () => {
  await startSeed();
  const folder = await makeTempFolder();
  const server = await startSession(torrent.metainfo, folder, { client: await openClient({ lsd: true }) });
  expect(await server.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
});

test.each([
  ['a private torrent', { ...torrent.metainfo, isPrivate: true }, { lsd: true }, {}],
  ['a session that does not want it', torrent.metainfo, { lsd: true }, { useLsd: false }],
  ['a client that does not', torrent.metainfo, {}, {}],
  ['a client that takes no connections', torrent.metainfo, { lsd: true, listen: false }, {}],
] as const)('%s has no part in it', async (_, metainfo, clientOptions, sessionOptions) => {
  const client = await openClient(clientOptions);
  const server = await startSession(metainfo, null, { client, ...sessionOptions });
  expect(server.snapshot().sources.lsd).toBeNull();
  expect(await server.stop().then(() => server.done())).toMatchObject({ status: 'stopped' });
});

test('the sources say who was named on the local network', async () => {
  await startSeed();
  const server = await startSession(torrent.metainfo, null, { client: await openClient({ lsd: true }) });
  expect(server.snapshot().sources.lsd).toEqual({ named: 0, added: 0 });
  for await (const notice of server.notices()) if (notice.type === 'addresses-found' && notice.source === 'lsd') break;
  expect(server.snapshot().sources.lsd).toMatchObject({ added: 1 });
});
