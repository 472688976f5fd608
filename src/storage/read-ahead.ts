// Verified bytes for uploads. Peers ask for a piece block by block, so the first block reads up to 1 MiB of it and the next
// ones find it in memory; whoever asks for the same bytes meanwhile waits for the same read. A window is never written
// again: the views given out stay right for as long as a socket holds on to them.

import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import type { Storage } from './storage.js';

export interface ReadAheadLimits {
  /** Bytes of one window at most. */
  readonly readAheadBytes: number;
  /** Bytes of all windows that are kept; one is always kept. */
  readonly readCacheBytes: number;
}

interface ReadWindow {
  readonly bytes: Buffer;
  isLoaded: boolean;
  readonly loaded: Promise<void>;
}

export class ReadAhead {
  readonly #storage: Storage;
  readonly #geometry: Geometry;
  readonly #limits: ReadAheadLimits;
  readonly #perPiece: number;
  /** Least recently used first. */
  readonly #windows = new Map<number, ReadWindow>();
  #bytes = 0;

  constructor(storage: Storage, geometry: Geometry, limits: ReadAheadLimits) {
    this.#storage = storage;
    this.#geometry = geometry;
    this.#limits = limits;
    this.#perPiece = Math.ceil(geometry.standardPieceLength / limits.readAheadBytes);
  }

  /** Bytes that are kept. */
  get cachedBytes(): number {
    return this.#bytes;
  }

  /** A view of the bytes where they are in memory, else null. */
  peek(piece: PieceIndex, begin: number, length: number): Uint8Array | null {
    const size = this.#limits.readAheadBytes;
    const at = Math.floor(begin / size);
    const key = piece * this.#perPiece + at;
    const window = this.#windows.get(key);
    if (window === undefined || !window.isLoaded) return null;
    const start = begin - at * size;
    if (start + length > window.bytes.length) return null;
    this.#windows.delete(key);
    this.#windows.set(key, window);
    return window.bytes.subarray(start, start + length);
  }

  /** A view of the bytes, or a copy where they lie across two windows. Rejects with a StorageError. */
  async read(piece: PieceIndex, begin: number, length: number): Promise<Uint8Array> {
    const size = this.#limits.readAheadBytes;
    const first = Math.floor(begin / size);
    const last = Math.floor((begin + length - 1) / size);
    const start = begin - first * size;
    const head = await this.#load(piece, first);
    if (first === last) return head.subarray(start, start + length);
    const joined = Buffer.allocUnsafeSlow(length);
    let done = head.copy(joined, 0, start);
    for (let at = first + 1; at <= last; at++) done += (await this.#load(piece, at)).copy(joined, done, 0, length - done);
    return joined;
  }

  clear(): void {
    this.#windows.clear();
    this.#bytes = 0;
  }

  async #load(piece: PieceIndex, at: number): Promise<Buffer> {
    const key = piece * this.#perPiece + at;
    const known = this.#windows.get(key);
    if (known !== undefined) {
      this.#windows.delete(key);
      this.#windows.set(key, known);
      if (!known.isLoaded) await known.loaded;
      return known.bytes;
    }
    const begin = at * this.#limits.readAheadBytes;
    const length = Math.min(this.#limits.readAheadBytes, this.#geometry.pieceLength(piece) - begin);
    this.#makeRoom(length);
    const bytes = Buffer.allocUnsafeSlow(length);
    const loaded = this.#storage.read(this.#geometry.pieceOffset(piece) + begin, length, bytes, 0);
    const window: ReadWindow = { bytes, isLoaded: false, loaded };
    this.#windows.set(key, window);
    this.#bytes += length;
    try {
      await loaded;
      window.isLoaded = true;
    } catch (error) {
      if (this.#windows.get(key) === window) this.#drop(key, window);
      throw error;
    }
    return bytes;
  }

  #makeRoom(length: number): void {
    for (const [key, window] of this.#windows) {
      if (this.#bytes + length <= this.#limits.readCacheBytes) return;
      this.#drop(key, window);
    }
  }

  #drop(key: number, window: ReadWindow): void {
    this.#windows.delete(key);
    this.#bytes -= window.bytes.length;
  }
}
