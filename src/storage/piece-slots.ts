// How an open piece keeps its blocks until they are stored: whole in one buffer (PieceMemory), or, where that would eat the
// budget, in its file already (PieceRuns). The piece store treats both alike.

/** Where the bytes of a block go. */
export interface BlockPlace {
  target: Buffer | null;
  targetStart: number;
}

export interface PieceSlots {
  /** Fills in the block's place in memory; false where the block has none and must come through `put`. */
  place(block: number, place: BlockPlace): boolean;
  /** The block's bytes are complete in the place that was given. */
  filled(block: number): void;
  /** Takes a block that was collected elsewhere. True: the bytes are still being read, the caller must not touch them again. */
  put(block: number, bytes: Buffer, length: number): boolean;
  /** SHA-1 of the piece; all blocks are there. At most one turn's worth of bytes is hashed before the loop goes on. */
  digest(): Uint8Array | Promise<Uint8Array>;
  /** SHA-1 of each block. */
  blockDigests(): Promise<Uint8Array[]>;
  /** Writes what is not written yet; undefined where that was done at once. Rejects or throws with a StorageError. */
  write(): void | Promise<void>;
  /** Gives the memory back at once, or when the running writes have ended: then the promise (which never rejects) settles. */
  free(): void | Promise<void>;
}
