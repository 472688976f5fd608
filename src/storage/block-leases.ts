// Who may write where, while blocks come in. A block's place has ONE writer; a second copy of the block (endgame, or asked
// of another peer) is collected in its source's own 16 KiB and wins only if it is whole first. The bytes are copied once,
// and nothing is kept for a block.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PeerKey } from '../model/ids.js';
import { invariant } from '../model/error.js';
import type { BlockLease, ArrivingPiece } from './arriving-piece.js';
import { copyBytes } from './copy-bytes.js';

/** What became of a body: in its place, or thrown away (another copy was first, or the right was revoked). */
export type BlockOutcome = 'kept' | 'lost';

export class BlockLeases {
  readonly #leases = new Map<PeerKey, BlockLease>();

  /** Sources that are known, and how many of them are receiving a block that is still wanted. */
  get sourceCount(): number {
    return this.#leases.size;
  }

  get activeCount(): number {
    let count = 0;
    for (const lease of this.#leases.values()) if (lease.mode === 'slot' || lease.mode === 'scratch') count++;
    return count;
  }

  /** The block must be missing from the active piece. A body of this source that has not ended is given up. */
  begin(source: PeerKey, piece: ArrivingPiece, block: number, length: number): void {
    let lease = this.#leases.get(source);
    if (lease === undefined) {
      lease = createLease(source);
      this.#leases.set(source, lease);
    } else if (lease.mode !== 'idle') {
      this.#vacate(lease, 'idle');
    }
    lease.piece = piece;
    lease.block = block;
    lease.length = length;
    lease.received = 0;
    if (piece.writerOf(block) === null && piece.slots.place(block, lease)) {
      lease.mode = 'slot';
      piece.setWriter(block, lease);
    } else {
      lease.mode = 'scratch';
      lease.scratch ??= Buffer.allocUnsafeSlow(BLOCK_LENGTH);
      lease.target = lease.scratch;
      lease.targetStart = 0;
    }
    piece.leases++;
  }

  write(source: PeerKey, chunk: Uint8Array, from: number, to: number): void {
    const lease = this.#leases.get(source);
    if (lease === undefined) return;
    const target = lease.target;
    if (target !== null) {
      invariant(lease.received + to - from <= lease.length, 'a block got more bytes than it has', { length: lease.length });
      copyBytes(chunk, from, to, target, lease.targetStart + lease.received);
    }
    lease.received += to - from;
  }

  /** The body is complete. A body that is short of its length is lost. */
  end(source: PeerKey): BlockOutcome {
    const lease = this.#leases.get(source);
    if (lease === undefined) return 'lost';
    const { mode, piece, block } = lease;
    if (piece === null || lease.received !== lease.length) {
      this.#vacate(lease, 'idle');
      return 'lost';
    }
    if (mode === 'slot') {
      this.#vacate(lease, 'idle');
      piece.markReceived(block);
      piece.slots.filled(block);
      return 'kept';
    }
    const first = piece.writerOf(block);
    if (first !== null) this.#vacate(first, 'skip');
    const scratch = lease.scratch as Buffer;
    this.#vacate(lease, 'idle');
    if (piece.received[block] === 1) return 'lost';
    piece.markReceived(block);
    if (piece.slots.put(block, scratch, lease.length)) lease.scratch = null;
    return 'kept';
  }

  /** Whatever the source is sending is thrown away from now on. */
  revoke(source: PeerKey): void {
    const lease = this.#leases.get(source);
    if (lease !== undefined && lease.mode !== 'idle') this.#vacate(lease, 'skip');
  }

  /** The same, where it is sending that very block. */
  revokeBlock(source: PeerKey, piece: ArrivingPiece, block: number): void {
    const lease = this.#leases.get(source);
    if (lease !== undefined && lease.piece === piece && lease.block === block) this.#vacate(lease, 'skip');
  }

  /** Nobody writes into this piece any more. */
  revokePiece(piece: ArrivingPiece): void {
    if (piece.leases === 0) return;
    for (const lease of this.#leases.values()) if (lease.piece === piece) this.#vacate(lease, 'skip');
  }

  /** The source is gone for good. */
  dropSource(source: PeerKey): void {
    this.revoke(source);
    this.#leases.delete(source);
  }

  /** Frees the scratch buffers of sources that are not using them. */
  trim(): void {
    for (const lease of this.#leases.values()) if (lease.mode !== 'scratch') lease.scratch = null;
  }

  #vacate(lease: BlockLease, mode: 'idle' | 'skip'): void {
    const piece = lease.piece;
    if (piece !== null) {
      piece.leases--;
      if (lease.mode === 'slot') piece.setWriter(lease.block, null);
    }
    lease.mode = mode;
    lease.piece = null;
    lease.target = null;
  }
}

function createLease(source: PeerKey): BlockLease {
  return { source, mode: 'idle', piece: null, block: 0, length: 0, received: 0, target: null, targetStart: 0, scratch: null };
}
