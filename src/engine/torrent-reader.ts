// Reads the verified bytes of a torrent in order, as they come, without a folder: the pieces ahead of each reader are fetched, nearest first,
// held in memory and dropped when they are read. No more is fetched than the windows hold, so a reader that stops stops the download.
// A session gets it as its option `reader`; one that crashed and was started again with it goes on where its readers are.

import type { Metainfo } from '../metainfo/metainfo.js';
import { Bitfield } from '../model/bitfield.js';
import { type PieceIndex, toHex } from '../model/ids.js';
import { type PieceRange, windowAt } from '../session/piece-window.js';
import type { SessionEvent } from '../session/events.js';
import type { Storage } from '../storage/storage.js';
import { WindowStorage } from '../storage/window-storage.js';
import { CONFIG } from './config.js';
import { Deferred } from './deferred.js';
import { InvalidArgumentError, NotRunningError } from './session-error.js';

export interface ReadOptions {
  /** First byte of the file. Default 0. */
  readonly start?: number;
  /** The byte after the last one. Default: the file's length. */
  readonly end?: number;
  /** Ends the reading: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * A chunk is the caller's until he asks for the next one, and its memory is used again then: spares a fast reader a third of the work. The
   * last one before an end of any other kind is his for good. Default: all chunks are.
   */
  readonly isLent?: boolean;
}

type ReadingManner = Pick<ReadOptions, 'signal' | 'isLent'>;

/** Bytes of a file, by its index in `metainfo.files`, from `start` up to `end`. */
export interface FilePart {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** The session that works for it now. */
interface ReaderRun {
  readonly dispatch: (event: Extract<SessionEvent, { type: 'window-moved' }>) => void;
  /** The piece is verified. */
  readonly has: (piece: PieceIndex) => boolean;
}

/** A run of the torrent's bytes, files laid end to end. */
interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Somebody who reads. */
interface Cursor {
  readonly sequence: readonly PieceRange[];
  readonly isLent: boolean;
  /** The piece whose bytes are handed out. */
  at: number;
  /** Where its window was last said to begin. */
  saidAt: number;
  wake: (() => void) | null;
  /** Nobody reads there any more; what was fetched is kept until then. */
  leaving: NodeJS.Timeout | null;
}

export class TorrentReader {
  readonly #metainfo: Metainfo;
  readonly #windowBytes: number;
  readonly #lingerMs: number;
  /** The pieces that may ever be read; null: any. */
  readonly readable: Bitfield | null;
  /** These fit into the window together: what was read stays until the end. */
  readonly holdsAll: boolean;
  readonly #cursors = new Set<Cursor>();
  #storage: WindowStorage | null = null;
  #run: ReaderRun | null = null;
  #end: Error | null = null;
  #deliveredBytes = 0;
  readonly #closed = new Deferred<never>();

  /**
   * `windowBytes`: of all readers together. What is fetched ahead and held, two pieces for each reader at least. `lingerMs`: how long the window
   * of a reader that left stays: for readers that jump by coming again. `parts`: all that will be read; whoever has none of it is not waited
   * for, and where all of it fits into the window none of it is dropped and fetched again. Default: anything may be.
   */
  constructor(
    metainfo: Metainfo,
    windowBytes: number = CONFIG.reading.windowBytes,
    lingerMs = 0,
    parts: readonly FilePart[] | null = null,
  ) {
    if (!(windowBytes > 0)) throw new InvalidArgumentError('windowBytes must be more than 0', { argument: 'windowBytes' });
    this.#metainfo = metainfo;
    this.#windowBytes = windowBytes;
    this.#lingerMs = lingerMs;
    this.readable = parts === null ? null : piecesOfParts(metainfo, parts);
    const { standardPieceLength } = metainfo.geometry;
    this.holdsAll = this.readable !== null && this.readable.count * standardPieceLength <= windowBytes;
    // Nobody need wait for it.
    this.#closed.promise.catch(() => undefined);
  }

  /** Bytes that all readers were given so far. */
  get deliveredBytes(): number {
    return this.#deliveredBytes;
  }

  /** Bytes that are held in memory now, pieces in flight not counted. */
  get heldBytes(): number {
    return this.#storage?.heldBytes ?? 0;
  }

