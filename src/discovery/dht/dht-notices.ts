// What the DHT did and how it stands for one torrent, as plain data for logs and "why does nothing happen".
// Numbers only: nothing of what strangers wrote is in it.

export type DhtNotice =
  /** A search of both families is over. */
  | {
      readonly type: 'dht-searched';
      /** Nodes that answered. */
      readonly nodes: number;
      /** Addresses of peers, before those known already are known. */
      readonly peers: number;
      /** Nodes that have taken our announce. */
      readonly announced: number;
      readonly elapsedMs: number;
    }
  /** There is no socket to be had. */
  | { readonly type: 'dht-failed'; readonly message: string };

export interface DhtSnapshot {
  /** `waiting`: not needed yet. `failed`: no socket. */
  readonly state: 'waiting' | 'starting' | 'running' | 'failed';
  /** That are believed to be there, of both families. */
  readonly nodes: number;
  /** Addresses of peers of this torrent found so far. */
  readonly peers: number;
  /** Searches for this torrent that came to an end. */
  readonly searches: number;
}
