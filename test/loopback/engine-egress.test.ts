// Everything that is bound to an interface comes from its address, and from no other: links, datagrams, requests, the listener. The interface
// is made up of 127.0.0.2, which Linux takes for its own without being told.

import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createEgress, type Egress } from '../../src/engine/egress.js';
import { httpGet } from '../../src/io/http-client.js';
import { HttpStreams } from '../../src/io/http-streams.js';
import type { Link } from '../../src/net/transport.js';
import { createAddress, type Address } from '../../src/model/address.js';
import { startSocks5Proxy } from '../support/socks5-proxy.js';

const OURS = '127.0.0.2';
const at = (host: string, port: number): Address => createAddress(host, port) as Address;

async function egressOf(options: Parameters<typeof createEgress>[0] = {}): Promise<Egress> {
  const egress = await createEgress({ interface: 'tap0', ...options }, () => ({ tap0: [{ address: OURS }] }));
  onTestFinished(() => egress.close());
  return egress;
}

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function dial(egress: Egress, address: Address): Promise<Link | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    egress.createTransport().connect(address, { onOpen: resolve, onFailed: resolve });
  });
}

describe.runIf(process.platform === 'linux')('bound to an interface', () => {
  test('links are, and a family that it lacks is unreachable', async () => {
    const seen = new Promise<Socket>((resolve) => {
      void listen(createServer(resolve)).then(async (port) => dial(await egressOf(), at('127.0.0.1', port)));
    });
    const socket = await seen;
    expect(socket.remoteAddress).toBe(OURS);
    socket.destroy();
    expect(await dial(await egressOf(), at('::1', 1))).toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  test('the listener is', async () => {
    const egress = await egressOf();
    const server = await egress.createTransport().listen({ port: 0 }, (link) => link.close());
    onTestFinished(() => server.close());
    const reach = (host: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(server.port, host);
        socket.on('connect', () => resolve('there'));
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
        onTestFinished(() => void socket.destroy());
      });
    expect(await reach(OURS)).toBe('there');
    expect(await reach('127.0.0.1')).toBe('ECONNREFUSED');
  });

  test('one of both families listens on one port', async () => {
    const list = (): Record<string, { address: string }[]> => ({ tap0: [{ address: OURS }, { address: '::1' }] });
    const egress = await createEgress({ interface: 'tap0' }, list);
    onTestFinished(() => egress.close());
    const links: string[] = [];
    const server = await egress.createTransport().listen({ port: 0 }, (link) => links.push(link.remote.host));
    onTestFinished(() => server.close());
    for (const host of [OURS, '::1']) {
      const socket = connect(server.port, host);
      onTestFinished(() => void socket.destroy());
    }
    await expect.poll(() => links.toSorted()).toEqual(['127.0.0.1', '::1'].toSorted());
  });

  test('datagrams are', async () => {
    const egress = await egressOf();
    const other = createSocket('udp4');
    onTestFinished(() => void other.close());
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const heard = new Promise<string>((resolve) => other.once('message', (_, { address }) => resolve(address)));
    const datagrams = egress.openDatagrams?.(() => undefined);
    if (datagrams === undefined) throw new Error('no datagrams');
    onTestFinished(() => datagrams.close());
    datagrams.send(at('127.0.0.1', other.address().port), Uint8Array.of(1), () => undefined);
    expect(await heard).toBe(OURS);
    const failed = new Promise((resolve) => datagrams.send(at('::1', 9), Uint8Array.of(1), resolve));
    expect(await failed).toMatchObject({ code: 'unreachable' });
  });

  test('requests are, by number and by name', async () => {
    const port = await listen(createHttpServer((request, response) => response.end(request.socket.remoteAddress)));
    const { http } = await egressOf();
    const get = (host: string): ReturnType<typeof httpGet> =>
      httpGet({
        url: `http://${host}:${port}/`,
        userAgent: 'x',
        timeoutMs: 20_000,
        maxResponseBytes: 100,
        maxRedirects: 0,
        ...http,
      });
    for (const host of ['127.0.0.1', 'localhost']) expect(new TextDecoder().decode((await get(host)).body)).toBe(OURS);
    await expect(get('[::1]')).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('streams are, by number and by name', async () => {
    const port = await listen(createHttpServer((request, response) => response.end(request.socket.remoteAddress)));
    const streams = new HttpStreams((await egressOf()).http);
    onTestFinished(() => streams.close());
    const get = (host: string, mayVisit = true): Promise<string> =>
      new Promise((resolve) => {
        let text = '';
        const request = {
          url: `http://${host}:${port}/`,
          userAgent: 'x',
          range: null,
          maxRedirects: 0,
          mayVisit: () => mayVisit,
        };
        streams.get(request, {
          onHead: () => true,
          onData: (chunk) => {
            text += Buffer.from(chunk).toString('latin1');
          },
          onEnd: () => resolve(text),
          onFailed: (error) => resolve(error.code),
        });
      });
    expect([await get('127.0.0.1'), await get('localhost')]).toEqual([OURS, OURS]);
    expect([await get('[::1]'), await get('localhost', false)]).toEqual(['unreachable', 'forbidden_address']);
  });

  test('the way to a proxy is', async () => {
    const proxy = await startSocks5Proxy();
    onTestFinished(() => proxy.close());
    const target = await listen(createServer((socket) => socket.end('hello')));
    const server = { kind: 'socks5h', host: '127.0.0.1', port: proxy.port, login: null } as const;
    const egress = await egressOf({ proxy: server });
    expect(egress.allowsDirect).toBe(false);
    const link = (await dial(egress, at('127.0.0.1', target))) as Link;
    onTestFinished(() => link.close());
    expect(link.local?.host).toBe(OURS);
  });
});

test('an interface that is not there is refused, and one that vanishes loses everything', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  await expect(createEgress({ interface: 'tap9' }, () => ({}))).rejects.toMatchObject({ code: 'interface_gone' });
  let interfaces: Record<string, { address: string }[]> = { tap0: [{ address: OURS }] };
  const egress = await createEgress({ interface: 'tap0' }, () => interfaces);
  vi.advanceTimersByTime(60_000);
  expect(egress.lost.aborted).toBe(false);
  interfaces = {};
  vi.advanceTimersByTime(1000);
  expect(egress.lost.reason).toMatchObject({ code: 'interface_gone', message: 'the network interface tap0 has gone' });
  expect(vi.getTimerCount()).toBe(0);
});
