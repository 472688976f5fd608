// The values of options, from text to numbers with units in their names. What cannot be read is a UsageError that names
// the option. Durations: `30s 5m 1h`, a bare number is seconds, 0 is off. Sizes: `50K 1.5M`, by 1024.

import { CONFIG } from '../engine/config.js';
import type { MinSpeed } from '../engine/speed-floor.js';
import type { LogLevel } from './log-file.js';
import type { ProgressMode } from './progress-board.js';
import type { ColorChoice } from './render/color-level.js';
import { parseProxy as readProxy, type ProxyRefusal, type ProxyServer } from '../model/proxy-server.js';
import { redactUrl } from '../model/redact-url.js';
import { UsageError } from './usage-error.js';

/** Everything a timer of Node can hold: 2^31 - 1 ms; beyond it a timer would fire at once. */
const MAX_DURATION_MS = 2_147_483_647;
const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Milliseconds; 0 is off. Parts may be joined: `1h30m`. */
export function parseDuration(text: string, option: string): number {
  const bad = (): UsageError =>
    new UsageError(
      `${option}: '${text}' is no duration`,
      'Write a number with a unit, such as 30s, 5m or 1h; a bare number is seconds, 0 is off.',
    );
  const trimmed = text.trim().toLowerCase();
  let ms = 0;
  if (/^[0-9]+(\.[0-9]+)?$/.test(trimmed)) {
    ms = Number(trimmed) * 1000;
  } else {
    if (!/^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$/.test(trimmed)) throw bad();
    for (const part of trimmed.matchAll(/([0-9.]+)(ms|s|m|h|d)/g)) ms += Number(part[1]) * DURATION_UNITS[part[2]];
  }
  if (ms > MAX_DURATION_MS) throw new UsageError(`${option}: '${text}' is too long`, 'Use at most 24d, or 0 for no limit.');
  return Math.round(ms);
}

/** Bytes, a whole number. */
export function parseSize(text: string, option: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  const bytes = match === null ? Number.NaN : Math.round(Number(match[1]) * SIZE_UNITS[match[2].toUpperCase()]);
  if (!Number.isSafeInteger(bytes)) {
    throw new UsageError(
      `${option}: '${text}' is no size`,
      'Write bytes, or a number with K, M, G or T (by 1024), such as 50K or 1.5M.',
    );
  }
  return bytes;
}

/** Bytes per second: a size, with or without `/s`; 0 is no limit. */
export function parseRate(text: string, option: string): number {
  return parseSize(text.trim().replace(/\/s$/i, ''), option);
}

/** `100K:60s`, or a bare rate, which takes 60 s; null where the rate or the time is 0: off. */
export function parseMinSpeed(text: string, option: string): MinSpeed | null {
  const [rate, ...over] = text.split(':');
  const bytesPerSecond = parseRate(rate, option);
  const overMs = over.length === 0 ? CONFIG.cli.minSpeedMs : parseDuration(over.join(':'), option);
  return bytesPerSecond > 0 && overMs > 0 ? { bytesPerSecond, overMs } : null;
}

/** 0 … 999,999. */
export function parseCount(text: string, option: string): number {
  if (!/^[0-9]{1,6}$/.test(text.trim())) {
    throw new UsageError(`${option}: '${text}' is no count`, 'Use a whole number; 0 is no limit.');
  }
  return Number(text);
}

