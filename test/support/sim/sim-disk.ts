// The disk of a simulated session, with the rules of the piece store: a block's place has ONE writer, a second copy is collected
// apart and wins only if it is whole first, a piece is stored with nobody writing, hashing is quick and writing takes its time.

import { sha1 } from '../../../src/hash/digest.js';
import type { Bitfield } from '../../../src/model/bitfield.js';
import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import { equalBytes, type PeerKey, type PieceIndex } from '../../../src/model/ids.js';
import type { SessionEvent } from '../../../src/session/events.js';
import type { Content } from './content.js';
import { must } from './violation.js';
import type { World } from './world.js';

interface SimPiece {
  readonly bytes: Uint8Array;
  readonly received: boolean[];
  readonly writers: (PeerKey | null)[];
  readonly sources: (PeerKey | null)[];
  state: 'active' | 'storing';
}

export interface SimLease {
  readonly piece: PieceIndex;
  readonly block: number;
  readonly length: number;
  readonly mode: 'slot' | 'scratch';
}

export class SimDisk {
  readonly have: Bitfield;
  readonly bytes: Uint8Array;
  readonly leases = new Map<PeerKey, SimLease>();
  readonly #atStart: Bitfield;
  readonly #world: World;
  readonly #content: Content;
  readonly #pieces = new Map<PieceIndex, SimPiece>();
  readonly #onEvent: (event: SessionEvent) => void;
  readonly #onMismatch: (piece: PieceIndex, badSources: ReadonlySet<PeerKey>) => void;
  readonly #writeMs: number;

  constructor(
    world: World,
    content: Content,
    have: Bitfield,
    writeMs: number,
    onEvent: (event: SessionEvent) => void,
    onMismatch: (piece: PieceIndex, badSources: ReadonlySet<PeerKey>) => void,
  ) {
    this.#world = world;
    this.#content = content;
    this.have = have.clone();
    this.#atStart = have.clone();
    this.#writeMs = writeMs;
    this.#onEvent = onEvent;
    this.#onMismatch = onMismatch;
    this.bytes = new Uint8Array(content.geometry.totalLength);
    for (const piece of have) this.#write(piece, this.#truth(piece));
  }

