// The hosts that we have written to lately: who asks without being one of them has found us himself, so we can be reached (BEP 43).
// Bounded: the one written to longest ago is forgotten first.

import type { Address } from '../../../model/address.js';
import { neighbourhoodOf } from './node-id.js';

const MAX_HOSTS = 2000;

export class RecentHosts {
  readonly #hosts = new Set<string>();

  has(address: Address): boolean {
    return this.#hosts.has(neighbourhoodOf(address).host);
  }

  add(address: Address): void {
    const { host } = neighbourhoodOf(address);
    this.#hosts.delete(host);
    this.#hosts.add(host);
    if (this.#hosts.size <= MAX_HOSTS) return;
    for (const oldest of this.#hosts) {
      this.#hosts.delete(oldest);
      return;
    }
  }
}
