// Whom we upload to (BEP 3): every ten seconds the interested peers that give us most (or, when seeding, take most) get the
// slots, and one more, changed every thirty seconds, is chosen at random to find better ones. A free slot is given at once.

import type { PeerKey } from '../model/ids.js';
import { shuffle, type Random } from '../model/random.js';
import type { Millis } from '../model/time.js';
import type { SessionLimits } from './limits.js';

export interface ChokerPeer {
  readonly key: PeerKey;
  readonly peerInterested: boolean;
  readonly amChoking: boolean;
  readonly isSnubbed: boolean;
  /** Bytes per second it gives us, or, when we seed, takes from us. */
  readonly rate: number;
}

export class Choker {
  readonly #limits: SessionLimits;
  readonly #random: Random;
  #optimistic: PeerKey | null = null;
  #optimisticSince: Millis = -Infinity;

  constructor(limits: SessionLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** The peers to have unchoked from now on. */
  round(peers: readonly ChokerPeer[], now: Millis): Set<PeerKey> {
    const interested = peers.filter((peer) => peer.peerInterested);
    // Shuffled first: equals (all at zero, at the start) then share the slots by chance and not by age.
    const ranked = shuffle(interested, this.#random).toSorted(
      (a, b) => Number(a.isSnubbed) - Number(b.isSnubbed) || b.rate - a.rate,
    );
    const unchoked = new Set(ranked.slice(0, this.#limits.uploadSlots).map((peer) => peer.key));
    if (this.#limits.optimisticSlots === 0) return unchoked;
    const rest = ranked.slice(this.#limits.uploadSlots);
    const current = rest.find((peer) => peer.key === this.#optimistic);
    if (current === undefined || now - this.#optimisticSince >= this.#limits.optimisticRoundMs) {
      const others = rest.filter((peer) => peer !== current);
      this.#optimistic = (others.length > 0 ? others[this.#random.below(others.length)] : current)?.key ?? null;
      this.#optimisticSince = now;
    }
    if (this.#optimistic !== null && rest.some((peer) => peer.key === this.#optimistic)) unchoked.add(this.#optimistic);
    return unchoked;
  }

  /** Whether a peer that became interested between rounds finds a free slot. */
  hasFreeSlot(unchoked: number): boolean {
    return unchoked < this.#limits.uploadSlots + this.#limits.optimisticSlots;
  }
}
