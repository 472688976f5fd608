// The numbers of policy a Session works with. The engine fills them from its config, the simulator from its scenario; no
// part of the session holds such a number itself.

import type { PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';

export interface SessionLimits {
  readonly maxPeers: number;
  readonly maxHalfOpen: number;
  readonly maxAddresses: number;
  /** Of these, addresses at most that only other peers have named (BEP 11). */
  readonly maxPexAddresses: number;
  /** The same for the DHT. */
  readonly maxDhtAddresses: number;
  readonly maxLsdAddresses: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly keepAliveMs: number;
  readonly inactiveMs: number;
  /** A peer that is of no use to either side makes room, after so long, for one that is waiting to be dialled. */
  readonly uselessMs: number;
  /** Two partial seeds part so long after the peer said that it wants nothing (BEP 21). */
  readonly redundantMs: number;
  /** Two connections of one peer within this time are taken to have crossed. */
  readonly crossingMs: number;
  /** Blocks. */
  readonly initialDepth: number;
  readonly maxDepth: number;
  /** Blocks of the horizon term of the request depth at most: more leave the CPU's cache (measured, results.md). */
  readonly cacheDepth: number;
  /** The memory for pieces in flight, in blocks: shared among the peers that can be asked. */
  readonly budgetBlocks: number;
  /** But this many at least. */
  readonly minShare: number;
  readonly defaultReqq: number;
  readonly ownReqq: number;
  readonly horizonMs: number;
  readonly snubMs: number;
  /** A peer of BEP 6 that choked us has so long to send or reject what it was asked for before. */
  readonly chokedAnswerMs: number;
  /** A block asked this long ago may be asked of a second peer once every missing block is asked for. */
  readonly endgameAgeMs: number;
  /** The same while the piece budget keeps a peer idle. */
  readonly reassignAgeMs: number;
  /** A reader waits, and the block was asked for so long ago: a much quicker peer is asked too. */
  readonly urgentAgeMs: Millis;
  /** Readers wait for what nobody has: a peer whose pieces are none of these hears after so long that we want nothing of it. */
  readonly setAsideMs: Millis;
  /** A peer that rejected a request is not asked for that piece again so long. */
  readonly refusalMs: number;
  /** A peer that sends a whole piece within this has it to itself while there are others to begin; 0: pieces are shared. */
  readonly pieceAloneMs: Millis;
  readonly uploadSlots: number;
  readonly optimisticSlots: number;
  readonly chokeRoundMs: number;
  readonly optimisticRoundMs: number;
  /** Payload handed to one peer's connection and not yet taken by it, bytes. */
  readonly uploadWindowBytes: number;
  readonly maxUploadBlockBytes: number;
  /** Pieces an unproven peer may have blocks in before one of them has been verified. */
  readonly probationPieces: number;
  /** Payload nobody asked for, beyond which a peer is dropped, bytes. */
  readonly maxUnexpectedBytes: number;
  /** How long no source may be left for a piece that only banned peers had, before the session says so. */
  readonly exhaustedGraceMs: number;
  /** A session without anybody to ask or to dial asks for more addresses, once in so long. */
  readonly morePeersMs: number;
  readonly allowedFastPieces: number;
  /** Pieces that a super-seed has revealed to a peer and that are not known to go round (BEP 16). */
  readonly superSeedDepth: number;
  /** The same for the only peer there is: nobody else is kept from a piece by it. */
  readonly superSeedLoneDepth: number;
  /** A peer that says nothing of what it has is taken to have nothing after this. */
  readonly superSeedHelloMs: number;
  /** A peer waits so long at most for others to take what it got, then it hears of another piece. */
  readonly superSeedPatienceMs: number;
  /** Milliseconds after which a peer that is not interested in what it was told of hears of more. */
  readonly superSeedDeclineMs: number;
  /** Super-seeding ends when peers have waited in vain, and no piece has gone round, for so long. */
  readonly superSeedGiveUpMs: number;
  /** HAVEs that a peer gets at once, and then each second, when super-seeding ends. */
  readonly maxHavesAtOnce: number;
  /** A peer gets the pieces of the info dictionary so many times over at most. */
  readonly metadataRounds: number;
  /** Requests to web seeds under way at a time. */
  readonly maxWebSeedLinks: number;
  /** Peers that send at which a web seed is content with one link. */
  readonly enoughPeers: number;
  /** Of a web seed's first run, bytes. It doubles while a run takes less than `webSeedRunMs`. */
  readonly webSeedRunBytes: number;
  readonly webSeedMaxRunBytes: number;
  readonly webSeedRunMs: number;
  /** What is left of a run is shared with an idle link where it is more than this. */
  readonly webSeedSplitBytes: number;
  /** A request that brings no block for so long is given up. */
  readonly webSeedStallMs: number;
  /** The same, where another web seed has nothing else to do. */
  readonly webSeedOvertakeMs: number;
  /** First wait after a request that brought nothing; doubles with each such failure. */
  readonly webSeedBackoffMs: number;
  readonly webSeedMaxBackoffMs: number;
  /** Wait after a request that failed half-way. */
  readonly webSeedPauseMs: number;
  /** A web seed that lacks the first so many files that it is asked for, and sent nothing ever, is not used any more. */
  readonly webSeedWrongFiles: number;
  /** From one message of peer exchange to the next that a peer gets (BEP 11). */
  readonly pexIntervalMs: number;
  /** A peer's message that comes sooner after the last one is not read. */
  readonly pexMinIntervalMs: number;
  /** So many of those in a row are forgiven. */
  readonly maxEarlyPex: number;
  /** Peers added, and as many dropped, in one message of ours. */
  readonly maxPexPeers: number;
}

/** Memory for pieces in flight, shared by all torrents: asked before a piece is opened. */
export interface PieceBudget {
  /** True: the piece may be opened. `force`: answer true, whatever is free (none is open, or a failed piece is to be settled). */
  reserve(bytes: number, force: boolean, piece: PieceIndex): boolean;
  release(bytes: number, piece: PieceIndex): void;
}

/** The download limits, of this torrent and of all: asked before a block is. Whether there is one may change at any time. */
export interface RequestPace {
  /** Nothing is to be asked for; implies `isLimited`. */
  readonly isPaused: boolean;
  readonly isLimited: boolean;
  /** When `bytes` more may be asked for: they count from here on. Not after `now`: at once. */
  reserve(bytes: number, now: Millis): Millis;
  /** They were reserved, and will not come. */
  giveBack(bytes: number): void;
  /** They came without a place of theirs. */
  charge(bytes: number, now: Millis): void;
}
