// The messages of the DHT as values (BEP 5; `want` and nodes6 BEP 32, filters BEP 33, `ip` BEP 42, `ro` BEP 43). Ids and hashes have
// 20 bytes; addresses are as a stranger named them: well formed, and nothing more.

import type { Address } from '../../../model/address.js';
import type { NodeContact, NodeId } from './node-id.js';

/** Which nodes are wanted: of IPv4, of IPv6; null: as the datagram travels. */
export interface Wanted {
  readonly n4: boolean;
  readonly n6: boolean;
}

export type Query =
  | { readonly method: 'ping' }
  | { readonly method: 'find_node'; readonly target: NodeId; readonly want: Wanted | null }
  | {
      readonly method: 'get_peers';
      readonly infoHash: Uint8Array;
      readonly want: Wanted | null;
      readonly noSeeds: boolean;
      readonly scrape: boolean;
    }
  | {
      readonly method: 'announce_peer';
      readonly infoHash: Uint8Array;
      /** Null: the port that the datagram comes from (`implied_port`). */
      readonly port: number | null;
      readonly token: Uint8Array;
      readonly isSeed: boolean;
    };

export interface Reply {
  readonly nodes?: readonly NodeContact[];
  readonly nodes6?: readonly NodeContact[];
  readonly values?: readonly Address[];
  readonly token?: Uint8Array;
  /** 256 bytes each. */
  readonly filters?: { readonly seeds: Uint8Array; readonly peers: Uint8Array };
}

export type KrpcMessage =
  | {
      readonly type: 'query';
      readonly transaction: Uint8Array;
      readonly id: NodeId;
      readonly query: Query;
      /** The asker answers nobody (BEP 43). */
      readonly isReadOnly: boolean;
    }
  | {
      readonly type: 'response';
      readonly transaction: Uint8Array;
      readonly id: NodeId;
      readonly reply: Reply;
      /** Where the answering node sees us. */
      readonly seenAs: Address | null;
      /** Addresses left out as nobody can be there (port 0). */
      readonly skipped: number;
    }
  | { readonly type: 'error'; readonly transaction: Uint8Array; readonly number: number; readonly text: string };
