// Why a request over HTTP came to nothing, in words that don't depend on Node's. Statuses are no errors here:
// the caller knows what a 404 with a body means to it.

import { EffusionError } from '../model/error.js';
import { ProxyError, type ProxyErrorCode } from './proxy/proxy-error.js';

export type HttpErrorCode =
  | 'invalid_url'
  | 'unsupported_scheme'
  | 'timeout'
  | 'aborted'
  /** The body, as sent or unpacked, is over the cap. */
  | 'too_large'
  | 'too_many_redirects'
  | 'bad_redirect'
  /** Whoever named the URL, or redirected to it, may not name the address it leads to. */
  | 'forbidden_address'
  /** A Content-Encoding that we didn't ask for, or broken gzip. */
  | 'bad_encoding'
  /** What came is not HTTP, or its header is too long. */
  | 'bad_response'
  | 'refused'
  | 'unreachable'
  | 'name_not_found'
  | 'certificate'
  /** The proxy is at fault, or forbids it. */
  | 'proxy'
  /** The connection ended early. */
  | 'reset'
  | 'failed';

export class HttpError extends EffusionError<{ systemCode?: string }> {
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string, detail: { systemCode?: string } = {}, options?: { cause?: unknown }) {
    super(message, detail, options);
    this.code = code;
  }
}

const SYSTEM_CODES: Readonly<Record<string, [HttpErrorCode, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ENOTFOUND: ['name_not_found', 'host name not found'],
  EAI_AGAIN: ['name_not_found', 'host name could not be looked up'],
  ETIMEDOUT: ['timeout', 'no answer in time'],
  EHOSTUNREACH: ['unreachable', 'host unreachable'],
  ENETUNREACH: ['unreachable', 'network unreachable'],
  EADDRNOTAVAIL: ['unreachable', 'no route to this address'],
  ECONNRESET: ['reset', 'connection closed early'],
  ECONNABORTED: ['reset', 'connection closed early'],
  EPIPE: ['reset', 'connection closed early'],
};

/** Whatever is not the target's affair is the proxy's. */
const PROXY_CODES: Readonly<Partial<Record<ProxyErrorCode, HttpErrorCode>>> = {
  target_refused: 'refused',
  target_unreachable: 'unreachable',
  target_timeout: 'timeout',
};

/** What `node:http`, `node:https` and the system report, as one of ours. */
export function toHttpError(cause: unknown): HttpError {
  if (cause instanceof HttpError) return cause;
  if (cause instanceof ProxyError) return new HttpError(PROXY_CODES[cause.code] ?? 'proxy', cause.message, {}, { cause });
  const systemCode = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const known = SYSTEM_CODES[systemCode];
  if (known !== undefined) return new HttpError(known[0], known[1], { systemCode }, { cause });
  if (systemCode.startsWith('HPE_')) return new HttpError('bad_response', 'the answer is not HTTP', { systemCode }, { cause });
  if (/CERT|TLS|SSL|UNABLE_TO|EPROTO/.test(systemCode)) {
    return new HttpError('certificate', 'no trusted TLS connection', { systemCode }, { cause });
  }
  return new HttpError('failed', 'request failed', systemCode === '' ? {} : { systemCode }, { cause });
}
