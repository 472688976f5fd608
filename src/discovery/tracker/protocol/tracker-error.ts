// Why an announce came to nothing. It never ends a session: the tiers machine makes a backoff of it, and a notice,
// which is why the codes are a closed union.

import { EffusionError } from '../../../model/error.js';

export type TrackerErrorCode =
  /** The tracker itself said no (BEP 3 `failure reason`). */
  | 'failure_reason'
  /** An answer that is no bencoded dictionary, or whose fields have wrong types. */
  | 'malformed_answer'
  | 'http_status'
  | 'invalid_parameter'
  | 'invalid_url'
  | 'unsupported_scheme'
  /** Its URL has no form that a scrape follows from (BEP 48). */
  | 'no_scrape'
  | 'timeout'
  | 'aborted'
  | 'too_large'
  | 'too_many_redirects'
  | 'bad_redirect'
  /** Whoever named it may not name the address that it leads to: it was not asked. */
  | 'forbidden_address'
  | 'bad_encoding'
  | 'bad_response'
  | 'refused'
  | 'unreachable'
  | 'name_not_found'
  | 'certificate'
  /** What everything goes through is at fault, or does not carry it. */
  | 'proxy'
  | 'reset'
  | 'failed';

export interface TrackerErrorDetail {
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** The request parameter at fault (`invalid_parameter`). */
  readonly parameter?: string;
  /** BEP 31: when to come back, in ms; `never` is Infinity. */
  readonly retryInMs?: number;
}

/** The message is printable and bounded: text of the tracker's goes through `toPrintable` first. */
export class TrackerError extends EffusionError<TrackerErrorDetail> {
  readonly code: TrackerErrorCode;

  constructor(code: TrackerErrorCode, message: string, detail: TrackerErrorDetail = {}, options?: { cause?: unknown }) {
    super(message, detail, options);
    this.code = code;
  }
}

/** Of a tracker that leads where whoever named it may not lead us (`src/model/torrent-origin.ts`). */
export function forbiddenTracker(options?: { cause?: unknown }): TrackerError {
  const message = 'it leads into our own network, where a torrent that came from elsewhere may not send us';
  return new TrackerError('forbidden_address', message, {}, options);
}
