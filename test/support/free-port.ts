// A port nobody listens on, for programs that must be told their port before they start.

import { createServer } from 'node:net';

/** Asks the system for a free TCP port of `host`. It is free again when this returns, so use it soon. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
