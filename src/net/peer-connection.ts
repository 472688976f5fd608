// One peer's link from its first byte to its end: both handshakes (BEP 3), then messages. Small messages gather in one
// buffer that leaves as one write at the end of the turn (a microtask, so after each read callback); block bodies are
// never copied. Every entry from outside is guarded: a WireError ends this connection, anything else is our fault.

import type { Address } from '../model/address.js';
import { equalBytes, toHex, type PeerId } from '../model/ids.js';
import { atTurnEnd } from '../model/turn-end.js';
import type { BlockSink } from '../wire/block-sink.js';
import { encodeHandshake, intersectFeatures, type Handshake } from '../wire/handshake.js';
import { HandshakeReader } from '../wire/handshake-reader.js';
import { MessageDecoder, type DecoderLimits } from '../wire/message-decoder.js';
import type { Message } from '../wire/message.js';
import { WireError } from '../wire/wire-error.js';
import { closeFailure, type ConnectionFailure } from './connection-failure.js';
import { OutgoingBuffer } from './outgoing-buffer.js';
import type { Link } from './transport.js';

export interface ConnectionLimits extends DecoderLimits {
  /** From the start of the connection to both handshakes. */
  readonly handshakeTimeoutMs: number;
  /** Unsent bytes from which `isWritable` is false. */
  readonly maxWritableBytes: number;
  /** Unsent bytes at which a peer that reads nothing is given up: `send-failure`. */
  readonly maxUnsentBytes: number;
}

/** `Reason`: the owner's own words for closing, beside those of ConnectionFailure. */
export interface PeerConnectionHandler<Reason extends string = never> {
  /** Where block bodies go. */
  readonly sink: BlockSink;
  /** Both handshakes are done; `features` is what both have. The owner may `close` here. Messages may follow in the same turn. */
  onHandshake(handshake: Handshake): void;
  /** Everything but `piece`. */
  onMessage(message: Message): void;
  /** `isWritable` was false and is true again. */
  onWritable(): void;
  /** Once for every connection, also for a `close` of the owner's (then before it returns). Nothing comes after it. */
  onClosed(reason: Reason | ConnectionFailure, error: Error | null): void;
  /** An error that is not the peer's threw in one of these callbacks. The link is closed; `onClosed` doesn't come. */
  onFault(error: unknown): void;
}

/** Our side of a connection. */
export interface ConnectionSide<Reason extends string = never> {
  /** What we say; the peer's info hash must be this one's. */
  readonly local: Handshake;
  readonly handler: PeerConnectionHandler<Reason>;
  /** The id that a tracker promised: another one ends the connection. */
  readonly expectedPeerId?: PeerId;
}

/** Decides about an incoming connection once its info hash is known. */
export interface IncomingGate<Reason extends string = never> {
  /** Null: nobody here has that torrent. */
  route(infoHash: Uint8Array, connection: PeerConnection<Reason>): ConnectionSide<Reason> | null;
  /** It ended before it had an owner. */
  onUnrouted(reason: Reason | ConnectionFailure): void;
  onFault(error: unknown): void;
}

function wireFailure(error: WireError): ConnectionFailure {
  switch (error.code) {
    case 'malformed_handshake':
    case 'bad_encryption_handshake':
      return 'malformed-handshake';
    case 'unencrypted':
      return 'unencrypted';
    case 'info_hash_mismatch':
      return 'info-hash-mismatch';
    case 'peer_id_mismatch':
      return 'peer-id-mismatch';
    default:
      return 'protocol-error';
  }
}

export class PeerConnection<Reason extends string = never> {
  readonly isIncoming: boolean;
  readonly #link: Link;
  readonly #limits: ConnectionLimits;
  readonly #gate: IncomingGate<Reason> | null;
  readonly #outgoing = new OutgoingBuffer();
  #side: ConnectionSide<Reason> | null;
  #reader: HandshakeReader | null = new HandshakeReader();
  #decoder: MessageDecoder | null = null;
  #handshakeTimer: NodeJS.Timeout | null;
  #isClosed = false;
  #isFlushScheduled = false;
  /** `isWritable` may have been seen false; `onWritable` is owed. */
  #isFull = false;
  #bytesReceived = 0;
  #bytesSent = 0;

