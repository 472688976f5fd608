// What every transport must do, TCP and the one in memory alike: the same tests over each.

import { afterEach, describe, expect, test } from 'vitest';
import { dial } from '../../src/net/dialer.js';
import { MemoryTransport } from '../../src/net/memory-transport.js';
import { TcpTransport } from '../../src/net/tcp.js';
import type { LinkServer, Transport } from '../../src/net/transport.js';
import { connect, linkPair, LinkProbe, loopback, type LinkPair } from '../support/link-probe.js';

const transports: [string, () => Transport][] = [
  ['tcp', () => new TcpTransport({ receiveBufferBytes: 64 * 1024 })],
  ['tcp with a tiny receive buffer', () => new TcpTransport({ receiveBufferBytes: 509 })],
  ['memory', () => new MemoryTransport()],
  ['memory in slices', () => new MemoryTransport({ nextChunk: (available) => (available * 7) % 1021 })],
];

const pattern = (length: number, seed = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255);

describe.each(transports)('%s', (_name, create) => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  async function pair(transport = create(), host?: string): Promise<LinkPair> {
    const made = await linkPair(transport, host);
    cleanups.push(
      () => made.near.close(),
      () => made.far.close(),
      () => made.server.close(),
    );
    return made;
  }

  test.each(['127.0.0.1', '::1'])('bytes go both ways, in order, over %s', async (host) => {
    const { near, far } = await pair(create(), host);
    const nearProbe = new LinkProbe();
    const farProbe = new LinkProbe();
    near.start(nearProbe);
    far.start(farProbe);
    near.write([pattern(5), pattern(300, 1)]);
    near.write([pattern(10, 2)]);
    far.write([pattern(40, 3)]);
    await farProbe.until(() => farProbe.receivedBytes === 315);
    await nearProbe.until(() => nearProbe.receivedBytes === 40);
    expect(farProbe.received).toEqual([...pattern(5), ...pattern(300, 1), ...pattern(10, 2)]);
    expect(nearProbe.received).toEqual([...pattern(40, 3)]);
  });

  test('the ends know each other', async () => {
    const { server, near, far } = await pair();
    expect(near.remote).toEqual(loopback(server.port));
    expect(far.remote).toEqual(near.local);
    expect(far.local).toEqual(near.remote);
  });

  test('nothing is lost that comes before start, nor before resume', async () => {
    const { near, far } = await pair();
    near.start(new LinkProbe());
    near.write([pattern(100)]);
    const probe = new LinkProbe();
    far.start(probe);
    far.pause();
    await new Promise((resolve) => setImmediate(resolve));
    expect(probe.receivedBytes).toBe(0);
    far.resume();
    await probe.until(() => probe.receivedBytes === 100);
    expect(probe.received).toEqual([...pattern(100)]);
  });

  test('a link can be paused by its own delivery', async () => {
    const { near, far } = await pair();
    near.start(new LinkProbe());
    const probe = new LinkProbe();
    probe.onEvent = () => {
      far.pause();
      setImmediate(() => far.resume());
    };
    far.start(probe);
    for (let i = 0; i < 20; i++) near.write([pattern(10, i)]);
    await probe.until(() => probe.receivedBytes === 200);
    expect(probe.received).toEqual(Array.from({ length: 20 }, (_, i) => [...pattern(10, i)]).flat());
  });

  test('unsent bytes are counted while the other end is paused, and their leaving is told', async () => {
    const { near, far } = await pair();
    const nearProbe = new LinkProbe();
    const farProbe = new LinkProbe();
    farProbe.keepsBytes = false;
    near.start(nearProbe);
    far.start(farProbe);
    far.pause();
    // More than the system's buffers hold.
    const block = new Uint8Array(1 << 20);
    const blocks = 16;
    for (let i = 0; i < blocks; i++) near.write([block]);
    expect(near.writableBytes).toBeGreaterThan(0);
    expect(nearProbe.drains).toBe(0);
    far.resume();
    await nearProbe.until(() => nearProbe.drains === 1);
    expect(near.writableBytes).toBe(0);
    await farProbe.until(() => farProbe.receivedBytes === blocks * block.length);
  });

  test('a close is told to the other end once, after all bytes, and not to the closing one', async () => {
    const { near, far } = await pair();
    const nearProbe = new LinkProbe();
    const farProbe = new LinkProbe();
    near.start(nearProbe);
    far.start(farProbe);
    near.write([pattern(50)]);
    await new Promise((resolve) => setImmediate(resolve));
    near.close();
    near.close();
    near.write([pattern(5)]);
    await farProbe.until(() => farProbe.closed !== null);
    expect(farProbe.closed).toEqual({ error: null });
    expect(farProbe.received).toEqual([...pattern(50)]);
    expect(nearProbe.closed).toBeNull();
    expect(near.writableBytes).toBe(0);
  });

  test('a close that came before start is told after it', async () => {
    const { near, far } = await pair();
    near.close();
    await new Promise((resolve) => setImmediate(resolve));
    const probe = new LinkProbe();
    far.start(probe);
    expect(probe.closed).toBeNull();
    await probe.until(() => probe.closed !== null);
  });

  test('a link that is closed within its own delivery hears no more', async () => {
    const { near, far } = await pair();
    const nearProbe = new LinkProbe();
    near.start(nearProbe);
    const probe = new LinkProbe();
    probe.onEvent = () => far.close();
    far.start(probe);
    near.write([pattern(4)]);
    near.write([pattern(200_000)]);
    await nearProbe.until(() => nearProbe.closed !== null);
    expect(probe.receivedBytes).toBeGreaterThan(0);
    expect(probe.receivedBytes).toBeLessThan(200_004);
    expect(probe.closed).toBeNull();
  });

  test('a port in use is refused, and free again after close', async () => {
    const transport = create();
    const server = await transport.listen({ port: 0 }, (link) => link.close());
    await expect(transport.listen({ port: server.port }, () => undefined)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
    const again: LinkServer = await transport.listen({ port: server.port }, (link) => link.close());
    expect(again.port).toBe(server.port);
    await again.close();
  });

  test('closing the server leaves its links alone, and does not wait for them', async () => {
    const { server, near, far } = await pair();
    const probe = new LinkProbe();
    far.start(probe);
    near.start(new LinkProbe());
    await server.close();
    near.write([pattern(9)]);
    await probe.until(() => probe.receivedBytes === 9);
  });

  test('nobody listens: refused', async () => {
    const transport = create();
    const server = await transport.listen({ port: 0 }, () => undefined);
    await server.close();
    await expect(connect(transport, loopback(server.port))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const outcome = await dial(transport, loopback(server.port), { timeoutMs: 20_000 });
    expect(outcome).toMatchObject({ ok: false, reason: 'refused' });
  });

  test('dial gives a link; an aborted dial gives none', async () => {
    const transport = create();
    const server = await transport.listen({ port: 0 }, (link) => link.start(new LinkProbe()));
    cleanups.push(() => server.close());
    const outcome = await dial(transport, loopback(server.port), { timeoutMs: 20_000 });
    expect(outcome.ok).toBe(true);
    if (outcome.ok) outcome.link.close();

    const abort = new AbortController();
    const pending = dial(transport, loopback(server.port), { timeoutMs: 20_000, signal: abort.signal });
    abort.abort();
    expect(await pending).toEqual({ ok: false, reason: 'stopping', error: null });
    expect(await dial(transport, loopback(server.port), { timeoutMs: 20_000, signal: abort.signal })).toMatchObject({
      reason: 'stopping',
    });
  });
});
