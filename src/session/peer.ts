// One connected peer as the session sees it: the four flags of BEP 3, what it has, what is asked of it, what it asks.
// Data only: what is done with it is in the parts of the session that do it.

import type { Address } from '../model/address.js';
import { Bitfield } from '../model/bitfield.js';
import type { PeerId, PeerKey, PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { PeerFeatures } from '../wire/handshake.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { SessionLimits } from './limits.js';
import type { PexTold } from './pex-told.js';
import { PexIntake } from './pex-intake.js';
import { RateMeter } from './rate-meter.js';
import { RequestQueue } from './request-queue.js';
import { UploadQueue } from './upload-queue.js';

export interface PeerIdentity {
  readonly key: PeerKey;
  readonly peerId: PeerId;
  readonly remote: Address;
  readonly incoming: boolean;
  readonly features: PeerFeatures;
  /** It speaks Message Stream Encryption. Default false. */
  readonly isEncrypted?: boolean;
}

export class Peer {
  readonly identity: PeerIdentity;
  readonly have: Bitfield;
  readonly requests: RequestQueue;
  readonly uploads: UploadQueue;
  readonly download = new RateMeter();
  readonly upload = new RateMeter();
  /** Pieces it lets us request while it chokes us (BEP 6). */
  readonly allowedByPeer = new Set<PieceIndex>();
  /** Pieces we let it request while we choke it (BEP 6). */
  readonly allowedByUs = new Set<PieceIndex>();
  /** Pieces it is asked for or has delivered blocks of, not verified yet. */
  readonly unverified = new Set<PieceIndex>();
  /** Pieces it rejected requests of although it might send them, and until when they are not asked of it (BEP 6). */
  readonly refusedUntil = new Map<PieceIndex, Millis>();
  readonly connectedAt: Millis;

  /** Where it can be dialled; null while that is unknown (it came to us and has not named its port). */
  address: Address | null;
  amChoking = true;
  amInterested = false;
  peerChoking = true;
  /** When it last began to choke us. */
  chokedAt: Millis = 0;
  peerInterested = false;
  /** It was interested at least once. */
  hasBeenInterested = false;
  /** A bitfield, have-all, have-none or have came: a later bitfield only adds. */
  hasSaidWhatItHas = false;
  /** It has every piece and the picker counts it as a seed. */
  isCountedAsSeed = false;
  /** What it has is not read soon, and it was told so; `uselessSince`: for how long nothing of it is, where nobody else has more. */
  isSetAside = false;
  uselessSince: Millis | null = null;
  /** Though we read, it hears of the pieces that it gave: it shows others when it does. */
  hearsOfPieces = false;
  /** Pieces it has that we want and lack. */
  wantedCount = 0;
  /** Pieces of ours that it has not heard of yet, as it has them too: told with the next thing said to it. */
  readonly untoldHaves: PieceIndex[] = [];
  /** The piece last asked of it: the rest of it is asked of the same peer where possible. */
  currentPiece: PieceIndex | null = null;
  /** The picker's count of insertions when it had no pickable piece that this peer has; null: not known. */
  barrenSince: number | null = null;
  /** The id under which it takes ut_metadata (BEP 9, BEP 10); 0: it does not. */
  metadataId = 0;
  /** Pieces of the info dictionary sent to it, repeated ones included. */
  metadataPiecesSent = 0;
  /** The id under which it takes ut_pex (BEP 11, BEP 10); 0: it does not. */
  pexId = 0;
  /** The id under which it takes upload_only messages (BEP 21, BEP 10); 0: it does not. */
  uploadOnlyId = 0;
  /** It has been told that we want nothing more. */
  knowsUploadOnly = false;
  /** Since when it says that it wants no pieces (BEP 21); null: it may want some. */
  uploadOnlySince: Millis | null = null;
  readonly pexTold: PexTold = { addresses: new Map(), at: null, membership: 0 };
  readonly pexIntake = new PexIntake();
  /** The number of its last turn to be asked, where the download is limited. */
  lastTurn = 0;
  lastReceivedAt: Millis;
  lastSentAt: Millis;
  unexpectedBytes = 0;
  /** Why we ended it; null where it is connected, or ended itself. */
  droppedFor: DisconnectReason | null = null;
  client: string;

  constructor(
    identity: PeerIdentity,
    address: Address | null,
    client: string,
    pieceCount: number,
    limits: SessionLimits,
    now: Millis,
  ) {
    this.identity = identity;
    this.address = address;
    this.client = client;
    this.have = new Bitfield(pieceCount);
    this.requests = new RequestQueue(limits);
    this.uploads = new UploadQueue(limits.ownReqq, limits.uploadWindowBytes);
    this.connectedAt = now;
    this.lastReceivedAt = now;
    this.lastSentAt = now;
  }

  get key(): PeerKey {
    return this.identity.key;
  }

  /** Where it can be dialled, or at least where it came from. */
  get displayAddress(): Address {
    return this.address ?? this.identity.remote;
  }

  get isSeed(): boolean {
    return this.have.isFull;
  }
}
