// One GET (or POST) with every bound a stranger's server calls for: time for all of it (name, redirects, drips), bytes before and after
// unpacking, redirects. On node:http(s), loaded when first needed, since undici would cost each start of effusion 80 ms.

import type { ClientRequest, IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { mayLead } from '../model/address-scope.js';
import { createAddress, type Address } from '../model/address.js';
import { whereaboutsOf } from '../model/whereabouts.js';
import { HttpError, toHttpError } from './http-error.js';
import type { LocalAddress } from './interface-binding.js';
import type { ProxyRoute } from './proxy/proxy-route.js';
import type { Resolver } from './resolver.js';
import { systemResolver } from './system-resolver.js';

export interface HttpGet {
  /** http or https. `user:password@` becomes basic authorization, for this origin only. */
  readonly url: string;
  readonly userAgent: string;
  /** For everything together. */
  readonly timeoutMs: number;
  /** Of the body, as sent and unpacked. */
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  /** Instead of GET. To be used without redirects: it would be repeated at wherever they lead. */
  readonly post?: HttpPost;
  readonly signal?: AbortSignal;
  /** Certificate authorities in PEM to trust instead of the system's. */
  readonly certificateAuthority?: string;
  /** A connection stands and the request is on its way; once for each redirect too. */
  readonly onConnected?: () => void;
  /**
   * Who named the URL: it must lead to an address of the same scope or a wider one, else `forbidden_address`. Undefined: the user, who may
   * name anything. A redirect is held to the server that sent it, else `bad_redirect`. Of a name that a proxy looks up counts what it says.
   */
  readonly origin?: Address;
  /** Everything goes through it, look-ups too; null or undefined: straight. */
  readonly proxy?: ProxyRoute | null;
  /** Of the interface that connections are bound to; `resolver` is then bound too. */
  readonly localAddress?: LocalAddress;
  /** Default: that of the system. */
  readonly resolver?: Resolver;
}

export interface HttpPost {
  readonly body: string;
  /** `content-type` among them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpResponse {
  /** Any, also 404 and 500; the redirects that were followed are not seen. */
  readonly status: number;
  /** Unpacked, in memory of its own. */
  readonly body: Uint8Array;
  /** Our end of the connection, numeric; empty where the system does not say. */
  readonly localHost: string;
  /** The server that sent it, after all redirects; null where the system does not say, and for a name that a proxy looked up. */
  readonly remote: Address | null;
  /** The same, or an address of the scope that its name is taken to be of. */
  readonly server: Address;
}

interface Reply {
  readonly status: number;
  readonly location: string | null;
  readonly encoding: string;
  readonly body: Uint8Array;
  readonly localHost: string;
  readonly remote: Address | null;
}

export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Throws HttpError. `base`: of a redirect. */
export function parseHttpUrl(text: string, base?: string): URL {
  const code = base === undefined ? 'invalid_url' : 'bad_redirect';
  if (!URL.canParse(text, base)) throw new HttpError(code, base === undefined ? 'not a valid URL' : 'redirected to no valid URL');
  const url = new URL(text, base);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  const scheme = url.protocol.slice(0, -1);
  throw base === undefined
    ? new HttpError('unsupported_scheme', `${scheme} is not spoken here`)
    : new HttpError('bad_redirect', `redirected to ${scheme}`);
}

export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** One place that is asked, and who says so: whoever named the URL, or the server that redirected there. */
interface Hop {
  readonly url: URL;
  /** Null: the user. */
  readonly namer: Address | null;
  readonly isRedirect: boolean;
}

function outOfScope({ isRedirect }: Hop): HttpError {
  const code = isRedirect ? 'bad_redirect' : 'forbidden_address';
  return new HttpError(code, 'leads to an address that is not reachable from where it was named');
}

function isAllowed(host: string, { namer }: Hop): boolean {
  const address = createAddress(host, 1);
  return namer === null || (address !== null && mayLead(namer, address));
}

/** As Node asks for it: all addresses, or the first one. */
function lookupFor(hop: Hop): LookupFunction {
  return (...question) => void answerLookup(hop, ...question);
}

async function answerLookup(hop: Hop, ...[host, options, callback]: Parameters<LookupFunction>): Promise<void> {
  const hosts = await systemResolver.resolve(host);
  const wanted = options.family === 4 || options.family === 6 ? options.family : 0;
  const known = hosts
    .map((address) => ({ address, family: isIP(address) }))
    .filter(({ family }) => wanted === 0 || family === wanted);
  const found = known.filter(({ address }) => isAllowed(address, hop));
  if (found.length === 0 && known.length > 0) callback(outOfScope(hop), '', 0);
  else if (found.length === 0) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
  else if (options.all === true) callback(null, found);
  else callback(null, found[0].address, found[0].family);
}

/** Without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

async function open(hop: Hop, options: HttpGet, signal: AbortSignal): Promise<ClientRequest> {
  const { url } = hop;
  const hostname = hostOf(url);
  const { proxy, localAddress, resolver } = options;
  const isProxied = proxy !== undefined && proxy !== null;
  // A number is not looked up, nor is anything by us behind a proxy, so it has to be judged here.
  const isJudgedHere = isProxied || isIP(hostname) !== 0;
  if (isJudgedHere && !mayLead(hop.namer, whereaboutsOf(hostname))) throw outOfScope(hop);
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const hasLogin = url.username !== '' || url.password !== '';
  const direct = {
    method: options.post === undefined ? 'GET' : 'POST',
    protocol: url.protocol,
    hostname,
    port: url.port,
    path: `${url.pathname}${url.search}`,
    ...(hasLogin ? { auth: `${decodePercent(url.username)}:${decodePercent(url.password)}` } : {}),
    ...(options.certificateAuthority === undefined ? {} : { ca: options.certificateAuthority }),
    headers: { 'user-agent': options.userAgent, accept: '*/*', 'accept-encoding': 'gzip', ...options.post?.headers },
    lookup: lookupFor(hop),
    // A connection of its own: one announce in half an hour is worth no open socket.
    agent: false,
  };
  if (!isProxied) {
    if (localAddress === undefined) return request(direct);
    const { bindRequest } = await import('./bound-request.js');
    const rule = { isAllowed: (host: string): boolean => isAllowed(host, hop), forbidden: () => outOfScope(hop) };
    return request({ ...direct, ...(await bindRequest(hostname, localAddress, resolver ?? systemResolver, rule)) });
  }
  const { throughProxy } = await import('./proxy/proxied-request.js');
  return request(await throughProxy(proxy, url, direct, signal));
}

