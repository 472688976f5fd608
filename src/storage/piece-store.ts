// From blocks to verified bytes on disk, for one torrent. Synchronous while blocks come in; then each piece is hashed,
// written and its files named, and one answer follows. Answers never come from inside a call, so that whoever makes the
// call is done with it first. Memory is lent by the process-wide PieceBuffers and goes back when the piece is closed.

import type { Metainfo } from '../metainfo/metainfo.js';
import { matchesPieceHash } from '../metainfo/piece-hashes.js';
import type { Bitfield } from '../model/bitfield.js';
import { invariant, StorageError } from '../model/error.js';
import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import { BlockLeases, type BlockOutcome } from './block-leases.js';
import { FileProgress } from './file-progress.js';
import { ArrivingPiece } from './arriving-piece.js';
import type { PieceBuffers } from './piece-buffers.js';
import type { PieceHasher } from './piece-hasher.js';
import { PieceMemory } from './piece-memory.js';
import { PieceRuns } from './piece-runs.js';
import { ReadAhead, type ReadAheadLimits } from './read-ahead.js';
import type { Storage } from './storage.js';
import { Turnstile } from './turnstile.js';

export interface PieceStoreLimits extends ReadAheadLimits {
  readonly maxWritesInFlight: number;
  /** Bytes hashed in one turn of the loop at most. */
  readonly hashTurnBytes: number;
  /** For pieces larger than half the budget: bytes written at once, and how many such runs a piece keeps in memory. */
  readonly runBytes: number;
  readonly maxRunsPerPiece: number;
}

/** When `store` answers with the SHA-1 of each block too: they cost as much as the piece's own hash. */
export type DigestWish = 'never' | 'on-mismatch' | 'always';

/** What became of `store`: exactly one of onStored, onMismatch and onFailed, unless the process is at fault. */
interface PieceStoreListener {
  /** Verified, written, and every file that it completes has its name. */
  onStored(piece: PieceIndex): void;
  /** A file has its name now: its last piece is the one that onStored comes for next. */
  onFile?(file: number): void;
  /** Wrong: nothing counts, the piece is closed. `blockDigests` (SHA-1 of each block) where `store` asked for them. */
  onMismatch(piece: PieceIndex, blockDigests: readonly Uint8Array[] | null): void;
  /** SHA-1 of each block of a right piece, just before onStored, where `store` asked. */
  onDigests(piece: PieceIndex, blockDigests: readonly Uint8Array[]): void;
  /** The disk failed; the piece is closed. May come for an active piece too (one that is written as it comes). */
  onFailed(error: StorageError): void;
  /** Something else was thrown: a bug of ours, to be treated as a crash of the session. */
  onCrash(error: unknown): void;
}

export interface PieceStoreOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry' | 'pieceHashes'>;
  readonly storage: Storage;
  readonly buffers: PieceBuffers;
  /** Hashes pieces beside the loop; without it the loop does it all. */
  readonly hasher?: PieceHasher;
  /** Pieces that make it whole; left out: all. Files that are not to be made are padding to `metainfo`. */
  readonly wanted?: Bitfield | null;
  /** Verified pieces at the start; copied. */
  readonly have: Bitfield;
  readonly limits: PieceStoreLimits;
  /** Blocks that are nothing but padding (BEP 47): zeros that nobody sends. Default: none. */
  readonly isPadding?: (piece: PieceIndex, block: number) => boolean;
  readonly listener: PieceStoreListener;
}

const ZEROS = Buffer.alloc(BLOCK_LENGTH);

export class PieceStore {
  readonly #options: PieceStoreOptions;
  readonly #have: Bitfield;
  readonly #progress: FileProgress;
  readonly #readAhead: ReadAhead;
  readonly #leases = new BlockLeases();
  readonly #pieces = new Map<PieceIndex, ArrivingPiece>();
  readonly #writes: Turnstile;
  readonly #tasks = new Set<Promise<void>>();
  /** Writes of pieces that were given up while they ran; the next try at the piece is hashed after them. */
  readonly #leftovers = new Map<PieceIndex, Promise<void>>();
  readonly #capacity: number;
  /** Wanted pieces that are not there. */
  #missing = 0;
  #isClosed = false;

