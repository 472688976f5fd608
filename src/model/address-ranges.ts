// Ranges of IP addresses, sorted, apart from one another, in typed arrays: half a million cost 4 MB, and a question is a binary
// search. Made by RangeBuilder. An IPv4 address written as IPv6 is IPv4 by the time it is an Address.

import { encodeCompactAddress, type Address } from './address.js';
import type { AddressFilter } from './address-filter.js';

/** 32-bit words of an IPv6 address. */
export const IPV6_WORDS = 4;

/** First and last of each range, both within it. Four words for each IPv6 address, the highest first. */
export interface SortedRanges {
  readonly ipv4First: Uint32Array;
  readonly ipv4Last: Uint32Array;
  readonly ipv6First: Uint32Array;
  readonly ipv6Last: Uint32Array;
}

/** Of the IPv6 address at `a` in `left` and the one at `b` in `right` (indices of addresses, not words): below 0, 0, above 0. */
export function compareIpv6(left: Uint32Array, a: number, right: Uint32Array, b: number): number {
  for (let word = 0; word < IPV6_WORDS; word++) {
    const difference = left[a * IPV6_WORDS + word] - right[b * IPV6_WORDS + word];
    if (difference !== 0) return difference;
  }
  return 0;
}

export class AddressRanges implements AddressFilter {
  readonly #ranges: SortedRanges;

  constructor(ranges: SortedRanges) {
    this.#ranges = ranges;
  }

  /** Ranges after merging. */
  get size(): number {
    return this.#ranges.ipv4First.length + this.#ranges.ipv6First.length / IPV6_WORDS;
  }

  blocks(address: Address): boolean {
    const bytes = encodeCompactAddress(address);
    const words = new Uint32Array(address.family === 4 ? 1 : IPV6_WORDS);
    for (let i = 0; i < words.length; i++) {
      words[i] = ((bytes[i * 4] << 24) | (bytes[i * 4 + 1] << 16) | (bytes[i * 4 + 2] << 8) | bytes[i * 4 + 3]) >>> 0;
    }
    return address.family === 4 ? this.#hasIpv4(words[0]) : this.#hasIpv6(words);
  }

  #hasIpv4(value: number): boolean {
    const { ipv4First, ipv4Last } = this.#ranges;
    const at = lastNotAfter(ipv4First.length, (index) => ipv4First[index] <= value);
    return at >= 0 && value <= ipv4Last[at];
  }

  #hasIpv6(words: Uint32Array): boolean {
    const { ipv6First, ipv6Last } = this.#ranges;
    const at = lastNotAfter(ipv6First.length / IPV6_WORDS, (index) => compareIpv6(ipv6First, index, words, 0) <= 0);
    return at >= 0 && compareIpv6(words, 0, ipv6Last, at) <= 0;
  }
}

/** The largest index below `count` for which `isNotAfter` holds, which holds up to one index and not beyond; -1 where there is none. */
function lastNotAfter(count: number, isNotAfter: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isNotAfter(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
