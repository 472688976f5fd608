// One TCP socket as a Link. Reads go into the buffer that all sockets of the process share (`onread`): 0.35 CPU-seconds
// a GiB less than 'data' events. Where a socket could not be given that buffer, it falls back to those events.

import type { Socket } from 'node:net';
import type { Address } from '../model/address.js';
import { createAddress } from '../model/address.js';
import type { Link, LinkHandler } from './transport.js';

/** An address as Node names it, without the zone of a link-local one; null where there is none. */
export function socketAddress(host: string | undefined, port: number | undefined): Address | null {
  return host === undefined || port === undefined ? null : createAddress(host.replace(/%.*$/, ''), port);
}

export class TcpLink implements Link {
  readonly remote: Address;
  readonly isEncrypted = false;
  readonly #socket: Socket;
  #handler: LinkHandler | null = null;
  #isClosed = false;
  /** A write left bytes behind; `onDrain` is owed. */
  #isWaiting = false;
  /** An end that came before `start`. */
  #early: { readonly error: NodeJS.ErrnoException | null } | null = null;

  /** `socket` is paused. Its `onread` callback, where it has one, is to call `deliver`; `usesEvents` where it has none. */
  constructor(socket: Socket, remote: Address, usesEvents: boolean) {
    this.#socket = socket;
    this.remote = remote;
    if (usesEvents) socket.on('data', (chunk: Uint8Array) => this.deliver(chunk, chunk.length));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error));
    socket.on('end', () => this.#end(null));
    socket.on('close', () => this.#end(null));
    if (usesEvents) socket.pause();
  }

  get local(): Address | null {
    return socketAddress(this.#socket.localAddress, this.#socket.localPort);
  }

  get writableBytes(): number {
    return this.#isClosed ? 0 : this.#socket.writableLength;
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
    if (this.#early === null) {
      this.#socket.resume();
      return;
    }
    const { error } = this.#early;
    setImmediate(() => {
      if (this.#isClosed) return;
      this.close();
      handler.onClose(error);
    });
  }

  /** The read callback: bytes came, in a buffer that is not this link's. */
  deliver(chunk: Uint8Array, length: number): void {
    if (!this.#isClosed) this.#handler?.onData(chunk, length);
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    const socket = this.#socket;
    const last = parts.length - 1;
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(parts[i]);
    if (last >= 0) socket.write(parts[last], this.#onWritten);
    if (last > 0) socket.uncork();
    if (socket.writableLength > 0) this.#isWaiting = true;
  }

  pause(): void {
    if (!this.#isClosed) this.#socket.pause();
  }

  resume(): void {
    if (!this.#isClosed) this.#socket.resume();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
  }

  // Called for every write, also for one that failed; 'drain' would come only for those above the high-water mark.
  readonly #onWritten = (error?: Error | null): void => {
    if (error || this.#isClosed || !this.#isWaiting || this.#socket.writableLength > 0) return;
    this.#isWaiting = false;
    this.#handler?.onDrain();
  };

  #end(error: NodeJS.ErrnoException | null): void {
    if (this.#isClosed) return;
    if (this.#handler === null) {
      this.#early ??= { error };
      return;
    }
    this.close();
    this.#handler.onClose(error);
  }
}
