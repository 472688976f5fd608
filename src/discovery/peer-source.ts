// How the engine sees whatever finds addresses: trackers and the DHT; what comes later has the same shape.
// A source calls its listener, never the session, and has no say in what becomes of an address.

import type { Address, AddressKey } from '../model/address.js';
import type { PeerId } from '../model/ids.js';
import type { DhtNotice } from './dht/dht-notices.js';
import type { TrackerNotice } from './tracker/tracker-notices.js';

/** What sources report, as data. Grows by one union member type for each kind of source. */
export type DiscoveryNotice = TrackerNotice | DhtNotice;

/** Must not throw: what it does with the news is its own affair. May be called from inside `start`, `requestPeers` and `complete`. */
export interface PeerSourceListener {
  /**
   * At least one address, without duplicates; ours may be among them where a source cannot tell. `peerIds`: who is expected there, as far as
   * the source said.
   */
  onAddresses(addresses: readonly Address[], peerIds?: ReadonlyMap<AddressKey, PeerId>): void;
  onNotice(notice: DiscoveryNotice): void;
  /** Whoever is at `source` (a host name or an address) sees us at this numeric host: one of many claims. */
  onSeenAs?(host: string, source: string): void;
}

export interface PeerSource {
  /** Begins to look for peers. No effect while running; after `stop` it begins anew. */
  start(): void;
  /** More addresses are wanted now; the source decides whether its manners allow that. */
  requestPeers(): void;
  /** The download has just become whole. No effect where it was whole at the start. */
  complete(): void;
  /** All that was wanted is there, and that is not all there is (BEP 21); left out where the source has no word for it. */
  becomePartialSeed?(): void;
  /** Ends at once and says nothing: somebody else goes on under the same peer id. The listener hears nothing after that. */
  abandon(): void;
  /**
   * Says good-bye in bounded time, then resolves; never rejects. The listener hears nothing after that.
   * Repeated calls get the same end.
   */
  stop(): Promise<void>;
}
