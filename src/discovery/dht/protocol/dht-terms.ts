// What happens to the DHT machine, what it asks for, and the numbers it is given. Addresses in events have the family of the machine:
// there is one for IPv4 and one for IPv6 (BEP 32), which share nothing but their owner.

import type { Address } from '../../../model/address.js';
import type { Millis } from '../../../model/time.js';
import type { NodeContact, NodeId, RandomBytes } from './node-id.js';

export interface RoutingLimits {
  /** Nodes of a bucket, and nodes that answer a question (BEP 5). */
  readonly bucketSize: number;
  /** A node that has been silent for so long is asked before it is believed to be there (BEP 5). */
  readonly goodForMs: Millis;
  /** Questions in a row without an answer, after which a node is taken to be gone. */
  readonly maxFailures: number;
  /** Nodes of one /24, or /64 of IPv6. */
  readonly maxPerNetwork: number;
}

export interface LookupLimits {
  /** Questions of one lookup under way that are not slow yet. */
  readonly parallel: number;
  readonly maxQueriesPerLookup: number;
  readonly maxPeersPerSearch: number;
}

export interface StoreLimits {
  readonly maxStoredTorrents: number;
  readonly maxStoredPeers: number;
  readonly maxPeersPerTorrent: number;
  /** An announce counts for so long. */
  readonly peerLifeMs: Millis;
}

export interface AnswerLimits extends StoreLimits {
  /** A token is good for one to two of these. */
  readonly tokenLifeMs: Millis;
  /** Peers in one answer. */
  readonly maxValues: number;
  /** Questions of one address that are answered, a second and at once. */
  readonly askerRate: number;
  readonly askerBurst: number;
  /** The same for all of them. */
  readonly totalRate: number;
  readonly totalBurst: number;
  /** Addresses whose questions are counted at a time. */
  readonly maxAskers: number;
}

export interface DhtLimits extends RoutingLimits, LookupLimits, AnswerLimits {
  readonly queryTimeoutMs: Millis;
  /** A question that is so old holds up no other. */
  readonly slowAnswerMs: Millis;
  /** Open questions of all kinds. */
  readonly maxTransactions: number;
  /** A bucket without news for so long is looked after. */
  readonly refreshMs: Millis;
  /** How often a silent node is asked whether it is there. */
  readonly keepUpMs: Millis;
  /** Hardly anybody known: the way into the DHT is tried again after so long, which doubles each time up to the other. */
  readonly contactsMs: Millis;
  readonly maxContactsMs: Millis;
  /** Networks that must agree on what our address is (BEP 42). */
  readonly addressVotes: number;
  /** A run that may be short begins read-only (BEP 43), and does so for so long. */
  readonly briefRunMs: Millis;
  /** After this long without a question from a stranger we are taken to be unreachable, and read-only. */
  readonly unseenMs: Millis;
}

export interface DhtSettings {
  readonly family: Address['family'];
  /** Null: one that fits the address. */
  readonly id: NodeId | null;
  /** As nodes saw us in an earlier run; null: not known. */
  readonly ownAddress: Address | null;
  readonly limits: DhtLimits;
  /** The run may end soon. */
  readonly isBrief: boolean;
  /** The other family has a machine too. */
  readonly hasTwin: boolean;
  readonly randomBytes: RandomBytes;
  /** Nodes of the other family, for who asks for them. */
  readonly twinNodes: (target: NodeId) => readonly NodeContact[];
}

export interface Announce {
  /** Where peers reach us. */
  readonly port: number;
  readonly isSeed: boolean;
}

export type DhtEvent =
  /** `nodes`: of an earlier run. `expectsContacts`: addresses are being looked up. */
  | { readonly type: 'start'; readonly nodes: readonly NodeContact[]; readonly expectsContacts: boolean }
  /** Addresses of nodes whose ids are not known; `isLast`: no more are expected. */
  | { readonly type: 'contacts'; readonly addresses: readonly Address[]; readonly isLast: boolean }
  /** What nodes of the other family have named. */
  | { readonly type: 'named'; readonly nodes: readonly NodeContact[] }
  | { readonly type: 'datagram'; readonly from: Address; readonly bytes: Uint8Array }
  /** A datagram to there did not leave. */
  | { readonly type: 'unreachable'; readonly to: Address }
  | {
      readonly type: 'search';
      readonly search: number;
      readonly infoHash: Uint8Array;
      /** Null: we are not to be found. */
      readonly announce: Announce | null;
      /** Asks for the filters of BEP 33. */
      readonly scrape: boolean;
    }
  | { readonly type: 'forget'; readonly search: number }
  | { readonly type: 'timeout' };

export interface SearchOutcome {
  /** Nodes that answered. */
  readonly nodes: number;
  readonly queries: number;
  /** Steps from who we knew to who was nearest. */
  readonly hops: number;
  readonly peers: number;
  /** Nodes that have taken our announce. */
  readonly announced: number;
  /** Estimates (BEP 33); null where nobody answered with a filter. */
  readonly scrape: { readonly seeds: number; readonly peers: number } | null;
}

export type DhtAction =
  | { readonly type: 'send'; readonly to: Address; readonly bytes: Uint8Array }
  /** New ones; of any family. */
  | { readonly type: 'peers'; readonly search: number; readonly addresses: readonly Address[] }
  | { readonly type: 'done'; readonly search: number; readonly outcome: SearchOutcome }
  | { readonly type: 'named'; readonly nodes: readonly NodeContact[] }
  /** Nobody is known: `contacts` are wanted. */
  | { readonly type: 'want-contacts' };

/** What was dropped, and why: how often. */
export interface DhtCounters {
  malformed: number;
  /** Answers that nobody had asked for. */
  unsolicited: number;
  /** Of our own id. */
  ownId: number;
  /** Nodes and peers with port 0, of a wrong family, or that their teller may not name. */
  badAddresses: number;
  /** Questions beyond the rates. */
  rateLimited: number;
  /** Announces without a token that holds. */
  badTokens: number;
  /** Questions while we are read-only. */
  unanswered: number;
}
