// How many questions are answered: of each host and in all, so that who writes another's address on his questions gets little sent there.
// Hosts that have not asked for long are forgotten first.

import type { Address } from '../../../model/address.js';
import type { Millis } from '../../../model/time.js';
import type { AnswerLimits } from './dht-terms.js';
import { neighbourhoodOf } from './node-id.js';

/** Fills up by `rate` a second to `burst`. */
interface Allowance {
  left: number;
  filledAt: Millis;
}

export class QueryGuard {
  readonly #limits: AnswerLimits;
  readonly #askers = new Map<string, Allowance>();
  readonly #total: Allowance;

  constructor(limits: AnswerLimits, now: Millis) {
    this.#limits = limits;
    this.#total = { left: limits.totalBurst, filledAt: now };
  }

  /** Whether one more question of that address may be answered; it is counted. */
  allows(asker: Address, now: Millis): boolean {
    const { askerRate, askerBurst, totalRate, totalBurst, maxAskers } = this.#limits;
    const { host } = neighbourhoodOf(asker);
    const allowance = this.#askers.get(host) ?? { left: askerBurst, filledAt: now };
    this.#askers.delete(host);
    this.#askers.set(host, allowance);
    if (this.#askers.size > maxAskers) this.#forgetOldest();
    fill(allowance, askerRate, askerBurst, now);
    fill(this.#total, totalRate, totalBurst, now);
    if (allowance.left < 1 || this.#total.left < 1) return false;
    allowance.left--;
    this.#total.left--;
    return true;
  }

  #forgetOldest(): void {
    for (const host of this.#askers.keys()) {
      this.#askers.delete(host);
      return;
    }
  }
}

function fill(allowance: Allowance, rate: number, burst: number, now: Millis): void {
  allowance.left = Math.min(burst, allowance.left + ((now - allowance.filledAt) / 1000) * rate);
  allowance.filledAt = now;
}
