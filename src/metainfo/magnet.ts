// A magnet link (BEP 9, with BEP 53's choice of files) from text nobody vouches for. What says which torrent it is, and which files
// of it, must be right; an address in it (tracker, web seed, peer) is one way of many to the torrent: a bad one is left out.

import { createAddress } from '../model/address.js';
import { equalBytes, INFO_HASH_BYTES } from '../model/ids.js';
import { decodeText, fieldError } from './fields.js';
import { parseFileSelection, type FileRange } from './magnet-selection.js';
import { percentBytes } from './percent.js';

export interface MagnetPeer {
  /** A numeric address (canonical) or a name, in lower case. */
  readonly host: string;
  readonly port: number;
}

export interface Magnet {
  /** 20 bytes, v1. */
  readonly infoHash: Uint8Array;
  /** 32 bytes, of a hybrid torrent (BEP 52) whose link names both hashes. */
  readonly infoHashV2?: Uint8Array;
  /** `dn`: for people only, never a path; 255 characters at most, otherwise as it came. */
  readonly displayName: string | null;
  /** `tr`: URLs of http, https, udp or wss, in order, without duplicates. */
  readonly trackers: readonly string[];
  /** `ws` (BEP 19): URLs of http or https. */
  readonly webSeeds: readonly string[];
  /** `x.pe`. */
  readonly peers: readonly MagnetPeer[];
  /** `xs` and `as`: http or https URLs of the .torrent. */
  readonly sources: readonly string[];
  /** `so`: indices from 0, sorted ranges that don't touch; null: the link makes no choice. */
  readonly selection: readonly FileRange[] | null;
}

const MAX_MAGNET_CHARACTERS = 1_048_576;
/** Those after it are not looked at. */
const MAX_PARAMETERS = 5000;
/** Trackers, web seeds, peers or sources, each; further ones are left out. */
const MAX_ENTRIES = 1000;
const MAX_NAME_CHARACTERS = 255;
const MAX_URL_CHARACTERS = 16_384;
const MAX_HOST_CHARACTERS = 253;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const BITS_PER_BASE32 = 5;
/** Of an info hash. */
const BASE32_DIGITS = (INFO_HASH_BYTES * 8) / BITS_PER_BASE32;

const TRACKER_SCHEMES = new Set(['http:', 'https:', 'udp:', 'wss:']);
const WEB_SCHEMES = new Set(['http:', 'https:']);

/** Values of one parameter, by its name in lower case and without the number of `tr.1`. */
type Parameters = ReadonlyMap<string, readonly string[]>;

function decodeBase32(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * BITS_PER_BASE32) / 8);
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const digit of text) {
    bits = (bits << BITS_PER_BASE32) | BASE32.indexOf(digit);
    bitCount += BITS_PER_BASE32;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[at++] = bits >> bitCount;
    bits &= (1 << bitCount) - 1;
  }
  return bytes;
}

/** A bare info hash (v1): 40 digits of hex or 32 of base32, in any case; null where `text` is neither. */
export function parseInfoHash(text: string): Uint8Array | null {
  if (text.length === 2 * INFO_HASH_BYTES && /^[0-9a-f]*$/i.test(text)) {
    return Uint8Array.from({ length: INFO_HASH_BYTES }, (_, i) => Number.parseInt(text.slice(i * 2, i * 2 + 2), 16));
  }
  return text.length === BASE32_DIGITS && /^[a-z2-7]*$/i.test(text) ? decodeBase32(text.toLowerCase()) : null;
}

function readParameters(text: string): Parameters {
  const parameters = new Map<string, string[]>();
  for (const parameter of text.split('&', MAX_PARAMETERS)) {
    const at = parameter.indexOf('=');
    if (at <= 0) continue;
    const name = parameter
      .slice(0, at)
      .toLowerCase()
      .replace(/\.[0-9]+$/, '');
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [parameter.slice(at + 1)]);
    else values.push(parameter.slice(at + 1));
  }
  return parameters;
}

/** The value with its escapes undone where they are right. */
function lenientText(value: string): string {
  return decodeText(percentBytes(value, false) as Uint8Array);
}

/** `1220` (a multihash of SHA-256) and 64 digits of hex; null where `text` is something else. */
function parseMultihash(text: string): Uint8Array | null {
  if (!/^1220[0-9a-f]{64}$/i.test(text)) return null;
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(text.slice(4 + i * 2, 6 + i * 2), 16));
}

