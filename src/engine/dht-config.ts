// The DHT's part of the configuration (config.ts), as long as all the rest of discovery: its limits and defaults, each with its unit and
// its reason.

export const DHT_CONFIG = {
  /** Where a first run finds nodes; those of the last run come first. */
  routers: [
    { host: 'router.bittorrent.com', port: 6881 },
    { host: 'dht.transmissionbt.com', port: 6881 },
    { host: 'router.utorrent.com', port: 6881 },
    { host: 'dht.libtorrent.org', port: 25_401 },
  ],
  /** A torrent that has trackers, or peers by name, opens the DHT only where these have brought too little by then: most downloads end
   * without it, and a start costs a socket, a file and the code. */
  delayMs: 2000,
  /** Connected peers that are enough: as many as a fast download is made of. */
  enoughPeers: 10,
  /** Where they were enough, they are counted again after so long. */
  checkMs: 15_000,
  /** BEP 5 leaves it open; others announce in this rhythm. */
  searchIntervalMs: 15 * 60_000,
  retryMs: 15_000,
  /** A session that has nobody asks for more twice a minute. */
  minIntervalMs: 60_000,
  /** Saved nodes: a few may be gone, of twenty in most cases some are there. */
  enoughSaved: 20,
  savedAnswerMs: 3000,
  saveIntervalMs: 10 * 60_000,
  /** Nodes of a torrent that are looked at, some of which may be names to be looked up; and of peers, before the DHT is opened. */
  maxHints: 30,
  node: {
    /** BEP 5's own numbers. */
    bucketSize: 8,
    goodForMs: 15 * 60_000,
    refreshMs: 15 * 60_000,
    /** A table has 50 to 150 nodes: each is asked before it counts as silent. */
    keepUpMs: 5000,
    tokenLifeMs: 5 * 60_000,
    /** One may be a lost datagram. */
    maxFailures: 2,
    /** A network of 256 addresses is cheap to have: two are enough where a household has two nodes. */
    maxPerNetwork: 2,
    /** More bring the end of a lookup little nearer and cost questions. */
    parallel: 3,
    /** A lookup among millions of nodes takes 20 to 40; the rest is for those that are gone. */
    maxQueriesPerLookup: 120,
    /** Ten times what a session dials at a time: a popular torrent has thousands, and any of them will do. */
    maxPeersPerSearch: 200,
    queryTimeoutMs: 5000,
    /** Most answers come within half a second. */
    slowAnswerMs: 1000,
    maxTransactions: 300,
    /** One lost datagram may be all that went wrong. */
    contactsMs: 3000,
    /** A host without IPv6 has nobody there for ever. */
    maxContactsMs: 30 * 60_000,
    addressVotes: 5,
    /** Most downloads are over by then: nobody is to keep us in his table for them (BEP 43). */
    briefRunMs: 10 * 60_000,
    unseenMs: 15 * 60_000,
    /** About 1 MB in all. */
    maxStoredTorrents: 1000,
    maxStoredPeers: 5000,
    maxPeersPerTorrent: 500,
    /** Clients announce every 15 minutes or so: one may be lost. */
    peerLifeMs: 30 * 60_000,
    /** With the nodes an answer stays under 600 bytes. */
    maxValues: 20,
    /** A lookup asks a node once or twice; many hosts may share an address. */
    askerRate: 5,
    askerBurst: 20,
    /** 100 KiB/s of answers at most. */
    totalRate: 200,
    totalBurst: 400,
    maxAskers: 2000,
  },
} as const;
