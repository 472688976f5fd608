// Web servers that lack single files of a torrent, or have them at another length, over real sockets: everything else comes of them, and
// what they lack of others.

import type { Server } from 'node:http';
import { describe, expect, test } from 'vitest';
import { NoPeersError, StalledError } from '../../src/engine/session-error.js';
import { expectWhole, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { download, startAlone } from '../support/web-seed-rig.js';
import { startWebServer, webTorrent, withWebSeeds, type WebServer, type WebServerOptions } from '../support/web-server.js';

const KIB = 1024;

/** Pieces lie across the files. */
const torrent = webTorrent({
  pieceLength: 32 * KIB,
  files: [
    ['a', 300_000],
    ['b', 500_001],
    ['c', 70_000],
    ['d', 20_000],
    ['e', 600_000],
  ],
});
const LACKED = ['/album/b', '/album/d'];

type Answer = NonNullable<WebServerOptions['answer']>;

function refuse(status: number, paths: readonly string[] = LACKED, body = 'not here'): Answer {
  return (request, response) => {
    if (!paths.includes(request.url ?? '')) return false;
    response.writeHead(status, { 'content-length': body.length }).end(body);
    return true;
  };
}

function timesAsked(web: WebServer, path: string): number {
  return web.requests.filter((request) => request.path === path).length;
}

/** A second web seed that has everything, and answers when the first one has shown what it lacks. */
async function startPatient(isReady: () => boolean): Promise<WebServer> {
  return startWebServer(torrent, {
    answer: (request, response) => {
      if (isReady()) return false;
      const timer = setInterval(() => {
        if (!isReady() && !response.destroyed) return;
        clearInterval(timer);
        server.emit('request', request, response);
      }, 10);
      const { server } = request.socket as unknown as { server: Server };
      return true;
    },
  });
}

const shorten: WebServerOptions['change'] = (bytes, path) =>
  LACKED.includes(path) ? bytes.subarray(0, bytes.length - 5) : bytes;
const lengthen: WebServerOptions['change'] = (bytes, path) =>
  LACKED.includes(path) ? Buffer.concat([bytes, Buffer.alloc(5)]) : bytes;
const FAULTS: readonly (readonly [what: string, options: WebServerOptions])[] = [
  ['404', { answer: refuse(404) }],
  ['403', { answer: refuse(403) }],
  ['410, with a long page', { answer: refuse(410, LACKED, 'x'.repeat(300_000)) }],
  ['shorter files', { change: shorten }],
  ['longer files', { change: lengthen }],
];

describe.each([true, false])('by ranges: %s', (hasRanges) => {
  test.each(FAULTS)('%s: the rest comes of it, and those of another', async (_, options) => {
    const asked = { count: 0 };
    const web = await startWebServer(torrent, {
      ...options,
      hasRanges,
      answer: (request, response, serial) => {
        if (LACKED.includes(request.url ?? '')) asked.count++;
        return options.answer?.(request, response, serial) ?? false;
      },
    });
    const other = await startPatient(() => asked.count > 0);
    const server = await download(torrent, [web.url, other.url]);
    const { webSeeds, hashFailures } = server.snapshot();
    expect(webSeeds[0].lacking?.files).toBeGreaterThan(0);
    expect(webSeeds[0].lacking?.fileCount).toBe(5);
    expect(hashFailures).toBe(0);
    // Several links may be at it before the first answer is there.
    for (const path of LACKED) expect(timesAsked(web, path)).toBeLessThanOrEqual(4);
    expect(webSeeds[0].downloadedBytes).toBeGreaterThan(200_000);
  });

  test('what it lacks comes of a peer', async () => {
    const web = await startWebServer(torrent, { answer: refuse(404), hasRanges });
    const seeder = await startSeeder(torrent, { rateBytesPerSecond: 2_000_000 });
    const folder = await makeTempFolder();
    const server = await startSession(withWebSeeds(torrent, web.url), folder, { peers: [peerHint(seeder)] });
    await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
    await expectWhole(folder, torrent);
    expect(seeder.counts.payloadBytes).toBeGreaterThan(500_000);
  });

  test('alone it brings all but those, and the end says which', async () => {
    const web = await startWebServer(torrent, { answer: refuse(404), hasRanges });
    const { server } = await startAlone(torrent, [web.url]);
    const error = await server.done().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(StalledError);
    expect((error as Error).message).toMatch(/is not used any more, as it lacks 2 of 5 files \(HTTP status 404\)/);
    const { geometry, files } = torrent.metainfo;
    const { pieceLength } = { pieceLength: geometry.standardPieceLength };
    const lacked = new Set<number>();
    for (const file of files.filter(({ path }) => LACKED.includes(`/${path.join('/')}`))) {
      for (let at = Math.floor(file.offset / pieceLength); at * pieceLength < file.offset + file.length; at++) lacked.add(at);
    }
    expect(server.snapshot().havePieces).toBe(geometry.pieceCount - lacked.size);
  });
});

test('a URL where nothing is: three files are asked for, and the URL is dropped', async () => {
  const many = webTorrent({ pieceLength: 16 * KIB, files: Array.from({ length: 12 }, (_, index) => [`f${index}`, 20_000]) });
  const web = await startWebServer(many);
  const { server } = await startAlone(many, [`${web.url}elsewhere/`]);
  const error = await server.done().catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(NoPeersError);
  expect((error as Error).message).toMatch(/no web seed can be used: web seed \S+ is not used any more \(HTTP status 404\)$/);
  expect(new Set(web.requests.map(({ path }) => path)).size).toBe(3);
  expect(web.requests).toHaveLength(3);
});

test('the connection is kept after an answer that a file is not there', async () => {
  const ports = new Set<number | undefined>();
  const paths = Array.from({ length: 20 }, (_, index) => `/album/gone${index}`);
  const what = webTorrent({
    pieceLength: 16 * KIB,
    files: [['first', 40_000], ...paths.map((path): [string, number] => [path.slice(7), 40_000]), ['last', 40_000]],
  });
  const web = await startWebServer(what, {
    answer: (request, response, serial) => {
      ports.add(request.socket.remotePort);
      return refuse(404, paths)(request, response, serial);
    },
  });
  const { server } = await startAlone(what, [web.url]);
  await expect(server.done()).rejects.toThrow('as it lacks 20 of 22 files');
  // As many as there are links, and one for each request that another link's answer made needless.
  expect(ports.size).toBeLessThan(web.requests.length);
});

test('a page without an end about a file that is not there', async () => {
  const web = await startWebServer(torrent, {
    answer: (request, response) => {
      if (request.url !== '/album/b') return false;
      response.writeHead(404);
      const chunk = Buffer.alloc(64 * KIB);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
      return true;
    },
  });
  const other = await startPatient(() => timesAsked(web, '/album/b') > 0);
  await download(torrent, [web.url, other.url]);
});
