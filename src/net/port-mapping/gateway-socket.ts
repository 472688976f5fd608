// One UDP socket that speaks to the gateway and to nobody else: connected, so that the system drops what others send, tells our own
// address on the way there, and reports where nothing listens. Node's module is loaded when it is needed.

import type { Socket } from 'node:dgram';
import { createAddress, type Address } from '../../model/address.js';

export interface GatewaySocketHandler {
  onDatagram(bytes: Uint8Array): void;
  /** Nobody there, or no way; may come at any time. */
  onUnreachable(): void;
}

export class GatewaySocket {
  /** Ours, as the gateway sees it. */
  readonly localHost: string;
  readonly #socket: Socket;
  #isClosed = false;

  private constructor(socket: Socket, localHost: string) {
    this.#socket = socket;
    this.localHost = localHost;
  }

  /** Null where there is no way to the gateway. Never rejects. */
  static async open(gateway: Address, handler: GatewaySocketHandler): Promise<GatewaySocket | null> {
    const { createSocket } = await import('node:dgram');
    const socket = createSocket(gateway.family === 4 ? 'udp4' : 'udp6');
    try {
      await new Promise<void>((resolve, reject) => {
        // Not by the callback of `connect`: that is called with failures too.
        socket.once('error', reject);
        socket.once('connect', () => {
          socket.off('error', reject);
          resolve();
        });
        socket.connect(gateway.port, gateway.host);
      });
    } catch {
      socket.close();
      return null;
    }
    const local = createAddress(socket.address().address, 1);
    const opened = new GatewaySocket(socket, local?.host ?? '');
    socket.on('message', (bytes) => {
      if (!opened.#isClosed) handler.onDatagram(new Uint8Array(bytes));
    });
    socket.on('error', () => {
      if (!opened.#isClosed) handler.onUnreachable();
    });
    // Whoever waits for an answer has a timer running, and that keeps the process.
    socket.unref();
    return opened;
  }

  send(bytes: Uint8Array): void {
    // An error of sending is reported as one of the socket.
    if (!this.#isClosed) this.#socket.send(bytes);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}
