// The client's side of a tunnel through an HTTP proxy: CONNECT (RFC 9110, 9.3.6) and what is answered to it. Only the status counts; the
// header has a limit, and what follows a success is the target's.

import { formatProxy, type ProxyServer } from '../../model/proxy-server.js';
import { ProxyError, type ProxyErrorCode } from './proxy-error.js';
import type { HandshakeStep, ProxyHandshake, ProxyTarget } from './proxy-handshake.js';

/** As node:http has it. */
const MAX_HEADER_BYTES = 16 * 1024;
const NOTHING = new Uint8Array();
const CR = 13;
const LF = 10;

const FAILURES: Readonly<Record<number, readonly [ProxyErrorCode, string]>> = {
  403: ['proxy_denied', 'does not allow this connection (status 403)'],
  405: ['proxy_unsupported', 'makes no tunnels (status 405)'],
  501: ['proxy_unsupported', 'makes no tunnels (status 501)'],
  502: ['target_unreachable', 'could not connect (status 502)'],
  503: ['target_unreachable', 'could not connect (status 503)'],
  504: ['target_timeout', 'got no answer in time (status 504)'],
};

/** What a status of 407 means, wherever it comes. */
export function loginError(server: ProxyServer): ProxyError {
  const proxy = formatProxy(server);
  const words =
    server.login === null
      ? 'wants a login: write it before the host, user:password@'
      : 'refuses the login: check user and password';
  return new ProxyError('proxy_login', `the proxy ${proxy} ${words}`, proxy);
}

/** The value of `Proxy-Authorization` (RFC 7617); null without a login. */
export function proxyAuthorization({ login }: ProxyServer): string | null {
  return login === null ? null : `Basic ${Buffer.from(`${login.user}:${login.password}`, 'utf8').toString('base64')}`;
}

/** Of a target whose name can't end the line it stands in; RangeError otherwise. */
function encodeConnect(server: ProxyServer, { host, port }: ProxyTarget): Uint8Array {
  if (!/^[\w.:-]{1,255}$/.test(host)) throw new RangeError('no host name that a proxy could take');
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const authorization = proxyAuthorization(server);
  const login = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  return new TextEncoder().encode(`CONNECT ${where} HTTP/1.1\r\nHost: ${where}\r\n${login}\r\n`);
}

export class HttpConnect implements ProxyHandshake {
  readonly #server: ProxyServer;
  readonly #first: Uint8Array;
  #buffer: Uint8Array = NOTHING;
  #isAccepted = false;

  /** Throws RangeError where the target's name is none. */
  constructor(server: ProxyServer, target: ProxyTarget) {
    this.#server = server;
    this.#first = encodeConnect(server, target);
  }

  /** By its answer: before it, a tunnel that is being made looks like a proxy that is dead. */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  start(): Uint8Array {
    return this.#first;
  }

  receive(bytes: Uint8Array): HandshakeStep {
    const joined = new Uint8Array(this.#buffer.length + bytes.length);
    joined.set(this.#buffer);
    joined.set(bytes, this.#buffer.length);
    this.#buffer = joined;
    for (;;) {
      const start = new TextDecoder('latin1').decode(this.#buffer.subarray(0, 13));
      if (!'HTTP/1.'.startsWith(start.slice(0, 7)))
        return this.#fail('proxy_protocol', 'is no HTTP proxy: what it answers is not HTTP');
      const end = headerEnd(this.#buffer);
      if (end > MAX_HEADER_BYTES || (end < 0 && this.#buffer.length > MAX_HEADER_BYTES))
        return this.#fail('proxy_protocol', 'sends a header without an end');
      if (end < 0) return { type: 'more', send: NOTHING };
      const status = Number(/^HTTP\/1\.[0-9] ([0-9]{3})/.exec(start)?.[1] ?? 0);
      const rest = this.#buffer.subarray(end);
      this.#buffer = rest;
      // What is said in between (RFC 9110, 15.2) is no answer yet.
      if (status < 100 || status >= 200) return this.#finish(status, rest);
    }
  }

  #finish(status: number, rest: Uint8Array): HandshakeStep {
    if (status < 200) return this.#fail('proxy_protocol', 'is no HTTP proxy: it answers without a status');
    if (status === 407) return { type: 'failed', error: loginError(this.#server) };
    this.#isAccepted = true;
    if (status < 300) return { type: 'done', rest, bound: null };
    const [code, words] = FAILURES[status] ?? ['target_unreachable', `answers a tunnel with status ${status}`];
    return this.#fail(code, words);
  }

  #fail(code: ProxyErrorCode, words: string): HandshakeStep {
    const proxy = formatProxy(this.#server);
    return { type: 'failed', error: new ProxyError(code, `the proxy ${proxy} ${words}`, proxy) };
  }
}

/** Behind the empty line that ends a header; -1 where there is none. Line feeds alone are taken too (RFC 9112, 2.2). */
function headerEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}
