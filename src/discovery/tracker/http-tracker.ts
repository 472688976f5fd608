// An announce or a scrape over HTTP or HTTPS (BEP 3, 48): build the URL, fetch, decode. A failure reason is believed whatever the
// status says, since many trackers send theirs with 400 or 403.

import { addressScope } from '../../model/address-scope.js';
import { httpGet, type HttpGet, type HttpResponse } from '../../io/http-client.js';
import { HttpError } from '../../io/http-error.js';
import type { AnnounceTransport } from './announce-transport.js';
import { buildAnnounceUrl } from './protocol/announce-request.js';
import { keepBelievable } from './protocol/believable-peers.js';
import { decodeAnnounceResponse } from './protocol/announce-response.js';
import { buildScrapeUrl, decodeScrapeResponse } from './protocol/scrape.js';
import { forbiddenTracker, TrackerError } from './protocol/tracker-error.js';

export interface HttpTrackerOptions extends Pick<HttpGet, 'proxy' | 'localAddress' | 'resolver'> {
  /** `effusion/<version>`. */
  readonly userAgent: string;
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  /** PEM; instead of the system's. */
  readonly certificateAuthority?: string;
}

/** A tracker with status 500 and a page of HTML says "HTTP status 500"; one with a failure reason says that. */
function readAnswer<T>({ status, body }: HttpResponse, decode: (body: Uint8Array) => T): T {
  if (status === 200) return decode(body);
  try {
    decode(body);
  } catch (error) {
    if (error instanceof TrackerError && error.code === 'failure_reason') {
      throw new TrackerError('failure_reason', error.message, { ...error.detail, status });
    }
  }
  throw new TrackerError('http_status', `HTTP status ${status}`, { status });
}

async function get(request: HttpGet): Promise<HttpResponse> {
  try {
    return await httpGet(request);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.code === 'forbidden_address') throw forbiddenTracker({ cause: error });
    throw new TrackerError(error.code, error.message, {}, { cause: error });
  }
}

export function createHttpTracker(options: HttpTrackerOptions): AnnounceTransport {
  return {
    schemes: ['http', 'https'],
    async announce({ url, origin, parameters, timeoutMs, signal, onSent: onConnected }) {
      const held = origin === undefined ? {} : { origin };
      const answer = await get({ ...options, ...held, url: buildAnnounceUrl(url, parameters), timeoutMs, signal, onConnected });
      const response = readAnswer(answer, (body) => decodeAnnounceResponse(body, parameters));
      // Who says of himself that he is on the proxy's own host may name it.
      const isOnItsHost = addressScope(answer.server) === 'loopback';
      return keepBelievable(response, answer.remote ?? (isOnItsHost ? answer.server : null));
    },
    async scrape({ url, origin, infoHash, timeoutMs, signal }) {
      const held = origin === undefined ? {} : { origin };
      const answer = await get({ ...options, ...held, url: buildScrapeUrl(url, infoHash), timeoutMs, signal });
      return readAnswer(answer, (body) => decodeScrapeResponse(body, infoHash));
    },
  };
}
