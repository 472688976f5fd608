// Web seeds over real sockets onto a real disk: servers with and without ranges, and all that one can do wrong. Each download is whole, or
// ends with the reason.

import type { ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NoPeersError, SourcesExhaustedError, StalledError } from '../../src/engine/session-error.js';
import type { SessionOptions } from '../../src/engine/session-options.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { parseAddress } from '../../src/model/address.js';
import { expectWhole, nextNotice, openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { damaged, putFiles, type StoredTorrent, type TorrentShape } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startWebServer, webTorrent, withWebSeeds, type WebServerOptions } from '../support/web-server.js';

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

/** A session that knows nobody but these web seeds. */
async function startAlone(
  what: StoredTorrent,
  urls: readonly string[],
  options: SessionOptions = {},
): Promise<{ server: SessionServer; folder: string }> {
  const folder = await makeTempFolder();
  const server = await startSession(withWebSeeds(what, ...urls), folder, { webSeedMode: 'only', ...options });
  return { server, folder };
}

async function download(what: StoredTorrent, urls: readonly string[], options: SessionOptions = {}): Promise<SessionServer> {
  const { server, folder } = await startAlone(what, urls, options);
  await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
  await expectWhole(folder, what);
  return server;
}

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

/** 16 KiB now and then: never fast, and in the end all of it. Leaves the answer to the server. */
function slowly(response: ServerResponse): boolean {
  const end = response.end.bind(response);
  response.end = ((body: Uint8Array) => {
    let at = 0;
    const timer = setInterval(() => {
      if (at >= body.length || response.destroyed) {
        clearInterval(timer);
        end();
      } else response.write(body.subarray(at, (at += 64 * KIB)));
    }, 10);
    return response;
  }) as typeof response.end;
  return false;
}

describe('answers that can not be used', () => {
  const final: readonly (readonly [what: string, WebServerOptions['answer'], reason: string])[] = [
    ['404', (_, response) => reply(response, 404), 'HTTP status 404'],
    ['403', (_, response) => reply(response, 403), 'HTTP status 403'],
    ['410', (_, response) => reply(response, 410), 'HTTP status 410'],
    [
      'a range of another place',
      (_, response) => reply(response, 206, { 'content-range': 'bytes 7-9/2000000' }, 'abc'),
      'another range',
    ],
    ['a file of another length', (_, response) => reply(response, 200, { 'content-length': '3' }, 'abc'), 'another length'],
    ['packed content', (_, response) => reply(response, 200, { 'content-encoding': 'gzip' }, 'abc'), 'packs'],
    ['more bytes than it says', (_, response) => endless(response), 'another length'],
    ['a redirect loop', (request, response) => reply(response, 302, { location: request.url ?? '' }), 'redirects without an end'],
    [
      'a redirect to another scheme',
      (_, response) => reply(response, 302, { location: 'ftp://127.0.0.1/x' }),
      'URL can not be used|no usable URL',
    ],
    ['interim answers without an end', (_, response) => interim(response), 'not HTTP'],
  ];

  function reply(response: ServerResponse, status: number, headers: Record<string, string> = {}, body = ''): true {
    response.writeHead(status, headers).end(body);
    return true;
  }

  function endless(response: ServerResponse): true {
    response.writeHead(200);
    const chunk = Buffer.alloc(64 * KIB);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
    return true;
  }

  function interim(response: ServerResponse): true {
    for (let i = 0; i < 100; i++) response.writeProcessing();
    return true;
  }

  test.each(final)('%s: dropped at once, with its reason', async (_, answer, reason) => {
    // The first byte of a file of one piece is asked for without a range.
    const web = await startWebServer(torrent, answer === undefined ? {} : { answer });
    const { server } = await startAlone(torrent, [web.url]);
    const error = await server.done().catch((cause: unknown) => cause);
    // An endless body has begun with bytes: some came, and they were wrong.
    expect(error instanceof NoPeersError || error instanceof StalledError || error instanceof SourcesExhaustedError).toBe(true);
    if (!(error instanceof SourcesExhaustedError)) expect((error as Error).message).toMatch(new RegExp(reason));
    expect(web.requests.length).toBeLessThanOrEqual(7);
  });

  test('a head without an end', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(`x-header: ${'y'.repeat(1000)}\r\n`));
      };
      socket.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { server: session } = await startAlone(torrent, [`http://127.0.0.1:${port}/`]);
    await expect(session.done()).rejects.toThrow('not HTTP');
  });

  test.each(['ftp://127.0.0.1/', 'http://', 'nonsense', ''])('a URL that is none: %j', async (url) => {
    const { server } = await startAlone(torrent, [url]);
    await expect(server.done()).rejects.toThrow('only http and https are spoken');
  });

  test('one of two is dropped, the other completes', async () => {
    const gone = await startWebServer(torrent, { answer: (_, response) => reply(response, 410) });
    const web = await startWebServer(torrent);
    await download(torrent, [gone.url, web.url]);
    expect(gone.requests).toHaveLength(1);
  });
});

