// A piece too large for memory (64 MiB pieces exist): its blocks go to the .part file unverified, in runs of 256 KiB, and the
// piece is read back and hashed before it counts. Only a few runs are in memory at a time; a block that belongs to none
// of them is written by itself. The bytes on disk count for nothing until the piece store says so.

import { createSha1, sha1 } from '../hash/digest.js';
import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceBuffers } from './piece-buffers.js';
import type { BlockPlace, PieceSlots } from './piece-slots.js';
import type { Storage } from './storage.js';

export interface PieceRunsOptions {
  /** Bytes of the piece. */
  readonly length: number;
  /** Of the piece's first byte in the torrent. */
  readonly offset: number;
  readonly buffers: PieceBuffers;
  readonly storage: Storage;
  /** Bytes of a run: a multiple of the block length. */
  readonly runBytes: number;
  /** Runs in memory at a time, those being written included. */
  readonly maxRuns: number;
  /** Bytes read back and hashed in one turn. */
  readonly hashTurnBytes: number;
  /** A write failed; comes once. The piece is lost. */
  readonly onFailed: (error: unknown) => void;
}

interface Run {
  readonly buffer: Buffer;
  /** Blocks that are in. */
  filled: number;
}

export class PieceRuns implements PieceSlots {
  readonly #options: PieceRunsOptions;
  readonly #blocksPerRun: number;
  /** Runs that blocks come into, by number; runs being written are in #writing only. */
  readonly #runs = new Map<number, Run>();
  readonly #writing = new Set<Promise<void>>();
  /** Runs of which a block was written by itself: they can't fill up in memory, so the rest of them goes the same way. */
  readonly #lone = new Set<number>();
  #inMemory = 0;
  #hasFailed = false;

  constructor(options: PieceRunsOptions) {
    this.#options = options;
    this.#blocksPerRun = options.runBytes / BLOCK_LENGTH;
  }

  place(block: number, place: BlockPlace): boolean {
    const index = Math.floor(block / this.#blocksPerRun);
    let run = this.#runs.get(index);
    if (run === undefined) {
      if (this.#inMemory >= this.#options.maxRuns || this.#lone.has(index)) return false;
      run = { buffer: this.#options.buffers.take(this.#options.runBytes), filled: 0 };
      this.#inMemory++;
      this.#runs.set(index, run);
    }
    place.target = run.buffer;
    place.targetStart = (block % this.#blocksPerRun) * BLOCK_LENGTH;
    return true;
  }

  filled(block: number): void {
    const index = Math.floor(block / this.#blocksPerRun);
    const run = this.#runs.get(index);
    if (run === undefined) return;
    run.filled++;
    const start = index * this.#options.runBytes;
    const length = Math.min(this.#options.runBytes, this.#options.length - start);
    if (run.filled < Math.ceil(length / BLOCK_LENGTH)) return;
    this.#runs.delete(index);
    this.#start(this.#options.offset + start, run.buffer, length, run);
  }

  put(block: number, bytes: Buffer, length: number): boolean {
    const index = Math.floor(block / this.#blocksPerRun);
    const run = this.#runs.get(index);
    if (run !== undefined) {
      bytes.copy(run.buffer, (block % this.#blocksPerRun) * BLOCK_LENGTH, 0, length);
      this.filled(block);
      return false;
    }
    this.#lone.add(index);
    return this.#start(this.#options.offset + block * BLOCK_LENGTH, bytes, length, null);
  }

  async digest(): Promise<Uint8Array> {
    await this.#settle();
    const hash = createSha1();
    await this.#readBack((bytes) => hash.update(bytes));
    return hash.digest();
  }

  async blockDigests(): Promise<Uint8Array[]> {
    const digests: Uint8Array[] = [];
    await this.#readBack((bytes) => {
      for (let at = 0; at < bytes.length; at += BLOCK_LENGTH) digests.push(sha1(bytes.subarray(at, at + BLOCK_LENGTH)));
    });
    return digests;
  }

  write(): void {}

  free(): void | Promise<void> {
    for (const run of this.#runs.values()) this.#giveBack(run.buffer);
    this.#runs.clear();
    return this.#writing.size > 0 ? this.#settle() : undefined;
  }

  #giveBack(buffer: Buffer): void {
    this.#inMemory--;
    this.#options.buffers.give(buffer);
  }

  /** True where the write goes on and holds on to the bytes. */
  #start(offset: number, bytes: Buffer, length: number, run: Run | null): boolean {
    let pending: void | Promise<void>;
    try {
      pending = this.#options.storage.write(offset, bytes, 0, length);
    } catch (error) {
      if (run !== null) this.#giveBack(run.buffer);
      this.#fail(error);
      return false;
    }
    if (pending === undefined) {
      if (run !== null) this.#giveBack(run.buffer);
      return false;
    }
    const settled: Promise<void> = this.#await(pending, run).finally(() => {
      this.#writing.delete(settled);
    });
    this.#writing.add(settled);
    return true;
  }

  async #await(pending: Promise<void>, run: Run | null): Promise<void> {
    try {
      await pending;
    } catch (error) {
      this.#fail(error);
    }
    if (run !== null) this.#giveBack(run.buffer);
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFailed(error);
  }

  async #settle(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  async #readBack(take: (bytes: Buffer) => void): Promise<void> {
    const { storage, length, offset, hashTurnBytes, buffers } = this.#options;
    const buffer = buffers.take(hashTurnBytes);
    try {
      for (let at = 0; at < length; at += hashTurnBytes) {
        const step = Math.min(hashTurnBytes, length - at);
        await storage.read(offset + at, step, buffer, 0);
        take(step === buffer.length ? buffer : buffer.subarray(0, step));
      }
    } finally {
      buffers.give(buffer);
    }
  }
}