/** Reads one reply; a redirect's body is not waited for. Whatever happens, the connection is gone afterwards. */
async function exchange(hop: Hop, options: HttpGet, signal: AbortSignal): Promise<Reply> {
  const request = await open(hop, options, signal);
  try {
    return await new Promise<Reply>((resolve, reject) => {
      const fail = (error: unknown): void => reject(toHttpError(error));
      if (signal.aborted) {
        fail(signal.reason);
        return;
      }
      signal.addEventListener('abort', () => fail(signal.reason), { once: true });
      request.on('error', fail);
      let isAnswered = false;
      request.on('close', () => {
        // Once there is a response, its own end decides: the request may close before the last bytes were read.
        if (!isAnswered) fail(new HttpError('reset', 'connection closed early'));
      });
      request.on('socket', (socket) => {
        if (options.onConnected === undefined) return;
        // A tunnel stands already.
        if (hop.url.protocol === 'http:' && !socket.connecting) options.onConnected();
        else socket.once(hop.url.protocol === 'https:' ? 'secureConnect' : 'connect', options.onConnected);
      });
      request.on('response', (response) => {
        isAnswered = true;
        readReply(response, options.maxResponseBytes, resolve, fail);
      });
      request.end(options.post?.body);
    });
  } finally {
    // Errors of a request that is thrown away concern nobody any more; without a listener they would be exceptions.
    request.on('error', () => undefined);
    request.destroy();
  }
}

