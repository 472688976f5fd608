// What a request for a file is answered with, decided without a socket: GET and HEAD, single ranges, conditions (RFC 9110), a page that lists the
// files, and nothing for those who were led here under another name than our own (DNS rebinding). Names of files come from strangers.

import { type ByteRange, parseRangeHeader } from '../../model/byte-range.js';
import { mediaTypeOf } from '../../model/media-type.js';
import { filePage, PAGE_POLICY, type PageHead } from './file-page.js';
import { encodeName, nameOf, type ServedFile } from './served-file.js';

/** What is looked at of a request. Names of headers in lower case, as Node has them. */
export interface FileRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface FileResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | { readonly file: ServedFile; readonly range: ByteRange } | null;
}

/** What no answer of ours may be used for: nothing is guessed, framed, or read by a page of another origin. */
const GUARDS = { 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin', 'X-Frame-Options': 'DENY' };
const MAX_URL = 8192;

/** `port`: ours. */
export function respondTo(request: FileRequest, files: readonly ServedFile[], head: PageHead, port: number): FileResponse {
  const { method, url, headers } = request;
  if (!isOurs(single(headers['host']), port)) return refusal(403, method, 'This server answers to its own address only.');
  if (isLoadedByOthers(headers)) return refusal(403, method, 'Not for pages of other sites.');
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, method, 'Only GET and HEAD.', { Allow: 'GET, HEAD' });
  if (url.length > MAX_URL) return refusal(414, method, 'Too long.');
  const [path] = url.split('?');
  if (path === '/') return page(files, head, method);
  const number = /^\/([1-9]\d{0,8})(?:\/[^/]*)?$/.exec(path)?.[1];
  const file = files.find((other) => other.number === Number(number));
  return file === undefined ? refusal(404, method, 'There is no such file.') : fileResponse(file, request);
}

function isOurs(host: string | undefined, port: number): boolean {
  // HTTP/1.0 knows clients that name no host. No browser is among them, and only browsers can be led here.
  if (host === undefined) return true;
  const name = host.toLowerCase();
  // The port that a URL leaves out (RFC 9110, 4.2.1).
  const named = port === 80 && !name.includes(':') ? `${name}:80` : name;
  return named === `127.0.0.1:${port}` || named === `localhost:${port}`;
}

/** What a page has other pages in. */
const FRAMES: ReadonlySet<string> = new Set(['iframe', 'frame', 'embed', 'object']);

/** A page of another site has it in itself, or asks by script: what it can't read it shall not make us fetch either (W3C Fetch Metadata). */
function isLoadedByOthers(headers: FileRequest['headers']): boolean {
  const site = single(headers['sec-fetch-site']);
  const isFollowed = single(headers['sec-fetch-mode']) === 'navigate' && !FRAMES.has(single(headers['sec-fetch-dest']) ?? '');
  return (site === 'cross-site' || site === 'same-site') && !isFollowed;
}

function fileResponse(file: ServedFile, { method, headers: asked }: FileRequest): FileResponse {
  const { length, path } = file;
  const tag = `"${file.tag}"`;
  const name = nameOf(path);
  const headers = {
    ...GUARDS,
    'Accept-Ranges': 'bytes',
    'Content-Type': mediaTypeOf(name),
    // RFC 6266 and RFC 8187.
    'Content-Disposition': `inline; filename*=UTF-8''${encodeName(name)}`,
    ETag: tag,
  };
  // The order of RFC 9110, 13.2.2; what has no date is asked nothing about dates.
  const wanted = single(asked['if-match']);
  if (wanted !== undefined && !namesTag(wanted, tag, false)) return refusal(412, method, 'It has another tag.', headers);
  const known = single(asked['if-none-match']);
  if (known !== undefined && namesTag(known, tag, true)) return { status: 304, headers, body: null };
  // A range is defined for GET alone, and is to be ignored for HEAD (RFC 9110, 14.2). With If-Range it is meant of these very bytes; else the
  // whole is.
  const condition = single(asked['if-range']);
  const isMeant = method === 'GET' && (condition === undefined || condition.trim() === tag);
  const range = isMeant ? parseRangeHeader(single(asked['range']), length) : null;
  if (range === 'unsatisfiable')
    return refusal(416, method, 'No byte of it is there.', { ...headers, 'Content-Range': `bytes */${length}` });
  const { start, end } = range ?? { start: 0, end: length };
  return {
    status: range === null ? 200 : 206,
    headers: {
      ...headers,
      'Content-Length': String(end - start),
      ...(range === null ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${length}` }),
    },
    body: method === 'HEAD' || start === end ? null : { file, range: { start, end } },
  };
}

/** `*` is any. A weak tag stands for the same bytes or others, so it counts where it `mayBeWeak` (RFC 9110, 8.8.3.2). */
function namesTag(list: string, tag: string, mayBeWeak: boolean): boolean {
  return list.trim() === '*' || list.split(',').some((other) => other.trim().replace(mayBeWeak ? /^W\// : '', '') === tag);
}

function page(files: readonly ServedFile[], head: PageHead, method: string): FileResponse {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': PAGE_POLICY };
  return text(200, filePage(files, head), method, headers);
}

function refusal(status: number, method: string, words: string, headers: Readonly<Record<string, string>> = {}): FileResponse {
  return text(status, `${words}\n`, method, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
}

function text(status: number, body: string, method: string, headers: Readonly<Record<string, string>>): FileResponse {
  const length = String(new TextEncoder().encode(body).length);
  return { status, headers: { ...GUARDS, ...headers, 'Content-Length': length }, body: method === 'HEAD' ? null : body };
}

/** The value of a header that may come once. */
function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
