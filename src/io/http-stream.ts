// GETs whose bodies are taken as they come, one after the other over a connection that is kept: for web seeds (BEP 19). Redirects are
// followed within bounds, and no hop leads to an address that may not be visited. Time is the caller's: it aborts what takes too long.

import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { createAddress, type Address } from '../model/address.js';
import { whereaboutsOf } from '../model/whereabouts.js';
import { decodePercent, hostOf, type HttpGet, parseHttpUrl, REDIRECTS } from './http-client.js';
import { HttpError, toHttpError } from './http-error.js';
import type { Resolver } from './resolver.js';
import { systemResolver } from './system-resolver.js';

/** By which way: through a proxy, or bound to an interface. */
export type HttpWay = Pick<HttpGet, 'proxy' | 'localAddress' | 'resolver'>;

export interface HttpStreamRequest {
  /** http or https. `user:password@` becomes basic authorization, for this origin only. */
  readonly url: string;
  readonly userAgent: string;
  /** Bytes, both ends included; null: all of it. */
  readonly range: { readonly from: number; readonly to: number } | null;
  readonly maxRedirects: number;
  /** Whether this address may be connected to. `sentBy`: the server that redirected there, null for the URL itself. */
  readonly mayVisit: (address: Address, sentBy: Address | null) => boolean;
  /** Certificate authorities in PEM to trust instead of the system's. */
  readonly certificateAuthority?: string;
}

export interface HttpStreamHandler {
  /** The redirects that were followed are not seen. False: the body is not wanted; nothing comes after it. */
  onHead(status: number, headers: IncomingHttpHeaders): boolean;
  /** The chunk is the caller's to keep. */
  onData(chunk: Uint8Array): void;
  /** The body ended as its head had promised. */
  onEnd(): void;
  onFailed(error: HttpError): void;
}

const MAX_HEADER_BYTES = 16_384;
/** Interim answers (1xx) to one request. */
const MAX_INTERIM = 10;
/** Bodies of redirects up to this are read, so that the connection can be kept; longer ones are not worth it. */
const MAX_REDIRECT_BODY_BYTES = 65_536;

