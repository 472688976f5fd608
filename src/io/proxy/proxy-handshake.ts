// What a client and a proxy say to each other before the connection is the target's: a machine without socket or clock, one for each kind
// of proxy. Bytes in, in pieces of any size; bytes out.

import type { ProxyError } from './proxy-error.js';

/** A numeric address or a name (letters, digits, dots, hyphens; at most 255 bytes): IPv6 without brackets. */
export interface ProxyTarget {
  readonly host: string;
  /** 1 … 65535. */
  readonly port: number;
}

export type HandshakeStep =
  /** More has to come; `send` is what the proxy is to hear now, perhaps nothing. */
  | { readonly type: 'more'; readonly send: Uint8Array }
  /**
   * The rest of the connection is the target's, beginning with `rest`. `bound`: where the proxy stands for us, for datagrams;
   * null where it says none (host 0.0.0.0 is its own address).
   */
  | { readonly type: 'done'; readonly rest: Uint8Array; readonly bound: { host: string; port: number } | null }
  | { readonly type: 'failed'; readonly error: ProxyError };

export interface ProxyHandshake {
  /** The first bytes that the proxy is to hear. Once. */
  start(): Uint8Array;
  /** Not after `done` or `failed`. Takes nothing from `bytes` but copies. Never throws. */
  receive(bytes: Uint8Array): HandshakeStep;
  /** The proxy lets us in: whatever fails from now on is the target's affair. */
  readonly isAccepted: boolean;
}