/** A whole number from `min` to `max`. */
export function parseWhole(text: string, option: string, min: number, max: number): number {
  const number = /^[0-9]{1,12}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${option}: '${text}' is not understood`, `Use a whole number from ${min} to ${max}.`);
}

/** `1%` or `0.01`, as 0 … 1. */
export function parseShare(text: string, option: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(%?)$/.exec(text.trim());
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new UsageError(`${option}: '${text}' is no share`, 'Write a percentage such as 5%, or a number from 0 to 1.');
}

/** 1 … 65535; 0, where it is allowed, is any free port. */
export function parsePort(text: string, option: string, lowest: 0 | 1 = 1): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= lowest && port <= 65_535))
    throw new UsageError(`${option}: '${text}' is no port`, 'Use a number from 1 to 65535.');
  return port;
}

/** How many torrents at a time: 1 … `maxJobs` of the configuration. */
export function parseJobs(text: string, option: string): number {
  const jobs = /^[0-9]{1,4}$/.test(text) ? Number(text) : Number.NaN;
  const { maxJobs } = CONFIG.cli;
  if (!(jobs >= 1 && jobs <= maxJobs)) {
    throw new UsageError(`${option}: '${text}' is no number of torrents`, `Use a number from 1 to ${maxJobs}.`);
  }
  return jobs;
}

/** Ports that are tried in this order; one port is a range of one. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** For a client's options; undefined: any free port. */
export function listenOn(range: PortRange | undefined): { port?: number; lastPort?: number } {
  return range === undefined ? {} : { port: range.first, lastPort: range.last };
}

/** `6881` or `6881-6889`; a bare 0 is any free port. */
export function parsePortRange(text: string, option: string): PortRange {
  const match = /^([0-9]+)-([0-9]+)$/.exec(text.trim());
  if (match === null) {
    if (!/^[0-9]+$/.test(text.trim())) {
      const how = 'Use a number from 1 to 65535, or two of them, such as 6881-6889.';
      throw new UsageError(`${option}: '${text}' is neither a port nor a range of ports`, how);
    }
    const port = parsePort(text.trim(), option, 0);
    return { first: port, last: port };
  }
  const range = { first: parsePort(match[1], option), last: parsePort(match[2], option) };
  if (range.first <= range.last) return range;
  throw new UsageError(`${option}: '${text}' is no range of ports`, 'Write the lower one first, such as 6881-6889.');
}

export interface HostPort {
  /** A numeric address or a name; IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.1:6881`, `seed.example:6881` or `[2001:db8::1]:6881`. */
export function parseHostPort(text: string, option: string): HostPort {
  const hint = 'Write HOST:PORT, and an IPv6 address in brackets: [2001:db8::1]:6881.';
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/@]{1,253})):([0-9]{1,5})$/i.exec(text.trim());
  if (match === null) throw new UsageError(`${option}: '${text}' is no HOST:PORT`, hint);
  const host = match[1] ?? match[2];
  return { host, port: parsePort(match[3], option) };
}

/** A power of two from 16 KiB to 64 MiB, as the field's clients take it. */
export function parsePieceLength(text: string, option: string): number {
  const bytes = parseSize(text, option);
  const isPowerOfTwo = bytes > 0 && Number.isInteger(Math.log2(bytes));
  if (!isPowerOfTwo || bytes < 16_384 || bytes > 64 * 1024 ** 2) {
    throw new UsageError(`${option}: '${text}' is no piece length`, 'Use a power of two from 16K to 64M.');
  }
  return bytes;
}

/** `http://a/announce,https://b/announce`: one tier; each URL is checked. */
export function parseTier(text: string, option: string): string[] {
  const urls = text.split(',').map((url) => url.trim());
  const named = urls.filter((url) => url !== '');
  if (named.length === 0)
    throw new UsageError(`${option} names no tracker`, 'Give it a URL such as udp://tracker.example:1337/announce.');
  return named.map((url) => parseUrl(url, option, ['http:', 'https:', 'udp:']));
}

export function parseUrl(text: string, option: string, schemes: readonly string[]): string {
  let scheme = '';
  try {
    scheme = new URL(text).protocol;
  } catch {
    // Falls through with an empty scheme, which no list allows.
  }
  if (!schemes.includes(scheme)) {
    throw new UsageError(
      `${option}: '${redactUrl(text)}' is no URL that is understood`,
      `Use one that begins with ${schemes.map((name) => `${name}//`).join(', ')}.`,
    );
  }
  return text;
}

const PROXY_REFUSALS: Readonly<Record<ProxyRefusal, readonly [string, string]>> = {
  'not-a-url': ['is no URL', 'Write socks5h://HOST:PORT or http://HOST:PORT.'],
  'local-names': ['would have us look names up around the proxy', 'Write socks5h://, with which the proxy looks them up.'],
  'unknown-scheme': ['is of a kind that is not spoken', 'Use socks5h://HOST:PORT or http://HOST:PORT.'],
  'no-host': ['names no host and port', 'Write socks5h://HOST:PORT, and an IPv6 address in brackets.'],
  'not-a-proxy': ['has something behind its port', 'Write socks5h://HOST:PORT and nothing after it.'],
  'bad-login': [
    'has a login that cannot be used',
    'Write user:password@ before the host, special characters as %40, each at most 255 bytes.',
  ],
};

/** `socks5h://[user:password@]host:port` or `http://…`. */
export function parseProxy(text: string, option: string): ProxyServer {
  const read = readProxy(text);
  if (typeof read !== 'string') return read;
  const [why, hint] = PROXY_REFUSALS[read];
  // What is no URL may hold a password anywhere.
  const shown = read === 'not-a-url' ? 'this' : `'${redactUrl(text)}'`;
  throw new UsageError(`${option}: ${shown} ${why}`, hint);
}

/** Options that every command takes. */
export interface GlobalOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** `auto`, `always` or `never`; true is `always`, false is `--no-color`. */
  readonly color?: string | boolean;
  readonly progress?: ProgressMode;
  readonly logFile?: string;
  readonly logLevel: LogLevel;
}

/** What `--color` and `--no-color` mean together. */
export function colorChoice({ color }: Pick<GlobalOptions, 'color'>): ColorChoice {
  if (color === undefined || color === 'auto') return undefined;
  return color === true || color === 'always';
}
