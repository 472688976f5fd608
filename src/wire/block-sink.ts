// Where the decoder puts the bodies of `piece` messages, so that a block is copied once, from the receive
// buffer to its place, and never becomes an object. `wire` owns the interface; the engine provides it.

export interface BlockSink {
  /**
   * The 13-byte head of a piece message has been read; `length` bytes of body follow. The numbers are unchecked.
   * False: the body is skipped and neither `write` nor `end` is called for it.
   */
  begin(piece: number, begin: number, length: number): boolean;
  /** The next `to - from` bytes of the body are `chunk[from … to)`. They are valid during this call only. */
  write(chunk: Uint8Array, from: number, to: number): void;
  /** The body is complete. */
  end(): void;
}
