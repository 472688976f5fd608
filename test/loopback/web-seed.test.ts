// Web seeds over real sockets onto a real disk: every shape of torrent from servers with and without ranges, alone and beside peers.
// What servers do wrong is in web-seed-faults.test.ts.

import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { expectWhole, nextNotice, openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { putFiles, type TorrentShape } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { download, slowly, startAlone } from '../support/web-seed-rig.js';
import { startWebServer, webTorrent, withWebSeeds } from '../support/web-server.js';

const KIB = 1024;

const SHAPES: readonly (readonly [what: string, shape: TorrentShape])[] = [
  ['a single file', { pieceLength: 32 * KIB, files: [['', 3_000_000]] }],
  ['one byte', { pieceLength: 16 * KIB, files: [['', 1]] }],
  ['pieces that are no multiple of a block', { pieceLength: 40_000, files: [['', 250_000]] }],
  ['pieces smaller than a block', { pieceLength: 1000, files: [['', 10_500]] }],
  [
    'files with pieces across them, empty ones and names that must be encoded',
    {
      pieceLength: 32 * KIB,
      files: [
        ['empty at first', 0],
        ['a b%20c', 10_000],
        ['sub #1/ü?', 100_000],
        ['sub #1/deeper/c', 1],
        ['z;+&', 70_000],
        ['zz empty at last', 0],
      ],
    },
  ],
  [
    'padding files',
    {
      pieceLength: 32 * KIB,
      files: [
        ['a', 10_000],
        ['padding', 32 * KIB * 4 - 10_000],
        ['b', 20_000],
        ['padding', 12_768],
        ['c', 5000],
      ],
    },
  ],
];

const torrent = webTorrent({ pieceLength: 32 * KIB, files: [['', 2_000_000]] });

describe.each(SHAPES)('%s', (_, shape) => {
  const what = webTorrent(shape);

  test('from a server with ranges', async () => {
    const web = await startWebServer(what);
    const server = await download(what, [web.url]);
    expect(server.snapshot()).toMatchObject({ wastedBytes: 0, peers: [], peersMet: 0 });
    const files = new Set(
      what.metainfo.files.filter((file) => !file.isPadding && file.length > 0).map((file) => `/${file.path.join('/')}`),
    );
    expect(new Set(web.requests.map(({ path }) => path))).toEqual(files);
  });

  test('from a server without ranges, each file once and at most one answer more', async () => {
    const web = await startWebServer(what, { hasRanges: false });
    await download(what, [web.url]);
    const plain = web.requests.filter(({ range }) => range === null).map(({ path }) => path);
    expect(plain.length).toBeLessThanOrEqual(new Set(plain).size * 2);
    expect(web.requests.filter(({ range }) => range !== null).length).toBeLessThanOrEqual(1);
  });
});

test('what is there already is not asked for', async () => {
  const web = await startWebServer(torrent);
  const folder = await makeTempFolder();
  const bytes = torrent.content.slice();
  bytes.fill(0, 500_000, 600_000);
  await putFiles(folder, { album: bytes });
  const server = await startSession(withWebSeeds(torrent, web.url), folder, { webSeedMode: 'only' });
  await server.done();
  await expectWhole(folder, torrent);
  const pieces = Math.ceil(600_000 / 32_768) - Math.floor(500_000 / 32_768);
  expect(server.snapshot().downloadedBytes).toBe(pieces * 32_768);
});

test('a connection is kept from one range to the next', async () => {
  const ports = new Set<number | undefined>();
  const web = await startWebServer(webTorrent({ pieceLength: 64 * KIB, files: [['', 30_000_000]] }), {
    answer: (request) => {
      ports.add(request.socket.remotePort);
      return false;
    },
  });
  await download(webTorrent({ pieceLength: 64 * KIB, files: [['', 30_000_000]] }), [web.url]);
  expect(web.requests.length).toBeGreaterThan(4);
  expect(ports.size).toBeLessThan(web.requests.length);
});

test('memory for two pieces is enough for any range', async () => {
  const what = webTorrent({ pieceLength: 256 * KIB, files: [['', 8_000_000]] });
  const web = await startWebServer(what);
  const client = await openClient({ pieceBudgetBytes: 512 * KIB });
  await download(what, [web.url], { client });
});

test('pieces larger than the memory', async () => {
  const what = webTorrent({ pieceLength: 4 * KIB * KIB, files: [['', 13_000_000]] });
  const web = await startWebServer(what);
  const client = await openClient({ pieceBudgetBytes: 2 * KIB * KIB });
  await download(what, [web.url], { client });
});

test('a login in the URL is used and not told', async () => {
  const web = await startWebServer(torrent, {
    answer: (request, response) => {
      if (request.headers.authorization === `Basic ${Buffer.from('us er:p@ss').toString('base64')}`) return false;
      response.writeHead(401).end();
      return true;
    },
  });
  const server = await download(torrent, [web.url.replace('//', '//us%20er:p%40ss@')]);
  expect(JSON.stringify(server.snapshot())).not.toContain('p%40ss');
});

describe('beside peers', () => {
  test('both send', async () => {
    const what = webTorrent({ pieceLength: 64 * KIB, files: [['', 12_000_000]] });
    const web = await startWebServer(what, { answer: (_, response) => slowly(response) });
    const seeder = await startSeeder(what, { rateBytesPerSecond: 4_000_000 });
    const folder = await makeTempFolder();
    const server = await startSession(withWebSeeds(what, web.url), folder, { peers: [peerHint(seeder)] });
    await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
    await expectWhole(folder, what);
    expect(seeder.counts.payloadBytes).toBeGreaterThan(0);
    expect(server.snapshot().webSeeds[0].downloadedBytes).toBeGreaterThan(0);
  });

  test('a web seed completes what a peer that is dead can not', async () => {
    const web = await startWebServer(torrent);
    const folder = await makeTempFolder();
    const server = await startSession(withWebSeeds(torrent, web.url), folder, {
      peers: [{ host: '127.0.0.1', port: 1 }],
      noPeersTimeoutMs: 20_000,
    });
    await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
  });

  test('never means never', async () => {
    const web = await startWebServer(torrent);
    const seeder = await startSeeder(torrent);
    const server = await startSession(withWebSeeds(torrent, web.url), null, { peers: [peerHint(seeder)], webSeedMode: 'never' });
    await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
    expect(web.requests).toEqual([]);
  });

  test('only means that no peer is let in or dialled', async () => {
    const web = await startWebServer(torrent, {
      answer: () => true,
    });
    const seeder = await startSeeder(torrent);
    const { server } = await startAlone(torrent, [web.url], { peers: [peerHint(seeder)] });
    const incoming = connect({ host: '127.0.0.1', port: server.port ?? 0 });
    const closed = new Promise((resolve) => {
      incoming.on('close', resolve);
      incoming.on('error', () => undefined);
    });
    const hash = server.metainfo.infoHash.v1 ?? new Uint8Array();
    incoming.write(Buffer.concat([Buffer.from('\x13BitTorrent protocol'), Buffer.alloc(8), hash, Buffer.alloc(20, 65)]));
    await closed;
    expect(server.snapshot()).toMatchObject({ peers: [], peersMet: 0, knownAddresses: 0 });
    expect(seeder.counts.payloadBytes).toBe(0);
  });
});

test('stopped in the middle of a body, it ends at once', async () => {
  const what = webTorrent({ pieceLength: 64 * KIB, files: [['', 8_000_000]] });
  const web = await startWebServer(what, { answer: (_, response) => slowly(response) });
  const { server } = await startAlone(what, [web.url]);
  await nextNotice(server, 'piece-stored');
  await server.stop();
  await expect(server.done()).resolves.toMatchObject({ status: 'stopped' });
});
