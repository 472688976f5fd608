// Whether a web server's answer is what was asked of it (BEP 19, RFC 9110), judged by its head alone: the range that was wanted and no
// other, not packed, of the file's length. What a server can't mend by itself is final, for one file or for all; all else is worth another try.

/** What was asked for. */
export interface WantedBytes {
  /** Of the file's first byte that is wanted. */
  readonly from: number;
  readonly length: number;
  readonly fileLength: number;
  /** Asked by a range; else the whole file was asked for. */
  readonly isRange: boolean;
}

export type ReplyHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type ReplyVerdict =
  /** The body has so many bytes; the first one is the first that was asked for. */
  | { readonly type: 'body'; readonly length: number }
  /** The whole file, in place of the range. */
  | { readonly type: 'no-ranges' }
  | {
      readonly type: 'failed';
      readonly reason: 'refused' | 'busy' | 'bad-range' | 'bad-length' | 'packed';
      readonly status: number;
      readonly isFinal: boolean;
      readonly retryAfterMs?: number;
    };

export interface ContentRange {
  readonly from: number;
  /** Included. */
  readonly to: number;
  /** Null: the server does not say. */
  readonly total: number | null;
}

/** `bytes 0-99/1000` or `bytes 0-99/*`; null where it is something else, or no range at all. */
export function parseContentRange(text: string): ContentRange | null {
  const match = /^bytes\s+([0-9]{1,16})-([0-9]{1,16})\/([0-9]{1,16}|\*)$/i.exec(text.trim());
  if (match === null) return null;
  const [from, to] = [Number(match[1]), Number(match[2])];
  const total = match[3] === '*' ? null : Number(match[3]);
  if (!Number.isSafeInteger(to) || from > to || (total !== null && (!Number.isSafeInteger(total) || to >= total))) return null;
  return { from, to, total };
}

const LONGEST_WAIT_MS = 24 * 3_600_000;

/** Seconds, or a date (RFC 9110, 10.2.3), as milliseconds from `nowMs` (since 1970), a day at most; null where it is neither. */
export function parseRetryAfter(text: string, nowMs: number): number | null {
  const trimmed = text.trim();
  const waitMs = /^[0-9]{1,9}$/.test(trimmed)
    ? Number(trimmed) * 1000
    : /[A-Za-z]{3}/.test(trimmed)
      ? Date.parse(trimmed) - nowMs
      : NaN;
  return Number.isNaN(waitMs) ? null : Math.min(LONGEST_WAIT_MS, Math.max(0, waitMs));
}

function single(headers: ReplyHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : '';
}

export function judgeReply(status: number, headers: ReplyHeaders, wanted: WantedBytes, nowMs: number): ReplyVerdict {
  const refuse = (reason: 'bad-range' | 'bad-length' | 'packed'): ReplyVerdict => ({
    type: 'failed',
    reason,
    status,
    isFinal: true,
  });
  if (status !== 200 && status !== 206) return judgeRefusal(status, headers, nowMs);
  const encoding = single(headers, 'content-encoding').toLowerCase();
  if (encoding !== '' && encoding !== 'identity') return refuse('packed');
  const lengthText = single(headers, 'content-length');
  const length = /^[0-9]{1,16}$/.test(lengthText) ? Number(lengthText) : null;
  if (status === 200) {
    if (length !== null && length !== wanted.fileLength) return refuse('bad-length');
    return wanted.isRange ? { type: 'no-ranges' } : { type: 'body', length: wanted.fileLength };
  }
  const range = parseContentRange(single(headers, 'content-range'));
  if (wanted.isRange && range !== null && range.total !== null && range.total !== wanted.fileLength) return refuse('bad-length');
  if (!wanted.isRange || range === null || range.from !== wanted.from || range.to !== wanted.from + wanted.length - 1)
    return refuse('bad-range');
  if (length !== null && length !== wanted.length) return refuse('bad-length');
  return { type: 'body', length: wanted.length };
}

const FILE_STATUSES: ReadonlySet<number> = new Set([403, 404, 410, 416]);

/** Whether the failure says something of that file alone: that it is not there, or changed; others of the server may be fine. */
export function isOfOneFile({ reason, status }: Extract<ReplyVerdict, { type: 'failed' }>): boolean {
  return reason === 'bad-length' || FILE_STATUSES.has(status);
}

function judgeRefusal(status: number, headers: ReplyHeaders, nowMs: number): ReplyVerdict {
  // The file is shorter than what is wanted of it.
  if (status === 416) return { type: 'failed', reason: 'bad-range', status, isFinal: true };
  const isBusy = status === 429 || status === 503;
  const isPassing = isBusy || status === 408 || status === 425 || (status >= 500 && status < 600);
  const retryAfterMs = isPassing ? parseRetryAfter(single(headers, 'retry-after'), nowMs) : null;
  const verdict = { type: 'failed', reason: isBusy ? 'busy' : 'refused', status, isFinal: !isPassing } as const;
  return retryAfterMs === null ? verdict : { ...verdict, retryAfterMs };
}
