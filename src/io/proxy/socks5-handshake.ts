// The client's side of SOCKS5 (RFC 1928): greeting, login where the proxy wants one (RFC 1929), request, reply. Every way in which it can
// fail has words of its own, since "it does not work" is all that a proxy's user sees otherwise.

import { formatProxy, type ProxyServer } from '../../model/proxy-server.js';
import { ProxyError, type ProxyErrorCode } from './proxy-error.js';
import type { HandshakeStep, ProxyHandshake, ProxyTarget } from './proxy-handshake.js';
import {
  ANY_SOURCE,
  COMMAND,
  encodeGreeting,
  encodeLogin,
  encodeRequest,
  METHOD,
  readLoginStatus,
  readMethod,
  readReply,
  Socks5FormatError,
} from './socks5-messages.js';

/** A connection to `target`, or an association for datagrams. */
export type Socks5Request = { readonly type: 'connect'; readonly target: ProxyTarget } | { readonly type: 'associate' };

/** RFC 1928, 6. */
const FAILURES: Readonly<Record<number, readonly [ProxyErrorCode, string]>> = {
  0x01: ['target_unreachable', 'could not connect (general failure)'],
  0x02: ['proxy_denied', 'does not allow this connection (its rules forbid it)'],
  0x03: ['target_unreachable', 'finds the network unreachable'],
  0x04: ['target_unreachable', 'finds the host unreachable, or does not know its name'],
  0x05: ['target_refused', 'was refused the connection'],
  0x06: ['target_timeout', 'got no answer in time (TTL expired)'],
  0x07: ['proxy_unsupported', 'does not support the command'],
  0x08: ['proxy_unsupported', 'does not support addresses of this kind'],
};

/** The longest answer is a reply with a name of 255 bytes; more is held only where it is the target's already. */
const MAX_ANSWER_BYTES = 512;
const NOTHING = new Uint8Array();

export class Socks5Handshake implements ProxyHandshake {
  readonly #server: ProxyServer;
  readonly #request: Socks5Request;
  #state: 'method' | 'login' | 'reply' = 'method';
  #buffer: Uint8Array = NOTHING;

  constructor(server: ProxyServer, request: Socks5Request) {
    this.#server = server;
    this.#request = request;
  }

  get isAccepted(): boolean {
    return this.#state === 'reply';
  }

  start(): Uint8Array {
    return encodeGreeting(this.#server.login === null ? [METHOD.none] : [METHOD.none, METHOD.login]);
  }

  receive(bytes: Uint8Array): HandshakeStep {
    const joined = new Uint8Array(this.#buffer.length + bytes.length);
    joined.set(this.#buffer);
    joined.set(bytes, this.#buffer.length);
    this.#buffer = joined;
    try {
      return this.#advance();
    } catch (error) {
      if (error instanceof Socks5FormatError) return this.#fail('proxy_protocol', `is no SOCKS5 proxy: ${error.message}`);
      if (error instanceof RangeError) return this.#fail('target_unreachable', `cannot be asked: ${error.message}`);
      throw error;
    }
  }

  #advance(): HandshakeStep {
    switch (this.#state) {
      case 'method':
        return this.#readMethod();
      case 'login':
        return this.#readLogin();
      default:
        return this.#readReply();
    }
  }

  #readMethod(): HandshakeStep {
    const read = readMethod(this.#buffer);
    if (read === null) return { type: 'more', send: NOTHING };
    const { login } = this.#server;
    this.#drop(read.length);
    if (read.value === METHOD.none) return this.#ask();
    if (read.value === METHOD.login && login !== null) {
      this.#state = 'login';
      return this.#goOn(encodeLogin(login.user, login.password));
    }
    if (read.value !== METHOD.refused) return this.#fail('proxy_protocol', 'chose a way of logging in that was not offered');
    return this.#fail(
      'proxy_login',
      login === null ? 'wants a login: write it before the host, user:password@' : 'takes no login by name and password',
    );
  }

  #readLogin(): HandshakeStep {
    const read = readLoginStatus(this.#buffer);
    if (read === null) return { type: 'more', send: NOTHING };
    this.#drop(read.length);
    if (!read.value) return this.#fail('proxy_login', 'refuses the login: check user and password');
    return this.#ask();
  }

  #readReply(): HandshakeStep {
    const read = readReply(this.#buffer);
    if (read === null) {
      if (this.#buffer.length <= MAX_ANSWER_BYTES) return { type: 'more', send: NOTHING };
      return this.#fail('proxy_protocol', 'sends a reply without an end');
    }
    const { status, bound } = read.value;
    if (status === 0) return { type: 'done', bound, rest: this.#buffer.subarray(read.length) };
    if (status === 0x07 && this.#request.type === 'associate')
      return this.#fail('proxy_unsupported', 'carries no UDP: it supports no UDP ASSOCIATE');
    const [code, words] = FAILURES[status] ?? ['target_unreachable', `refused with the unknown code ${status}`];
    return this.#fail(code, words);
  }

  #ask(): HandshakeStep {
    this.#state = 'reply';
    const request = this.#request;
    return this.#goOn(request.type === 'associate' ? ANY_SOURCE : encodeRequest(COMMAND.connect, request.target));
  }

  /** A proxy that says more than it was asked for may have said the next thing already. */
  #goOn(send: Uint8Array): HandshakeStep {
    if (this.#buffer.length > 0) return this.#fail('proxy_protocol', 'is no SOCKS5 proxy: it answers before it is asked');
    return { type: 'more', send };
  }

  #drop(length: number): void {
    this.#buffer = this.#buffer.subarray(length);
  }

  #fail(code: ProxyErrorCode, words: string): HandshakeStep {
    const proxy = formatProxy(this.#server);
    return { type: 'failed', error: new ProxyError(code, `the proxy ${proxy} ${words}`, proxy) };
  }
}
