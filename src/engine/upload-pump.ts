// The way out for block bodies: verified bytes from memory or disk, through the upload limit, into the peer's connection.
// A block is settled when the connection has room for the next one: that is what keeps a peer that never reads from costing memory.

import { StorageError } from '../model/error.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { PieceStore } from '../storage/piece-store.js';
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

export class UploadPump {
  readonly #options: UploadPumpOptions;
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
  }

  #pass(peer: PeerKey, piece: PieceIndex, begin: number, bytes: Uint8Array): void {
    const { gate, portOf } = this.#options;
    // It may have left while the disk was read: then nothing waits for it.
    if (portOf(peer) !== undefined) gate.pass(peer, bytes.length, () => this.#deliver(peer, piece, begin, bytes));
  }

  #deliver(peer: PeerKey, piece: PieceIndex, begin: number, bytes: Uint8Array): void {
    const { loop, portOf } = this.#options;
    const port = portOf(peer);
    if (port === undefined) return;
    port.sendBlock(piece, begin, bytes);
    if (port.isWritable) {
      loop.dispatch({ type: 'block-settled', peer, length: bytes.length, sent: true });
      return;
    }
    const lengths = this.#unsettled.get(peer);
    if (lengths === undefined) this.#unsettled.set(peer, [bytes.length]);
    else lengths.push(bytes.length);
  }
}