describe('trouble that passes', () => {
  test('503 with Retry-After is waited out', async () => {
    const times: number[] = [];
    const web = await startWebServer(torrent, {
      answer: (_, response, serial) => {
        times.push(performance.now());
        if (serial > 0) return false;
        response.writeHead(503, { 'retry-after': '6' }).end();
        return true;
      },
    });
    const { server } = await startAlone(torrent, [web.url]);
    await server.done();
    expect(times[1] - times[0]).toBeGreaterThanOrEqual(5990);
  });

  test('a body that breaks off is gone on with from there', async () => {
    const what = webTorrent({ pieceLength: 16 * KIB, files: [['', 1_000_000]] });
    const web = await startWebServer(what, {
      answer: (_, response, serial) => {
        if (serial > 0) return false;
        response.writeHead(200, { 'content-length': 1_000_000 });
        response.write(what.content.subarray(0, 500_000), () => response.destroy());
        return true;
      },
    });
    const server = await download(what, [web.url]);
    expect(server.snapshot().downloadedBytes).toBeLessThan(1_100_000);
  });

  test('one that is closed while it is kept is opened again', async () => {
    const what = webTorrent({ pieceLength: 64 * KIB, files: [['', 20_000_000]] });
    const web = await startWebServer(what, {
      answer: (request, response) => {
        response.on('finish', () => setImmediate(() => request.socket.destroy()));
        return false;
      },
    });
    await download(what, [web.url]);
  });
});

describe('bad data', () => {
  test('bans the URL, is told, and ends with the sources exhausted where it was the only one', async () => {
    const web = await startWebServer(torrent, { change: (bytes) => damaged(bytes, 100_000) });
    const { server } = await startAlone(torrent, [web.url.replace('//', '//user:secret@')]);
    const told = nextNotice(server, 'web-seed-banned');
    const error = await server.done().catch((cause: unknown) => cause);
    expect(await told).toEqual({ type: 'web-seed-banned', name: web.url, piece: 3 });
    expect(error).toBeInstanceOf(SourcesExhaustedError);
    expect((error as SourcesExhaustedError).detail).toEqual({ piece: 3, files: ['album'], banned: [web.url] });
  });

  test('is replaced by that of an honest one', async () => {
    const liar = await startWebServer(torrent, { change: (bytes) => damaged(damaged(bytes, 100_000), 1_900_000) });
    const web = await startWebServer(torrent, { answer: (_, response) => slowly(response) });
    const server = await download(torrent, [liar.url, web.url]);
    expect(server.snapshot().webSeeds.map(({ state }) => state)[0]).toBe('banned');
  });

  test('is replaced by that of a peer', async () => {
    const liar = await startWebServer(torrent, { change: (bytes) => bytes.map((byte) => byte ^ 1) });
    const seeder = await startSeeder(torrent);
    const folder = await makeTempFolder();
    const server = await startSession(withWebSeeds(torrent, liar.url), folder, { peers: [peerHint(seeder)] });
    await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
    await expectWhole(folder, torrent);
    expect(server.snapshot().bannedAddresses).toBe(0);
  });
});

describe('redirects', () => {
  test('are followed, without the login where it is another server', async () => {
    const target = await startWebServer(torrent);
    const web = await startWebServer(torrent, {
      answer: (request, response) => {
        response.writeHead(307, { location: `${target.url.slice(0, -1)}${request.url}` }).end();
        return true;
      },
    });
    await download(torrent, [web.url.replace('//', '//user:secret@')]);
    expect(web.requests[0].authorization).not.toBeNull();
    expect(target.requests.map(({ authorization }) => authorization)).toEqual(target.requests.map(() => null));
  });

  test('lead from loopback anywhere; a URL of a magnet link does not lead to loopback', async () => {
    const web = await startWebServer(torrent);
    const far = parseAddress('8.8.8.8:6881');
    expect(far).not.toBeNull();
    for (const url of [web.url, web.url.replace('127.0.0.1', 'localhost'), web.url.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
      const { server } = await startAlone(torrent, [url], far === null ? {} : { webSeedNamers: [far] });
      await expect(server.done()).rejects.toThrow('leads to an address on this host or network');
    }
    expect(web.requests).toEqual([]);
    const near = parseAddress('127.0.0.1:6881');
    await download(torrent, [web.url], near === null ? {} : { webSeedNamers: [near] });
    await download(torrent, [], { webSeeds: [web.url], webSeedNamers: [] });
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
