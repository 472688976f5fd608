// Why a web seed failed, in words: for the line that tells it, for the stall report and for errors. Names are redacted before they
// come here.

import type { WebSeedSnapshot } from '../session/snapshot.js';
import type { WebSeedReason } from '../session/web-seed.js';

const WORDS: Readonly<Record<WebSeedReason, string>> = {
  refused: 'it refused the request',
  busy: 'it is busy',
  unreachable: 'it can not be reached',
  'name-not-found': 'its host name has no address',
  certificate: 'no trusted TLS connection',
  closed: 'it closed the connection early',
  stalled: 'it sent nothing',
  'out-of-descriptors': 'no file descriptor is left for it',
  'bad-range': 'it answered with another range than was asked for',
  'bad-length': 'its file has another length',
  packed: 'it packs what it sends',
  'not-http': 'its answer is not HTTP',
  'bad-redirect': 'it redirects to no usable URL',
  'too-many-redirects': 'it redirects without an end',
  'forbidden-address': 'it leads to an address on this host or network, which whoever named it may not do',
  'unusable-url': 'its URL can not be used: only http and https are spoken',
  'no-ranges': 'it knows no ranges, and has sent its files once',
  'bad-data': 'it sent bad data',
};

export function describeWebSeedFailure(reason: WebSeedReason, status: number | null): string {
  return status === null || status < 300 ? WORDS[reason] : `HTTP status ${status}`;
}

/** How one stands, without a full stop. */
function describeWebSeed(seed: WebSeedSnapshot): string {
  const name = `web seed ${seed.name}`;
  const why = seed.reason === null ? '' : describeWebSeedFailure(seed.reason, seed.status);
  switch (seed.state) {
    case 'banned':
      return `${name} is banned for bad data`;
    case 'dropped':
      return `${name} is not used any more (${why})`;
    case 'waiting':
      return `${name} is asked again in ${Math.ceil((seed.retryInMs ?? 0) / 1000)} s (${why})`;
    case 'fetching':
      return `${name} is asked and sends ${seed.downloadBytesPerSecond > 0 ? 'little' : 'nothing'}`;
    default:
      return `${name} has nothing to do`;
  }
}

const MIB = 2 ** 20;

/** What came of one in all, and how it stands where that says more. */
export function describeWebSeedResult(seed: WebSeedSnapshot): string {
  const { downloadedBytes: bytes, state } = seed;
  const sent = bytes === 0 ? 'sent nothing' : `sent ${bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`}`;
  if (state === 'idle') return bytes === 0 ? 'was not needed' : sent;
  if (state === 'fetching') return bytes === 0 ? 'was asked and sent nothing' : sent;
  return `${sent}; ${describeWebSeed(seed).slice(`web seed ${seed.name} `.length)}`;
}

const MAX_NAMED = 3;

export function describeWebSeeds(seeds: readonly WebSeedSnapshot[]): string {
  const words = seeds.slice(0, MAX_NAMED).map(describeWebSeed);
  const more = seeds.length - MAX_NAMED;
  if (more > 0) words.push(`${more} more web seed${more === 1 ? '' : 's'}`);
  return words.join(', ');
}
