// What a request for a file is answered with, decided without a socket: GET and HEAD, single ranges, conditions (RFC 9110), a page that lists the
// files, and nothing for those who were led here under another name than our own (DNS rebinding). Names of files come from strangers.

import { type ByteRange, parseRangeHeader } from '../../model/byte-range.js';
import { mediaTypeOf } from '../../model/media-type.js';

export interface ServedFile {
  /** In the URL: `/NUMBER/NAME`. */
  readonly number: number;
  /** With slashes. */
  readonly path: string;
  readonly length: number;
  /** Without the quotation marks: the same for the same bytes only, from the characters `0-9a-z-`. */
  readonly tag: string;
}

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
export function respondTo(request: FileRequest, files: readonly ServedFile[], title: string, port: number): FileResponse {
  const { method, url, headers } = request;
  if (!isOurs(single(headers['host']), port)) return refusal(403, method, 'This server answers to its own address only.');
  if (isLoadedByOthers(headers)) return refusal(403, method, 'Not for pages of other sites.');
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, method, 'Only GET and HEAD.', { Allow: 'GET, HEAD' });
  if (url.length > MAX_URL) return refusal(414, method, 'Too long.');
  const [path] = url.split('?');
  if (path === '/') return page(files, title, method);
  const number = /^\/([1-9]\d{0,8})(?:\/[^/]*)?$/.exec(path)?.[1];
  const file = files.find((other) => other.number === Number(number));
  return file === undefined ? refusal(404, method, 'There is no such file.') : fileResponse(file, request);
}

/** The path of a file's URL. */
export function pathOf({ number, path }: ServedFile): string {
  return `/${number}/${encodeName(nameOf(path))}`;
}

function isOurs(host: string | undefined, port: number): boolean {
  const name = host?.toLowerCase() ?? '';
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
  const known = single(asked['if-none-match']);
  if (
    known !== undefined &&
    (known.trim() === '*' || known.split(',').some((other) => other.trim().replace(/^W\//, '') === tag))
  ) {
    return { status: 304, headers, body: null };
  }
  // With If-Range a range is meant of these very bytes; else the whole is.
  const condition = single(asked['if-range']);
  const range = condition === undefined || condition.trim() === tag ? parseRangeHeader(single(asked['range']), length) : null;
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

function page(files: readonly ServedFile[], title: string, method: string): FileResponse {
  const rows = files.map(
    (file) => `<li value="${file.number}"><a href="${pathOf(file)}">${escapeHtml(file.path)}</a> ${file.length} bytes</li>`,
  );
  const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`;
  const body = `${head}<body><h1>${escapeHtml(title)}</h1><ol>\n${rows.join('\n')}\n</ol></body></html>\n`;
  return text(200, body, method, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': "default-src 'none'" });
}

function refusal(status: number, method: string, words: string, headers: Readonly<Record<string, string>> = {}): FileResponse {
  return text(status, `${words}\n`, method, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' });
}

function text(status: number, body: string, method: string, headers: Readonly<Record<string, string>>): FileResponse {
  const length = String(new TextEncoder().encode(body).length);
  return { status, headers: { ...GUARDS, ...headers, 'Content-Length': length }, body: method === 'HEAD' ? null : body };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** For URLs and for the extended notation of headers (RFC 8187): what `encodeURIComponent` leaves and that allows not, too. */
function encodeName(name: string): string {
  return encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, '\uFFFD')).replaceAll(
    /['()*!]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function escapeHtml(words: string): string {
  return words.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** The value of a header that may come once. */
function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
