// The one-byte ids that open every message but the keep-alive (BEP 3, BEP 5, BEP 6, BEP 10), and the sizes of
// the heads. Encoder and decoder share them, so that no number stands twice.

export const MESSAGE_ID = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  'not-interested': 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  'have-all': 14,
  'have-none': 15,
  reject: 16,
  'allowed-fast': 17,
  extended: 20,
} as const;

/** Bytes of the length that opens every message. */
export const LENGTH_BYTES = 4;

/** Length, id, piece and begin: everything of a `piece` message but the block. */
export const PIECE_HEAD_BYTES = 13;
