// Streamed GETs over real sockets: https with its own authority, connections that are kept and lost, addresses that may not be visited.

import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { HttpStreamRequest } from '../../src/io/http-stream.js';
import { HttpStreams } from '../../src/io/http-streams.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/tracker/${name}`, import.meta.url));

async function listen(server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serve = (answer: RequestListener): Promise<number> => listen(createServer(answer));

function open(): HttpStreams {
  const streams = new HttpStreams();
  onTestFinished(() => streams.close());
  return streams;
}

/** The body, or the code of the failure. */
function get(streams: HttpStreams, url: string, more: Partial<HttpStreamRequest> = {}): Promise<string> {
  let text = '';
  const request = { url, userAgent: 'test', range: null, maxRedirects: 2, mayVisit: () => true, ...more };
  return new Promise((resolve) => {
    streams.get(request, {
      onHead: (status) => {
        text = `${status} `;
        return true;
      },
      onData: (chunk) => {
        text += Buffer.from(chunk).toString('latin1');
      },
      onEnd: () => resolve(text),
      onFailed: (error) => resolve(error.code),
    });
  });
}

test('https, with its own authority and without', async () => {
  const certificateAuthority = readFileSync(fixture('test-only-certificate.pem'), 'utf8');
  const options = { key: readFileSync(fixture('test-only-key.pem')), cert: certificateAuthority };
  const port = await listen(createSecureServer(options, (request, response) => response.end(request.headers.range)));
  const url = `https://127.0.0.1:${port}/`;
  const range = { from: 5, to: 9 };
  expect(await get(open(), url, { certificateAuthority, range })).toBe('200 bytes=5-9');
  expect(await get(open(), url, { range })).toBe('certificate');
});

test('a connection is kept, opened again where the server closed it, and not for ever', async () => {
  const ports: (number | undefined)[] = [];
  const port = await serve((request, response) => {
    ports.push(request.socket.remotePort);
    if (request.url === '/die') request.socket.destroy();
    else response.end('x');
  });
  const streams = open();
  const url = `http://127.0.0.1:${port}`;
  expect(await get(streams, `${url}/`)).toBe('200 x');
  expect(await get(streams, `${url}/`)).toBe('200 x');
  expect(ports[0]).toBe(ports[1]);
  expect(await get(streams, `${url}/die`)).toBe('reset');
  // Once on the connection that was kept, once on a new one.
  expect(ports).toHaveLength(4);
});

test('no hop leads to an address that may not be visited, by name, by number or over a connection that is kept', async () => {
  const seen: string[] = [];
  const target = await serve((request, response) => {
    seen.push(request.url ?? '');
    response.end('secret');
  });
  const streams = open();
  const mayVisit: HttpStreamRequest['mayVisit'] = (address, sentBy) => sentBy === null || address.port !== target;
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:7f00:1]', '2130706433']) {
    const port = await serve((_, response) => {
      response.writeHead(302, { location: `http://${host}:${target}/private` }).end();
    });
    expect(await get(streams, `http://127.0.0.1:${port}/`, { mayVisit }), host).toBe('forbidden_address');
    // Asked for by itself it may be visited, and its connection is kept.
    expect(await get(streams, `http://127.0.0.1:${target}/public`, { mayVisit })).toBe('200 secret');
    expect(await get(streams, `http://127.0.0.1:${port}/`, { mayVisit }), host).toBe('forbidden_address');
  }
  expect(seen).toEqual(['/public', '/public', '/public', '/public']);
});

test('a server that redirects keeps its connection, unless it has much to say about it', async () => {
  const ports: (number | undefined)[] = [];
  const target = await serve((_, response) => response.end('x'));
  let closed = 0;
  const port = await serve((request, response) => {
    ports.push(request.socket.remotePort);
    const location = `http://127.0.0.1:${target}/`;
    if (request.url === '/short') response.writeHead(302, { location, 'content-length': 5 }).end('moved');
    else {
      response.writeHead(302, { location });
      response.on('close', () => closed++);
      response.write('moved');
    }
  });
  const streams = open();
  for (let i = 0; i < 3; i++) expect(await get(streams, `http://127.0.0.1:${port}/short`)).toBe('200 x');
  expect(new Set(ports).size).toBe(1);
  expect(await get(streams, `http://127.0.0.1:${port}/endless`)).toBe('200 x');
  await expect.poll(() => closed).toBe(1);
});

test('redirects are bounded, and lead to http and https only', async () => {
  const port = await serve((request, response) => {
    response.writeHead(302, { location: request.url === '/file' ? 'file:///etc/passwd' : '/again' }).end();
  });
  expect(await get(open(), `http://127.0.0.1:${port}/`)).toBe('too_many_redirects');
  expect(await get(open(), `http://127.0.0.1:${port}/file`)).toBe('bad_redirect');
});

test('what is aborted is silent', async () => {
  const port = await serve((_, response) => {
    response.write('x');
  });
  const heard: string[] = [];
  const request = { url: `http://127.0.0.1:${port}/`, userAgent: 'test', range: null, maxRedirects: 2, mayVisit: () => true };
  await new Promise<void>((resolve) => {
    const stream = open().get(request, {
      onHead: () => true,
      onData: () => {
        stream.abort();
        setImmediate(() => setImmediate(resolve));
      },
      onEnd: () => heard.push('end'),
      onFailed: (error) => heard.push(error.code),
    });
  });
  expect(heard).toEqual([]);
});

test('a server that redirects to ever new ones leaves no more than two connections behind', async () => {
  const counts: (() => Promise<number>)[] = [];
  const target = async (): Promise<number> => {
    const server = createServer((_, response) => response.end('x'));
    counts.push(
      () =>
        new Promise((resolve) => {
          server.getConnections((_, count) => resolve(count));
        }),
    );
    return listen(server);
  };
  const ports = await Promise.all([1, 2, 3, 4, 5, 6].map(() => target()));
  let next = 0;
  const front = createServer((_, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${ports[next++ % ports.length]}/` }).end('over there');
  });
  const streams = open();
  const url = `http://127.0.0.1:${await listen(front)}/`;
  for (let i = 0; i < 12; i++) expect(await get(streams, url)).toBe('200 x');
  // One more request, to a server of its own, lets go of what was too much.
  expect(await get(streams, `http://127.0.0.1:${await target()}/`)).toBe('200 x');
  await vi.waitFor(async () => {
    const all = await Promise.all(counts.map((count) => count()));
    expect(all.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3);
  });
});
