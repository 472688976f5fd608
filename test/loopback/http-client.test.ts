// The HTTP client against servers that answer well, oddly and maliciously: every bound it promises, over real sockets.

import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { httpGet, type HttpGet } from '../../src/io/http-client.js';
import { HttpError } from '../../src/io/http-error.js';
import { formatAddress } from '../../src/model/address.js';
import { addressAt } from '../support/scripted-trackers.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return (server.address() as AddressInfo).port;
}

async function serve(listener: RequestListener, host?: string): Promise<string> {
  const port = await listen(createServer(listener), host);
  return `http://${host?.includes(':') ? `[${host}]` : (host ?? '127.0.0.1')}:${port}`;
}

/** Answers every connection with these bytes and leaves it open. */
async function serveRaw(...chunks: string[]): Promise<string> {
  const port = await listen(
    createTcpServer((socket) => {
      for (const chunk of chunks) socket.write(chunk);
    }),
  );
  return `http://127.0.0.1:${port}`;
}

/** Where nobody listens (any more). */
async function unserved(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

function get(url: string, options: Partial<HttpGet> = {}): ReturnType<typeof httpGet> {
  return httpGet({ url, userAgent: 'effusion/0', timeoutMs: 20_000, maxResponseBytes: 10_000, maxRedirects: 5, ...options });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HttpError);
  return (error as HttpError).code;
}

test('a POST carries its body and headers with their length, and the answer tells our end of the connection', async () => {
  const url = await serve((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { method, headers } = request;
      const { soapaction, 'content-length': length, 'transfer-encoding': encoding } = headers;
      response.end(JSON.stringify([method, soapaction, length, encoding ?? null, text]));
    });
  });
  const post = { body: '<ä/>', headers: { 'content-type': 'text/xml', soapaction: '"x#y"' } };
  const { status, body, localHost } = await get(url, { post, maxRedirects: 0 });
  expect([status, localHost]).toEqual([200, '127.0.0.1']);
  expect(JSON.parse(new TextDecoder().decode(body))).toEqual(['POST', '"x#y"', '5', null, '<ä/>']);
});

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('a good answer', () => {
  test('status, body, and the headers we send', async () => {
    const url = await serve((request, response) => {
      response.writeHead(404);
      response.end(JSON.stringify([request.method, request.url, request.headers]));
    });
    const { status, body } = await get(`${url}/a/b?x=%00%ff&y#z`);
    expect(status).toBe(404);
    expect(body.constructor).toBe(Uint8Array);
    expect(JSON.parse(text(body))).toEqual([
      'GET',
      '/a/b?x=%00%ff&y',
      { host: url.slice(7), 'user-agent': 'effusion/0', accept: '*/*', 'accept-encoding': 'gzip', connection: 'close' },
    ]);
  });

  test('a login in the URL becomes basic authorization', async () => {
    const url = await serve((request, response) => response.end(request.headers.authorization));
    const { body } = await get(`${url.replace('://', '://us%40er:pa%3Ass@')}/`);
    expect(text(body)).toBe(`Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`);
  });

  test('over IPv6', async () => {
    const url = await serve((request, response) => response.end(request.headers.host), '::1');
    expect(`http://${text((await get(url)).body)}`).toBe(url);
  });

  test('gzip is unpacked, an empty body is empty', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-encoding': 'GZIP' });
      response.end(request.url === '/empty' ? '' : gzipSync('hello'.repeat(100)));
    });
    expect(text((await get(url)).body)).toBe('hello'.repeat(100));
    expect((await get(`${url}/empty`)).body).toHaveLength(0);
  });

  test('by name, whichever of its addresses answers', async () => {
    const url = await serve((_, response) => response.end('here'));
    expect(text((await get(url.replace('127.0.0.1', 'localhost'))).body)).toBe('here');
  });

  test('tells when the connection stands', async () => {
    const url = await serve((_, response) => response.end());
    let connected = 0;
    await get(url, { onConnected: () => connected++ });
    expect(connected).toBe(1);
    await expect(codeOf(get(await unserved(), { onConnected: () => connected++ }))).resolves.toBe('refused');
    expect(connected).toBe(1);
  });
});

describe('redirects', () => {
  test('relative and absolute ones are followed, without the login', async () => {
    const other = await serve((request, response) => response.end(`${request.url} ${request.headers.authorization ?? 'none'}`));
    const url = await serve((request, response) => {
      response.writeHead(request.url === '/one' ? 302 : 308, {
        location: request.url === '/one' ? '/two?x=1' : `${other}/three`,
      });
      response.end();
    });
    expect(text((await get(`${url.replace('://', '://u:p@')}/one`)).body)).toBe('/three none');
  });

  test('five are followed, a loop ends', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests++;
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(301, { location: `/${left - 1}` }).end();
    });
    expect(text((await get(`${url}/5`)).body)).toBe('there');
    requests = 0;
    expect(await codeOf(get(`${url}/1000`))).toBe('too_many_redirects');
    expect(requests).toBe(6);
  });

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'http://', 'data:,x'])('not to %s', async (location) => {
    const url = await serve((_, response) => response.writeHead(302, { location }).end());
    expect(await codeOf(get(url))).toBe('bad_redirect');
  });

  test.each(['http://0.0.0.1/', 'http://224.0.0.1/', 'http://255.255.255.255/', 'http://[::]/', 'http://[ff02::1]/'])(
    'not to %s, where nobody can be',
    async (location) => {
      const url = await serve((_, response) => response.writeHead(302, { location }).end());
      const failed = get(url);
      await expect(failed).rejects.toThrow(/not reachable from where it was named/);
      expect(await codeOf(failed)).toBe('bad_redirect');
    },
  );

  test('from this host to this host, and the answer says from where it came', async () => {
    const target = await serve((_, response) => response.end('there'), '::1');
    const url = await serve((_, response) => response.writeHead(302, { location: target }).end());
    const { body, remote } = await get(url);
    expect(text(body)).toBe('there');
    expect(remote === null ? null : formatAddress(remote)).toBe(target.slice('http://'.length));
  });

  test.each([
    ['8.8.8.8', '127.0.0.1', false],
    ['8.8.8.8', 'localhost', false],
    ['8.8.8.8', '[::ffff:127.0.0.1]', false],
    ['8.8.8.8', '2130706433', false],
    ['192.168.0.1', '127.0.0.1', false],
    ['2a00::1', 'localhost', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['::1', 'localhost', true],
  ])('what %s names may lead to %s: %s', async (origin, host, isAllowed) => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.end('there');
    });
    const asked = get(url.replace('127.0.0.1', host), { origin: addressAt(origin, 80) });
    if (isAllowed) expect((await asked).status).toBe(200);
    else expect(await codeOf(asked)).toBe('forbidden_address');
    expect(requests).toBe(isAllowed ? 1 : 0);
  });

  test('an endless body under a redirect is not read', async () => {
    const target = await serve((_, response) => response.end('there'));
    const url = await serveRaw(`HTTP/1.1 302 Found\r\nLocation: ${target}/\r\n\r\n`, 'x'.repeat(100_000));
    expect(text((await get(url)).body)).toBe('there');
  });
});

