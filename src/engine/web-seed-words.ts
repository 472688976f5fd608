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
  'unusable-name': 'its name can not be said in a URL',
  'no-ranges': 'it knows no ranges, and has sent its files once',
  'bad-data': 'it sent bad data',
};

export function describeWebSeedFailure(reason: WebSeedReason, status: number | null): string {
  return status === null || status < 300 ? WORDS[reason] : `HTTP status ${status}`;
}

/** Such as `lacks 2 of 40 files (HTTP status 404)`. */
export function describeWebSeedLack({ files, fileCount, reason, status }: NonNullable<WebSeedSnapshot['lacking']>): string {
  const noun = fileCount === 1 ? 'file' : 'files';
  return `lacks ${files} of ${fileCount} ${noun} (${describeWebSeedFailure(reason, status)})`;
}

/** What follows on how it stands: nothing where it lacks nothing, or where that was all that ever came of it. */
function lackText({ state, lacking, downloadedBytes }: WebSeedSnapshot): string {
  const isPlain = lacking === undefined || state === 'banned' || (state === 'dropped' && downloadedBytes === 0);
  return isPlain ? '' : ` and ${describeWebSeedLack(lacking)}`;
}

/** How one stands, without a full stop. */
function describeWebSeed(seed: WebSeedSnapshot): string {
  return `web seed ${seed.name} ${describeState(seed)}`;
}

function describeState(seed: WebSeedSnapshot): string {
  const { reason, status, lacking } = seed;
  const why = reason === null ? '' : describeWebSeedFailure(reason, status);
  const more = lackText(seed);
  switch (seed.state) {
    case 'banned':
      return 'is banned for bad data';
    case 'dropped':
      // Where it was dropped for what it lacks, once is enough.
      if (more !== '' && lacking?.reason === reason && lacking.status === status)
        return `is not used any more, as it${more.slice(4)}`;
      return `is not used any more (${why})${more}`;
    case 'waiting':
      return `is asked again in ${Math.ceil((seed.retryInMs ?? 0) / 1000)} s (${why})${more}`;
    case 'fetching':
      return `is asked and sends ${seed.downloadBytesPerSecond > 0 ? 'little' : 'nothing'}${more}`;
    default:
      return `has nothing to do${more}`;
  }
}

const MIB = 2 ** 20;

/** What came of one in all, and how it stands where that says more. */
export function describeWebSeedResult(seed: WebSeedSnapshot): string {
  const { downloadedBytes: bytes, state } = seed;
  const sent = bytes === 0 ? 'sent nothing' : `sent ${bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`}`;
  if (state === 'idle' && bytes === 0 && seed.lacking === undefined) return 'was not needed';
  if (state === 'idle') return `${sent}${lackText(seed)}`;
  if (state === 'fetching') return `${bytes === 0 ? 'was asked and sent nothing' : sent}${lackText(seed)}`;
  return `${sent}; ${describeState(seed)}`;
}

const MAX_NAMED = 3;

export function describeWebSeeds(seeds: readonly WebSeedSnapshot[]): string {
  const words = seeds.slice(0, MAX_NAMED).map(describeWebSeed);
  const more = seeds.length - MAX_NAMED;
  if (more > 0) words.push(`${more} more web seed${more === 1 ? '' : 's'}`);
  return words.join(', ');
}
