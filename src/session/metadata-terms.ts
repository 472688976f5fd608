// The terms that MetadataFetch and its owner deal in: what can happen to it and what it can ask for, its settings and the numbers of
// its policy, and how it stands.

import type { Address } from '../model/address.js';
import type { ExternalAddresses } from '../model/external-addresses.js';
import type { PeerId, PeerKey } from '../model/ids.js';
import type { Message } from '../wire/message.js';
import type { EncryptionPolicy } from '../wire/mse/encryption-policy.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { SessionEvent } from './events.js';
import type { SessionLimits } from './limits.js';
import type { PlaceLimits } from './metadata-places.js';
import type { Notice } from './notices.js';

export type MetadataEvent = Extract<
  SessionEvent,
  { readonly type: 'addresses-found' | 'dial-failed' | 'peer-connected' | 'peer-disconnected' | 'message' | 'timeout' }
>;

export type MetadataAction =
  /** `isEncrypted`: with Message Stream Encryption, else in plain. */
  | { readonly type: 'dial'; readonly address: Address; readonly isEncrypted: boolean }
  | { readonly type: 'disconnect'; readonly peer: PeerKey; readonly reason: DisconnectReason }
  | { readonly type: 'send'; readonly peer: PeerKey; readonly message: Message }
  | { readonly type: 'more-peers' }
  | { readonly type: 'notice'; readonly notice: Notice }
  /** The raw info dictionary: its hash is right. Comes once, last. */
  | { readonly type: 'complete'; readonly infoBytes: Uint8Array };

export interface MetadataLimits extends PlaceLimits {
  /** Of an info dictionary; peers that claim more are of no use. */
  readonly maxBytes: number;
  /** Pieces asked of one peer at a time. */
  readonly depth: number;
  /** A peer that is asked, or has not said what it has, and brings nothing for so long makes room. */
  readonly answerMs: number;
  /** A piece asked so long ago may be asked of a second peer. */
  readonly secondCopyMs: number;
}

export interface MetadataFetchSettings {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly peerId: PeerId;
  readonly listenPort: number | null;
  readonly clientVersion: string;
  readonly limits: SessionLimits;
  readonly metadata: MetadataLimits;
  /** Addresses are taken from peers too (BEP 11). */
  readonly usesPex: boolean;
  readonly encryption: EncryptionPolicy;
  /** Where we are seen: peers tell it. */
  readonly externalAddresses: ExternalAddresses;
}

export interface MetadataProgress {
  readonly peers: number;
  /** Peers that have the metadata, or say so. */
  readonly sources: number;
  readonly halfOpen: number;
  readonly knownAddresses: number;
  readonly bannedAddresses: number;
}
