// The DHT of a torrent, with everything that a session and the fetch of its metadata give it alike: when it is needed, what is announced,
// and how often.

import { DhtSource } from '../discovery/dht/dht-source.js';
import type { PeerSourceListener } from '../discovery/peer-source.js';
import type { MetainfoNode } from '../metainfo/metainfo.js';
import { mayTorrentLead, type TorrentOrigin } from '../model/torrent-origin.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { monotonicNow } from './monotonic-clock.js';

interface DhtSetup {
  readonly client: Client;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly nodes: readonly MetainfoNode[];
  /** Of the torrent that names them; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  /** Never for private torrents (BEP 27), nor where the user wants none. */
  readonly isAllowed: boolean;
  /** Others may find peers: trackers, or whoever the user or a link named. */
  readonly hasOthers: boolean;
  /** False: only looks for others, as long as the torrent may be a private one. */
  readonly announces: boolean;
  readonly isNeeded: () => boolean;
  readonly isSeed: () => boolean;
  readonly listener: PeerSourceListener;
}

/** Null where it is not used. */
export function createDhtSource(setup: DhtSetup): DhtSource | null {
  const { client, infoHash, nodes, origin, isAllowed, hasOthers, announces, isNeeded, isSeed, listener } = setup;
  const { dht } = client;
  if (dht === null || !isAllowed) return null;
  return new DhtSource({
    infoHash,
    nodes,
    mayAsk: (address) => mayTorrentLead(origin, address),
    open: () => dht.open(),
    delayMs: hasOthers ? CONFIG.dht.delayMs : 0,
    isNeeded,
    // Read for each announce: a gateway may give another one than ours.
    get port() {
      return announces ? client.announcedPort : null;
    },
    isSeed,
    limits: CONFIG.dht,
    now: monotonicNow,
    listener,
  });
}
