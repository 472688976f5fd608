// The memory budget of one simulated session, which never goes below nothing.

import type { PieceBudget } from '../../../src/session/limits.js';
import { must } from './violation.js';

export class SimBudget implements PieceBudget {
  readonly #limit: number;
  reserved = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  reserve(bytes: number, force: boolean): boolean {
    if (!force && this.reserved + bytes > this.#limit) return false;
    this.reserved += bytes;
    return true;
  }

  release(bytes: number): void {
    this.reserved -= bytes;
    must(this.reserved >= 0, 'the budget is never negative', () => ({ reserved: this.reserved }));
  }
}
