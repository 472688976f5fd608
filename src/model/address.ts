// Where a peer can be reached: a numeric IP address and a port. Two spellings of one address are one address:
// IPv6 is kept in its shortest form (RFC 5952) and IPv4-mapped IPv6 as IPv4. Compact forms are BEP 23 (6 bytes) and BEP 7 (18).

/** `host` is a canonical numeric address, `port` is 1 … 65535. Made by `createAddress`, `parseAddress` or a decoder only. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

export type AddressKey = string;

function parseIpv4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return null;
    const value = Number(part);
    if (value > 255) return null;
    bytes.push(value);
  }
  return bytes;
}

function parseIpv6(text: string): number[] | null {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text)) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const toGroups = (half: string): number[] | null => {
    if (half === '') return [];
    const groups: number[] = [];
    const parts = half.split(':');
    for (const [index, part] of parts.entries()) {
      if (part.includes('.')) {
        const v4 = index === parts.length - 1 ? parseIpv4(part) : null;
        if (v4 === null) return null;
        groups.push((v4[0] << 8) | v4[1], (v4[2] << 8) | v4[3]);
      } else {
        if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
        groups.push(Number.parseInt(part, 16));
      }
    }
    return groups;
  };
  const head = toGroups(halves[0]);
  const tail = halves.length === 2 ? toGroups(halves[1]) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

function formatIpv6(groups: readonly number[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > bestLength) {
      bestStart = i;
      bestLength = run;
    }
    i += run;
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestStart < 0) return hex.join(':');
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`;
}

function isMappedIpv4(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

/** A canonical address, or null where `host` is no numeric IP address (a zone id is none) or `port` is not 1 … 65535. */
export function createAddress(host: string, port: number): Address | null {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return null;
  const v4 = parseIpv4(host);
  if (v4 !== null) return { host: v4.join('.'), port, family: 4 };
  const groups = parseIpv6(host);
  if (groups === null) return null;
  if (isMappedIpv4(groups)) {
    const high = groups[6];
    const low = groups[7];
    return { host: `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`, port, family: 4 };
  }
  return { host: formatIpv6(groups), port, family: 6 };
}

/** `127.0.0.1:6881` or `[::1]:6881`; null where it is neither. */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  return match === null ? null : createAddress(match[1] ?? match[2], Number(match[3]));
}

export function formatAddress(address: Address): string {
  return address.family === 6 ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** One string for each address: for maps and sets. */
export function addressKey(address: Address): AddressKey {
  return formatAddress(address);
}

function compactLength(family: 4 | 6): number {
  return family === 4 ? 6 : 18;
}

/** Compact addresses end to end (BEP 23, BEP 7). Entries with port 0 are left out; null where the length is no multiple. */
export function decodeCompactAddresses(bytes: Uint8Array, family: 4 | 6): Address[] | null {
  const size = compactLength(family);
  if (bytes.length % size !== 0) return null;
  const addresses: Address[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const port = (bytes[at + size - 2] << 8) | bytes[at + size - 1];
    let host: string;
    if (family === 4) {
      host = `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
    } else {
      const groups: number[] = [];
      for (let i = 0; i < 16; i += 2) groups.push((bytes[at + i] << 8) | bytes[at + i + 1]);
      host = formatIpv6(groups);
    }
    const address = createAddress(host, port);
    if (address !== null) addresses.push(address);
  }
  return addresses;
}

/** 6 bytes for IPv4, 18 for IPv6 (BEP 23, BEP 7). */
export function encodeCompactAddress(address: Address): Uint8Array {
  const bytes = new Uint8Array(compactLength(address.family));
  if (address.family === 4) {
    bytes.set(parseIpv4(address.host) as number[]);
  } else {
    const groups = parseIpv6(address.host) as number[];
    for (const [i, group] of groups.entries()) {
      bytes[i * 2] = group >> 8;
      bytes[i * 2 + 1] = group & 255;
    }
  }
  bytes[bytes.length - 2] = address.port >> 8;
  bytes[bytes.length - 1] = address.port & 255;
  return bytes;
}

/** Whether it can be one host's address: not "any" (0.0.0.0/8, ::), nor multicast, nor IPv4's reserved block with the broadcast. */
export function isUnicast({ host, family }: Address): boolean {
  if (family === 6) return host !== '::' && !/^ff..:/.test(host);
  const first = Number(host.slice(0, host.indexOf('.')));
  return first > 0 && first < 224;
}
