// An announce over HTTP or HTTPS (BEP 3): build the URL, fetch, decode. A failure reason is believed whatever the
// status says, since many trackers send theirs with 400 or 403.

import { httpGet } from '../../io/http-client.js';
import { HttpError } from '../../io/http-error.js';
import type { AnnounceCall, AnnounceTransport } from './announce-transport.js';
import { buildAnnounceUrl } from './protocol/announce-request.js';
import { decodeAnnounceResponse, type AnnounceResponse } from './protocol/announce-response.js';
import { TrackerError } from './protocol/tracker-error.js';

export interface HttpTrackerOptions {
  /** `effusion/<version>`. */
  readonly userAgent: string;
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  /** PEM; instead of the system's. */
  readonly certificateAuthority?: string;
}

/** A tracker with status 500 and a page of HTML says "HTTP status 500"; one with a failure reason says that. */
function readAnswer(status: number, body: Uint8Array, { peerId, port }: AnnounceCall['parameters']): AnnounceResponse {
  if (status === 200) return decodeAnnounceResponse(body, { peerId, port });
  try {
    decodeAnnounceResponse(body, { peerId, port });
  } catch (error) {
    if (error instanceof TrackerError && error.code === 'failure_reason') {
      throw new TrackerError('failure_reason', error.message, { ...error.detail, status });
    }
  }
  throw new TrackerError('http_status', `HTTP status ${status}`, { status });
}

export function createHttpTracker(options: HttpTrackerOptions): AnnounceTransport {
  return {
    schemes: ['http', 'https'],
    async announce(call) {
      const url = buildAnnounceUrl(call.url, call.parameters);
      try {
        const { status, body } = await httpGet({
          ...options,
          url,
          timeoutMs: call.timeoutMs,
          signal: call.signal,
          onConnected: call.onSent,
        });
        return readAnswer(status, body, call.parameters);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        // Only streams are held to addresses.
        const code = error.code === 'forbidden_address' ? 'bad_redirect' : error.code;
        throw new TrackerError(code, error.message, {}, { cause: error });
      }
    },
  };
}