  constructor(options: PieceStoreOptions) {
    const { files, geometry } = options.metainfo;
    this.#options = options;
    this.#have = options.have.clone();
    this.#progress = new FileProgress(files, geometry, this.#have);
    this.#readAhead = new ReadAhead(options.storage, geometry, options.limits);
    this.#writes = new Turnstile(options.limits.maxWritesInFlight);
    for (const piece of options.wanted ?? []) if (!this.#have.has(piece)) this.#missing++;
    if (options.wanted === undefined || options.wanted === null) this.#missing = geometry.pieceCount - this.#have.count;
    this.#capacity = Math.min(geometry.standardPieceLength, geometry.totalLength);
  }

  /** The pieces that are verified and written; live, not to be changed. */
  get have(): Bitfield {
    return this.#have;
  }

  /** Every piece that is wanted is there. */
  get isWhole(): boolean {
    return this.#missing === 0;
  }

  /** Pieces that are open, storing ones included. */
  get openCount(): number {
    return this.#pieces.size;
  }

  /** Bodies that are coming in and still wanted. */
  get leaseCount(): number {
    return this.#leases.activeCount;
  }

  /** What `close` waits for: pieces that are being hashed or written, and that which is just told to be there. */
  get storingCount(): number {
    return this.#tasks.size;
  }

  /** Some piece is being hashed or written, and will be told. */
  get isStoring(): boolean {
    for (const { state } of this.#pieces.values()) if (state === 'storing') return true;
    return false;
  }

  /**
   * Whether blocks of this piece may be asked for: it is open, or memory for it is set aside now. False while other pieces
   * have used up the budget; never while this torrent has none open.
   */
  open(piece: PieceIndex): boolean {
    if (this.#pieces.has(piece)) return true;
    if (this.#isClosed || this.#have.has(piece)) return false;
    const bytes = this.#reservation();
    if (!this.#options.buffers.reserve(bytes)) {
      if (this.#pieces.size > 0) return false;
      this.#options.buffers.forceReserve(bytes);
    }
    this.#create(piece, bytes);
    return true;
  }

  /**
   * A block's body follows. Opens the piece where that was not done, whatever the budget says. False where it is not wanted:
   * not a whole block, there already, being stored. Then neither `write` nor `end` must follow.
   */
  begin(source: PeerKey, piece: PieceIndex, begin: number, length: number): boolean {
    const block = this.#options.metainfo.geometry.validateBlock(piece, begin, length);
    if (block === null || this.#isClosed) return false;
    let open = this.#pieces.get(piece);
    if (open === undefined) {
      if (this.#have.has(piece)) return false;
      const bytes = this.#reservation();
      this.#options.buffers.forceReserve(bytes);
      open = this.#create(piece, bytes);
    }
    if (open.state !== 'active' || open.received[block] === 1) return false;
    this.#leases.begin(source, open, block, length);
    return true;
  }

  /** The next bytes of the body are chunk[from … to); they are copied. */
  write(source: PeerKey, chunk: Uint8Array, from: number, to: number): void {
    this.#leases.write(source, chunk, from, to);
  }

  /** The body is complete. */
  end(source: PeerKey): BlockOutcome {
    return this.#leases.end(source);
  }

  /** Whatever the source is sending is skipped. */
  revoke(source: PeerKey): void {
    this.#leases.revoke(source);
  }

  /** The block that begins there is skipped, if the source is sending it now. */
  revokeBlock(source: PeerKey, piece: PieceIndex, begin: number): void {
    const open = this.#pieces.get(piece);
    if (open !== undefined) this.#leases.revokeBlock(source, open, this.#blockAt(begin));
  }

  /** The source is gone. */
  dropSource(source: PeerKey): void {
    this.#leases.dropSource(source);
  }

  /** Every block of the piece is there: hash it, write it, and answer. */
  store(piece: PieceIndex, digests: DigestWish): void {
    const open = this.#pieces.get(piece);
    invariant(open !== undefined && open.state === 'active', 'only an active piece is stored', { piece });
    invariant(open.isWhole, 'a piece is stored when all its blocks are there', { piece, blocks: open.receivedCount });
    this.#leases.revokePiece(open);
    invariant(open.leases === 0, 'somebody writes into a piece that is stored', { piece, leases: open.leases });
    open.state = 'storing';
    this.#track(this.#run(open, digests));
  }

  /** Gives up an active piece and its blocks; one that is being stored goes on. */
  discard(piece: PieceIndex): void {
    const open = this.#pieces.get(piece);
    if (open !== undefined && open.state === 'active') this.#close(open);
  }

  /** A verified piece counts as missing again, and its bytes go where the storage can let them go. */
  forget(piece: PieceIndex): void {
    invariant(!this.#pieces.has(piece), 'a piece that is open is discarded, not forgotten', { piece });
    if (this.#have.clear(piece)) this.#options.storage.forget?.(piece);
  }

  /** The bytes where they are in memory already, as a view lent until `release`; else null: ask `read`. */
  peek(piece: PieceIndex, begin: number, length: number): Uint8Array | null {
    return this.#readAhead.peek(piece, begin, length);
  }

  /** Bytes of a piece that we have, as a view lent until `release` and not to be written to. Rejects with a StorageError. */
  async read(piece: PieceIndex, begin: number, length: number): Promise<Uint8Array> {
    invariant(this.#have.has(piece), 'only verified pieces are read', { piece });
    invariant(this.#options.metainfo.geometry.containsRange(piece, begin, length), 'the range is in the piece', {
      piece,
      begin,
      length,
    });
    return this.#readAhead.read(piece, begin, length);
  }

  /** Bytes that `peek` or `read` lent are given back: their memory may be written again. */
  release(bytes: Uint8Array): void {
    this.#readAhead.release(bytes);
  }

  /** Gives up what can be had again: idle buffers, read-ahead, descriptors. */
  releaseIdle(): void {
    this.#leases.trim();
    this.#readAhead.clear();
    this.#options.buffers.trim();
    this.#options.hasher?.rest();
    this.#options.storage.releaseIdle();
  }

  /** No blocks are taken any more; settles when every piece that was to be stored is. Then the storage is closed. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const open of this.#pieces.values()) if (open.state === 'active') this.#close(open);
    }
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    this.#readAhead.clear();
    this.#options.storage.close();
  }

  #create(piece: PieceIndex, reservedBytes: number): ArrivingPiece {
    const { metainfo, storage, buffers, hasher = null, limits } = this.#options;
    const { geometry } = metainfo;
    const length = geometry.pieceLength(piece);
    const offset = geometry.pieceOffset(piece);
    const received = new Uint8Array(geometry.blockCount(piece));
    const { hashTurnBytes, runBytes, maxRunsPerPiece: maxRuns } = limits;
    const onFailed = (error: unknown): void => this.#failEarly(open, error);
    const slots = this.#isLarge()
      ? new PieceRuns({ length, offset, buffers, storage, runBytes, maxRuns, hashTurnBytes, onFailed })
      : new PieceMemory({ length, capacity: this.#capacity, offset, buffers, storage, hasher, hashTurnBytes, received });
    const open = new ArrivingPiece(piece, length, received, slots, reservedBytes);
    this.#pieces.set(piece, open);
    this.#fillPadding(open);
    return open;
  }

  #fillPadding(open: ArrivingPiece): void {
    const { isPadding, metainfo } = this.#options;
    if (isPadding === undefined) return;
    for (let block = 0; block < open.blockCount; block++) {
      if (!isPadding(open.piece, block)) continue;
      open.slots.put(block, ZEROS, metainfo.geometry.blockLength(open.piece, block));
      open.markReceived(block);
    }
  }

  #close(open: ArrivingPiece): void {
    this.#leases.revokePiece(open);
    this.#pieces.delete(open.piece);
    const leftover = open.slots.free();
    this.#options.buffers.release(open.reservedBytes);
    // A large one is in the storage already, unverified: where that is memory, nobody would ever let it go.
    if (!this.#have.has(open.piece)) this.#options.storage.forget?.(open.piece);
    if (leftover === undefined) return;
    const settled: Promise<void> = leftover.finally(() => {
      if (this.#leftovers.get(open.piece) === settled) this.#leftovers.delete(open.piece);
    });
    this.#leftovers.set(open.piece, settled);
    this.#track(settled);
  }

  async #run(open: ArrivingPiece, wish: DigestWish): Promise<void> {
    const { listener } = this.#options;
    // The call that stores comes from the receive callback, which is to end first.
    await Promise.resolve();
    try {
      const answer = await this.#hashAndWrite(open, wish);
      this.#close(open);
      answer();
    } catch (error) {
      if (this.#pieces.get(open.piece) === open) this.#close(open);
      // A write that failed earlier is the reason, not what came of it.
      const cause = open.failure ?? error;
      if (cause instanceof StorageError) listener.onFailed(cause);
      else listener.onCrash(cause);
    }
  }

  async #hashAndWrite(open: ArrivingPiece, wish: DigestWish): Promise<() => void> {
    const { metainfo, listener } = this.#options;
    const { piece, slots } = open;
    const leftover = this.#leftovers.get(piece);
    if (leftover !== undefined) await leftover;
    if (open.failure !== null) throw open.failure;
    const hashed = slots.digest();
    const digest = hashed instanceof Promise ? await hashed : hashed;
    if (open.failure !== null) throw open.failure;
    const isRight = matchesPieceHash(metainfo.pieceHashes, piece, digest);
    const digests = wish === 'always' || (wish === 'on-mismatch' && !isRight) ? await slots.blockDigests() : null;
    if (!isRight) return () => listener.onMismatch(piece, digests);
    const turn = this.#writes.enter();
    if (turn !== undefined) await turn;
    try {
      const written = slots.write();
      if (written !== undefined) await written;
    } finally {
      this.#writes.leave();
    }
    if (this.#have.set(piece) && this.#isWanted(piece)) this.#missing--;
    await this.#finishFiles(piece);
    return () => {
      if (digests !== null) listener.onDigests(piece, digests);
      listener.onStored(piece);
    };
  }

  async #finishFiles(piece: PieceIndex): Promise<void> {
    const files = this.#progress.addPiece(piece);
    if (this.isWhole) files.push(...this.#progress.emptyFiles());
    for (const file of files) {
      const finished = this.#options.storage.finishFile(file);
      if (finished !== undefined) await finished;
      this.#options.listener.onFile?.(file);
    }
  }

  /** A piece that is written as it comes could not be written. */
  #failEarly(open: ArrivingPiece, cause: unknown): void {
    open.failure = cause;
    // While it is being stored, `#hashAndWrite` finds the failure; one that was given up is nobody's business any more.
    if (open.state !== 'active' || this.#pieces.get(open.piece) !== open) return;
    open.state = 'storing';
    this.#leases.revokePiece(open);
    this.#track(this.#run(open, 'never'));
  }

  #track(task: Promise<void>): void {
    const tracked: Promise<void> = task.finally(() => {
      this.#tasks.delete(tracked);
    });
    this.#tasks.add(tracked);
  }

  #isWanted(piece: PieceIndex): boolean {
    const { wanted = null } = this.#options;
    return wanted === null || wanted.has(piece);
  }

  #isLarge(): boolean {
    return this.#capacity > this.#options.buffers.budgetBytes / 2;
  }

  #reservation(): number {
    const { runBytes, maxRunsPerPiece } = this.#options.limits;
    return this.#isLarge() ? runBytes * maxRunsPerPiece : this.#capacity;
  }

  #blockAt(begin: number): number {
    return Math.floor(begin / BLOCK_LENGTH);
  }
}
