// One web seed of a torrent, asked for one byte (BEP 19): whether it is there, sends ranges, and has the file in the size that it should
// have. For `effusion doctor`; a download judges the same answers in the same way.

import { HttpStreams } from '../io/http-streams.js';
import { WebSeedPaths } from '../metainfo/web-seed-url.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { judgeReply } from '../net/web-seed-reply.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { monotonicNow } from './monotonic-clock.js';
import { USER_AGENT } from './version.js';
import { describeWebSeedFailure } from './web-seed-words.js';
import type { WebSeedSource } from './web-seed-sources.js';

export interface WebSeedFinding {
  /** Without secrets. */
  readonly url: string;
  /** `ok`: the last byte of a file came as asked. `no-ranges`: it sends whole files only, which is slower. */
  readonly verdict: 'ok' | 'no-ranges' | 'failed';
  /** Null where no answer came. */
  readonly status: number | null;
  /** Why it failed; null where it did not. */
  readonly reason: string | null;
  readonly latencyMs: number | null;
  /** Of its clock before ours (positive: ours is late), milliseconds; null where it does not say. */
  readonly clockMs: number | null;
}

/** Never rejects. */
export async function checkWebSeed(
  source: WebSeedSource,
  metainfo: Pick<Metainfo, 'files' | 'infoBytes' | 'isSingleFile'>,
  client: Client,
  signal: AbortSignal,
): Promise<WebSeedFinding> {
  const nothing = { url: source.name, status: null, latencyMs: null, clockMs: null };
  const failed = (reason: string): WebSeedFinding => ({ ...nothing, verdict: 'failed', reason });
  // A file of one byte has no range but the whole.
  const index = metainfo.files.findIndex(({ length, isPadding }) => length > 1 && !isPadding);
  if (index < 0) return failed('the torrent has no file that a range can be asked of');
  const url = source.isUsable ? new WebSeedPaths(metainfo).urlOf(source.url, index) : null;
  if (url === null) return failed('its URL cannot be used');
  const fileLength = metainfo.files[index].length;
  // The last byte: a server whose file is shorter does not have it.
  const from = fileLength - 1;
  const streams = new HttpStreams(client.egress.http);
  const startedAt = monotonicNow();
  try {
    return await new Promise<WebSeedFinding>((resolve) => {
      const stream = streams.get(
        {
          url,
          userAgent: USER_AGENT,
          range: { from, to: from },
          maxRedirects: CONFIG.webSeeds.maxRedirects,
          mayVisit: (address, sentBy) => source.mayVisit(address, sentBy),
        },
        {
          onHead: (status, headers) => {
            const latencyMs = monotonicNow() - startedAt;
            const now = Date.now();
            const date = Date.parse(headers.date ?? '');
            const clockMs = Number.isNaN(date) ? null : date - now;
            const reply = judgeReply(status, headers, { from, length: 1, fileLength, isRange: true }, now);
            const verdict = reply.type === 'body' ? 'ok' : reply.type;
            const reason = reply.type === 'failed' ? describeWebSeedFailure(reply.reason, status) : null;
            resolve({ url: source.name, verdict, status, reason, latencyMs, clockMs });
            return false;
          },
          onData: () => {},
          onEnd: () => {},
          onFailed: (error) => resolve(failed(error.message)),
        },
      );
      const stop = (): void => {
        stream.abort();
        resolve(failed('no answer in time'));
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  } finally {
    streams.close();
  }
}
