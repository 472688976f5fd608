// All that a web server can do wrong: answers that can't be used, trouble that passes, bad data, redirects. Each download is whole all the
// same, or ends with the reason.

import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NoPeersError, SourcesExhaustedError, StalledError } from '../../src/engine/session-error.js';
import { expectWhole, nextNotice, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { originAt } from '../support/origin.js';
import { damaged } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { download, slowly, startAlone } from '../support/web-seed-rig.js';
import { startWebServer, webTorrent, withWebSeeds, type WebServerOptions } from '../support/web-server.js';

const KIB = 1024;

const torrent = webTorrent({ pieceLength: 32 * KIB, files: [['', 2_000_000]] });

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

  test('a drip does not hold up the end where another has nothing to do', async () => {
    const drip = await startWebServer(torrent, {
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': 2_000_000 });
        const timer = setInterval(() => response.write('x'), 100);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    });
    const web = await startWebServer(torrent);
    const server = await download(torrent, [drip.url, web.url]);
    expect(server.snapshot().webSeeds[0]).toMatchObject({ reason: 'stalled' });
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

  test('lead from loopback anywhere; a URL of a torrent that came from the internet does not lead to loopback', async () => {
    const web = await startWebServer(torrent);
    for (const url of [web.url, web.url.replace('127.0.0.1', 'localhost'), web.url.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
      const { server } = await startAlone(torrent, [url], { origin: originAt('8.8.8.8') });
      await expect(server.done()).rejects.toThrow('leads to an address on this host or network');
    }
    expect(web.requests).toEqual([]);
    await download(torrent, [web.url], { origin: originAt('127.0.0.1') });
    await download(torrent, [], { webSeeds: [web.url], origin: originAt('8.8.8.8') });
    await download(torrent, [web.url], { origin: originAt('8.8.8.8', web.url) });
  });
});
