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
  /** The same, and nothing more comes through on the connections of then: how soon whoever waits is heard makes no difference. */
  heldAt(total: number): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and forwards to `targetPort` there. It ends with the running test. */
export async function startCountingProxy(targetPort: number): Promise<CountingProxy> {
  let bytes = 0;
  const waiting = new Set<{ total: number; resolve: () => void }>();
  const targets = new Set<Socket>();
  const hold = (): void => {
    for (const target of targets) target.unpipe().pause();
  };
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
    targets.add(target);
    target.on('close', () => targets.delete(target));
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
  const reached = (total: number, then: () => void = () => {}): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        then();
        resolve();
      };
      if (bytes >= total) end();
      else waiting.add({ total, resolve: end });
    });
  return { port: address.port, bytesFromTarget: () => bytes, reached, heldAt: (total) => reached(total, hold) };
}
