// Datagrams to and from a multicast group, over every interface that we have: one socket that hears all of them, and one for
// each that is sent from, because a socket sends to one interface at a time. What can't be opened is left out: a machine
// without IPv6, or with an interface that takes no multicast, still has the rest.

import type { Socket } from 'node:dgram';
import { createAddress, type Address } from '../model/address.js';

export interface MulticastGroup {
  /** Numeric. */
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** What is said of an interface to join over it: an IPv4 address of it, or for IPv6 `::%` and its name or number. */
export type InterfaceName = string;

export interface MulticastOptions {
  readonly group: MulticastGroup;
  readonly interfaces: readonly InterfaceName[];
  /** Must not throw. A datagram may come once for each interface, our own too. */
  readonly onDatagram: (from: Address, bytes: Uint8Array) => void;
}

/** Routers that a datagram may pass: one network is what it is for. */
const TTL = 1;

export class MulticastSocket {
  readonly #group: MulticastGroup;
  readonly #senders: Socket[] = [];
  #receiver: Socket | null = null;
  #isClosed = false;

  private constructor(group: MulticastGroup) {
    this.#group = group;
  }

  /** Resolves when it hears what it can hear; with nothing to hear it is as good as closed. */
  static async open({ group, interfaces, onDatagram }: MulticastOptions): Promise<MulticastSocket> {
    const multicast = new MulticastSocket(group);
    const { createSocket } = await import('node:dgram');
    const options = group.family === 4 ? ({ type: 'udp4' } as const) : ({ type: 'udp6', ipv6Only: true } as const);
    // Several clients on one host hear the group on the same port.
    const receiver = createSocket({ ...options, reuseAddr: true });
    receiver.on('message', (message, { address, port }) => {
      // The zone of a link-local sender is how we name our interface, and no part of its address.
      const from = createAddress(address.replace(/%.*$/, ''), port);
      if (from !== null && !multicast.#isClosed) onDatagram(from, new Uint8Array(message));
    });
    multicast.#receiver = (await bound(receiver, group.port)) ? receiver : null;
    for (const name of interfaces) {
      if (multicast.#receiver === null || !succeeds(() => receiver.addMembership(group.host, name))) continue;
      const sender = createSocket(options);
      if (!(await bound(sender, 0))) continue;
      const isReady = succeeds(() => {
        sender.setMulticastInterface(name);
        sender.setMulticastTTL(TTL);
        sender.setMulticastLoopback(true);
      });
      if (isReady) multicast.#senders.push(sender);
      else sender.close();
    }
    return multicast;
  }

  /** Over every interface. What does not leave is nobody's loss. */
  send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    for (const sender of this.#senders) sender.send(bytes, this.#group.port, this.#group.host, () => undefined);
  }

  /** Interfaces that are sent over. */
  get interfaceCount(): number {
    return this.#senders.length;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of this.#senders) socket.close();
    this.#receiver?.close();
  }
}

function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

/** Whether it could be bound; closed where not. A socket that stays open holds no process. */
async function bound(socket: Socket, port: number): Promise<boolean> {
  const isBound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port, exclusive: false }, () => resolve(true));
  });
  if (!isBound) {
    socket.close();
    return false;
  }
  socket.on('error', () => undefined);
  socket.unref();
  return true;
}
