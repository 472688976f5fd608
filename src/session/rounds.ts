// What happens by the clock and not by an event: keep-alives, peer exchange, silent and snubbing peers, choking rounds, second copies, dials,
// the call for more addresses, and the word that all sources of a piece are banned. Deadlines are compared as sums, the way `nextAt` names them.

import type { PieceIndex } from '../model/ids.js';
import { SECOND, type Millis } from '../model/time.js';
import type { Choker } from './choker.js';
import { dropPeer } from './departure.js';
import { leastIdler, leastOf } from './idler.js';
import { tellPeers } from './pex.js';
import { tellHaves } from './piece-flow.js';
import { takeBackFromSnubbed, takeBackUnanswered } from './recall.js';
import { refillAll, takeTurns } from './requester.js';
import { askSecondCopies } from './second-copies.js';
import type { SessionState } from './session-state.js';
import { superSeedRound } from './super-seeding.js';
import { isRedundant } from './upload-only.js';
import { chokeRound } from './uploader.js';
import { watchWebSeeds } from './web-seed-events.js';
import { refillWebSeeds } from './web-seed-runs.js';
import { watchInterest } from './window-interest.js';
import { hasNothingForReaders, hastenHeads, isHeadOpen } from './window-moves.js';

const QUICK_TICK: Millis = 100;

export class Rounds {
  readonly #state: SessionState;
  readonly #choker: Choker;
  #slowAt: Millis;
  #quickAt: Millis;
  #chokeAt: Millis;
  /** Since when nobody is left for a piece whose sources were banned; null while somebody is. */
  #exhaustedSince: Millis | null = null;
  #isExhaustionSaid = false;
  /** When more addresses were last asked for; a session that begins is as good as one that has just asked. */
  #askedForPeersAt: Millis;
  #hasAsked = false;

  constructor(state: SessionState, choker: Choker) {
    this.#state = state;
    this.#choker = choker;
    this.#slowAt = state.now;
    this.#quickAt = state.now;
    this.#chokeAt = state.now;
    this.#askedForPeersAt = state.now;
  }

