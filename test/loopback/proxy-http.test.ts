// The HTTP client, and a datagram, through proxies, over real sockets: names reach the proxy as names, and each way to fail has its own words.

import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { httpGet, type HttpGet } from '../../src/io/http-client.js';
import { HttpError } from '../../src/io/http-error.js';
import { NameBook } from '../../src/io/proxy/name-book.js';
import { ProxyRoute } from '../../src/io/proxy/proxy-route.js';
import { Socks5Datagrams } from '../../src/io/proxy/socks5-datagrams.js';
import type { ProxyServer } from '../../src/model/proxy-server.js';
import { addressAt } from '../support/scripted-trackers.js';
import { startHttpProxy, type HttpProxy, type HttpProxyOptions } from '../support/http-proxy.js';
import { startSocks5Proxy, type Socks5Proxy, type Socks5ProxyOptions } from '../support/socks5-proxy.js';

const LOGIN = { user: 'me', password: 'se cret' };
const HOSTS = { 'web.test': '127.0.0.1' };
const fixture = (name: string): string => readFileSync(new URL(`../../fixtures/tracker/${name}`, import.meta.url), 'utf8');

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener): Promise<number> => listen(createServer(listener));

async function socksProxy(options: Socks5ProxyOptions = {}): Promise<Socks5Proxy> {
  const proxy = await startSocks5Proxy({ hosts: HOSTS, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

async function httpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const proxy = await startHttpProxy({ hosts: HOSTS, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** No name may be looked up on our side: that of the proxy is a number. */
function routeTo(
  kind: ProxyServer['kind'],
  port: number,
  login: ProxyServer['login'] = null,
  acceptTimeoutMs = 20_000,
): ProxyRoute {
  const resolver = {
    resolve: (host: string): Promise<never> => {
      throw new Error(`${host} was looked up`);
    },
  };
  return new ProxyRoute({ server: { kind, host: '127.0.0.1', port, login }, resolver, acceptTimeoutMs });
}

function get(url: string, proxy: ProxyRoute, options: Partial<HttpGet> = {}): ReturnType<typeof httpGet> {
  const bounds = { userAgent: 'effusion/0', timeoutMs: 20_000, maxResponseBytes: 10_000, maxRedirects: 5 };
  return httpGet({ url, proxy, ...bounds, ...options });
}

async function failure(promise: Promise<unknown>): Promise<HttpError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HttpError);
  return error as HttpError;
}

const text = ({ body }: { body: Uint8Array }): string => new TextDecoder().decode(body);
const echo: RequestListener = (request, response) => {
  response.end(`${request.headers.host} ${request.url} ${request.headers['proxy-authorization'] ?? 'no login'}`);
};

describe('socks5h', () => {
  test.each([
    ['as it comes', {}],
    ['byte by byte', { drips: true }],
  ])('a name is asked of the proxy, %s', async (_, options) => {
    const port = await serve(echo);
    const proxy = await socksProxy(options);
    let connected = 0;
    const answer = await get(`http://web.test:${port}/a?b`, routeTo('socks5h', proxy.port), { onConnected: () => connected++ });
    expect(text(answer)).toBe(`web.test:${port} /a?b no login`);
    // Where it is, only the proxy knows.
    expect(answer.remote).toBeNull();
    expect(connected).toBe(1);
    expect(proxy.asked).toEqual([`connect web.test:${port}`]);
  });

  test('with a login, and redirects go through it too', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: `http://web.test:${port}/two` }).end();
      else response.end('there');
    });
    const proxy = await socksProxy({ login: LOGIN });
    expect(text(await get(`http://web.test:${port}/`, routeTo('socks5h', proxy.port, LOGIN)))).toBe('there');
    expect(proxy.asked).toEqual([`connect web.test:${port}`, `connect web.test:${port}`]);
  });

  test.each(['127.0.0.1', '[::1]', '10.0.0.1', 'localhost', 'nas', 'db.internal'])(
    'a name of the internet redirects nobody to %s, in the network of the proxy',
    async (host) => {
      const port = await serve((_, response) => response.writeHead(302, { location: `http://${host}:${port}/` }).end());
      const proxy = await socksProxy();
      const error = await failure(get(`http://web.test:${port}/`, routeTo('socks5h', proxy.port)));
      expect(error.code).toBe('bad_redirect');
      expect(proxy.asked).toEqual([`connect web.test:${port}`]);
    },
  );

  test('what a server named is held to where that is, as far as a number or a name says', async () => {
    const port = await serve(echo);
    const proxy = await socksProxy({ hosts: { ...HOSTS, localhost: '127.0.0.1', nas: '127.0.0.1' } });
    const codes = async (origin: string): Promise<(number | string)[]> =>
      Promise.all(
        ['127.0.0.1', 'localhost', 'nas', 'web.test'].map(async (host) => {
          const asked = get(`http://${host}:${port}/`, routeTo('socks5h', proxy.port), { origin: addressAt(origin, 80) });
          return asked.then(
            ({ status }) => status,
            (error: HttpError) => error.code,
          );
        }),
      );
    const forbidden = 'forbidden_address';
    expect(await codes('8.8.8.8')).toEqual([forbidden, forbidden, forbidden, 200]);
    expect(proxy.asked).toEqual([`connect web.test:${port}`]);
    expect(await codes('192.168.0.1')).toEqual([forbidden, forbidden, 200, 200]);
    expect(await codes('127.0.0.1')).toEqual([200, 200, 200, 200]);
  });

  test('https: the certificate is the target, and its name is checked', async () => {
    const certificateAuthority = fixture('test-only-certificate.pem');
    const server = createSecureServer({ key: fixture('test-only-key.pem'), cert: certificateAuthority }, (_, response) =>
      response.end('sealed'),
    );
    const port = await listen(server);
    const proxy = await socksProxy();
    let connected = 0;
    const options = { certificateAuthority, onConnected: () => connected++ };
    const answer = await get(`https://127.0.0.1:${port}/`, routeTo('socks5h', proxy.port), options);
    expect(text(answer)).toBe('sealed');
    expect(answer.remote).toMatchObject({ host: '127.0.0.1' });
    expect(connected).toBe(1);
    const wrongName = await failure(get(`https://web.test:${port}/`, routeTo('socks5h', proxy.port), { certificateAuthority }));
    expect(wrongName.code).toBe('certificate');
    const untrusted = await failure(get(`https://127.0.0.1:${port}/`, routeTo('socks5h', proxy.port)));
    expect(untrusted.code).toBe('certificate');
  });

  test.each<[string, Socks5ProxyOptions, ProxyServer['login'], string, RegExp, boolean]>([
    ['wants a login', { login: LOGIN }, null, 'proxy', /wants a login/, true],
    ['refuses the login', { login: LOGIN }, { ...LOGIN, password: 'wrong' }, 'proxy', /refuses the login/, true],
    ['forbids it', { replyCode: 2 }, null, 'proxy', /does not allow/, false],
    ['is refused', { replyCode: 5 }, null, 'refused', /was refused/, false],
    ['finds nobody', { replyCode: 4 }, null, 'unreachable', /host unreachable/, false],
    ['waits for nobody', { replyCode: 6 }, null, 'timeout', /TTL/, false],
    ['hangs up', { hangsUp: true }, null, 'unreachable', /without an answer/, false],
  ])('a proxy that %s says so', async (_, options, login, code, words, isLost) => {
    const proxy = await socksProxy(options);
    const route = routeTo('socks5h', proxy.port, login);
    const error = await failure(get('http://web.test:1/', route));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(words)]);
    expect(error.message).not.toMatch(/se cret|wrong/);
    expect(route.lost.aborted).toBe(isLost);
  });

  test('one that says nothing is told from a target that says nothing', async () => {
    const silent = await socksProxy({ stalls: 'greeting' });
    const route = routeTo('socks5h', silent.port, null, 50);
    const error = await failure(get('http://web.test:1/', route));
    expect([error.code, error.message]).toEqual(['proxy', expect.stringMatching(/did not answer in time/)]);
    expect(route.lost.aborted).toBe(true);
    const slow = await socksProxy({ stalls: 'request' });
    const other = routeTo('socks5h', slow.port, null, 50);
    expect((await failure(get('http://web.test:1/', other, { timeoutMs: 300 }))).code).toBe('timeout');
    expect(other.lost.aborted).toBe(false);
  });

  test('one that is not there, or is something else', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('220 mail.example ready\r\n')));
    const strange = routeTo('socks5h', port);
    expect((await failure(get('http://web.test:1/', strange))).message).toMatch(/no SOCKS5 proxy/);
    expect(strange.lost.aborted).toBe(true);
    const proxy = await socksProxy();
    await proxy.close();
    const gone = routeTo('socks5h', proxy.port);
    expect((await failure(get('http://web.test:1/', gone))).message).toMatch(/refuses connections: is it running/);
    expect(gone.lost.reason).toMatchObject({ code: 'proxy_unreachable' });
  });

  test('one that dies after it has worked ends nothing for good', async () => {
    const port = await serve(echo);
    const proxy = await socksProxy();
    const route = routeTo('socks5h', proxy.port);
    await get(`http://web.test:${port}/`, route);
    await proxy.close();
    expect((await failure(get(`http://web.test:${port}/`, route))).code).toBe('proxy');
    expect(route.lost.aborted).toBe(false);
  });

  test('one that does not say whether it carries datagrams carries none', async () => {
    const proxy = await socksProxy({ stalls: 'request' });
    const datagrams = new Socks5Datagrams(routeTo('socks5h', proxy.port, null, 50), new NameBook(), () => undefined);
    onTestFinished(() => datagrams.close());
    const to = { host: '127.0.0.1', port: 9, family: 4 } as const;
    const failed = new Promise((resolve) => datagrams.send(to, Uint8Array.of(1), resolve));
    expect(await failed).toMatchObject({ code: 'proxy', message: expect.stringMatching(/did not answer in time/) as string });
    expect(proxy.asked).toEqual(['associate']);
  });

  test('giving up leaves no connection behind', async () => {
    const proxy = await socksProxy({ stalls: 'request' });
    const stop = new AbortController();
    const failed = failure(get('http://web.test:1/', routeTo('socks5h', proxy.port), { signal: stop.signal }));
    await expect.poll(() => proxy.asked.length).toBe(1);
    stop.abort();
    expect((await failed).code).toBe('aborted');
  });
});

