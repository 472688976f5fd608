// One connection of the faulty seeder: says what it has, unchokes, serves requests in the order they come, each of it unless
// a fault says otherwise. Written against net/ and wire/ only, so that tests of the session don't meet the session twice.

import { Bitfield } from '../model/bitfield.js';
import { BLOCK_LENGTH, type Geometry } from '../model/geometry.js';
import type { ConnectionSide, PeerConnection } from '../net/peer-connection.js';
import type { TokenBucket } from '../net/rate-limiter.js';
import type { Storage } from '../storage/storage.js';
import type { Handshake } from '../wire/handshake.js';
import type { BlockRange, Message } from '../wire/message.js';
import { isInShare, type SeederFaults } from './seeder-faults.js';

/** What its seeder has counted, over all connections. */
export interface SeederCounts {
  /** Handshakes that were completed. */
  peersMet: number;
  requests: number;
  blocks: number;
  payloadBytes: number;
  corruptBlocks: number;
  /** Requests that a lie, or being choked, left without a block. */
  refusals: number;
}

export interface FaultyConnectionOptions {
  readonly geometry: Geometry;
  readonly storage: Storage;
  readonly faults: SeederFaults;
  readonly counts: SeederCounts;
  /** Shared by all connections; its rate is set from the faults before each use. */
  readonly bucket: TokenBucket;
  readonly onClosed: (connection: FaultyConnection) => void;
  readonly onFault: (error: unknown) => void;
}

/** A leecher that asks for more than this at once is cut off. */
const MAX_QUEUE = 2000;
const MAX_BLOCK_LENGTH = 8 * BLOCK_LENGTH;

export class FaultyConnection {
  readonly #connection: PeerConnection;
  readonly #options: FaultyConnectionOptions;
  readonly #queue: BlockRange[] = [];
  #hasFast = false;
  #isChoking = true;
  #isServing = false;
  #blocks = 0;
  #payloadBytes = 0;
  /** Ends the current wait of the serving loop. */
  #wake: () => void = () => undefined;
  #timer: NodeJS.Timeout | null = null;

  constructor(connection: PeerConnection, options: FaultyConnectionOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** What the listener takes for this connection; `local` is what it says in its handshake. */
  side(local: Handshake): ConnectionSide {
    return {
      local,
      handler: {
        sink: { begin: () => false, write: () => undefined, end: () => undefined },
        onHandshake: ({ features }) => this.#greet(features.fast),
        onMessage: (message) => this.#handle(message),
        onWritable: () => this.#wake(),
        onClosed: () => {
          this.#release();
          this.#options.onClosed(this);
        },
        onFault: (error) => {
          this.#release();
          this.#options.onFault(error);
        },
      },
    };
  }

  close(): void {
    this.#connection.close('stopping');
  }

  #greet(hasFast: boolean): void {
    const { geometry, faults, counts } = this.#options;
    this.#hasFast = hasFast;
    counts.peersMet++;
    if (faults.isSilent === true) return;
    if (faults.sendsMalformedBitfield === true) {
      const bytes = new Uint8Array(Math.ceil(geometry.pieceCount / 8) + 1);
      this.#connection.send({ type: 'bitfield', bytes });
    } else if (hasFast) {
      this.#connection.send({ type: 'have-all' });
    } else {
      this.#connection.send({ type: 'bitfield', bytes: Bitfield.full(geometry.pieceCount).toBytes() });
    }
  }

  #handle(message: Message): void {
    const { faults, counts } = this.#options;
    if (faults.isSilent === true) return;
    switch (message.type) {
      case 'interested':
        if (faults.neverUnchokes === true || !this.#isChoking) return;
        this.#isChoking = false;
        this.#connection.send({ type: 'unchoke' });
        return;
      case 'request':
        counts.requests++;
        this.#enqueue(message);
        return;
      case 'cancel': {
        const at = this.#queue.findIndex((range) => range.piece === message.piece && range.begin === message.begin);
        if (at < 0) return;
        this.#queue.splice(at, 1);
        this.#refuse(message);
        return;
      }
      default:
    }
  }

