// What a faulty seeder can be told to do wrong. May be changed while it runs; each message obeys what stands then.
// Which pieces a share hits depends on their index alone, so that a piece is always bad or always good.

export interface SeederFaults {
  /** 0 … 1: of the pieces, how many are sent with wrong bytes (the first byte of every block). */
  corruptShare?: number | undefined;
  /** 0 … 1: of the pieces, how many it says it has and does not: requests for them are rejected (BEP 6), or ignored. */
  lyingShare?: number | undefined;
  /** Its bitfield is one byte too long: a protocol error (BEP 3). */
  sendsMalformedBitfield?: boolean | undefined;
  /** Payload, all its connections together. */
  rateBytesPerSecond?: number | undefined;
  /** Takes interest and lets nobody have anything. */
  neverUnchokes?: boolean | undefined;
  /** Says nothing at all after the handshake. */
  isSilent?: boolean | undefined;
  /** Each connection is cut after this much payload. */
  dropAfterBytes?: number | undefined;
  /** Each connection stays open and delivers nothing more after so many blocks. */
  stallAfterBlocks?: number | undefined;
}

/** Multiples of it spread evenly over 0 … 1. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

/** Whether a share of the pieces has this one in it: none at 0, all at 1. */
export function isInShare(piece: number, share: number): boolean {
  return ((piece + 1) * GOLDEN_RATIO) % 1 < share;
}
