// Ports: a taken one, any one, both address families.

import { afterEach, describe, expect, test } from 'vitest';
import { Listener } from '../../../src/net/listener.js';
import { PortTakenError } from '../../../src/net/port-taken-error.js';
import { TcpTransport } from '../../../src/net/tcp.js';
import { CONNECTION_LIMITS } from '../../support/connection-probe.js';
import { connect, loopback } from '../../support/link-probe.js';

const transport = new TcpTransport({ receiveBufferBytes: 1024 });
const open: Listener[] = [];

async function listen(port: number, host?: string): Promise<Listener> {
  const listener = await Listener.open(
    transport,
    { port, maxPendingIncoming: 5, limits: CONNECTION_LIMITS, ...(host === undefined ? {} : { host }) },
    { onIncoming: () => null, onFault: () => undefined },
  );
  open.push(listener);
  return listener;
}

afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

describe('Listener', () => {
  test('any port, IPv4 and IPv6', async () => {
    const { port } = await listen(0);
    expect(port).toBeGreaterThan(0);
    for (const host of ['127.0.0.1', '::1']) (await connect(transport, loopback(port, host))).close();
  });

  test('a port in use is PortTakenError with the port', async () => {
    const { port } = await listen(0);
    const error = await listen(port).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PortTakenError);
    expect(error).toMatchObject({ code: 'port_taken', detail: { port, errno: 'EADDRINUSE' } });
  });

  test('one address only', async () => {
    const { port } = await listen(0, '127.0.0.1');
    (await connect(transport, loopback(port))).close();
    await expect(connect(transport, loopback(port, '::1'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('hangs up on addresses of the filter, and counts them', async () => {
    const listener = await Listener.open(
      transport,
      { port: 0, maxPendingIncoming: 5, limits: CONNECTION_LIMITS, filter: { blocks: ({ host }) => host === '127.0.0.1' } },
      { onIncoming: () => null, onFault: () => undefined },
    );
    open.push(listener);
    const blocked = await connect(transport, loopback(listener.port));
    await new Promise<void>((resolve) => {
      blocked.start({ onData: () => {}, onDrain: () => {}, onClose: () => resolve(), onFault: () => {} });
    });
    (await connect(transport, loopback(listener.port, '::1'))).close();
    expect(listener.blockedCount).toBe(1);
  });

  test('a closed listener refuses, and closes twice without harm', async () => {
    const listener = await listen(0);
    await listener.close();
    await listener.close();
    await expect(connect(transport, loopback(listener.port))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
