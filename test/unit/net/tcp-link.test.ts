// The fallback for sockets that could not be given the shared buffer, and what is particular to TCP.

import { createServer, Socket, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { socketAddress, TcpLink } from '../../../src/net/tcp-link.js';
import { TcpTransport } from '../../../src/net/tcp.js';
import { connect, LinkProbe, loopback } from '../../support/link-probe.js';

describe('TcpLink', () => {
  test("by 'data' events: the same bytes, nothing before start", async () => {
    const transport = new TcpTransport({ receiveBufferBytes: 1024 });
    const server = createServer({ pauseOnConnect: true });
    const accepted = new Promise<Socket>((resolve) => {
      server.on('connection', resolve);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const near = await connect(transport, loopback(port));
    near.start(new LinkProbe());
    near.write([Uint8Array.of(1, 2, 3)]);
    const far = new TcpLink(await accepted, loopback(port), true);
    const probe = new LinkProbe();
    far.start(probe);
    await probe.until(() => probe.receivedBytes === 3);
    expect(probe.received).toEqual([1, 2, 3]);
    far.pause();
    near.write([Uint8Array.of(4)]);
    near.close();
    await new Promise((resolve) => setImmediate(resolve));
    far.resume();
    await probe.until(() => probe.closed !== null);
    expect(probe.received).toEqual([1, 2, 3, 4]);
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  test('a peer that only closes its half is closed', async () => {
    const transport = new TcpTransport({ receiveBufferBytes: 1024 });
    const probe = new LinkProbe();
    const server = await transport.listen({ port: 0, host: '127.0.0.1' }, (link) => link.start(probe));
    const socket = new Socket({ allowHalfOpen: true });
    const isClosed = new Promise((resolve) => {
      socket.on('close', resolve);
    });
    socket.resume();
    socket.connect(server.port, '127.0.0.1', () => socket.write('x', () => socket.end()));
    await probe.until(() => probe.closed !== null);
    expect(probe.closed).toEqual({ error: null });
    await isClosed;
    await server.close();
  });

  test('a reset connection ends with its error', async () => {
    const transport = new TcpTransport({ receiveBufferBytes: 1024 });
    const probe = new LinkProbe();
    const server = await transport.listen({ port: 0, host: '127.0.0.1' }, (link) => link.start(probe));
    const socket = new Socket();
    socket.on('error', () => undefined);
    socket.connect(server.port, '127.0.0.1', () => socket.write('x'));
    await probe.until(() => probe.receivedBytes === 1);
    socket.resetAndDestroy();
    await probe.until(() => probe.closed !== null);
    expect(probe.closed?.error?.code).toBe('ECONNRESET');
    await server.close();
  });
});

test('addresses as Node names them', () => {
  expect(socketAddress('::ffff:10.0.0.1', 5)).toEqual({ host: '10.0.0.1', port: 5, family: 4 });
  expect(socketAddress('fe80::1%eth0', 5)).toEqual({ host: 'fe80::1', port: 5, family: 6 });
  expect(socketAddress(undefined, 5)).toBeNull();
});
