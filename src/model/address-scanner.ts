// Reads IP addresses where they stand in the bytes of a text, without making strings: lists have half a million of them. Leading
// zeros of IPv4 numbers are taken as decimal, since lists are padded with them. IPv4-mapped IPv6 counts as IPv4, as everywhere.

import { IPV6_WORDS } from './address-ranges.js';

const DOT = 0x2e;
const COLON = 0x3a;

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

export class AddressScanner {
  /** Of the address read last. */
  family: 4 | 6 = 4;
  /** Of an IPv4 address: its number; of an IPv6 one see `words`. */
  value = 0;
  /** It is an IPv4 address that was written as IPv6. */
  isMapped = false;
  /** Of an IPv6 address, the highest first. Overwritten by the next one. */
  readonly words = new Uint32Array(IPV6_WORDS);
  readonly #groups = new Uint16Array(IPV6_WORDS * 2);

  /** An address that begins at `at` and ends before `end`: the index after it, or -1 where there is none. */
  read(bytes: Uint8Array, at: number, end: number): number {
    const after = this.readIpv4(bytes, at, end);
    return after >= 0 ? after : this.#readIpv6(bytes, at, end);
  }

  readIpv4(bytes: Uint8Array, at: number, end: number): number {
    let value = 0;
    for (let part = 0; part < 4; part++) {
      if (part > 0 && (at >= end || bytes[at++] !== DOT)) return -1;
      let number = 0;
      const start = at;
      while (at < end && at < start + 3) {
        const digit = bytes[at] - 0x30;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
        at++;
      }
      if (at === start || number > 255) return -1;
      value = value * 256 + number;
    }
    this.family = 4;
    this.value = value;
    this.isMapped = false;
    return at;
  }

  #readIpv6(bytes: Uint8Array, from: number, end: number): number {
    const groups = this.#groups;
    let at = from;
    let count = 0;
    let gap = -1;
    if (at + 1 < end && bytes[at] === COLON && bytes[at + 1] === COLON) {
      gap = 0;
      at += 2;
    }
    while (count < 8) {
      const start = at;
      let value = 0;
      for (let digit = 0; at < end && (digit = hexDigit(bytes[at])) >= 0; at++) {
        if (at - start === 4) return -1;
        value = value * 16 + digit;
      }
      if (at === start) {
        // Nothing may follow `::`, and something must follow a single colon.
        if (gap === count) break;
        return -1;
      }
      if (at < end && bytes[at] === DOT) {
        const after = count > 6 ? -1 : this.readIpv4(bytes, start, end);
        if (after < 0) return -1;
        groups[count++] = this.value >>> 16;
        groups[count++] = this.value & 0xffff;
        at = after;
        break;
      }
      groups[count++] = value;
      if (at >= end || bytes[at] !== COLON) break;
      if (at + 1 < end && bytes[at + 1] === COLON) {
        if (gap >= 0) return -1;
        gap = count;
        at += 2;
      } else if (count < 8) at++;
    }
    if (gap < 0 ? count !== 8 : count > 7) return -1;
    this.#settle(count, gap);
    return at;
  }

  #settle(count: number, gap: number): void {
    const groups = this.#groups;
    if (gap >= 0) {
      groups.copyWithin(8 - (count - gap), gap, count);
      groups.fill(0, gap, 8 - (count - gap));
    }
    const { words } = this;
    for (let word = 0; word < IPV6_WORDS; word++) words[word] = groups[word * 2] * 65_536 + groups[word * 2 + 1];
    this.isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
    this.family = this.isMapped ? 4 : 6;
    if (this.isMapped) this.value = words[3];
  }
}
