// A network inside the process, for tests and the simulator's neighbours: same contract as TCP, deterministic, with
// chunking of choice. Nothing here opens a socket.

import { createAddress, type Address } from '../model/address.js';
import { MemoryLink, type MemoryMedium } from './memory-link.js';
import type { ConnectHandler, Link, LinkServer, ListenOptions, PendingConnect, Transport } from './transport.js';

export interface MemoryTransportOptions {
  /** Bytes of one delivery for so many available; all of them by default. */
  readonly nextChunk?: (available: number) => number;
  /** Runs tasks later and in order; `setImmediate` by default. */
  readonly schedule?: (task: () => void) => void;
  readonly receiveBufferBytes?: number;
  /** Of the dialling ends; 127.0.0.1 by default. */
  readonly host?: string;
}

const FIRST_FREE_PORT = 49_152;
const RECEIVE_BUFFER_BYTES = 64 * 1024;

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

export class MemoryTransport implements Transport {
  readonly #medium: MemoryMedium;
  readonly #host: string;
  readonly #servers = new Map<number, (link: Link) => void>();
  #nextPort = FIRST_FREE_PORT;

  constructor(options: MemoryTransportOptions = {}) {
    this.#host = options.host ?? '127.0.0.1';
    this.#medium = {
      nextChunk: options.nextChunk ?? ((available) => available),
      schedule: options.schedule ?? ((task) => void setImmediate(task)),
      buffer: new Uint8Array(options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES),
    };
  }

  connect(address: Address, handler: ConnectHandler): PendingConnect {
    let isCancelled = false;
    this.#medium.schedule(() => {
      if (isCancelled) return;
      const onLink = this.#servers.get(address.port);
      if (onLink === undefined) {
        handler.onFailed(systemError('ECONNREFUSED'));
        return;
      }
      const local = createAddress(this.#host, this.#freePort()) as Address;
      const [near, far] = MemoryLink.pair(local, address, this.#medium);
      onLink(far);
      handler.onOpen(near);
    });
    return {
      cancel: () => {
        isCancelled = true;
      },
    };
  }

  listen(options: ListenOptions, onLink: (link: Link) => void): Promise<LinkServer> {
    const port = options.port === 0 ? this.#freePort() : options.port;
    if (this.#servers.has(port)) return Promise.reject(systemError('EADDRINUSE'));
    this.#servers.set(port, onLink);
    return Promise.resolve({
      port,
      close: () => {
        this.#servers.delete(port);
        return Promise.resolve();
      },
    });
  }

  #freePort(): number {
    while (this.#servers.has(this.#nextPort)) this.#nextPort++;
    return this.#nextPort++;
  }
}
