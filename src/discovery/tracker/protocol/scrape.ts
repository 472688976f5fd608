// What a tracker knows of a torrent's swarm, asked for without taking part in it (BEP 48): the URL to ask, which follows from that of the
// announce, and the answer as numbers. Over UDP the same is in udp-messages.ts.

import { BencodeDict, type BencodeValue } from '../../../bencode/bencode-dict.js';
import { BencodeError } from '../../../bencode/bencode-error.js';
import { decodePrefix } from '../../../bencode/decode.js';
import { INFO_HASH_BYTES } from '../../../model/ids.js';
import { percentEncode } from './announce-request.js';
import { toPrintable } from './printable-text.js';
import { TrackerError } from './tracker-error.js';

export interface ScrapeCounts {
  /** Peers that have everything; null where the tracker says no number. */
  readonly seeds: number | null;
  readonly leechers: number | null;
  /** How often the torrent was downloaded to its end. */
  readonly completed: number | null;
}

const MAX_DEPTH = 8;
/** Some trackers answer with all of their torrents, whatever they were asked for. */
const MAX_NODES = 200_000;

/**
 * The URL to fetch: `announce`, with which the last component of the path must begin, becomes `scrape`; the query, where a passkey may
 * be, stays. Throws TrackerError `no_scrape` where it does not begin so, or `invalid_url`.
 */
export function buildScrapeUrl(announceUrl: string, infoHash: Uint8Array): string {
  if (infoHash.length !== INFO_HASH_BYTES)
    throw new TrackerError('invalid_parameter', `info_hash must have ${INFO_HASH_BYTES} bytes`);
  if (!URL.canParse(announceUrl)) throw new TrackerError('invalid_url', 'not a valid URL');
  const url = new URL(announceUrl);
  url.hash = '';
  const path = /^(.*\/)announce([^/]*)$/.exec(url.pathname);
  if (path === null) throw new TrackerError('no_scrape', 'does not support scrape: its path does not end in announce');
  url.pathname = `${path[1]}scrape${path[2]}`;
  const base = url.href.endsWith('?') || url.href.endsWith('&') ? url.href.slice(0, -1) : url.href;
  return `${base}${url.search === '' ? '?' : '&'}info_hash=${percentEncode(infoHash)}`;
}

function count(value: BencodeValue | undefined): number | null {
  return typeof value === 'number' && value >= 0 ? value : null;
}

/** Throws TrackerError `malformed_answer`, or `failure_reason` with the tracker's own words. A torrent it does not name has nobody. */
export function decodeScrapeResponse(bytes: Uint8Array, infoHash: Uint8Array): ScrapeCounts {
  let answer: BencodeValue;
  try {
    answer = decodePrefix(bytes, { maxDepth: MAX_DEPTH, maxNodes: MAX_NODES }).value;
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw new TrackerError('malformed_answer', `not a tracker's answer: ${error.message}`, {}, { cause: error });
  }
  if (!(answer instanceof BencodeDict)) throw new TrackerError('malformed_answer', "not a tracker's answer: no dictionary");
  const reason = answer.get('failure reason');
  if (reason !== undefined) {
    const words = reason instanceof Uint8Array ? toPrintable(reason) : '';
    throw new TrackerError('failure_reason', words === '' ? 'no reason given' : words);
  }
  const files = answer.get('files');
  if (!(files instanceof BencodeDict)) throw new TrackerError('malformed_answer', "not a tracker's answer: no files");
  const counts = files.get(String.fromCodePoint(...infoHash));
  if (!(counts instanceof BencodeDict)) return { seeds: 0, leechers: 0, completed: 0 };
  return {
    seeds: count(counts.get('complete')),
    leechers: count(counts.get('incomplete')),
    completed: count(counts.get('downloaded')),
  };
}