function parseTopics(values: readonly string[]): Pick<Magnet, 'infoHash' | 'infoHashV2'> {
  let found: Uint8Array | null = null;
  let isOfV2 = false;
  let infoHashV2: Uint8Array | null = null;
  for (const value of values) {
    const bytes = percentBytes(value, true);
    if (bytes === null) throw fieldError('magnet.xt', 'a % that no two hex digits follow');
    const topic = decodeText(bytes);
    if (/^urn:btmh:/i.test(topic)) {
      isOfV2 = true;
      infoHashV2 ??= parseMultihash(topic.slice('urn:btmh:'.length));
    }
    if (!/^urn:btih:/i.test(topic)) continue;
    const infoHash = parseInfoHash(topic.slice('urn:btih:'.length));
    if (infoHash === null) throw fieldError('magnet.xt', 'expected 40 hex or 32 base32 digits after urn:btih:');
    if (found !== null && !equalBytes(found, infoHash)) throw fieldError('magnet.xt', 'two different info hashes');
    found = infoHash;
  }
  if (found !== null) return infoHashV2 === null ? { infoHash: found } : { infoHash: found, infoHashV2 };
  if (isOfV2) throw fieldError('magnet.xt', 'v2-only magnets are not yet supported');
  throw fieldError('magnet.xt', 'expected urn:btih: and an info hash, found none');
}

function parseName(value: string | undefined): string | null {
  if (value === undefined) return null;
  const name = Array.from(lenientText(value.replaceAll('+', ' ')).trim())
    .slice(0, MAX_NAME_CHARACTERS)
    .join('');
  return name === '' ? null : name;
}

function parseUrl(value: string, schemes: ReadonlySet<string>): string | null {
  const text = lenientText(value).trim();
  if (text.length > MAX_URL_CHARACTERS || /[\p{Cc}\s]/u.test(text)) return null;
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  return schemes.has(url.protocol) && url.hostname !== '' && url.port !== '0' ? text : null;
}

function parseUrls(values: readonly string[], schemes: ReadonlySet<string>): string[] {
  const urls = new Set<string>();
  for (const value of values) {
    if (urls.size === MAX_ENTRIES) break;
    const url = parseUrl(value, schemes);
    if (url !== null) urls.add(url);
  }
  return [...urls];
}

/** `HOST:PORT` or `[IPv6]:PORT`; null where it is neither. */
function parsePeer(text: string): MagnetPeer | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9a-z._-]+)):([0-9]{1,5})$/i.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  const host = (match[1] ?? match[2]).toLowerCase();
  const isBracketed = match[1] !== undefined;
  const address = isBracketed && !host.includes(':') ? null : createAddress(host, port);
  if (address !== null) return { host: address.host, port };
  // A name whose last label is a number is a mistyped IPv4 address.
  const isName = !isBracketed && host.length <= MAX_HOST_CHARACTERS && /[a-z]/.test(host.slice(host.lastIndexOf('.') + 1));
  return isName && port >= 1 && port <= 65_535 ? { host, port } : null;
}

function parsePeers(values: readonly string[]): MagnetPeer[] {
  const peers = new Map<string, MagnetPeer>();
  for (const value of values) {
    if (peers.size === MAX_ENTRIES) break;
    const peer = parsePeer(lenientText(value).trim());
    if (peer !== null) peers.set(`${peer.host} ${peer.port}`, peer);
  }
  return [...peers.values()];
}

/** `text` is a whole `magnet:?…` link. Throws MetainfoError: `detail.path` names the field, `magnet` the link as a whole. */
export function parseMagnet(text: string): Magnet {
  if (text.length > MAX_MAGNET_CHARACTERS) {
    throw fieldError('magnet', `expected at most ${MAX_MAGNET_CHARACTERS} characters, found ${text.length}`);
  }
  const link = text.trim();
  if (!/^magnet:\?/i.test(link)) throw fieldError('magnet', 'expected a link that begins with magnet:?');
  const parameters = readParameters(link.slice('magnet:?'.length));
  const all = (name: string): readonly string[] => parameters.get(name) ?? [];
  const choices = parameters.get('so');
  return {
    ...parseTopics(all('xt')),
    displayName: parseName(all('dn')[0]),
    trackers: parseUrls(all('tr'), TRACKER_SCHEMES),
    webSeeds: parseUrls(all('ws'), WEB_SCHEMES),
    peers: parsePeers(all('x.pe')),
    sources: parseUrls([...all('xs'), ...all('as')], WEB_SCHEMES),
    selection: choices === undefined ? null : parseFileSelection(choices.map((value) => lenientText(value).trim())),
  };
}
