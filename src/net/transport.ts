// What carries bytes between two peers: TCP, an in-memory one for tests, later uTP and SOCKS. A peer connection knows
// these interfaces only. A link delivers into a buffer that it uses again, so `onData` must consume before it returns.

import type { Address } from '../model/address.js';

export interface LinkHandler {
  /** `chunk[0 … length)` has come. Valid, and ours to change, during this call only: the next read, of any link, overwrites it. */
  onData(chunk: Uint8Array, length: number): void;
  /** `writableBytes` is 0 again after a write that left some. */
  onDrain(): void;
  /** The link ended without `close()` of ours: null where the remote closed in order. The last call, made once. */
  onClose(error: NodeJS.ErrnoException | null): void;
  /** Instead of `onClose`, of links that look into what they carry: WireError where the remote is to blame, else an error of ours. */
  onFault(error: unknown): void;
}

export interface Link {
  readonly remote: Address;
  /** Null where the system doesn't say. */
  readonly local: Address | null;
  /** The remote has shown that it speaks Message Stream Encryption. */
  readonly isEncrypted: boolean;
  /** Bytes written that have not left this process. While it is more than 0 the link may still refer to what it was given. */
  readonly writableBytes: number;
  /** Delivery begins: nothing is read and no callback comes before. Called again, it puts another handler in the first one's place. */
  start(handler: LinkHandler): void;
  /** Sends all parts in one go, in order, without copying; the caller leaves them alone until `writableBytes` is 0. */
  write(parts: readonly Uint8Array[]): void;
  /** No more `onData` until `resume`. The remote is slowed down by its full window. */
  pause(): void;
  resume(): void;
  /** At once; unsent bytes are lost; no callback comes after it. Harmless when called again. */
  close(): void;
}

export interface LinkServer {
  readonly port: number;
  /** No more links; those handed out live on. */
  close(): Promise<void>;
}

export interface ConnectHandler {
  /** The link is not started yet. */
  onOpen(link: Link): void;
  onFailed(error: NodeJS.ErrnoException): void;
}

export interface PendingConnect {
  /** Neither callback comes any more. */
  cancel(): void;
}

export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Numeric address to listen on; without it every address, IPv6 and IPv4. */
  readonly host?: string;
}

export interface Transport {
  /** Exactly one of the callbacks comes, never before `connect` returns. There is no time limit here: see `Dialer`. */
  connect(address: Address, handler: ConnectHandler): PendingConnect;
  /** Rejects with the system's error (`EADDRINUSE`, …). `onLink` gets links that are not started. */
  listen(options: ListenOptions, onLink: (link: Link) => void): Promise<LinkServer>;
}