function forbidden(): HttpError {
  return new HttpError('forbidden_address', 'it leads to an address that may not be named');
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function remoteOf(socket: Socket | null): Address | null {
  const { remoteAddress, remotePort } = socket ?? {};
  return remoteAddress === undefined || remotePort === undefined
    ? null
    : createAddress(remoteAddress.replace(/%.*$/, ''), remotePort);
}

type LookupQuestion = Parameters<LookupFunction>;

/** As Node asks for it: all addresses, or the first one; of those that may be connected to. */
async function answerLookup(
  resolver: Resolver,
  mayConnect: (address: Address) => boolean,
  port: number,
  ...[host, options, callback]: LookupQuestion
): Promise<void> {
  const texts = await resolver.resolve(host);
  const found = texts.map((text) => createAddress(text, port)).filter((address) => address !== null);
  const hosts = found.filter(mayConnect).map((address) => ({ address: address.host, family: isIP(address.host) }));
  if (found.length === 0) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
  else if (hosts.length === 0) callback(forbidden(), '', 0);
  else if (options.all === true) callback(null, hosts);
  else callback(null, hosts[0].address, hosts[0].family);
}

function judge(host: string, port: number, mayConnect: (address: Address) => boolean): boolean {
  const address = createAddress(host, port);
  return address !== null && mayConnect(address);
}

export class HttpStream {
  readonly #options: HttpStreamRequest;
  readonly #handler: HttpStreamHandler;
  readonly #agentFor: (protocol: string) => Promise<Agent>;
  readonly #way: HttpWay;
  /** Ends what is being opened. */
  readonly #opening = new AbortController();
  #request: ClientRequest | null = null;
  #response: IncomingMessage | null = null;
  #isOver = false;
  #isPaused = false;
  #hops = 0;
  /** Redirects whose short bodies are still coming; they end with the stream at the latest. */
  readonly #passed = new Set<ClientRequest>();
  #hasRetried = false;

  constructor(
    options: HttpStreamRequest,
    handler: HttpStreamHandler,
    agentFor: (protocol: string) => Promise<Agent>,
    way: HttpWay = {},
  ) {
    this.#options = options;
    this.#handler = handler;
    this.#agentFor = agentFor;
    this.#way = way;
    queueMicrotask(() => this.#begin(() => parseHttpUrl(options.url), null));
  }

  /** What has been read already still comes. */
  pause(): void {
    this.#isPaused = true;
    this.#response?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#response?.resume();
  }

  /** Nothing is heard of it any more. */
  abort(): void {
    this.#isOver = true;
    this.#drop();
  }

  #begin(target: () => URL, sentBy: Address | null): void {
    this.#visit(target, sentBy).catch((error: unknown) => this.#fail(error));
  }

  async #visit(target: () => URL, sentBy: Address | null): Promise<void> {
    if (this.#isOver) return;
    const url = target();
    const { proxy } = this.#way;
    const isProxied = proxy !== undefined && proxy !== null;
    // What is looked up by us is judged then.
    const place = isProxied ? whereaboutsOf(hostOf(url)) : createAddress(hostOf(url), portOf(url));
    if (place !== null && !this.#options.mayVisit(place, sentBy)) throw forbidden();
    const request = await this.#open(url, sentBy);
    if (this.#isOver) {
      request.on('error', () => undefined);
      request.destroy();
      return;
    }
    this.#request = request;
    let interim = 0;
    request.on('information', () => {
      if (++interim > MAX_INTERIM) request.destroy(new HttpError('bad_response', 'it sends interim answers without an end'));
    });
    request.on('socket', (socket) => {
      // One that is kept was opened for another hop.
      const remote = request.reusedSocket ? remoteOf(socket) : null;
      if (remote !== null && !this.#options.mayVisit(remote, sentBy)) request.destroy(forbidden());
    });
    request.on('error', (error) => {
      if (this.#request !== request || this.#response !== null) return;
      if (request.reusedSocket && !this.#hasRetried && !(error instanceof HttpError)) {
        // The server had closed the connection that was kept.
        this.#hasRetried = true;
        this.#request = null;
        this.#begin(() => url, sentBy);
      } else this.#fail(error);
    });
    request.on('close', () => {
      // With a response, its own end decides; else `error` came before, or the connection was turned to something else.
      if (this.#request === request && this.#response === null) this.#fail(new HttpError('reset', 'connection closed early'));
    });
    request.on('response', (response) => this.#receive(url, request, response));
    request.end();
  }

  async #open(url: URL, sentBy: Address | null): Promise<ClientRequest> {
    const { range, userAgent, certificateAuthority, mayVisit } = this.#options;
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
    const agent = await this.#agentFor(url.protocol);
    const hasLogin = url.username !== '' || url.password !== '';
    const port = portOf(url);
    const mayConnect = (address: Address): boolean => mayVisit(address, sentBy);
    const { proxy, localAddress, resolver = systemResolver } = this.#way;
    const lookup: LookupFunction = (...question) => void answerLookup(resolver, mayConnect, port, ...question);
    const direct = {
      method: 'GET',
      protocol: url.protocol,
      hostname: hostOf(url),
      port: url.port,
      path: `${url.pathname}${url.search}`,
      ...(hasLogin ? { auth: `${decodePercent(url.username)}:${decodePercent(url.password)}` } : {}),
      ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
      headers: {
        'user-agent': userAgent,
        accept: '*/*',
        // Ranges of what is packed are of no use.
        'accept-encoding': 'identity',
        ...(range === null ? {} : { range: `bytes=${range.from}-${range.to}` }),
      },
      lookup,
      agent,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    if (proxy !== undefined && proxy !== null) {
      const { throughProxy } = await import('./proxy/proxied-request.js');
      // A tunnel of its own for each request: they are long.
      return request(await throughProxy(proxy, url, direct, this.#opening.signal));
    }
    if (localAddress === undefined) return request(direct);
    const { bindRequest } = await import('./bound-request.js');
    return request({
      ...direct,
      ...(await bindRequest(hostOf(url), localAddress, resolver, {
        isAllowed: (host) => judge(host, port, mayConnect),
        forbidden,
      })),
    });
  }

  #receive(url: URL, request: ClientRequest, response: IncomingMessage): void {
    if (this.#isOver || this.#request !== request) {
      request.destroy();
      return;
    }
    const status = response.statusCode ?? 0;
    const complaint = this.#complaint(url, status);
    if (complaint !== null) {
      this.#fail(complaint);
      return;
    }
    const { location } = response.headers;
    if (REDIRECTS.has(status) && location !== undefined) {
      this.#redirect(url, location, this.#serverOf(url, response), response);
      return;
    }
    this.#response = response;
    let isWhole = false;
    response.on('error', (error) => this.#fail(error));
    response.on('end', () => {
      isWhole = true;
      if (this.#isOver) return;
      this.#isOver = true;
      this.#dropPassed();
      this.#handler.onEnd();
    });
    response.on('close', () => {
      if (!isWhole) this.#fail(new HttpError('reset', 'connection closed early'));
    });
    if (!this.#handler.onHead(status, response.headers)) {
      this.abort();
      return;
    }
    response.on('data', (chunk: Uint8Array) => {
      if (!this.#isOver) this.#handler.onData(chunk);
    });
    if (this.#isPaused) response.pause();
  }

  /** What the proxy has against a request to itself. */
  #complaint(url: URL, status: number): Error | null {
    const { proxy } = this.#way;
    if (proxy === undefined || proxy === null || proxy.server.kind !== 'http' || url.protocol !== 'http:') return null;
    return proxy.complaint(status);
  }

  /** The other end of the connection; of a proxy's, whoever it asked. */
  #serverOf(url: URL, response: IncomingMessage): Address | null {
    const { proxy } = this.#way;
    if (proxy === undefined || proxy === null) return remoteOf(response.socket);
    return whereaboutsOf(hostOf(url));
  }

  /** Leaves the request to itself where what is left of it is short. */
  #pass(response: IncomingMessage): void {
    const request = this.#request;
    const length = Number(response.headers['content-length'] ?? Infinity);
    if (request === null || length > MAX_REDIRECT_BODY_BYTES) {
      this.#drop();
      return;
    }
    this.#request = null;
    this.#passed.add(request);
    request.on('error', () => undefined);
    request.on('close', () => this.#passed.delete(request));
    response.on('error', () => undefined);
    response.resume();
  }

  #redirect(url: URL, location: string, remote: Address | null, response: IncomingMessage): void {
    this.#pass(response);
    if (++this.#hops > this.#options.maxRedirects) {
      this.#fail(new HttpError('too_many_redirects', `more than ${this.#options.maxRedirects} redirects`));
      return;
    }
    if (remote === null) this.#fail(new HttpError('reset', 'connection closed early'));
    else this.#begin(() => parseHttpUrl(location, url.href), remote);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#drop();
    this.#handler.onFailed(toHttpError(error));
  }

  #drop(): void {
    const request = this.#request;
    this.#request = null;
    this.#response = null;
    // Errors of a request that is thrown away concern nobody any more; without a listener they would be exceptions.
    request?.on('error', () => undefined);
    request?.destroy();
    if (!this.#isOver) return;
    this.#opening.abort();
    this.#dropPassed();
  }

  #dropPassed(): void {
    for (const request of this.#passed) request.destroy();
    this.#passed.clear();
  }
}