  #enqueue(range: BlockRange): void {
    const { geometry, faults } = this.#options;
    const piece = geometry.validatePieceIndex(range.piece);
    const isLegal =
      piece !== null && range.length <= MAX_BLOCK_LENGTH && geometry.containsRange(piece, range.begin, range.length);
    if (!isLegal || this.#queue.length >= MAX_QUEUE) {
      this.#connection.close('protocol-error');
    } else if (this.#isChoking || isInShare(range.piece, faults.lyingShare ?? 0)) {
      this.#refuse(range);
    } else {
      this.#queue.push({ piece: range.piece, begin: range.begin, length: range.length });
      if (!this.#isServing) void this.#serve();
    }
  }

  #refuse({ piece, begin, length }: BlockRange): void {
    this.#options.counts.refusals++;
    if (this.#hasFast) this.#connection.send({ type: 'reject', piece, begin, length });
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        const { faults } = this.#options;
        // What is queued stays so for ever; a stall that is lifted goes on with the next request.
        if (faults.stallAfterBlocks !== undefined && this.#blocks >= faults.stallAfterBlocks) return;
        if (faults.dropAfterBytes !== undefined && this.#payloadBytes + next.length > faults.dropAfterBytes) {
          await this.#waitUntilSent();
          this.close();
          return;
        }
        // A cancel may have come meanwhile: then another one is first.
        if (!(await this.#waitForRate(next.length)) || this.#queue[0] !== next) continue;
        this.#queue.shift();
        await this.#send(next);
      }
    } catch (error) {
      this.close();
      this.#options.onFault(error);
    } finally {
      this.#isServing = false;
    }
  }

  async #send(range: BlockRange): Promise<void> {
    const { geometry, storage, faults, counts } = this.#options;
    const { piece, begin, length } = range;
    const index = geometry.validatePieceIndex(piece);
    if (index === null) return;
    const block = new Uint8Array(length);
    await storage.read(geometry.pieceOffset(index) + begin, length, block, 0);
    if (this.#connection.isClosed) return;
    if (isInShare(piece, faults.corruptShare ?? 0)) {
      block[0] ^= 0xff;
      counts.corruptBlocks++;
    }
    counts.blocks++;
    counts.payloadBytes += length;
    this.#blocks++;
    this.#payloadBytes += length;
    this.#connection.sendBlock(piece, begin, block);
    while (!this.#connection.isWritable && !this.#connection.isClosed) await this.#wait(null);
  }

  /** False where something changed meanwhile (a cancel, the end): look at the queue again. */
  async #waitForRate(bytes: number): Promise<boolean> {
    const { faults, bucket } = this.#options;
    const rate = faults.rateBytesPerSecond ?? Infinity;
    // A tenth of a second's worth at once, and never less than the largest block: else it would never be granted.
    bucket.setRate(rate, Math.max(rate / 10, MAX_BLOCK_LENGTH), performance.now());
    const waitMs = bucket.waitMs(bytes, performance.now());
    if (waitMs === 0) {
      bucket.take(bytes, performance.now());
      return true;
    }
    await this.#wait(waitMs);
    return false;
  }

  async #waitUntilSent(): Promise<void> {
    while (this.#connection.unsentBytes > 0 && !this.#connection.isClosed) await this.#wait(1);
  }

  /** Until something happens, or at most so long. */
  #wait(limitMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (this.#timer !== null) clearTimeout(this.#timer);
        this.#timer = null;
        this.#wake = () => undefined;
        resolve();
      };
      if (limitMs !== null) this.#timer = setTimeout(() => this.#wake(), limitMs);
    });
  }

  #release(): void {
    this.#queue.length = 0;
    this.#wake();
  }
}
