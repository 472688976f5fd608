// Datagrams through a SOCKS5 proxy (RFC 1928, 7): an association, which lives as long as the connection that asked for it, and a socket that
// speaks with the proxy's relay and hears nobody else. Opened with the first datagram, and anew where the proxy ended it.

import type { Socket as UdpHandle } from 'node:dgram';
import { isIP, type Socket } from 'node:net';
import type { Address } from '../../model/address.js';
import type { Datagrams } from '../datagrams.js';
import { type DatagramListener, UdpError } from '../udp-socket.js';
import type { NameBook } from './name-book.js';
import { ProxyError } from './proxy-error.js';
import type { PendingTunnel, ProxyRoute } from './proxy-route.js';
import { decodeDatagram, encodeDatagram } from './socks5-messages.js';

interface Association {
  readonly control: Socket;
  readonly relay: UdpHandle;
}

export class Socks5Datagrams implements Datagrams {
  readonly #route: ProxyRoute;
  readonly #names: NameBook;
  readonly #onDatagram: DatagramListener;
  #opening: Promise<Association> | null = null;
  #pending: PendingTunnel | null = null;
  #isClosed = false;
  #ignored = 0;

  /** `onDatagram` hears what the relay passes on, from whomever the proxy says. */
  constructor(route: ProxyRoute, names: NameBook, onDatagram: DatagramListener) {
    this.#route = route;
    this.#names = names;
    this.#onDatagram = onDatagram;
  }

  /** Datagrams of the relay that were none of SOCKS5, or fragments. */
  get ignored(): number {
    return this.#ignored;
  }

  send(to: Address, bytes: Uint8Array, onSettled: (error: UdpError | null) => void): void {
    void this.#transmit(to, bytes, (error) => {
      if (!this.#isClosed) onSettled(error === null ? null : toUdpError(error));
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pending?.cancel();
    this.#opening?.then(end, () => undefined);
    this.#opening = null;
  }

  async #transmit(to: Address, bytes: Uint8Array, settle: (error: unknown) => void): Promise<void> {
    try {
      const target = this.#names.targetOf(to);
      if (target === null) throw new UdpError('unreachable', 'no name that the proxy could look up', { systemCode: '' });
      const { relay } = await this.#associate();
      if (!this.#isClosed) relay.send(encodeDatagram(target, bytes), settle);
    } catch (error) {
      settle(error);
    }
  }

  #associate(): Promise<Association> {
    if (this.#opening !== null) return this.#opening;
    const opening = this.#open();
    this.#opening = opening;
    // The next datagram tries again.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = null;
    });
    return opening;
  }

  async #open(): Promise<Association> {
    const { control, host, port } = await new Promise<{ control: Socket; host: string; port: number }>((resolve, reject) => {
      this.#pending = this.#route.associate({
        onOpen: (socket, bound) => {
          const proxyHost = socket.remoteAddress ?? '';
          // "Wherever you reach me" is what the unspecified address says.
          const relayHost = bound === null || bound.host === '0.0.0.0' || bound.host === '::' ? proxyHost : bound.host;
          if (bound !== null && bound.port > 0 && isIP(relayHost) !== 0) {
            resolve({ control: socket, host: relayHost, port: bound.port });
          } else {
            socket.destroy();
            reject(new UdpError('proxy', 'the proxy names no relay for datagrams', { systemCode: '' }));
          }
        },
        onFailed: reject,
      });
    });
    // What else comes on it means nothing; that it ends is what matters.
    control.on('error', () => undefined);
    control.resume();
    // Whoever waits for an answer has a timer running, and that keeps the process.
    control.unref();
    try {
      const relay = await this.#openRelay(host, port, control.localAddress);
      if (control.destroyed) {
        relay.close();
        throw new UdpError('proxy', 'the proxy ended the association', { systemCode: '' });
      }
      control.once('close', () => {
        // The proxy ended it: the next datagram asks for another.
        this.#opening = null;
        relay.close();
      });
      return { control, relay };
    } catch (error) {
      control.destroy();
      throw error;
    }
  }

  async #openRelay(host: string, port: number, localAddress: string | undefined): Promise<UdpHandle> {
    const { createSocket } = await import('node:dgram');
    const family = isIP(host);
    const relay = createSocket(family === 4 ? 'udp4' : 'udp6');
    // From where the proxy knows us: it may take datagrams of nobody else.
    const from = localAddress !== undefined && isIP(localAddress) === family ? { address: localAddress } : {};
    try {
      await new Promise<void>((resolve, reject) => {
        relay.once('error', reject);
        relay.bind({ port: 0, exclusive: true, ...from }, () => {
          // Connected: the system lets nobody but the relay through.
          relay.connect(port, host, () => {
            relay.off('error', reject);
            resolve();
          });
        });
      });
    } catch (error) {
      relay.close();
      throw error;
    }
    // Such as that nobody was there for an earlier datagram.
    relay.on('error', () => undefined);
    relay.on('message', (message) => {
      if (this.#isClosed) return;
      const datagram = decodeDatagram(new Uint8Array(message));
      if (datagram === null) this.#ignored++;
      else this.#onDatagram(datagram.from, datagram.payload);
    });
    relay.unref();
    return relay;
  }
}

function end({ control }: Association): void {
  control.destroy();
}

function toUdpError(cause: unknown): UdpError {
  if (cause instanceof UdpError) return cause;
  if (cause instanceof ProxyError) return new UdpError('proxy', cause.message, { systemCode: '' }, { cause });
  const systemCode = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return new UdpError('failed', 'the datagram could not be sent to the proxy', { systemCode }, { cause });
}
