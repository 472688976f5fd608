// The simplest HTTP tracker there is: whoever announces gets the same peers. For programs that take peers from nowhere else.

import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';

export interface StaticTracker {
  readonly url: string;
  /** The query strings of the announces so far, in order. */
  readonly announces: readonly string[];
}

interface StaticPeer {
  readonly host: string;
  readonly port: number;
  /** With one the answer is not compact. */
  readonly peerId?: Uint8Array;
}

function withIds(peers: readonly StaticPeer[]): Buffer {
  const entries = peers.map(({ host, port, peerId = new Uint8Array() }) =>
    Buffer.concat([
      Buffer.from(`d2:ip${host.length}:${host}7:peer id${peerId.length}:`),
      peerId,
      Buffer.from(`4:porti${port}ee`),
    ]),
  );
  return Buffer.concat([Buffer.from('d8:intervali1800e5:peersl'), ...entries, Buffer.from('ee')]);
}

/** Answers every announce with `peers` (IPv4, compact where none has an id). It ends with the running test. */
export async function startStaticTracker(peers: readonly StaticPeer[]): Promise<StaticTracker> {
  const compact = Buffer.from(
    peers.flatMap(({ host, port }) => [...host.split('.').map(Number), Math.floor(port / 256), port % 256]),
  );
  const plain = Buffer.concat([Buffer.from(`d8:intervali1800e5:peers${compact.length}:`), compact, Buffer.from('e')]);
  const body = peers.some(({ peerId }) => peerId !== undefined) ? withIds(peers) : plain;
  const announces: string[] = [];
  const server = createServer((request, response) => {
    announces.push(new URL(request.url ?? '/', 'http://tracker').search.slice(1));
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length, connection: 'close' });
    response.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the tracker has no port');
  return { url: `http://127.0.0.1:${address.port}/announce`, announces };
}
