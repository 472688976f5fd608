// The limits and defaults that users or measurements may change, each with its unit and its reason; codecs keep the bounds of
// their format. The pure core takes the parts it needs as plain objects, so that a test or the simulator can set them.

import { CLI_CONFIG } from './cli-config.js';
import { DHT_CONFIG } from './dht-config.js';
import { PROBE_CONFIG } from './probe-config.js';
import { READING_CONFIG } from './reading-config.js';
import { EVENTS, RESULTS } from './results-config.js';

const KIB = 1024;
const MIB = 1024 * KIB;

export const CONFIG = {
  wire: {
    /** Bytes of one message but `piece`: a bitfield of 4 million pieces fits; longer ones end the connection. */
    maxMessageBytes: 1 * MIB,
    /** Bytes of one block in a `piece` message or a request we serve (BEP 3: clients ask 16 KiB; 128 KiB is the field's limit). */
    maxBlockBytes: 128 * KIB,
    /** Extended handshakes (BEP 10) are small dictionaries. */
    maxExtendedBytes: 64 * KIB,
  },
  net: {
    /** The shared receive buffer, bytes: 64 KiB to 1 MiB measured alike, 256 KiB keeps system calls few. */
    receiveBufferBytes: 256 * KIB,
    connectTimeoutMs: 10_000,
    /** From the dial to a proxy's leave to ask for something: less than a dial has, so that it is said whose silence it was. */
    proxyTimeoutMs: 8000,
    /** How often it is looked whether the interface of --interface is there: what is sent meanwhile from its address may go elsewhere. */
    interfaceCheckMs: 1000,
    /** From connected to both handshakes read. */
    handshakeTimeoutMs: 10_000,
    /** Incoming connections that have not shown a known info hash yet; fewer where descriptors are scarce (`pendingShare`). */
    maxPendingIncoming: 50,
    /** Unsent bytes at which a socket gets no more payload. */
    maxWritableBytes: 1 * MIB,
    /** Unsent bytes at which a peer that reads nothing is given up: payload stops long before, so these are messages. */
    maxUnsentBytes: 8 * MIB,
    /** Those that told us last where they see us, of IPv4 and of IPv6: as many as two full torrents have peers. */
    maxAddressVoters: 100,
    /** Both ways are taken, and plain is dialled first: RC4 costs 2.4 CPU-s/GiB, twice what the rest of a download does. */
    encryption: 'prefer',
  },
  swarm: {
    /** Connections of one torrent, in and out. */
    maxPeers: 55,
    /** Incoming connections beyond that which may say hello: the session drops a useless peer for one, or refuses it. */
    newcomers: 4,
    /** Dials under way at a time: dead addresses each hold a place for `connectTimeoutMs`, so a few would make a start slow. */
    maxHalfOpen: 20,
    /** Addresses known per torrent; beyond it the worst are forgotten. */
    maxAddresses: 2000,
    /** Of these, known from other peers only: they vouch for nothing, and must leave room for what the trackers name. */
    maxPexAddresses: 1000,
    /** The same for the DHT: two full searches and more. */
    maxDhtAddresses: 500,
    /** And for the local network, which anybody in it can fill. */
    maxLsdAddresses: 200,
    /** First wait after a failed dial; doubles with each failure. */
    backoffMs: 5000,
    maxBackoffMs: 30 * 60_000,
    /** Keep-alive is sent after this silence of ours (BEP 3: two minutes close a connection). */
    keepAliveMs: 100_000,
    /** A peer this silent is dropped. */
    inactiveMs: 150_000,
    /** Connected this long and of no use to either side, a peer makes room in a full house for an address not yet tried. */
    uselessMs: 30_000,
    /** A peer that wants nothing, as we do, is kept so long: the first message of peer exchange (BEP 11) goes out after a second. */
    redundantMs: 10_000,
    /** Two connections of one peer within this time are taken to have crossed: as long as a dial may take (`connectTimeoutMs`). */
    crossingMs: 10_000,
    /** Pieces an unproven peer may have blocks in before one is verified: one shared and one alone are all a liar can spoil. */
    probationPieces: 1,
    /** Payload nobody asked for, beyond which a peer is dropped. */
    maxUnexpectedBytes: 4 * MIB,
    /** Only banned peers had a missing piece, and nobody came for this long: the download ends with 10. */
    exhaustedGraceMs: 5000,
    /** Nobody to ask and nobody to dial: the sources of addresses are asked for more, once in so long. */
    morePeersMs: 30_000,
    /** BEP 6's own number. */
    allowedFastPieces: 10,
    /** Pieces a super-seed has revealed to a peer at a time: one is on its way while the other is hashed and seen at somebody else. */
    superSeedDepth: 2,
    /** The only peer there is: as much as keeps its link busy, and little when others come. */
    superSeedLoneDepth: 8,
    /** Clients say what they have right after their handshake, or have nothing: a second is many round trips. */
    superSeedHelloMs: 1000,
    /** What a peer got and passes on takes seconds; one that can't must not wait long, and until all pieces are out another costs nothing. */
    superSeedPatienceMs: 10_000,
    /** A peer that did not get interested in what it was told of for so long has chosen other files (BEP 53): it hears of more. */
    superSeedDeclineMs: 15_000,
    /** Where nothing goes round for two minutes, as with peers that can't reach each other, super-seeding only slows them down. */
    superSeedGiveUpMs: 120_000,
    /** 45 KB of HAVEs: a torrent of some gigabytes at once, and the largest in minutes. */
    maxHavesAtOnce: 5000,
    /** Times that one peer gets the whole info dictionary (BEP 9): once is what it needs, twice more for one that lost pieces. */
    metadataRounds: 3,
    /** BEP 11's own number: a peer is told once a minute at most who came and went. */
    pexIntervalMs: 60_000,
    /** What peers tell sooner after their last message is ignored: half a minute for clocks that differ and links that stall. */
    pexMinIntervalMs: 30_000,
    /** So many ignored ones in a row are forgiven: a client with a bug sends one for each peer it meets. */
    maxEarlyPex: 10,
    /** BEP 11's own number: peers added, and as many dropped, in one message. */
    maxPexPeers: 50,
  },
  requests: {
    /** Blocks asked of a new peer at first. */
    initialDepth: 16,
    /** And never more than this, nor than the peer's `reqq`. */
    maxDepth: 500,
    /** What a peer takes that names no `reqq` (libtorrent and others drop beyond 250). */
    defaultReqq: 250,
    /** What we accept, and say so in our extended handshake. */
    ownReqq: 500,
    /** Seconds of a peer's own rate kept in flight beyond the round trip. */
    horizonMs: 1000,
    /** Of that second, blocks at most: 64 to 128 in flight keep the CPU's cache warm at 1 GiB/s, more cost 0.2 CPU-s/GiB. */
    cacheDepth: 112,
    /** Blocks of the memory budget that every peer may be asked for at least, however many there are. */
    minShare: 4,
    /** A block asked this long ago may be asked of a second peer once every missing block is asked for. */
    endgameAgeMs: 100,
    /** The same while full memory keeps a peer idle. */
    reassignAgeMs: 2000,
    /** No block for this long with requests open: snubbed, one request at a time until it delivers. */
    snubMs: 20_000,
    /** After its choke a peer of BEP 6 has this long to send or reject what it was asked before: its last bodies may be on a slow link. */
    chokedAnswerMs: 5000,
    /** A peer that rejected a request is not asked for that piece again so long: two that reject are not asked in turn for ever. */
    refusalMs: 10_000,
    /**
     * A peer that sends a whole piece within this has it to itself while there are others to begin: 8 libtorrent seeders, which hash each piece
     * that they send of, then take 18% less CPU. Slower ones share, so that a piece is whole sooner and memory free again.
     */
    pieceAloneMs: 100,
  },
  pacing: {
    /** Under a download limit: what a late timer missed is made up for so long. At 100 KiB/s that is a third of a block. */
    leewayMs: 50,
    /** What came unasked makes us wait so long at most: a flood must not stop the download. */
    maxDebtMs: 1000,
    /** While all is paused, a web seed's stream looks so often whether it may go on. */
    pausedTickMs: 200,
  },
  metadata: {
    /** Bytes of an info dictionary: 800,000 pieces fit, ten times what the largest torrents seen have. */
    maxBytes: 16 * MIB,
    /** Pieces of 16 KiB asked of one peer at a time: a round trip hardly counts beside the dial, and a liar spoils little. */
    depth: 4,
    /** Different sizes, or peers that fetch alone, at a time: with `maxBytes` the bound of the memory. */
    maxAssemblies: 4,
    /** A peer that brings nothing for so long makes room for another. */
    answerMs: 10_000,
    /** What was asked so long ago is asked of a second peer too. */
    secondCopyMs: 1000,
    /** While others wait, the slowest of `maxAssemblies` gives up its place after this: four liars must not hold all of them. */
    turnMs: 10_000,
  },
  webSeeds: {
    /** URLs of one torrent; a file with thousands of them is no use to anybody. */
    maxUrls: 32,
    /** Requests to one URL at a time, 1 to 4: one is enough for a near server, several for one that limits each connection. */
    linksPerUrl: 4,
    /** Requests to all of them at a time, and never more than half of the connections there may be. */
    maxLinks: 16,
    maxRedirects: 5,
    /** Peers that send at which a URL has one request at a time only: they come first. */
    enoughPeers: 8,
    /** Of the first request, bytes; it doubles while one takes less than `webSeedRunMs`, so that a slow server holds few pieces. */
    webSeedRunBytes: 4 * MIB,
    webSeedMaxRunBytes: 128 * MIB,
    webSeedRunMs: 5000,
    /** What is left of a request is shared with an idle link where it is more than this: less comes sooner than a new request. */
    webSeedSplitBytes: 1 * MIB,
    /** A request that brings no block for so long is given up: as a peer is snubbed. Name, connection and redirects count too. */
    webSeedStallMs: 20_000,
    /** The same, where another web seed has nothing else to do: longer than a slow server needs for its first byte. */
    webSeedOvertakeMs: 5000,
    /** First wait after a request that brought nothing; doubles. */
    webSeedBackoffMs: 5000,
    /** The longest wait, also where a server asks for more (Retry-After). */
    webSeedMaxBackoffMs: 10 * 60_000,
    /** Wait after a request that broke off half-way. */
    webSeedPauseMs: 1000,
    /** Files that a URL may lack in a row before it has sent a byte: one or two are gone now and then, three mean that the URL is wrong. */
    webSeedWrongFiles: 3,
    /** Of an answer that says a file is not there: so much is read so that the connection can be kept for the next, bytes. */
    maxRefusalBytes: 65_536,
  },
  choking: {
    slots: 4,
    optimisticSlots: 1,
    roundMs: 10_000,
    optimisticRoundMs: 30_000,
  },
  storage: {
    /** Chosen downloads that are known to be whole, by a small file each: of those that are run again so many are plenty. */
    maxChoiceNotes: 500,
    /** Memory for pieces in flight, all torrents together. */
    pieceBudgetBytes: 32 * MIB,
    maxWritesInFlight: 16,
    /** Slices of a file below this are written synchronously: asynchronous small writes cost twice the CPU. */
    syncWriteBytes: 256 * KIB,
    /** One write at most: 1 MiB ones were seen to cost 1.5 to 3.4 s of system time a GiB, 256 KiB ones 0.2 to 1.2, of 128 KiB 0.4 to 0.8, those of 64 KiB 0.26. */
    stepBytes: 64 * KIB,
    /** A step that takes longer than this is not memory speed, or was interrupted. */
    slowStepMs: 10,
    /**
     * Slow steps may take so much of the loop at once. With both cores busy six of 48 downloads of a GiB met one interruption, of 12 to 29 ms, and
     * of 20 others one met two, of 14 and 38. A disk that holds up its writers does so for 10 to 200 ms, again and again.
     */
    slowBudgetMs: 60,
    /** And this part of the time in the long run. */
    slowShare: 0.1,
    /** More, and larger slices go to the thread pool for so long. */
    slowPauseMs: 2000,
    /** Creating a file takes 30 µs on a healthy disk, looking for it first included; 500 µs on ext4 soon after thousands were deleted, more on remote ones. */
    slowOpenMs: 0.25,
    /** Slow openings more than quick ones, before the thread pool opens: that costs the loop half as much again as a quick opening. */
    slowOpens: 8,
    /** Runs in which a piece too large for the budget goes to its file. */
    runBytes: 256 * KIB,
    /**
     * A file of two pieces or more is opened once where it finds room until its last one: of 5000 files in pieces that come in any order up to
     * 500 wait so, and opening and closing one costs 12 µs.
     */
    maxOpenFiles: 512,
    /** Of files that have their space set aside: the process costs 3 ms of CPU, and a GiB with its space 0.1 s less than one without. */
    reserveFromBytes: 128 * MIB,
    /** Bytes hashed in one turn of the loop at most. */
    hashTurnBytes: 1 * MIB,
    /** How often the resume state is written while data comes. */
    resumeIntervalMs: 10_000,
    /** A stop waits so long for the disk at most; with the good-byes it is still within the 10 s that containers are given. */
    flushMs: 5000,
    /** An existing file is copied for its repair in steps of this: one takes a second on a slow disk, and ^C waits for it. */
    copyStepBytes: 4 * MIB,
    /** Zeros written in one step where the space of files is taken beforehand. */
    allocateStepBytes: 1 * MIB,
    /** `--reuse` looks at so many names at most, a few seconds of them, and reads so many files of one size. */
    reuse: { maxEntries: 500_000, maxOfOneSize: 64 },
    /** Names at the top of the output folder that are locked one by one; a torrent without a folder of its own may have thousands. */
    maxLockedNames: 64,
    readAheadBytes: 1 * MIB,
    /** Verified data kept for uploads, per torrent. */
    readCacheBytes: 8 * MIB,
    /** Windows that connections hold: beyond it blocks are copied, so that one of 16 KiB does not keep 1 MiB for a peer that never reads. */
    maxLentBytes: 32 * MIB,
    /** Lent blocks of one peer at which those it has sent are looked for: often enough for a short list, seldom enough to cost nothing. */
    lentBlocks: 64,
    /** What an idle peer was sent goes back after this. */
    giveBackMs: 1000,
    /** Runs that a piece too large for the budget keeps in memory. */
    maxRunsPerPiece: 16,
  },
  reading: READING_CONFIG,
  hashing: {
    /** Jobs of fewer bytes are hashed without a thread: one takes 30 ms to start, as long as hashing this. */
    inlineBytes: 32 * MIB,
    /** Bytes hashed in one turn of the loop where there is no thread. */
    turnBytes: 1 * MIB,
    /** Bytes handed to a thread at once (at least one piece): few messages, and no thread ends long after the others. */
    rangeBytes: 4 * MIB,
    /** One in work and one waiting, so that a thread does not idle while its answer travels. */
    rangesPerThread: 2,
    /** Arriving pieces are hashed by a thread too from 128 MiB/s on; below that the loop has time, and a thread costs 25 ms and 10 MiB. */
    busyBytes: 32 * MIB,
    busyMs: 250,
    /** Hashing this takes 270 µs, waking the thread and going on with memory of another core's cache 30 to 50; pieces of 256 KiB cost more CPU in all
     * by the thread, and no less time. */
    minBytes: 512 * KIB,
    /** One in work and one waiting; 8 were seen to cost a tenth more CPU, as the memory leaves the cache, and to be no quicker. */
    maxHanded: 2,
    /** Memory of pieces that the thread can read, of the budget for pieces: a larger budget is for many slow peers, and for no thread. */
    maxSharedBytes: 128 * MIB,
  },
  tracker: {
    /** The next tier is asked after this, not after the first one's time-out. */
    nextTierMs: 3000,
    requestTimeoutMs: 30_000,
    stoppedTimeoutMs: 2000,
    /** Bytes of one answer. */
    maxResponseBytes: 2 * MIB,
    numwant: 200,
    defaultIntervalMs: 30 * 60_000,
    minIntervalMs: 30_000,
    maxRedirects: 5,
    /** All trackers of a torrent, asked for their numbers by a person who waits: */
    scrapeTimeoutMs: 15_000,
    /** Once they are through, the DHT has so much longer: a lookup from nothing takes three to ten seconds. */
    scrapeDhtMs: 6000,
    /** so many at a time. The longest lists in use are through in four rounds. */
    scrapeParallel: 50,
    /** First wait for a UDP tracker's answer; doubles with each repetition, so that a request sends four datagrams in its 30 s. BEP 15
     * begins with 15 s: one lost datagram would cost five times what the next tier waits. */
    udpRetransmitMs: 3000,
    backoffMs: 15_000,
    maxBackoffMs: 60 * 60_000,
    /** Announced when we don't listen: trackers want a port, and nobody answers on this one (RFC 863). */
    silentPort: 9,
  },
  lsd: {
    /** BEP 14: each torrent every five minutes, one message a minute. */
    intervalMs: 5 * 60_000,
    minGapMs: 60_000,
    /** A local network with more peers of one torrent than that is none. */
    maxPeersPerInterval: 100,
    /** Most small downloads are over by then, and need no sockets. */
    startDelayMs: 1000,
  },
  dht: DHT_CONFIG,
  download: {
    /** A torrent file of a web server: all of it. */
    torrentTimeoutMs: 30_000,
    /** The largest torrents seen are near 50 MiB; the parser has the same limit. */
    maxTorrentBytes: 64 * MIB,
    maxRedirects: 5,
    /** Addresses of its torrent file that a magnet link may name (`xs`, `as`); real links have one or two. */
    maxSources: 10,
    /** Of those at a time: one slow server holds nobody up, and memory stays at two torrent files. */
    parallelSources: 2,
  },
  blocklist: {
    /** Of one file, unpacked: the lists that people share have 30 MB, and a gzip of 1 MB may unpack to a thousand times that. */
    maxBytes: 256 * MIB,
    /** Of all files: ten times the longest lists, 40 MB of memory. */
    maxRanges: 5_000_000,
    /** A range and a name; longer lines are not kept to be understood. */
    maxLineBytes: 4 * KIB,
    /** Read at once. */
    readBytes: 256 * KIB,
  },
  portMapping: {
    /** Asked for, seconds: a run that is killed leaves its port open no longer. */
    leaseS: 3600,
    /** Renewals don't come faster, whatever a gateway grants. */
    minRenewMs: 10_000,
    /** Where nothing worked: the machine may be on another network by then. */
    retryMs: 10 * 60_000,
    /** Devices answer within a second (`MX`) and are slow; */
    searchMs: 5000,
    /** a lost search is repeated once. */
    searchRepeatMs: 1500,
    /** Media players and the like don't answer to this search; a second gateway may. */
    maxDevices: 4,
    /** Of the whole range, where ours is taken. */
    maxPortTries: 4,
    /** RFC 6886 goes on to nine, for two minutes: nobody waits so long for a line that says no. */
    natPmp: { firstWaitMs: 250, attempts: 6 },
    /** RFC 6887's first wait. */
    pcp: { firstWaitMs: 3000, attempts: 3 },
    /** One HTTP request to a device, all of it. */
    requestTimeoutMs: 4000,
    /** Descriptions seen have 5 to 30 KiB. */
    maxResponseBytes: 256 * KIB,
    /** The end of a run waits no longer for its port to be given back. */
    releaseMs: 1000,
  },
  supervisor: {
    maxRestarts: 3,
    restartWindowMs: 5000,
  },
  probe: PROBE_CONFIG,
  engine: {
    /** One step of the clock counts at most this: a process that was suspended must not time everyone out. */
    maxClockStepMs: 1000,
    maxQueuedNotices: 1000,
    /** Descriptors that Node, the listener, trackers and the resume state need beside peers and files. */
    ownDescriptors: 30,
    /** Shares of the descriptors beyond those: most for peers, which are what a download is made of; */
    connectionShare: 0.6,
    /** files come and go in the order of the pieces, and opening one again is cheap; */
    fileShare: 0.25,
    /** strangers get little: an honest one shows its info hash within a round trip and then counts as a peer. */
    pendingShare: 0.15,
    /** The least of each that still works: some peers, a file to read and one to write for two torrents, one stranger and the next. */
    minConnections: 4,
    minOpenFiles: 4,
    minPending: 2,
    /** Where the system does not say how many descriptors we may have. */
    assumedDescriptors: 1024,
    /** Good-byes to trackers hold up a finished download no longer than this. */
    farewellMs: 1000,
    /** How often the watchdogs look. */
    watchMs: 500,
    /** A session without messages for this long frees its buffers and file handles. */
    idleReleaseMs: 30_000,
  },
  cli: CLI_CONFIG,
  events: EVENTS,
  results: RESULTS,
} as const;