  private constructor(
    link: Link,
    limits: ConnectionLimits,
    side: ConnectionSide<Reason> | null,
    gate: IncomingGate<Reason> | null,
  ) {
    this.#link = link;
    this.#limits = limits;
    this.#side = side;
    this.#gate = gate;
    this.isIncoming = gate !== null;
    this.#handshakeTimer = setTimeout(() => {
      this.#enter(() => this.#end('handshake-timeout', null));
    }, limits.handshakeTimeoutMs);
    if (side !== null) {
      this.#outgoing.appendRaw(encodeHandshake(side.local));
      this.#flush();
    }
    link.start({
      onData: (chunk, length) => this.#receive(chunk, length),
      onDrain: () => this.#enter(() => this.#checkWritable()),
      onClose: (error) => this.#enter(() => this.#end(closeFailure(error, this.#decoder !== null), error)),
      onFault: (error) => this.#fail(error),
    });
  }

  /** Takes over a dialled link that was not started; our handshake leaves at once. */
  static dialled<Reason extends string = never>(
    link: Link,
    limits: ConnectionLimits,
    side: ConnectionSide<Reason>,
  ): PeerConnection<Reason> {
    return new PeerConnection<Reason>(link, limits, side, null);
  }

  /** Takes over an accepted link that was not started; we answer once `gate` has found the torrent. */
  static accepted<Reason extends string = never>(
    link: Link,
    limits: ConnectionLimits,
    gate: IncomingGate<Reason>,
  ): PeerConnection<Reason> {
    return new PeerConnection<Reason>(link, limits, null, gate);
  }

  get remote(): Address {
    return this.#link.remote;
  }

  get local(): Address | null {
    return this.#link.local;
  }

  /** The peer speaks Message Stream Encryption, whatever the two have chosen for what follows. */
  get isEncrypted(): boolean {
    return this.#link.isEncrypted;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Both handshakes are done. */
  get isHandshaken(): boolean {
    return this.#decoder !== null;
  }

  /** All bytes that came, handshake and heads included. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** All bytes given to the link, handshake and heads included. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** All bytes it was given to send, those of this turn included. */
  get givenBytes(): number {
    return this.#bytesSent + this.#outgoing.length;
  }

  /** Bytes of ours that have not left the process. */
  get unsentBytes(): number {
    return this.#outgoing.length + this.#link.writableBytes;
  }

  /** Whether more payload should be given to it; when not, `onWritable` tells the end of that. */
  get isWritable(): boolean {
    return this.unsentBytes < this.#limits.maxWritableBytes;
  }

  /** True while the body of a block that the sink accepted is being received. */
  get isInBlock(): boolean {
    return this.#decoder !== null && this.#decoder.isInBlock;
  }

  /** The rest of the block now being received is skipped: the sink hears no more of it. */
  skipBlock(): void {
    this.#decoder?.skipBlock();
  }

  /** Leaves at the end of this turn, after what was sent before it. Ignored after the end. */
  send(message: Message): void {
    if (this.#isClosed) return;
    this.#outgoing.append(message);
    this.#scheduleFlush();
  }

  /** A `piece` message. `block` is not copied: leave it alone until `unsentBytes` has been 0. */
  sendBlock(piece: number, begin: number, block: Uint8Array): void {
    if (this.#isClosed) return;
    this.#outgoing.appendBlock(piece, begin, block);
    this.#scheduleFlush();
  }

  /** Nothing is read until `resume`: the rate limiter's brake. What is in the current chunk still comes. */
  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  /** At once; what is unsent is lost. `onClosed(reason)` comes before this returns, unless it came already. */
  close(reason: Reason | ConnectionFailure): void {
    this.#end(reason, null);
  }

  #receive(chunk: Uint8Array, length: number): void {
    this.#bytesReceived += length;
    try {
      const at = this.#decoder === null ? this.#readHandshake(chunk, length) : 0;
      if (at < length && !this.#isClosed) this.#decoder?.push(chunk, at, length);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The position after the handshake's bytes. */
  #readHandshake(chunk: Uint8Array, length: number): number {
    const reader = this.#reader;
    if (reader === null) return length;
    const at = reader.push(chunk, 0, length);
    const { infoHash, handshake } = reader;
    if (infoHash === null) return at;
    if (this.#side === null) this.#route(infoHash);
    const side = this.#side;
    if (side === null || this.#isClosed) return at;
    if (!equalBytes(infoHash, side.local.infoHash)) {
      const detail = { expected: toHex(side.local.infoHash), actual: toHex(infoHash) };
      throw new WireError('info_hash_mismatch', 'the peer has another torrent', detail);
    }
    if (handshake !== null) this.#completeHandshake(handshake, side);
    return at;
  }

  #route(infoHash: Uint8Array): void {
    const side = this.#gate?.route(infoHash, this) ?? null;
    if (this.#isClosed) return;
    if (side === null) {
      this.#end('info-hash-mismatch', null);
      return;
    }
    this.#side = side;
    this.#outgoing.appendRaw(encodeHandshake(side.local));
    this.#scheduleFlush();
  }

  #completeHandshake(handshake: Handshake, side: ConnectionSide<Reason>): void {
    const { local, handler, expectedPeerId } = side;
    if (expectedPeerId !== undefined && !equalBytes(expectedPeerId, handshake.peerId)) {
      const detail = { expected: toHex(expectedPeerId), actual: toHex(handshake.peerId) };
      throw new WireError('peer_id_mismatch', 'another peer answered than the one that was expected', detail);
    }
    this.#clearTimer();
    this.#reader = null;
    this.#decoder = new MessageDecoder(this.#limits, handler.sink, (message) => handler.onMessage(message));
    handler.onHandshake({ ...handshake, features: intersectFeatures(local.features, handshake.features) });
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    atTurnEnd(this.#onTurnEnd);
  }

  readonly #onTurnEnd = (): void => {
    this.#isFlushScheduled = false;
    this.#enter(() => {
      this.#flush();
      this.#checkWritable();
    });
  };

  #flush(): void {
    const bytes = this.#outgoing.length;
    if (this.#isClosed || bytes === 0) return;
    if (!this.isWritable) this.#isFull = true;
    this.#bytesSent += bytes;
    this.#link.write(this.#outgoing.take());
    this.#outgoing.recycle(this.#link.writableBytes === 0);
    if (this.#link.writableBytes > this.#limits.maxUnsentBytes) this.#end('send-failure', null);
  }

  #checkWritable(): void {
    if (!this.#isFull || this.#isClosed || !this.isWritable) return;
    this.#isFull = false;
    this.#side?.handler.onWritable();
  }

  /** Runs what a timer, a microtask or the link asks for; what it throws is judged as in `#receive`. */
  #enter(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof WireError) {
      this.#enter(() => this.#end(wireFailure(error), error));
      return;
    }
    this.#release();
    const owner = this.#side?.handler ?? this.#gate;
    owner?.onFault(error);
  }

  #end(reason: Reason | ConnectionFailure, error: Error | null): void {
    if (this.#isClosed) return;
    this.#release();
    if (this.#side === null) this.#gate?.onUnrouted(reason);
    else this.#side.handler.onClosed(reason, error);
  }

  #release(): void {
    this.#isClosed = true;
    this.#clearTimer();
    this.#decoder?.stop();
    this.#link.close();
  }

  #clearTimer(): void {
    if (this.#handshakeTimer !== null) clearTimeout(this.#handshakeTimer);
    this.#handshakeTimer = null;
  }
}
