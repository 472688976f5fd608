// A peer connection handler that writes down what it hears and lets a test wait for it without a clock.

import type { BlockSink } from '../../src/wire/block-sink.js';
import type { Handshake, PeerFeatures } from '../../src/wire/handshake.js';
import type { Message } from '../../src/wire/message.js';
import type { ConnectionLimits, ConnectionSide, PeerConnection, PeerConnectionHandler } from '../../src/net/peer-connection.js';
import { WIRE_LIMITS } from './wire-recorder.js';

export const CONNECTION_LIMITS: ConnectionLimits = {
  ...WIRE_LIMITS,
  handshakeTimeoutMs: 20_000,
  maxWritableBytes: 1 << 20,
  maxUnsentBytes: 8 << 20,
};

export const INFO_HASH = new Uint8Array(20).fill(7);
const ALL_FEATURES: PeerFeatures = { fast: true, extended: true, dht: true };

export class ConnectionProbe implements PeerConnectionHandler<string>, BlockSink {
  readonly sink: BlockSink = this;
  readonly side: ConnectionSide<string>;
  connection: PeerConnection<string> | null = null;
  handshake: Handshake | null = null;
  readonly messages: Message[] = [];
  readonly faults: unknown[] = [];
  readonly blocks: { piece: number; begin: number; bytes: Uint8Array }[] = [];
  closed: { reason: string; error: Error | null } | null = null;
  writableCount = 0;
  react: (event: string) => void = () => undefined;
  #waiting: { test: () => boolean; resolve: () => void }[] = [];
  #filled = 0;

  constructor(name: string, side: Partial<ConnectionSide<string>> = {}, features: PeerFeatures = ALL_FEATURES) {
    const peerId = Uint8Array.from(name.padEnd(20, '-'), (c) => c.charCodeAt(0));
    this.side = { local: { infoHash: INFO_HASH, peerId, features }, handler: this, ...side };
  }

  /** Resolves when `test` holds, now or after one of the next events. */
  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  begin(piece: number, begin: number, length: number): boolean {
    this.blocks.push({ piece, begin, bytes: new Uint8Array(length) });
    this.#filled = 0;
    this.#happened('begin');
    return true;
  }

  write(chunk: Uint8Array, from: number, to: number): void {
    this.blocks.at(-1)?.bytes.set(chunk.subarray(from, to), this.#filled);
    this.#filled += to - from;
  }

  end(): void {
    this.#happened('end');
  }

  onHandshake(handshake: Handshake): void {
    this.handshake = handshake;
    this.#happened('handshake');
  }

  onMessage(message: Message): void {
    this.messages.push(message);
    this.#happened(message.type);
  }

  onWritable(): void {
    this.writableCount++;
    this.#happened('writable');
  }

  onClosed(reason: string, error: Error | null): void {
    if (this.closed !== null) throw new Error('closed twice');
    this.closed = { reason, error };
    this.#happened('closed');
  }

  onFault(error: unknown): void {
    this.faults.push(error);
    this.#happened('fault');
  }

  #happened(event: string): void {
    this.react(event);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ test, resolve }) => {
      const holds = test();
      if (holds) resolve();
      return !holds;
    });
  }
}