describe('bounds', () => {
  test('an answer that is too large: declared, chunked, or after unpacking', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/declared') response.writeHead(200, { 'content-length': 10_001 }).flushHeaders();
      else if (request.url === '/chunked') response.end('x'.repeat(10_001));
      else response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000)));
    });
    for (const path of ['/declared', '/chunked', '/bomb']) expect(await codeOf(get(url + path))).toBe('too_large');
    expect((await get(`${url}/chunked`, { maxResponseBytes: 10_001 })).body).toHaveLength(10_001);
  });

  test('a server that never ends a body is cut off at the cap', async () => {
    const url = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1000)));
      };
      response.on('drain', more);
      more();
    });
    expect(await codeOf(get(url))).toBe('too_large');
  });

  test('a slow drip and a silent server end with the time, and the connection with it', async () => {
    const closed: Promise<unknown>[] = [];
    const url = await serve((request, response) => {
      closed.push(new Promise((resolve) => response.on('close', resolve)));
      if (request.url === '/silent') return;
      response.writeHead(200, { 'content-length': 1000 });
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
    });
    expect(await codeOf(get(`${url}/drip`, { timeoutMs: 200 }))).toBe('timeout');
    expect(await codeOf(get(`${url}/silent`, { timeoutMs: 200 }))).toBe('timeout');
    await Promise.all(closed);
  });

  test('a redirect does not buy more time', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/silent' }).end();
    });
    expect(await codeOf(get(`${url}/`, { timeoutMs: 150 }))).toBe('timeout');
  });

  test('a header without end', async () => {
    const url = await serveRaw('HTTP/1.1 200 OK\r\n', `x: ${'y'.repeat(100_000)}\r\n`);
    expect(await codeOf(get(url))).toBe('bad_response');
  });

  test('an abort, before and during', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    expect(await codeOf(get(url, { signal: controller.signal }))).toBe('aborted');
    expect(await codeOf(get(url, { signal: controller.signal }))).toBe('aborted');
  });
});

describe('errors', () => {
  test.each([
    ['nonsense', 'invalid_url'],
    ['udp://127.0.0.1:1/', 'unsupported_scheme'],
  ])('%s is %s', async (url, code) => expect(await codeOf(get(url))).toBe(code));

  test('what is not HTTP, a body cut short, a connection cut at once, an upgrade', async () => {
    expect(await codeOf(get(await serveRaw('220 smtp ready\r\n')))).toBe('bad_response');
    const cut = await serve((request, response) => {
      if (request.url === '/body') response.writeHead(200, { 'content-length': 100 }).write('half');
      setImmediate(() => request.socket.destroy());
    });
    expect(await codeOf(get(`${cut}/body`))).toBe('reset');
    expect(await codeOf(get(cut))).toBe('reset');
    expect(await codeOf(get(await serveRaw('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')))).toBe(
      'reset',
    );
  });

  test('gzip that is none, an encoding we did not ask for', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-encoding': request.url === '/br' ? 'br' : 'gzip' }).end('not packed at all');
    });
    expect(await codeOf(get(url))).toBe('bad_encoding');
    expect(await codeOf(get(`${url}/br`))).toBe('bad_encoding');
  });
});

describe('https', () => {
  const fixture = (name: string): string => readFileSync(new URL(`../../fixtures/tracker/${name}`, import.meta.url), 'utf8');
  const certificateAuthority = fixture('test-only-certificate.pem');

  test('with an authority that is trusted, and without', async () => {
    const server = createSecureServer({ key: fixture('test-only-key.pem'), cert: certificateAuthority }, (_, response) =>
      response.end('safe'),
    );
    const port = await listen(server);
    let connected = 0;
    const { body } = await get(`https://127.0.0.1:${port}/`, { certificateAuthority, onConnected: () => connected++ });
    expect(text(body)).toBe('safe');
    expect(await codeOf(get(`https://127.0.0.1:${port}/`, { onConnected: () => connected++ }))).toBe('certificate');
    expect(connected).toBe(1);
  });

  test('a server that speaks plain HTTP there', async () => {
    const url = await serve((_, response) => response.end('plain'));
    expect(await codeOf(get(url.replace('http:', 'https:')))).toBe('certificate');
  });
});
