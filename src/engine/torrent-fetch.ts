// A torrent file from a web server, with the bounds that a tracker's answer has: a stranger's server may send anything, slowly, and
// without an end.

import { httpGet } from '../io/http-client.js';
import { HttpError, type HttpErrorCode } from '../io/http-error.js';
import { ProxyError } from '../io/proxy/proxy-error.js';
import type { Address } from '../model/address.js';
import { EffusionError } from '../model/error.js';
import { redactUrl } from '../model/redact-url.js';
import { CONFIG } from './config.js';
import { createEgress, type Egress, type EgressOptions } from './egress.js';
import { USER_AGENT } from './version.js';

/** `unreadable`: the server's last word, which it would say again. `unreachable`: it, or a way to it, may be there later. */
type FetchFailure = 'torrent_unreadable' | 'torrent_unreachable';

/** The URL gave no file: `status` where it answered. */
class TorrentFetchError extends EffusionError<{ url: string; status?: number }> {
  readonly code: FetchFailure;

  constructor(code: FetchFailure, message: string, detail: { url: string; status?: number }, options?: { cause?: unknown }) {
    super(message, detail, options);
    this.code = code;
  }
}

/** What became of the connection, not of what was said on it. */
const UNREACHABLE: ReadonlySet<HttpErrorCode> = new Set([
  'timeout',
  'refused',
  'unreachable',
  'name_not_found',
  'reset',
  'failed',
]);
/** Of a request: it took too long, came too early, was one too many. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
const FIRST_SERVER_ERROR = 500;

function isPassing(status: number): boolean {
  return PASSING.has(status) || status >= FIRST_SERVER_ERROR;
}

export interface FetchedFile {
  readonly bytes: Uint8Array;
  /** Who sent it; of a name that a proxy looked up, what that says. */
  readonly server: Address;
}

/** http or https. Rejects with TorrentFetchError, or with ProxyError where the proxy is at fault. */
export async function fetchTorrentFile(url: string, egress: Egress, signal?: AbortSignal): Promise<FetchedFile> {
  const { torrentTimeoutMs, maxTorrentBytes, maxRedirects } = CONFIG.download;
  const shown = redactUrl(url);
  const options = { url, userAgent: USER_AGENT, timeoutMs: torrentTimeoutMs, maxResponseBytes: maxTorrentBytes, maxRedirects };
  try {
    const { status, body, server } = await httpGet({ ...options, ...egress.http, ...(signal === undefined ? {} : { signal }) });
    if (status === 200) return { bytes: body, server };
    const code = isPassing(status) ? 'torrent_unreachable' : 'torrent_unreadable';
    throw new TorrentFetchError(code, `cannot fetch ${shown}: HTTP status ${status}`, { url: shown, status });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.code === 'proxy' && error.cause instanceof ProxyError) throw error.cause;
    const code = UNREACHABLE.has(error.code) ? 'torrent_unreachable' : 'torrent_unreadable';
    throw new TorrentFetchError(code, `cannot fetch ${shown}: ${error.message}`, { url: shown }, { cause: error });
  }
}

/** The same where there is no client yet; rejects with InterfaceError too. */
export async function fetchTorrentFrom(url: string, way: EgressOptions, signal?: AbortSignal): Promise<FetchedFile> {
  const egress = await createEgress(way);
  try {
    return await fetchTorrentFile(url, egress, signal);
  } finally {
    egress.close();
  }
}