  /** Every one of these pieces is there and right, null: all; and no others but those of the start. */
  isExact(wanted: Bitfield | null): boolean {
    if (wanted === null) return equalBytes(this.bytes, this.#content.bytes);
    const { geometry } = this.#content;
    return [...geometry.pieces()].every((piece) => {
      if (this.have.has(piece) !== (wanted.has(piece) || this.#atStart.has(piece))) return false;
      const from = geometry.pieceOffset(piece);
      return (
        !this.have.has(piece) || equalBytes(this.bytes.subarray(from, from + geometry.pieceLength(piece)), this.#truth(piece))
      );
    });
  }

  /** Blocks in memory of pieces that are not being stored. */
  *heldBlocks(): Generator<{ readonly piece: PieceIndex; readonly block: number }> {
    for (const [piece, { state, received, sources }] of this.#pieces) {
      if (state !== 'active') continue;
      for (let block = 0; block < received.length; block++)
        if (received[block] && sources[block] !== null) yield { piece, block };
    }
  }

  get storingCount(): number {
    let count = 0;
    for (const piece of this.#pieces.values()) if (piece.state === 'storing') count++;
    return count;
  }

  read(piece: PieceIndex, begin: number, length: number): Uint8Array {
    must(this.have.has(piece), 'only verified pieces are read', () => ({ piece }));
    must(this.#content.geometry.containsRange(piece, begin, length), 'a read stays in its piece', () => ({
      piece,
      begin,
      length,
    }));
    const from = this.#content.geometry.pieceOffset(piece) + begin;
    return this.bytes.subarray(from, from + length);
  }

  /** A body follows; false where it is not wanted. */
  begin(source: PeerKey, piece: PieceIndex, begin: number, length: number): boolean {
    const block = this.#content.geometry.validateBlock(piece, begin, length);
    if (block === null || this.have.has(piece)) return false;
    const open = this.#pieces.get(piece) ?? this.#create(piece);
    if (open.state !== 'active' || open.received[block]) return false;
    this.dropSource(source);
    const isFirst = open.writers[block] === null;
    if (isFirst) open.writers[block] = source;
    this.leases.set(source, { piece, block, length, mode: isFirst ? 'slot' : 'scratch' });
    return true;
  }

  /** The body is complete; false where it was thrown away. */
  end(source: PeerKey, bytes: Uint8Array): boolean {
    const lease = this.leases.get(source);
    if (lease === undefined) return false;
    const open = this.#pieces.get(lease.piece);
    must(open !== undefined && open.state === 'active', 'a body with a lease ends in an active piece', () => ({
      piece: lease.piece,
    }));
    const writer = open.writers[lease.block];
    if (lease.mode === 'slot') must(writer === source, 'a slot has one writer', () => ({ ...lease, writer, source }));
    else if (writer !== null) this.dropSource(writer);
    this.dropSource(source);
    if (open.received[lease.block]) return false;
    open.bytes.set(bytes, lease.block * BLOCK_LENGTH);
    open.received[lease.block] = true;
    open.sources[lease.block] = source;
    return true;
  }

  revokeBlock(source: PeerKey, piece: PieceIndex, begin: number): void {
    const lease = this.leases.get(source);
    if (lease?.piece === piece && lease.block * BLOCK_LENGTH === begin) this.dropSource(source);
  }

  dropSource(source: PeerKey): void {
    const lease = this.leases.get(source);
    if (lease === undefined) return;
    this.leases.delete(source);
    const open = this.#pieces.get(lease.piece);
    if (lease.mode === 'slot' && open?.writers[lease.block] === source) open.writers[lease.block] = null;
  }

  discard(piece: PieceIndex): void {
    const open = this.#pieces.get(piece);
    if (open === undefined) return;
    must(open.state === 'active', 'a piece that is being stored is not given up', () => ({ piece }));
    this.#close(piece);
  }

  /** A verified piece goes: whoever reads it now reads zeros. */
  forget(piece: PieceIndex): void {
    must(this.have.has(piece) && !this.#pieces.has(piece), 'what is forgotten was there', () => ({ piece }));
    this.have.clear(piece);
    this.#write(piece, new Uint8Array(this.#content.geometry.pieceLength(piece)));
  }

  /** Gives up everything that is not being stored: the session has ended. */
  discardActive(): void {
    for (const [piece, open] of this.#pieces) if (open.state === 'active') this.#close(piece);
  }

  store(piece: PieceIndex, digests: 'never' | 'on-mismatch' | 'always'): void {
    const open = this.#pieces.get(piece) ?? this.#create(piece);
    must(open.state === 'active', 'a piece is stored once', () => ({ piece }));
    must(
      open.received.every((isReceived) => isReceived),
      'a stored piece has all its blocks',
      () => ({ piece, received: open.received }),
    );
    for (const [source, lease] of this.leases) {
      must(lease.piece !== piece, 'nobody writes into a piece that is stored', () => ({ piece, source, block: lease.block }));
    }
    open.state = 'storing';
    this.#world.after(1, () => this.#verify(piece, open, digests));
  }

  #verify(piece: PieceIndex, open: SimPiece, digests: 'never' | 'on-mismatch' | 'always'): void {
    const isRight = equalBytes(sha1(open.bytes), this.#content.pieceHashes[piece]);
    const wantsDigests = digests === 'always' || (digests === 'on-mismatch' && !isRight);
    const blockDigests = wantsDigests ? open.received.map((_, block) => sha1(this.#block(open, block))) : null;
    if (!isRight) {
      this.#close(piece);
      this.#onMismatch(piece, this.#badSources(piece, open));
      this.#onEvent({ type: 'piece-mismatch', piece, blockDigests });
      return;
    }
    this.#world.after(this.#world.random.below(2 * this.#writeMs + 1), () => {
      this.#write(piece, open.bytes);
      if (blockDigests !== null) this.#onEvent({ type: 'piece-digests', piece, blockDigests });
      this.have.set(piece);
      this.#close(piece);
      this.#onEvent({ type: 'piece-stored', piece });
    });
  }

  #badSources(piece: PieceIndex, open: SimPiece): Set<PeerKey> {
    const bad = new Set<PeerKey>();
    const truth = this.#truth(piece);
    for (const [block, source] of open.sources.entries()) {
      const from = block * BLOCK_LENGTH;
      const isGood = equalBytes(this.#block(open, block), truth.subarray(from, from + BLOCK_LENGTH));
      if (source !== null && !isGood) bad.add(source);
    }
    return bad;
  }

  #block(open: SimPiece, block: number): Uint8Array {
    return open.bytes.subarray(block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH);
  }

  #create(piece: PieceIndex): SimPiece {
    const { geometry, isPadding } = this.#content;
    const blocks = Array.from({ length: geometry.blockCount(piece) }, (_, block) => block);
    const open: SimPiece = {
      bytes: new Uint8Array(geometry.pieceLength(piece)),
      received: blocks.map((block) => isPadding(piece, block)),
      writers: blocks.map(() => null),
      sources: blocks.map(() => null),
      state: 'active',
    };
    this.#pieces.set(piece, open);
    return open;
  }

  #close(piece: PieceIndex): void {
    this.#pieces.delete(piece);
    for (const [source, lease] of this.leases) if (lease.piece === piece) this.leases.delete(source);
  }

  #truth(piece: PieceIndex): Uint8Array {
    const { geometry, bytes } = this.#content;
    const from = geometry.pieceOffset(piece);
    return bytes.subarray(from, from + geometry.pieceLength(piece));
  }

  #write(piece: PieceIndex, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#content.geometry.pieceOffset(piece));
  }
}
