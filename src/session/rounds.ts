// What happens by the clock and not by an event: keep-alives, silent and snubbing peers, choking rounds, second copies, dials,
// and the word that all sources of a piece are banned. Deadlines are compared as sums, the way `nextAt` names them.

import type { PieceIndex } from '../model/ids.js';
import { SECOND, type Millis } from '../model/time.js';
import type { Choker } from './choker.js';
import { dropPeer } from './departure.js';
import { takeBackRequests } from './recall.js';
import { refillAll } from './requester.js';
import { askSecondCopies } from './second-copies.js';
import type { SessionState } from './session-state.js';
import { chokeRound } from './uploader.js';

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

  constructor(state: SessionState, choker: Choker) {
    this.#state = state;
    this.#choker = choker;
    this.#slowAt = state.now;
    this.#quickAt = state.now;
    this.#chokeAt = state.now;
  }

  /** When to be called next, or null: nothing waits for the clock. */
  nextAt(): Millis | null {
    const state = this.#state;
    if (state.isStopped || !state.isStarted) return null;
    let next = this.#dialAt();
    const sooner = (at: Millis): void => {
      if (next === null || at < next) next = at;
    };
    if (state.peers.size > 0) {
      sooner(this.#slowAt + SECOND);
      if (this.#isQuick()) sooner(this.#quickAt + QUICK_TICK);
    }
    if (this.#exhaustedSince !== null && !this.#isExhaustionSaid) sooner(this.#exhaustedSince + state.limits.exhaustedGraceMs);
    return next;
  }

  /** Does whatever is due. */
  run(): void {
    const state = this.#state;
    const { now } = state;
    if (now >= this.#slowAt + SECOND) {
      this.#slowAt = now;
      this.#watchPeers();
      if (now >= this.#chokeAt + state.limits.chokeRoundMs) {
        this.#chokeAt = now;
        if (!state.tracker.have.isEmpty) chokeRound(state, this.#choker);
      }
      refillAll(state);
    }
    if (this.#isQuick() && now >= this.#quickAt + QUICK_TICK) {
      this.#quickAt = now;
      askSecondCopies(state);
    }
    this.watchExhaustion();
  }

  /** Dials as many addresses as there is room for; a session that seeds goes on with it, for leechers that nobody can reach. */
  dial(): void {
    const state = this.#state;
    if (!state.isStarted || state.isStopped || this.#isOver()) return;
    const places = state.limits.maxPeers - state.peers.size - state.book.halfOpen;
    for (const address of state.book.takeDialable(places, state.now)) state.emit({ type: 'dial', address });
  }

  forgive(byMs: number): void {
    for (const peer of this.#state.peers.values()) {
      peer.requests.forgive(byMs);
      peer.lastReceivedAt += byMs;
    }
    this.#state.book.forgive(byMs);
  }

  /** Says `sources-exhausted` once, after every source of a missing piece was banned and nobody came for a while. */
  watchExhaustion(): void {
    const state = this.#state;
    if (this.#isExhaustionSaid || !state.isStarted) return;
    const isAlone = state.book.bannedCount > 0 && state.peers.size === 0 && !state.book.hasProspects;
    const piece = isAlone ? this.#firstMissing() : null;
    if (piece === null) {
      this.#exhaustedSince = null;
      return;
    }
    if (this.#exhaustedSince === null) {
      this.#exhaustedSince = state.now;
      state.emit({ type: 'announce', event: 'more-peers' });
    } else if (state.now >= this.#exhaustedSince + state.limits.exhaustedGraceMs) {
      this.#isExhaustionSaid = true;
      state.notice({ type: 'sources-exhausted', piece, banned: state.book.bannedAddresses() });
    }
  }

  /** One that failed, if any; null while all that is missing is on its way to the disk. */
  #firstMissing(): PieceIndex | null {
    const { geometry, tracker, blame } = this.#state;
    let first: PieceIndex | null = null;
    for (const piece of geometry.pieces()) {
      const where = tracker.stateOf(piece);
      if (where === 'have' || where === 'storing') continue;
      if (blame.hasFailed(piece)) return piece;
      first ??= piece;
    }
    return first;
  }

  #isQuick(): boolean {
    return !this.#state.isComplete && (this.#state.hasIdlePeer || this.#state.tracker.isEndgame);
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
      } else {
        if (state.now - peer.lastSentAt >= state.limits.keepAliveMs) state.send(peer, { type: 'keep-alive' });
        if (peer.requests.checkSnubbed(state.now)) takeBackRequests(state, peer, true);
      }
    }
    this.#makeRoom();
  }

  /** In a full house, with addresses waiting: the peer longest of no use goes. */
  #makeRoom(): void {
    const { peers, book, limits, now, isComplete } = this.#state;
    const nextDialAt = book.nextDialAt();
    if (isComplete || peers.size < limits.maxPeers || nextDialAt === null || nextDialAt > now) return;
    for (const peer of peers.values()) {
      const isUseless = peer.requests.isSnubbed || (peer.wantedCount === 0 && !peer.peerInterested);
      if (!isUseless || now < peer.connectedAt + limits.uselessMs) continue;
      dropPeer(this.#state, peer, 'useless');
      return;
    }
  }
}
