// Questions that we have asked and that are not answered yet: an answer counts where it comes from who was asked, with the number that
// the question had. Bounded in number and time.

import { addressKey, type Address } from '../../../model/address.js';
import { toHex } from '../../../model/ids.js';
import type { Millis } from '../../../model/time.js';
import type { RandomBytes } from './node-id.js';

export interface Transaction<Purpose> {
  readonly to: Address;
  readonly purpose: Purpose;
  readonly askedAt: Millis;
}

interface Open<Purpose> extends Transaction<Purpose> {
  isSlow: boolean;
}

export interface TransactionLimits {
  readonly queryTimeoutMs: Millis;
  readonly slowAnswerMs: Millis;
  readonly maxTransactions: number;
}

/** Enough that nobody who doesn't see our datagrams hits on one, and little in each of them. */
const TRANSACTION_BYTES = 4;

export class Transactions<Purpose> {
  readonly #limits: TransactionLimits;
  readonly #randomBytes: RandomBytes;
  /** In the order in which they were asked, so that the first is the first to be too old. */
  readonly #open = new Map<string, Open<Purpose>>();

  constructor(limits: TransactionLimits, randomBytes: RandomBytes) {
    this.#limits = limits;
    this.#randomBytes = randomBytes;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#limits.maxTransactions;
  }

  /** Half of the room is for questions that somebody waits for: what strangers make us ask must not take all of it. */
  get isHalfFull(): boolean {
    return this.#open.size >= this.#limits.maxTransactions / 2;
  }

  /** Whether that address owes an answer. */
  isAsking(address: Address): boolean {
    const key = addressKey(address);
    return [...this.#open.values()].some(({ to }) => addressKey(to) === key);
  }

  /** The number of a new question; null where too many are open. */
  begin(to: Address, purpose: Purpose, now: Millis): Uint8Array | null {
    if (this.isFull) return null;
    const id = this.#randomBytes(TRANSACTION_BYTES);
    const key = toHex(id);
    if (this.#open.has(key)) return null;
    this.#open.set(key, { to, purpose, askedAt: now, isSlow: false });
    return id;
  }

  /** The question that this answers, which is closed by it; null where it is none. */
  take(id: Uint8Array, from: Address): Transaction<Purpose> | null {
    if (id.length !== TRANSACTION_BYTES) return null;
    const key = toHex(id);
    const open = this.#open.get(key);
    if (open === undefined || addressKey(open.to) !== addressKey(from)) return null;
    this.#open.delete(key);
    return open;
  }

  /** Closes all that were asked of that address. */
  takeAllTo(address: Address): Transaction<Purpose>[] {
    const key = addressKey(address);
    return this.#takeWhere((open) => addressKey(open.to) === key);
  }

  /** Closes those that are too old. */
  takeExpired(now: Millis): Transaction<Purpose>[] {
    return this.#takeWhere(({ askedAt }) => now - askedAt >= this.#limits.queryTimeoutMs);
  }

  /** Those that have just become slow; each once. */
  slowOnes(now: Millis): Transaction<Purpose>[] {
    const slow = [...this.#open.values()].filter((open) => !open.isSlow && now - open.askedAt >= this.#limits.slowAnswerMs);
    for (const open of slow) open.isSlow = true;
    return slow;
  }

  nextTimeout(): Millis | null {
    let next: Millis | null = null;
    for (const { askedAt, isSlow } of this.#open.values()) {
      const due = askedAt + (isSlow ? this.#limits.queryTimeoutMs : this.#limits.slowAnswerMs);
      if (next === null || due < next) next = due;
    }
    return next;
  }

  #takeWhere(test: (open: Open<Purpose>) => boolean): Transaction<Purpose>[] {
    const taken = [...this.#open].filter(([, open]) => test(open));
    for (const [key] of taken) this.#open.delete(key);
    return taken.map(([, open]) => open);
  }
}