  /** When to be called next, or null: nothing waits for the clock. */
  nextAt(): Millis | null {
    const state = this.#state;
    if (state.isStopped || !state.isStarted) return null;
    let next = this.#dialAt();
    const sooner = (at: Millis): void => {
      if (next === null || at < next) next = at;
    };
    if (state.peers.size > 0 || state.webSeeds.runningCount > 0) {
      sooner(this.#slowAt + SECOND);
      if (this.#isQuick()) sooner(this.#quickAt + QUICK_TICK);
      const turnAt = state.turns.nextAt(state.now);
      if (turnAt !== null) sooner(turnAt);
    }
    const retryAt = state.webSeeds.nextRetryAt();
    if (retryAt !== null && !state.isComplete) sooner(retryAt);
    if (this.#exhaustedSince !== null && !this.#isExhaustionSaid) sooner(this.#exhaustedSince + state.limits.exhaustedGraceMs);
    if (this.#isLonely()) sooner(this.#morePeersAt());
    return next;
  }

  /** Does whatever is due. */
  run(): void {
    const state = this.#state;
    const { now } = state;
    if (now >= this.#slowAt + SECOND) {
      this.#slowAt = now;
      this.#watchPeers();
      watchInterest(state);
      watchWebSeeds(state);
      if (now >= this.#chokeAt + state.limits.chokeRoundMs) {
        this.#chokeAt = now;
        if (!state.tracker.have.isEmpty && state.window === null) chokeRound(state, this.#choker);
      }
      refillAll(state);
    }
    if (state.turns.isLimited) takeTurns(state);
    if (this.#isQuick() && now >= this.#quickAt + QUICK_TICK) {
      this.#quickAt = now;
      hastenHeads(state);
      askSecondCopies(state);
    }
    refillWebSeeds(state);
    this.watchExhaustion();
    if (this.#isLonely() && now >= this.#morePeersAt()) this.#askForPeers();
  }

  /** Dials as many addresses as there is room for; a session that seeds goes on with it, for leechers that nobody can reach. */
  dial(): void {
    const state = this.#state;
    if (!state.isStarted || state.isStopped || this.#isOver()) return;
    const places = state.limits.maxPeers - state.peers.size - state.book.halfOpen;
    for (const address of state.book.takeDialable(places, state.now)) {
      state.emit({ type: 'dial', address, isEncrypted: state.book.isDialedEncrypted(address) });
    }
  }

  /**
   * Says `sources-exhausted` once: a piece failed, its liars are banned, no connected peer has it and nobody else came for a
   * while. Peers that have other pieces, or none, don't help.
   */
  watchExhaustion(): void {
    const state = this.#state;
    if (this.#isExhaustionSaid || !state.isStarted) return;
    const isBanned = state.book.bannedCount > 0 || state.webSeeds.hasBanned;
    const piece = isBanned && !this.#mayMeetSource() ? this.#sourcelessPiece() : null;
    if (piece === null) {
      this.#exhaustedSince = null;
      return;
    }
    if (this.#exhaustedSince === null) {
      this.#exhaustedSince = state.now;
      if (!this.#hasAsked || state.now >= this.#morePeersAt()) this.#askForPeers();
    } else if (state.now >= this.#exhaustedSince + state.limits.exhaustedGraceMs) {
      this.#isExhaustionSaid = true;
      const bannedWebSeeds = state.webSeeds.all.filter((seed) => seed.isBanned).map((seed) => seed.name);
      state.notice({ type: 'sources-exhausted', piece, banned: state.book.bannedAddresses(), bannedWebSeeds });
    }
  }

  /** Somebody who is not connected yet, or has not said yet what it has, may be a source. */
  #mayMeetSource(): boolean {
    const { book, peers, webSeeds, limits, now } = this.#state;
    if (book.hasProspects || webSeeds.hasUsable) return true;
    for (const peer of peers.values()) {
      if (!peer.hasSaidWhatItHas && now < peer.connectedAt + limits.exhaustedGraceMs) return true;
    }
    return false;
  }

  /** A piece that failed and that no connected peer has; what is on its way to the disk needs none. */
  #sourcelessPiece(): PieceIndex | null {
    const { tracker, blame } = this.#state;
    for (const piece of blame.failedPieces()) {
      if (tracker.picker.availability(piece) === 0 && tracker.stateOf(piece) !== 'storing') return piece;
    }
    return null;
  }

  /** Nobody to ask, nobody on the way, and nobody to dial before the clock moves on. */
  #isLonely(): boolean {
    const state = this.#state;
    if (!state.isStarted || state.isStopped || state.isComplete) return false;
    if (state.peers.size > 0 || state.book.halfOpen > 0) return false;
    const dialAt = state.book.nextDialAt();
    return dialAt === null || dialAt > state.now;
  }

  #morePeersAt(): Millis {
    return this.#askedForPeersAt + this.#state.limits.morePeersMs;
  }

  #askForPeers(): void {
    this.#hasAsked = true;
    this.#askedForPeersAt = this.#state.now;
    this.#state.emit({ type: 'announce', event: 'more-peers' });
  }

  #isQuick(): boolean {
    return !this.#state.isComplete && (this.#state.hasIdlePeer || this.#state.tracker.isEndgame || isHeadOpen(this.#state));
  }

  /** Nobody is needed any more. */
  #isOver(): boolean {
    return this.#state.isComplete && !this.#state.settings.seeds;
  }

  #dialAt(): Millis | null {
    const state = this.#state;
    if (this.#isOver() || state.peers.size + state.book.halfOpen >= state.limits.maxPeers) return null;
    return state.book.halfOpen >= state.limits.maxHalfOpen ? null : state.book.nextDialAt();
  }

  #watchPeers(): void {
    const state = this.#state;
    for (const peer of Array.from(state.peers.values())) {
      if (state.now - peer.lastReceivedAt >= state.limits.inactiveMs) {
        dropPeer(state, peer, 'inactive');
      } else if (isRedundant(state, peer)) {
        dropPeer(state, peer, 'both-upload-only');
      } else {
        tellHaves(state, peer);
        tellPeers(state, peer);
        if (state.now - peer.lastSentAt >= state.limits.keepAliveMs) state.send(peer, { type: 'keep-alive' });
        takeBackUnanswered(state, peer);
        if (peer.requests.checkSnubbed(state.now)) takeBackFromSnubbed(state, peer);
      }
    }
    superSeedRound(state);
    this.#makeRoom();
  }

  /** In a full house, with addresses waiting: a peer that has long been of no use goes. A seed minds only those that never did anything. */
  #makeRoom(): void {
    const { peers, book, limits, now, isComplete } = this.#state;
    const nextDialAt = book.nextDialAt();
    if (this.#isOver() || peers.size < limits.maxPeers || nextDialAt === null || nextDialAt > now) return;
    if (isComplete) {
      const idler = leastIdler(this.#state);
      if (idler !== null) dropPeer(this.#state, idler, 'useless');
      return;
    }
    const useless = [...peers.values()].filter((peer) => {
      const isUseless =
        peer.requests.isSnubbed || ((peer.wantedCount === 0 || hasNothingForReaders(this.#state, peer)) && !peer.peerInterested);
      return isUseless && now >= peer.connectedAt + limits.uselessMs;
    });
    const least = leastOf(this.#state, useless);
    if (least !== null) dropPeer(this.#state, least, 'useless');
  }
}