  /** Readers that have begun and not ended. */
  get readerCount(): number {
    return [...this.#cursors].filter(({ leaving }) => leaving === null).length;
  }

  /**
   * The bytes of a file (its index in `metainfo.files`), from `start` up to `end`, in order and without a gap. The chunks are the caller's
   * to keep, unless he said that they are lent. Whoever stops in the middle ends the iteration (`break`, `return()`): then nothing more is fetched for it. Throws
   * InvalidArgumentError; rejects with the reason of `signal`, or with what `close` was given once the session has ended.
   */
  read(file: number, { start = 0, end, ...how }: ReadOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    const { offset, length } = this.#file(file);
    const stop = end ?? length;
    const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(stop) && start >= 0 && start <= stop && stop <= length;
    if (!isRange) throw new InvalidArgumentError(`start and end must lie in the file, 0 to ${length}`, { argument: 'start' });
    return this.#read([{ offset: offset + start, length: stop - start }], how);
  }

  /**
   * The same for whole files, one after the other in the order given: what follows in the torrent too is fetched ahead across their borders.
   */
  readFiles(files: readonly number[], how: ReadingManner = {}): AsyncGenerator<Uint8Array, void, void> {
    return this.#readRuns(ascending(files.map((file) => this.#file(file))), how);
  }

  /** No bytes follow: whoever waits, or reads on, is rejected with `error`. For the end of its session; the first call counts. */
  close(error?: Error): void {
    for (const cursor of this.#cursors) if (cursor.leaving !== null) clearTimeout(cursor.leaving);
    this.#end ??=
      error ??
      new NotRunningError('the session of this reader has ended', {
        infoHash: toHex(this.#metainfo.infoHash.v1 ?? new Uint8Array()),
      });
    this.#closed.reject(this.#end);
    this.#wakeAll();
  }

  /** Rejects with what `close` is given. */
  closed(): Promise<never> {
    return this.#closed.promise;
  }

  /** For the session: where it is to keep its bytes. */
  createStorage(): Storage {
    this.#storage = new WindowStorage(this.#metainfo.geometry, this.#windowBytes);
    return this.#storage;
  }

  /** For the session, when it begins. */
  attach(run: ReaderRun): void {
    this.#run = run;
    this.#publish();
  }

  /** For the session, when it ends; after a crash another may follow. */
  detach(): void {
    this.#run = null;
  }

  /** For the session: this piece is verified. */
  noteStored(piece: PieceIndex): void {
    for (const cursor of this.#cursors) if (cursor.at === piece) cursor.wake?.();
  }

  #file(file: number): ByteRange {
    const found = this.#metainfo.files.at(file);
    if (!Number.isSafeInteger(file) || file < 0 || found === undefined) {
      throw new InvalidArgumentError(`there is no file ${file} in the torrent`, { argument: 'file' });
    }
    return found;
  }

  /** A window goes forward only: a step back is a reading of its own. */
  async *#readRuns(runs: readonly (readonly ByteRange[])[], how: ReadingManner): AsyncGenerator<Uint8Array, void, void> {
    for (const run of runs) yield* this.#read(run, how);
  }

  async *#read(ranges: readonly ByteRange[], { signal, isLent = false }: ReadingManner): AsyncGenerator<Uint8Array, void, void> {
    const { geometry } = this.#metainfo;
    const filled = ranges.filter((range) => range.length > 0);
    if (filled.length === 0) return;
    const sequence = piecesOf(filled, geometry.standardPieceLength);
    const { first } = sequence[0];
    const cursor: Cursor = { sequence, isLent, at: first, saidAt: first, wake: null, leaving: null };
    const onAbort = (): void => cursor.wake?.();
    signal?.addEventListener('abort', onAbort);
    this.#succeed(cursor.at);
    this.#cursors.add(cursor);
    this.#publish();
    try {
      for (const { offset, length } of filled) {
        for (let done = 0; done < length;) {
          const piece = Math.floor((offset + done) / geometry.standardPieceLength) as PieceIndex;
          this.#goTo(cursor, piece);
          const bytes = await this.#piece(cursor, piece, signal);
          const begin = offset + done - geometry.pieceOffset(piece);
          const step = Math.min(bytes.length - begin, length - done, CONFIG.reading.chunkBytes);
          this.#deliveredBytes += step;
          yield bytes.subarray(begin, begin + step);
          done += step;
        }
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      // Whoever was ended in the middle may still be writing what he got of it.
      this.#storage?.keep(cursor.at as PieceIndex);
      this.#leave(cursor);
    }
  }

  #leave(cursor: Cursor): void {
    const lingering = [...this.#cursors].filter(({ leaving }) => leaving !== null);
    if (lingering.length >= CONFIG.reading.maxLingering) this.#forget(lingering[0]);
    if (this.#lingerMs > 0 && this.#end === null) {
      cursor.leaving = setTimeout(() => {
        this.#forget(cursor);
        this.#publish();
      }, this.#lingerMs).unref();
    } else {
      this.#forget(cursor);
    }
    this.#publish();
  }

  /** Whose window begins where another one stands takes it over. */
  #succeed(piece: number): void {
    const count = this.#windowPieces();
    for (const cursor of this.#cursors) {
      const ranges = cursor.leaving === null ? [] : windowAt(cursor.sequence, cursor.at, count);
      if (ranges.some(({ first, end }) => first <= piece && piece < end)) this.#forget(cursor);
    }
  }

  #forget(cursor: Cursor): void {
    if (cursor.leaving !== null) clearTimeout(cursor.leaving);
    this.#cursors.delete(cursor);
  }

  async #piece(cursor: Cursor, piece: PieceIndex, signal: AbortSignal | undefined): Promise<Uint8Array> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#end !== null) throw this.#end;
      const bytes = this.#run?.has(piece) === true ? this.#take(cursor, piece) : null;
      if (bytes !== null) return bytes;
      await new Promise<void>((resolve) => {
        cursor.wake = resolve;
      });
      cursor.wake = null;
    }
  }

