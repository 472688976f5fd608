// Everything that can happen to a Session, as data. The engine makes these from sockets, disk, trackers and
// the clock; the simulator makes them from nothing. Adding one is a compile error in `session.ts` until it is routed.

import type { Address } from '../model/address.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PeerId, PeerKey, PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { PeerFeatures } from '../wire/handshake.js';
import type { Message } from '../wire/message.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { PieceRange } from './piece-window.js';
import type { WebSeedEnd, WebSeedFailure } from './web-seed.js';

/** `user`: named by the user in person, whom no blocklist overrules; `link`: by a magnet link. */
export type AddressSource = 'tracker' | 'user' | 'link' | 'incoming' | 'pex' | 'dht' | 'lsd';

export type SessionEvent =
  /** The disk was looked at: `have` are the verified pieces. First event of every session. */
  | { readonly type: 'checked'; readonly have: Bitfield }
  | { readonly type: 'addresses-found'; readonly source: AddressSource; readonly addresses: readonly Address[] }
  | { readonly type: 'dial-failed'; readonly address: Address; readonly reason: DisconnectReason }
  /**
   * Both handshakes are done. `address` is where the peer can be dialled; null for an incoming connection whose listening
   * port is unknown. `remote` is the connection's far end.
   */
  | {
      readonly type: 'peer-connected';
      readonly peer: PeerKey;
      readonly peerId: PeerId;
      readonly address: Address | null;
      readonly remote: Address;
      readonly incoming: boolean;
      readonly features: PeerFeatures;
      /** It speaks Message Stream Encryption. Default false. */
      readonly isEncrypted?: boolean;
    }
  | { readonly type: 'peer-disconnected'; readonly peer: PeerKey; readonly reason: DisconnectReason }
  /** Any message except `piece`, whose body takes the short way to the disk. */
  | { readonly type: 'message'; readonly peer: PeerKey; readonly message: Message }
  /** A block's bytes are in their piece buffer (`kept`), or came and were thrown away. */
  | {
      readonly type: 'block-received';
      readonly peer: PeerKey;
      readonly piece: PieceIndex;
      readonly begin: number;
      readonly length: number;
      readonly kept: boolean;
    }
  /** A piece message came that `expectsBlock` had refused; its body was skipped. */
  | {
      readonly type: 'block-unexpected';
      readonly peer: PeerKey;
      readonly piece: number;
      readonly begin: number;
      readonly length: number;
    }
  | { readonly type: 'piece-stored'; readonly piece: PieceIndex }
  /** The hash was wrong and nothing was written. `blockDigests`: SHA-1 of each block, only where `store-piece` asked. */
  | { readonly type: 'piece-mismatch'; readonly piece: PieceIndex; readonly blockDigests: readonly Uint8Array[] | null }
  /** SHA-1 of each block of a stored piece, answering `store-piece` with digests `always`; comes just before `piece-stored`. */
  | { readonly type: 'piece-digests'; readonly piece: PieceIndex; readonly blockDigests: readonly Uint8Array[] }
  /**
   * A `send-block` is settled: the connection took it (`sent`), or it was dropped or could not be read. Comes once for
   * every `send-block`, and only when the connection has room for more: that is the back-pressure.
   */
  | { readonly type: 'block-settled'; readonly peer: PeerKey; readonly length: number; readonly sent: boolean }
  /**
   * Web seeds (BEP 19) that may be asked; once at most. `name`: the URL without secrets. Each has as many links, and so requests at a
   * time, as it has keys, which are new as those of peers are. With `failure` it can't be used at all.
   */
  | {
      readonly type: 'web-seeds-found';
      readonly seeds: readonly {
        readonly name: string;
        readonly links: readonly PeerKey[];
        readonly failure?: WebSeedFailure;
      }[];
    }
  /** The bytes of this piece are next in the link's stream: `verdict` says what is to be done with them. */
  | { readonly type: 'run-arrived'; readonly link: PeerKey; readonly piece: PieceIndex }
  /** The server answered a request for a range with that range. */
  | { readonly type: 'run-ranged'; readonly link: PeerKey }
  /** So many bytes of the stream were thrown away. */
  | { readonly type: 'run-skipped'; readonly link: PeerKey; readonly length: number }
  /** Because of a download limit of ours the link reads nothing for so long. */
  | { readonly type: 'run-paused'; readonly link: PeerKey; readonly pauseMs: Millis }
  /**
   * Of a torrent of several files (`fileCount`) the server lacks this one, whose bytes are in the pieces `first` to `last`, or has it at
   * another length. The request goes on with the next file, unless `abort-run` follows.
   */
  | {
      readonly type: 'run-lacks';
      readonly link: PeerKey;
      readonly file: number;
      readonly fileCount: number;
      readonly first: PieceIndex;
      readonly last: PieceIndex;
      readonly failure: WebSeedFailure;
    }
  /** A `fetch-run` is over by itself; not after `abort-run`. */
  | { readonly type: 'run-ended'; readonly link: PeerKey; readonly end: WebSeedEnd }
  /** What each reader of a session that reads will read next, in its order: whatever is outside of it is not held. */
  | { readonly type: 'window-moved'; readonly readers: readonly (readonly PieceRange[])[] }
  /** `nextTimeout()` has come. */
  | { readonly type: 'timeout' }
  | { readonly type: 'stop' };
