// The way out for block bodies: verified bytes from memory or disk, through the upload limit, into the peer's connection.
// A block is settled when the connection has room for the next one: that is what keeps a peer that never reads from costing memory.
// Its bytes are lent by the store and go back when the connection has sent them.

import { StorageError } from '../model/error.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { PieceStore } from '../storage/piece-store.js';
import { CONFIG } from './config.js';
import type { PeerPort } from './peer-port.js';
import type { SessionLoop } from './session-loop.js';
import type { UploadGate } from './upload-gate.js';

export interface UploadPumpOptions {
  readonly loop: SessionLoop;
  readonly store: PieceStore;
  readonly gate: UploadGate;
  readonly portOf: (peer: PeerKey) => PeerPort | undefined;
  readonly onStorageError: (error: StorageError) => void;
}

/** Bytes of the store that a peer's connection, or the line of the gate, holds. */
interface LentBlock {
  readonly bytes: Uint8Array;
  /** The connection's `givenBytes` with it; null while it waits in the line. */
  givenAt: number | null;
}

export class UploadPump {
  readonly #options: UploadPumpOptions;
  /** In the order in which they leave. */
  readonly #lent = new Map<PeerKey, LentBlock[]>();
  #timer: NodeJS.Timeout | null = null;
  /** Lengths given to connections that were full then, in order. */
  readonly #unsettled = new Map<PeerKey, number[]>();

  constructor(options: UploadPumpOptions) {
    this.#options = options;
  }

  sendBlock(peer: PeerKey, piece: PieceIndex, begin: number, length: number): void {
    const { store, loop, onStorageError } = this.#options;
    const ready = store.peek(piece, begin, length);
    if (ready !== null) {
      this.#pass(peer, piece, begin, ready);
      return;
    }
    // A read takes memory: what has been sent meanwhile is free for it.
    this.#giveAllBack();
    store.read(piece, begin, length).then(
      (bytes) => this.#pass(peer, piece, begin, bytes),
      (error: unknown) => {
        loop.dispatch({ type: 'block-settled', peer, length, sent: false });
        if (error instanceof StorageError) onStorageError(error);
        else loop.crash(error);
      },
    );
  }

  /** The connection has room again. */
  onWritable(peer: PeerKey): void {
    const lengths = this.#unsettled.get(peer);
    if (lengths === undefined) return;
    this.#unsettled.delete(peer);
    for (const length of lengths) this.#options.loop.dispatch({ type: 'block-settled', peer, length, sent: true });
  }

  forget(peer: PeerKey): void {
    this.#unsettled.delete(peer);
    this.#options.gate.forget(peer);
    for (const { bytes } of this.#lent.get(peer) ?? []) this.#options.store.release(bytes);
    this.#lent.delete(peer);
  }

  #pass(peer: PeerKey, piece: PieceIndex, begin: number, bytes: Uint8Array): void {
    const { gate, store, portOf } = this.#options;
    if (portOf(peer) === undefined) {
      // It left while the disk was read: nothing waits for it.
      store.release(bytes);
      return;
    }
    const block: LentBlock = { bytes, givenAt: null };
    const lent = this.#lent.get(peer);
    if (lent === undefined) {
      this.#lent.set(peer, [block]);
    } else {
      lent.push(block);
      if (lent.length % CONFIG.storage.lentBlocks === 0) this.#giveBack(peer);
    }
    this.#armTimer();
    gate.pass(peer, bytes.length, () => this.#deliver(peer, piece, begin, block));
  }

  #deliver(peer: PeerKey, piece: PieceIndex, begin: number, block: LentBlock): void {
    const { loop, portOf } = this.#options;
    const port = portOf(peer);
    if (port === undefined) return;
    const { length } = block.bytes;
    port.sendBlock(piece, begin, block.bytes);
    block.givenAt = port.givenBytes;
    if (port.isWritable) {
      loop.dispatch({ type: 'block-settled', peer, length, sent: true });
      return;
    }
    const lengths = this.#unsettled.get(peer);
    if (lengths === undefined) this.#unsettled.set(peer, [length]);
    else lengths.push(length);
  }

  #armTimer(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#giveAllBack();
      if (this.#lent.size > 0) this.#armTimer();
    }, CONFIG.storage.giveBackMs);
    this.#timer.unref();
  }

  #giveAllBack(): void {
    for (const peer of this.#lent.keys()) this.#giveBack(peer);
  }

  /** What the peer's connection has sent is lent no longer. */
  #giveBack(peer: PeerKey): void {
    const { store, portOf } = this.#options;
    const port = portOf(peer);
    const lent = this.#lent.get(peer);
    if (port === undefined || lent === undefined) return;
    const leftBytes = port.givenBytes - port.unsentBytes;
    let count = 0;
    for (const { bytes, givenAt } of lent) {
      if (givenAt === null || givenAt > leftBytes) break;
      store.release(bytes);
      count++;
    }
    if (count === lent.length) this.#lent.delete(peer);
    else lent.splice(0, count);
  }
}
