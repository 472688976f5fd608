// Links under test: connects them over any transport and writes down what their handlers hear. Received bytes are copied
// at once, as the contract wants.

import { createAddress, type Address } from '../../src/model/address.js';
import type { Link, LinkHandler, LinkServer, Transport } from '../../src/net/transport.js';

export function loopback(port: number, host = '127.0.0.1'): Address {
  const address = createAddress(host, port);
  if (address === null) throw new Error(`no address: ${host} ${port}`);
  return address;
}

export class LinkProbe implements LinkHandler {
  received: number[] = [];
  receivedBytes = 0;
  /** Switched off for large transfers. */
  keepsBytes = true;
  drains = 0;
  closed: { error: NodeJS.ErrnoException | null } | null = null;
  onEvent: () => void = () => undefined;
  #waiting: { test: () => boolean; resolve: () => void }[] = [];

  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  onData(chunk: Uint8Array, length: number): void {
    if (this.closed !== null) throw new Error('data after the end');
    this.receivedBytes += length;
    if (this.keepsBytes) for (let i = 0; i < length; i++) this.received.push(chunk[i]);
    this.#happened();
  }

  onDrain(): void {
    this.drains++;
    this.#happened();
  }

  onClose(error: NodeJS.ErrnoException | null): void {
    if (this.closed !== null) throw new Error('closed twice');
    this.closed = { error };
    this.#happened();
  }

  onFault(error: unknown): void {
    throw error;
  }

  #happened(): void {
    this.onEvent();
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      const holds = test();
      if (holds) resolve();
      return !holds;
    });
  }
}

export function connect(transport: Transport, address: Address): Promise<Link> {
  return new Promise((resolve, reject) => {
    transport.connect(address, { onOpen: resolve, onFailed: reject });
  });
}

export interface LinkPair {
  readonly server: LinkServer;
  /** Dialled. */
  readonly near: Link;
  /** Accepted. */
  readonly far: Link;
}

/** Two ends of one link, neither started. */
export async function linkPair(transport: Transport, host = '127.0.0.1'): Promise<LinkPair> {
  let onLink: (link: Link) => void = () => undefined;
  const accepted = new Promise<Link>((resolve) => {
    onLink = resolve;
  });
  const server = await transport.listen({ port: 0 }, (link) => onLink(link));
  const near = await connect(transport, loopback(server.port, host));
  return { server, near, far: await accepted };
}