describe('http', () => {
  test('http is asked of the proxy as a whole URL, with its login and without that of the URL', async () => {
    const port = await serve(echo);
    const proxy = await httpProxy({ login: 'me:se cret' });
    const answer = await get(`http://us:er@web.test:${port}/a?b#c`, routeTo('http', proxy.port, LOGIN));
    expect(text(answer)).toBe(`web.test:${port} /a?b no login`);
    expect(answer.remote).toBeNull();
    expect(proxy.asked).toEqual([`GET http://web.test:${port}/a?b`]);
  });

  test('https goes by CONNECT', async () => {
    const certificateAuthority = fixture('test-only-certificate.pem');
    const server = createSecureServer({ key: fixture('test-only-key.pem'), cert: certificateAuthority }, (_, response) =>
      response.end('sealed'),
    );
    const port = await listen(server);
    const proxy = await httpProxy({ login: 'me:se cret' });
    const answer = await get(`https://127.0.0.1:${port}/`, routeTo('http', proxy.port, LOGIN), { certificateAuthority });
    expect(text(answer)).toBe('sealed');
    expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${port}`]);
  });

  test.each(['http', 'https'])('a login that it wants is named, for %s', async (scheme) => {
    const proxy = await httpProxy({ login: 'me:se cret' });
    const route = routeTo('http', proxy.port);
    const error = await failure(get(`${scheme}://web.test:1/`, route));
    expect([error.code, error.message]).toEqual(['proxy', expect.stringMatching(/wants a login/)]);
    expect(route.lost.aborted).toBe(true);
    const wrong = routeTo('http', proxy.port, { ...LOGIN, password: 'wrong' });
    expect((await failure(get(`${scheme}://web.test:1/`, wrong))).message).toMatch(/refuses the login/);
  });

  test('a tunnel that it does not make is its own refusal', async () => {
    const proxy = await httpProxy({ connectStatus: 403 });
    const route = routeTo('http', proxy.port);
    const error = await failure(get('https://web.test:1/', route));
    expect([error.code, error.message]).toEqual(['proxy', expect.stringMatching(/does not allow.*403/)]);
    expect(route.lost.aborted).toBe(false);
  });
});
