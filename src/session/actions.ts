// Everything a Session can ask of the world, as data. The engine's action executor switches over it exhaustively:
// a new action is a compile error there until it is handled.

import type { Address } from '../model/address.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Message } from '../wire/message.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { Notice } from './notices.js';

export type SessionAction =
  /** `isEncrypted`: with Message Stream Encryption, else in plain. */
  | { readonly type: 'dial'; readonly address: Address; readonly isEncrypted: boolean }
  | { readonly type: 'disconnect'; readonly peer: PeerKey; readonly reason: DisconnectReason }
  | { readonly type: 'send'; readonly peer: PeerKey; readonly message: Message }
  /** Read the block from verified data and send it as a `piece` message; answered by exactly one `block-settled`. */
  | {
      readonly type: 'send-block';
      readonly peer: PeerKey;
      readonly piece: PieceIndex;
      readonly begin: number;
      readonly length: number;
    }
  /** Whatever this peer is sending of that block from now on is skipped: it was cancelled or re-assigned. */
  | { readonly type: 'revoke-lease'; readonly peer: PeerKey; readonly piece: PieceIndex; readonly begin: number }
  /**
   * All blocks are there: hash it and, if right, write it. `digests`: when to answer with the SHA-1 of each block as well:
   * never (one source), on a mismatch (several), or always (the piece failed before: its liars are to be found).
   */
  | { readonly type: 'store-piece'; readonly piece: PieceIndex; readonly digests: 'never' | 'on-mismatch' | 'always' }
  /** An open piece is given up (its blocks are lost); its buffer goes back. */
  | { readonly type: 'discard-piece'; readonly piece: PieceIndex }
  /** A verified piece has left the window of all readers: its bytes go. */
  | { readonly type: 'forget-piece'; readonly piece: PieceIndex }
  /**
   * Fetch the torrent's bytes from `begin` in the piece `first` up to the piece `end` from the link's web seed, in order; answered by
   * exactly one `run-ended` unless `abort-run` comes first. `isWholeFiles`: not by ranges. A link has one run at a time.
   */
  | {
      readonly type: 'fetch-run';
      readonly link: PeerKey;
      readonly first: PieceIndex;
      readonly begin: number;
      readonly end: number;
      readonly isWholeFiles: boolean;
    }
  /** There is memory for the piece whose bytes wait. */
  | { readonly type: 'resume-run'; readonly link: PeerKey }
  | { readonly type: 'abort-run'; readonly link: PeerKey }
  /** Tell the trackers at once. `started` is the engine's own affair. */
  | { readonly type: 'announce'; readonly event: 'completed' | 'partial-seed' | 'more-peers' }
  | { readonly type: 'notice'; readonly notice: Notice }
  /** Every wanted piece is on disk. Comes once, last but for notices. */
  | { readonly type: 'complete' };
