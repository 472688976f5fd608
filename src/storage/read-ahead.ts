// Verified bytes for uploads. Peers ask for a piece block by block, so the first block reads up to 1 MiB of it and the next
// ones find it in memory; whoever asks for the same bytes meanwhile waits for the same read. Bytes are lent: a window's memory is
// used again when it has left the cache and everything lent of it was given back. Fresh memory for each window cost a quarter of all CPU.

import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import type { Storage } from './storage.js';

export interface ReadAheadLimits {
  /** Bytes of one window at most. */
  readonly readAheadBytes: number;
  /** Bytes of all windows that are kept; one is always kept. */
  readonly readCacheBytes: number;
  /** Bytes of windows that may be lent at a time; beyond it a block is copied. */
  readonly maxLentBytes: number;
}

interface ReadWindow {
  /** As long as a window can be, whatever was read into it. */
  readonly memory: Buffer;
  readonly length: number;
  isLoaded: boolean;
  readonly loaded: Promise<void>;
  /** Views lent and readers waiting. */
  holders: number;
  isCached: boolean;
}

export class ReadAhead {
  readonly #storage: Storage;
  readonly #geometry: Geometry;
  readonly #limits: ReadAheadLimits;
  readonly #perPiece: number;
  /** Of each window's memory: no more than a piece, of which small torrents keep many. */
  readonly #memoryBytes: number;
  /** Least recently used first. */
  readonly #windows = new Map<number, ReadWindow>();
  /** Whose memory a lent view is. */
  readonly #held = new Map<ArrayBufferLike, ReadWindow>();
  /** One that is free: the last one used, so that it lies in the processor's cache. */
  #idle: Buffer | null = null;
  #bytes = 0;

  constructor(storage: Storage, geometry: Geometry, limits: ReadAheadLimits) {
    this.#storage = storage;
    this.#geometry = geometry;
    this.#limits = limits;
    this.#perPiece = Math.ceil(geometry.standardPieceLength / limits.readAheadBytes);
    this.#memoryBytes = Math.min(limits.readAheadBytes, geometry.standardPieceLength);
  }

  /** Bytes that are kept. */
  get cachedBytes(): number {
    return this.#bytes;
  }

  /** Windows whose memory somebody holds. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** A view of the bytes where they are in memory, to be given back by `release`; else null. */
  peek(piece: PieceIndex, begin: number, length: number): Uint8Array | null {
    const size = this.#limits.readAheadBytes;
    const at = Math.floor(begin / size);
    const key = piece * this.#perPiece + at;
    const window = this.#windows.get(key);
    if (window === undefined || !window.isLoaded) return null;
    const start = begin - at * size;
    if (start + length > window.length) return null;
    this.#touch(key, window);
    this.#hold(window);
    return window.memory.subarray(start, start + length);
  }

  /**
   * A view of the bytes, to be given back by `release`, or a copy where they lie across two windows or too many are lent. Rejects with a
   * StorageError.
   */
  async read(piece: PieceIndex, begin: number, length: number): Promise<Uint8Array> {
    const size = this.#limits.readAheadBytes;
    const first = Math.floor(begin / size);
    const last = Math.floor((begin + length - 1) / size);
    const start = begin - first * size;
    const head = await this.#load(piece, first);
    if (first === last) {
      const view = head.memory.subarray(start, start + length);
      if (this.#held.size * this.#memoryBytes <= this.#limits.maxLentBytes) return view;
      const copy = Buffer.allocUnsafeSlow(length);
      view.copy(copy);
      this.#leave(head);
      return copy;
    }
    const joined = Buffer.allocUnsafeSlow(length);
    let done = head.memory.copy(joined, 0, start, head.length);
    this.#leave(head);
    for (let at = first + 1; at <= last; at++) {
      const next = await this.#load(piece, at);
      done += next.memory.copy(joined, done, 0, Math.min(next.length, length - done));
      this.#leave(next);
    }
    return joined;
  }

  /** Whoever was lent `bytes` has no use for them any more, and nobody he gave them to. */
  release(bytes: Uint8Array): void {
    const window = this.#held.get(bytes.buffer);
    if (window !== undefined) this.#leave(window);
  }

  clear(): void {
    for (const [key, window] of this.#windows) this.#drop(key, window);
    this.#idle = null;
  }

  /** The window, held. */
  async #load(piece: PieceIndex, at: number): Promise<ReadWindow> {
    const key = piece * this.#perPiece + at;
    const window = this.#windows.get(key) ?? this.#begin(piece, at, key);
    this.#touch(key, window);
    this.#hold(window);
    if (window.isLoaded) return window;
    try {
      await window.loaded;
      window.isLoaded = true;
      return window;
    } catch (error) {
      if (this.#windows.get(key) === window) this.#drop(key, window);
      this.#leave(window);
      throw error;
    }
  }

  #begin(piece: PieceIndex, at: number, key: number): ReadWindow {
    const size = this.#limits.readAheadBytes;
    const begin = at * size;
    const length = Math.min(size, this.#geometry.pieceLength(piece) - begin);
    this.#makeRoom(length);
    const memory = this.#idle ?? Buffer.allocUnsafeSlow(this.#memoryBytes);
    this.#idle = null;
    const loaded = this.#storage.read(this.#geometry.pieceOffset(piece) + begin, length, memory, 0);
    const window: ReadWindow = { memory, length, isLoaded: false, loaded, holders: 0, isCached: true };
    this.#windows.set(key, window);
    this.#bytes += length;
    return window;
  }

  #touch(key: number, window: ReadWindow): void {
    this.#windows.delete(key);
    this.#windows.set(key, window);
  }

  #hold(window: ReadWindow): void {
    if (window.holders++ === 0) this.#held.set(window.memory.buffer, window);
  }

  #leave(window: ReadWindow): void {
    if (--window.holders > 0) return;
    this.#held.delete(window.memory.buffer);
    if (!window.isCached) this.#idle = window.memory;
  }

  #makeRoom(length: number): void {
    for (const [key, window] of this.#windows) {
      if (this.#bytes + length <= this.#limits.readCacheBytes) return;
      this.#drop(key, window);
    }
  }

  #drop(key: number, window: ReadWindow): void {
    this.#windows.delete(key);
    this.#bytes -= window.length;
    window.isCached = false;
    if (window.holders === 0) this.#idle = window.memory;
  }
}