function readReply(
  response: IncomingMessage,
  maxBytes: number,
  resolve: (reply: Reply) => void,
  fail: (error: unknown) => void,
): void {
  const status = response.statusCode ?? 0;
  const location = REDIRECTS.has(status) ? (response.headers.location ?? null) : null;
  const encoding = (response.headers['content-encoding'] ?? '').trim().toLowerCase();
  // Asked for now: a socket that is closed does not know any more.
  const localHost = response.socket.localAddress ?? '';
  const remote = remoteOf(response);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const finish = (): void => {
    const body = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      body.set(chunk, at);
      at += chunk.length;
    }
    resolve({ status, location, encoding, body, localHost, remote });
  };
  const tooLarge = (): void => fail(new HttpError('too_large', `the answer is longer than ${maxBytes} bytes`));
  response.on('error', fail);
  if (location !== null) {
    finish();
    return;
  }
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    tooLarge();
    return;
  }
  response.on('data', (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      tooLarge();
    } else chunks.push(chunk);
  });
  response.on('end', finish);
  response.on('close', () => fail(new HttpError('reset', 'connection closed early')));
}

function remoteOf({ socket }: IncomingMessage): Address | null {
  // An address of the link has its interface behind it.
  const host = socket.remoteAddress?.replace(/%.*$/, '');
  return host === undefined ? null : createAddress(host, socket.remotePort ?? 0);
}

async function unpack(reply: Reply, maxBytes: number): Promise<Uint8Array> {
  if (reply.encoding === '' || reply.encoding === 'identity' || reply.body.length === 0) return reply.body;
  if (reply.encoding !== 'gzip' && reply.encoding !== 'x-gzip') {
    throw new HttpError('bad_encoding', 'the answer is packed in a way we did not ask for');
  }
  const { gunzip } = await import('node:zlib');
  return new Promise((resolve, reject) => {
    gunzip(reply.body, { maxOutputLength: maxBytes }, (error, unpacked) => {
      if (error === null) resolve(new Uint8Array(unpacked));
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        reject(new HttpError('too_large', `the answer is longer than ${maxBytes} bytes`, {}, { cause: error }));
      } else reject(new HttpError('bad_encoding', 'the answer is broken gzip', {}, { cause: error }));
    });
  });
}

/** The other end of the connection is the proxy; whom it asked we know only of a number. */
function behindProxy(reply: Reply, url: URL, { proxy }: HttpGet): Reply {
  if (proxy === undefined || proxy === null) return reply;
  if (proxy.server.kind === 'http' && url.protocol === 'http:') {
    const complaint = proxy.complaint(reply.status);
    if (complaint !== null) throw complaint;
  }
  return { ...reply, remote: createAddress(hostOf(url), Number(url.port === '' ? 1 : url.port)) };
}

async function follow(options: HttpGet, signal: AbortSignal): Promise<HttpResponse> {
  let hop: Hop = { url: parseHttpUrl(options.url), namer: options.origin ?? null, isRedirect: false };
  for (let hops = 0; hops <= options.maxRedirects; hops++) {
    const { url } = hop;
    const reply = behindProxy(await exchange(hop, options, signal), url, options);
    const server = reply.remote ?? whereaboutsOf(hostOf(url));
    if (reply.location === null) {
      const body = await unpack(reply, options.maxResponseBytes);
      signal.throwIfAborted();
      return { status: reply.status, body, localHost: reply.localHost, remote: reply.remote, server };
    }
    hop = { url: parseHttpUrl(reply.location, url.href), namer: server, isRedirect: true };
  }
  throw new HttpError('too_many_redirects', `more than ${options.maxRedirects} redirects`);
}

/** Rejects with HttpError and nothing else. */
export async function httpGet(options: HttpGet): Promise<HttpResponse> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new HttpError('timeout', 'no answer in time')), options.timeoutMs);
  const onAbort = (): void => controller.abort(new HttpError('aborted', 'given up'));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  try {
    return await follow(options, controller.signal);
  } catch (error) {
    throw toHttpError(error);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}
