// A wire between two programs on which a test can count: it forwards every connection to one target and says when so many
// bytes have come back from it.

import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CountingProxy {
  readonly port: number;
  /** Bytes that the target sent, all connections together. */
  bytesFromTarget(): number;
  /** Resolves when `bytesFromTarget()` has reached `total`. */
  reached(total: number): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and forwards to `targetPort` there. It ends with the running test. */
export async function startCountingProxy(targetPort: number): Promise<CountingProxy> {
  let bytes = 0;
  const waiting = new Set<{ total: number; resolve: () => void }>();
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => (open.delete(socket), other.destroy()));
    }
    target.on('data', (data) => {
      bytes += data.length;
      for (const waiter of waiting) {
        if (bytes < waiter.total) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    });
    client.pipe(target);
    target.pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    bytesFromTarget: () => bytes,
    reached: (total) =>
      new Promise((resolve) => {
        if (bytes >= total) resolve();
        else waiting.add({ total, resolve });
      }),
  };
}
