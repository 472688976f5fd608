// What the parts of a session work on together: one object, made by `Session` and passed to each of them. `now` and `emit`
// belong to the event being handled.

import type { Bitfield } from '../model/bitfield.js';
import type { AddressFilter } from '../model/address-filter.js';
import type { ExternalAddresses } from '../model/external-addresses.js';
import type { Geometry } from '../model/geometry.js';
import type { InfoHash, PeerId, PeerKey } from '../model/ids.js';
import type { Random } from '../model/random.js';
import type { Millis } from '../model/time.js';
import type { Message } from '../wire/message.js';
import type { EncryptionPolicy } from '../wire/mse/encryption-policy.js';
import type { SessionAction } from './actions.js';
import type { Blame } from './blame.js';
import type { SessionLimits } from './limits.js';
import { MessageTally } from './message-counts.js';
import type { Notice } from './notices.js';
import type { PeerBook } from './peer-book.js';
import type { PeerPriorities } from './peer-priority.js';
import type { Peer } from './peer.js';
import type { PiecePlan } from './piece-plan.js';
import type { PieceTracker } from './piece-tracker.js';
import type { PieceWindow } from './piece-window.js';
import { RateMeter } from './rate-meter.js';
import type { RequestTurns } from './request-turns.js';
import type { RevealedPieces } from './revealed-pieces.js';
import { WebSeeds } from './web-seeds.js';

export interface SessionSettings {
  readonly infoHash: InfoHash;
  readonly geometry: Geometry;
  readonly limits: SessionLimits;
  readonly peerId: PeerId;
  /** Said in our extended handshake (BEP 10 `p`); null when we don't listen. */
  readonly listenPort: number | null;
  /** Said in our extended handshake (BEP 10 `v`). */
  readonly clientVersion: string;
  /** The raw info dictionary, for peers that ask for it (BEP 9); empty: there is none to give. */
  readonly infoBytes: Uint8Array;
  /** Peers come from the trackers of the torrent only (BEP 27). */
  readonly isPrivate: boolean;
  /** Peers are told of others and asked for them (BEP 11), unless the torrent is private. */
  readonly usesPex: boolean;
  /** How dials begin. */
  readonly encryption: EncryptionPolicy;
  /** Addresses that are never dialled, unless the user named them. Left out: none. */
  readonly addressFilter?: AddressFilter;
  /** Where we are seen: shared by all torrents. */
  readonly externalAddresses: ExternalAddresses;
  /** Which pieces are wanted, and in which order. Left out: all of them, the rarest first. */
  readonly plan?: PiecePlan | null;
  /** Goes on after the last piece. */
  readonly seeds: boolean;
  /** Where everything is there at the start and it goes on: reveals its pieces one by one (BEP 16), until that has done its work. */
  readonly superSeeds: boolean;
  /** Holds no more than a window of pieces that moves with its readers (piece-window.ts), is never complete, and serves nothing. Default false. */
  readonly reads?: boolean;
  /** Of who reads: all that its readers may ever want fits into its memory, so what was read stays until the end. Default false. */
  readonly holdsRead?: boolean;
  /** The pieces that its readers may ever want. Left out: any. */
  readonly readable?: Bitfield | null;
}

/** What invariants are checked on. */
export type SessionInspection = Pick<
  SessionState,
  'tracker' | 'peers' | 'webSeeds' | 'book' | 'blame' | 'hasIdlePeer' | 'isHidingPieces' | 'window'
>;

export class SessionState {
  readonly settings: SessionSettings;
  readonly random: Random;
  readonly tracker: PieceTracker;
  readonly book: PeerBook;
  readonly blame: Blame;
  readonly turns: RequestTurns;
  readonly priorities: PeerPriorities;
  readonly peers = new Map<PeerKey, Peer>();
  readonly webSeeds = new WebSeeds();
  /** Of a session that reads. */
  readonly window: PieceWindow | null;
  readonly download = new RateMeter();
  readonly upload = new RateMeter();
  wastedBytes = 0;
  hashFailures = 0;
  readonly messages = new MessageTally();
  now: Millis = 0;
  isStarted = false;
  isStopped = false;
  /** A peer that could be asked has nothing left to be asked for: slow blocks of others are what it can help with. */
  hasIdlePeer = false;
  /** Of a session that super-seeds, from its start on. */
  revealed: RevealedPieces | null = null;
  /** Grows whenever a peer that can be dialled comes or goes. */
  membership = 0;
  #actions: SessionAction[] = [];

  constructor(
    settings: SessionSettings,
    random: Random,
    tracker: PieceTracker,
    book: PeerBook,
    blame: Blame,
    turns: RequestTurns,
    priorities: PeerPriorities,
    window: PieceWindow | null = null,
  ) {
    this.settings = settings;
    this.window = window;
    this.random = random;
    this.tracker = tracker;
    this.book = book;
    this.blame = blame;
    this.turns = turns;
    this.priorities = priorities;
  }

  get limits(): SessionLimits {
    return this.settings.limits;
  }

  get geometry(): Geometry {
    return this.settings.geometry;
  }

  get isComplete(): boolean {
    return this.isStarted && this.window === null && this.tracker.isComplete;
  }

  /** We pretend to have nothing. */
  get isHidingPieces(): boolean {
    return this.window !== null || this.revealed?.isHiding === true;
  }

  emit(action: SessionAction): void {
    this.#actions.push(action);
  }

  send(peer: Peer, message: Message): void {
    peer.lastSentAt = this.now;
    this.messages.countSent(message, peer);
    this.#actions.push({ type: 'send', peer: peer.key, message });
  }

  notice(notice: Notice): void {
    this.#actions.push({ type: 'notice', notice });
  }

  /** The actions since the last call. */
  takeActions(): SessionAction[] {
    const actions = this.#actions;
    if (actions.length > 0) this.#actions = [];
    return actions;
  }
}
