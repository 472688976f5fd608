// Datagrams over IPv4 and IPv6 behind one door: a socket of each family, bound when first sent from, or when it is told to listen. Node's
// module is loaded then, too: most runs need none. What arrives is a copy in plain bytes from a canonical address.

import type { Socket } from 'node:dgram';
import { createAddress, type Address } from '../model/address.js';
import { EffusionError } from '../model/error.js';
import type { LocalAddress } from './interface-binding.js';

export type UdpErrorCode =
  /** No way to that address from here, or no such family. */
  | 'unreachable'
  /** The proxy does not carry it. */
  | 'proxy'
  | 'failed';

/** Why a datagram did not leave. That it was lost on its way nobody tells. */
export class UdpError extends EffusionError<{ systemCode: string }> {
  readonly code: UdpErrorCode;

  constructor(code: UdpErrorCode, message: string, detail: { systemCode: string }, options?: { cause?: unknown }) {
    super(message, detail, options);
    this.code = code;
  }
}

const UNREACHABLE: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);

function toUdpError(cause: unknown): UdpError {
  const systemCode = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (UNREACHABLE.has(systemCode)) return new UdpError('unreachable', 'no route to this address', { systemCode }, { cause });
  return new UdpError('failed', 'the datagram could not be sent', { systemCode }, { cause });
}

/** Must not throw. */
export type DatagramListener = (from: Address, bytes: Uint8Array) => void;

export interface UdpSocketOptions {
  /** 0 or undefined: any free one. Where it is taken: any free one, too. */
  readonly port?: number;
  /** Numeric; without it every address. The other family has no socket then. */
  readonly host?: string;
  /** Of the interface that it is bound to. */
  readonly localAddress?: LocalAddress;
}

export class UdpSocket {
  readonly #options: UdpSocketOptions;
  readonly #onDatagram: DatagramListener;
  readonly #sockets = new Map<Address['family'], Promise<Socket>>();
  #isClosed = false;

  /** `onDatagram` hears everything that comes, from anybody, until `close`. */
  constructor(onDatagram: DatagramListener, options: UdpSocketOptions = {}) {
    this.#onDatagram = onDatagram;
    this.#options = options;
  }

  /** From now on datagrams of that family are heard, on the port that this resolves with; null where there is no such family here. */
  async listen(family: Address['family']): Promise<number | null> {
    try {
      const socket = await this.#socketOf(family);
      return this.#isClosed ? null : socket.address().port;
    } catch {
      return null;
    }
  }

  /** `onSettled` is called once, later: with null when the datagram left. Not after `close`. It must not throw. */
  send(to: Address, bytes: Uint8Array, onSettled: (error: UdpError | null) => void): void {
    void this.#transmit(to, bytes, (error) => {
      if (!this.#isClosed) onSettled(error === null ? null : toUdpError(error));
    });
  }

  /** Nothing is heard any more. Repeated calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const opening of this.#sockets.values()) {
      opening.then(
        (socket) => socket.close(),
        () => undefined,
      );
    }
    this.#sockets.clear();
  }

  async #transmit(to: Address, bytes: Uint8Array, settle: (error: unknown) => void): Promise<void> {
    try {
      const socket = await this.#socketOf(to.family);
      if (!this.#isClosed) socket.send(bytes, to.port, to.host, settle);
    } catch (error) {
      settle(error);
    }
  }

  #socketOf(family: Address['family']): Promise<Socket> {
    const known = this.#sockets.get(family);
    if (known !== undefined) return known;
    const opening = this.#open(family);
    this.#sockets.set(family, opening);
    // Descriptors may be scarce for a moment only: the next datagram tries again.
    opening.catch(() => this.#sockets.delete(family));
    return opening;
  }

  async #open(family: Address['family']): Promise<Socket> {
    const { port = 0, localAddress } = this.#options;
    const bound = localAddress?.(family);
    if (bound === null) throw Object.assign(new Error('no address of ours'), { code: 'EADDRNOTAVAIL' });
    const host = this.#options.host ?? bound;
    const own = host === undefined ? null : createAddress(host, 1);
    if (own !== null && own.family !== family) {
      throw Object.assign(new Error('the socket has an address of the other family'), { code: 'EAFNOSUPPORT' });
    }
    try {
      return await this.#bind(family, port, own?.host);
    } catch (error) {
      if (port === 0) throw error;
      return await this.#bind(family, 0, own?.host);
    }
  }

  async #bind(family: Address['family'], port: number, host: string | undefined): Promise<Socket> {
    const { createSocket } = await import('node:dgram');
    const socket = family === 4 ? createSocket('udp4') : createSocket({ type: 'udp6', ipv6Only: true });
    socket.on('message', (message, { address, port }) => {
      const from = createAddress(address, port);
      if (from !== null && !this.#isClosed) this.#onDatagram(from, new Uint8Array(message));
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ port, exclusive: true, ...(host === undefined ? {} : { address: host }) }, () => {
          socket.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      socket.close();
      throw error;
    }
    // An error of receiving (some systems report so that an earlier datagram found nobody) is no reason to stop.
    socket.on('error', () => undefined);
    // Whoever waits for an answer has a timer running, and that keeps the process.
    socket.unref();
    return socket;
  }
}
