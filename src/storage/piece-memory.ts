// A piece in one buffer: the usual case. Short pieces are hashed whole when they are complete, which costs least; long ones
// as their blocks come, behind a cursor over the contiguous prefix, so that the end of a piece is not a stall of the loop.
// Where a thread hashes, it does so with whole pieces of any length.

import { setImmediate } from 'node:timers/promises';
import { createSha1, type IncrementalDigest, sha1 } from '../hash/digest.js';
import { BLOCK_LENGTH } from '../model/geometry.js';
import { copyBytes } from './copy-bytes.js';
import type { PieceBuffers } from './piece-buffers.js';
import type { PieceHasher } from './piece-hasher.js';
import type { BlockPlace, PieceSlots } from './piece-slots.js';
import type { Storage } from './storage.js';

/** The cursor moves after this many blocks, by at most twice as many: it catches up after a gap without a stall. */
const CURSOR_BLOCKS = 8;

export interface PieceMemoryOptions {
  /** Bytes of the piece, and of its buffer, which may be larger: the last piece uses one of the common size. */
  readonly length: number;
  readonly capacity: number;
  /** Of the piece's first byte in the torrent. */
  readonly offset: number;
  readonly buffers: PieceBuffers;
  readonly storage: Storage;
  readonly hasher: PieceHasher | null;
  readonly hashTurnBytes: number;
  /** The piece's own record of what came. */
  readonly received: Uint8Array;
}

export class PieceMemory implements PieceSlots {
  readonly #options: PieceMemoryOptions;
  readonly #hash: IncrementalDigest | null;
  #buffer: Buffer | null = null;
  /** Blocks 0 … #prefix − 1 are there; bytes 0 … #hashed − 1 are hashed. */
  #prefix = 0;
  #hashed = 0;
  #sinceHash = 0;

  constructor(options: PieceMemoryOptions) {
    this.#options = options;
    this.#hash = options.length > options.hashTurnBytes ? createSha1() : null;
  }

  place(block: number, place: BlockPlace): boolean {
    place.target = this.#memory();
    place.targetStart = block * BLOCK_LENGTH;
    return true;
  }

  filled(_block: number): void {
    if (this.#hash === null || ++this.#sinceHash < CURSOR_BLOCKS) return;
    const { received, length, hasher } = this.#options;
    if (this.#hashed === 0 && hasher?.isRunning === true) return;
    while (this.#prefix < received.length && received[this.#prefix] === 1) this.#prefix++;
    const available = Math.min(this.#prefix * BLOCK_LENGTH, length) - this.#hashed;
    if (available < CURSOR_BLOCKS * BLOCK_LENGTH) return;
    this.#sinceHash = 0;
    this.#advance(this.#hash, Math.min(available, 2 * CURSOR_BLOCKS * BLOCK_LENGTH));
  }

  put(block: number, bytes: Buffer, length: number): boolean {
    copyBytes(bytes, 0, length, this.#memory(), block * BLOCK_LENGTH);
    this.filled(block);
    return false;
  }

  digest(): Uint8Array | Promise<Uint8Array> {
    const { hasher, length } = this.#options;
    const handed = this.#hashed === 0 ? hasher?.offer(this.#bytes(0, length), this.#hash !== null) : null;
    return handed === null || handed === undefined ? this.#digestHere() : this.#digestThere(handed);
  }

  async blockDigests(): Promise<Uint8Array[]> {
    const { length, hashTurnBytes } = this.#options;
    const digests: Uint8Array[] = [];
    for (let at = 0; at < length; at += BLOCK_LENGTH) {
      if (at > 0 && at % hashTurnBytes === 0) await setImmediate();
      digests.push(sha1(this.#bytes(at, Math.min(at + BLOCK_LENGTH, length))));
    }
    return digests;
  }

  write(): void | Promise<void> {
    return this.#options.storage.write(this.#options.offset, this.#memory(), 0, this.#options.length);
  }

  free(): void {
    if (this.#buffer !== null) this.#options.buffers.give(this.#buffer);
    this.#buffer = null;
  }

  async #digestThere(handed: Promise<Uint8Array | null>): Promise<Uint8Array> {
    return (await handed) ?? this.#digestHere();
  }

  #digestHere(): Uint8Array | Promise<Uint8Array> {
    return this.#hash === null ? sha1(this.#bytes(0, this.#options.length)) : this.#digestRest(this.#hash);
  }

  #memory(): Buffer {
    return (this.#buffer ??= this.#options.buffers.take(this.#options.capacity));
  }

  #bytes(from: number, to: number): Buffer {
    return this.#memory().subarray(from, to);
  }

  #advance(hash: IncrementalDigest, bytes: number): void {
    hash.update(this.#bytes(this.#hashed, this.#hashed + bytes));
    this.#hashed += bytes;
  }

  async #digestRest(hash: IncrementalDigest): Promise<Uint8Array> {
    const { length, hashTurnBytes } = this.#options;
    while (this.#hashed < length) {
      this.#advance(hash, Math.min(hashTurnBytes, length - this.#hashed));
      if (this.#hashed < length) await setImmediate();
    }
    return hash.digest();
  }
}
