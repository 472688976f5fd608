// Facts that happened, as data without text: logs, the cli's lines and "why does nothing happen" are made from these.
// A closed union: whoever tells people about them switches over `type`, and misses none.

import type { Address } from '../model/address.js';
import type { StorageFailure } from '../model/error.js';
import type { PieceIndex } from '../model/ids.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { AddressSource } from './events.js';
import type { WebSeedReason } from './web-seed.js';

/** Why (BEP 16): `another-seed`: it, or a peer that became one, helps; `spread`: each piece is with two peers; `not-spreading`: nobody passes any on. */
export type SuperSeedingEnd = 'another-seed' | 'spread' | 'not-spreading';

export type Notice =
  | { readonly type: 'addresses-found'; readonly source: AddressSource; readonly count: number; readonly added: number }
  | { readonly type: 'peer-opened'; readonly address: Address; readonly incoming: boolean; readonly client: string }
  | { readonly type: 'peer-closed'; readonly address: Address; readonly reason: DisconnectReason; readonly payloadBytes: number }
  /** What it sent could not be read, or was not allowed: its connection is closed. `bytes`: the first of the message, in hexadecimal. */
  | { readonly type: 'bad-message'; readonly address: Address; readonly bytes: string }
  | { readonly type: 'dial-failed'; readonly address: Address; readonly reason: DisconnectReason }
  | { readonly type: 'piece-stored'; readonly piece: PieceIndex; readonly have: number; readonly pieceCount: number }
  /** Its last piece is on disk and it has its own name; told before that piece is. `file`: its index in the metainfo. */
  | { readonly type: 'file-finished'; readonly file: number }
  | {
      readonly type: 'hash-failed';
      readonly piece: PieceIndex;
      readonly sources: readonly Address[];
      readonly webSeeds: readonly string[];
    }
  | { readonly type: 'peer-banned'; readonly address: Address; readonly piece: PieceIndex }
  /** Every known source of `piece` was banned for bad data and nobody else is left to ask. */
  | {
      readonly type: 'sources-exhausted';
      readonly piece: PieceIndex;
      readonly banned: readonly Address[];
      /** URLs without secrets. */
      readonly bannedWebSeeds: readonly string[];
    }
  /** A web seed is not asked any more. `name`: its URL without secrets; `status`: what its server answered. */
  | { readonly type: 'web-seed-dropped'; readonly name: string; readonly reason: WebSeedReason; readonly status?: number }
  /** A web seed lacks `file` (an index) of the torrent's `fileCount`: by now `lacking` of them, which are not asked of it any more. */
  | {
      readonly type: 'web-seed-lacks';
      readonly name: string;
      readonly file: number;
      readonly lacking: number;
      readonly fileCount: number;
      readonly reason: WebSeedReason;
      readonly status?: number;
    }
  | { readonly type: 'web-seed-banned'; readonly name: string; readonly piece: PieceIndex }
  | { readonly type: 'storage-failed'; readonly failure: StorageFailure }
  /** From now on pieces are not held back any more (BEP 16). */
  | { readonly type: 'super-seeding-ended'; readonly reason: SuperSeedingEnd }
  | { readonly type: 'completed' }
  | { readonly type: 'stopped' };