  #take({ isLent }: Cursor, piece: PieceIndex): Uint8Array | null {
    if (this.#storage === null) return null;
    return isLent ? this.#storage.lend(piece) : this.#storage.view(piece);
  }

  /** The window follows in steps, so that a torrent of tiny pieces does not cost a move each. */
  #goTo(cursor: Cursor, piece: PieceIndex): void {
    if (cursor.at === piece) return;
    cursor.at = piece;
    if (piece - cursor.saidAt >= Math.max(1, Math.floor(this.#windowPieces() / CONFIG.reading.windowSteps))) this.#publish();
  }

  #windowPieces(): number {
    const { standardPieceLength } = this.#metainfo.geometry;
    const share = this.#windowBytes / Math.max(1, this.#cursors.size);
    return Math.max(CONFIG.reading.minWindowPieces, Math.floor(share / standardPieceLength));
  }

  #publish(): void {
    const count = this.#windowPieces();
    const readers: PieceRange[][] = [];
    for (const cursor of this.#cursors) {
      cursor.saidAt = cursor.at;
      readers.push(windowAt(cursor.sequence, cursor.at, count));
    }
    this.#run?.dispatch({ type: 'window-moved', readers });
  }

  #wakeAll(): void {
    for (const cursor of this.#cursors) cursor.wake?.();
  }
}

/** The ranges in their order, cut where one begins before the end of the one before it. */
function ascending(ranges: readonly ByteRange[]): ByteRange[][] {
  const runs: ByteRange[][] = [];
  let end = Number.POSITIVE_INFINITY;
  for (const range of ranges) {
    const last = runs.at(-1);
    if (last === undefined || range.offset < end) runs.push([range]);
    else last.push(range);
    end = range.offset + range.length;
  }
  return runs;
}

/** The pieces of ranges that ascend, each once. */
function piecesOf(ranges: readonly ByteRange[], pieceLength: number): PieceRange[] {
  const pieces: { first: number; end: number }[] = [];
  for (const { offset, length } of ranges) {
    const first = Math.floor(offset / pieceLength);
    const end = Math.floor((offset + length - 1) / pieceLength) + 1;
    const last = pieces.at(-1);
    if (last !== undefined && first <= last.end) last.end = Math.max(last.end, end);
    else pieces.push({ first, end });
  }
  return pieces;
}

function piecesOfParts({ files, geometry }: Metainfo, parts: readonly FilePart[]): Bitfield {
  const pieces = new Bitfield(geometry.pieceCount);
  for (const { index, start, end } of parts) {
    const { offset } = files[index];
    const ranges = start < end ? piecesOf([{ offset: offset + start, length: end - start }], geometry.standardPieceLength) : [];
    for (const range of ranges) for (let piece = range.first; piece < range.end; piece++) pieces.set(piece as PieceIndex);
  }
  return pieces;
}
