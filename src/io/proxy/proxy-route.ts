// The one way to a proxy: opens connections to it, has the handshake, and hands over sockets that are the target's. It remembers whether
// the proxy ever let us in: where the first thing that comes of it is a failure of its own, nothing else would come of it either.

import { connect, isIP, type Socket } from 'node:net';
import { formatProxy, type ProxyServer } from '../../model/proxy-server.js';
import type { LocalAddress } from '../interface-binding.js';
import type { Resolver } from '../resolver.js';
import { HttpConnect, loginError } from './http-connect.js';
import { isProxyFault, ProxyError } from './proxy-error.js';
import type { ProxyHandshake, ProxyTarget } from './proxy-handshake.js';
import { Socks5Handshake } from './socks5-handshake.js';

export interface ProxyRouteOptions {
  readonly server: ProxyServer;
  /** For the name of the proxy itself, and nothing else. */
  readonly resolver: Resolver;
  /** From the first look-up to the proxy's leave to ask; what the proxy itself takes for the target is not in it. */
  readonly acceptTimeoutMs: number;
  /** Of the interface that it is bound to. */
  readonly localAddress?: LocalAddress;
}

/** Exactly one comes, later, unless it was cancelled. */
export interface TunnelHandler {
  /** `socket` is paused, in order, and nobody listens to it. `bound`: see HandshakeStep. */
  onOpen(socket: Socket, bound: { host: string; port: number } | null): void;
  onFailed(error: ProxyError): void;
}

export interface PendingTunnel {
  cancel(): void;
}

/** A connection to the proxy itself: for requests in plain HTTP. */
const DIRECT = null;

export class ProxyRoute {
  readonly server: ProxyServer;
  readonly #options: ProxyRouteOptions;
  readonly #lost = new AbortController();
  #wasAccepted = false;
  #hosts: Promise<readonly string[]> | null = null;

  constructor(options: ProxyRouteOptions) {
    this.server = options.server;
    this.#options = options;
  }

  /** Aborted, with a ProxyError as its reason, where nothing has come through the proxy and its own fault is why. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The proxy did what it was asked for, or said why its target did not. */
  noteAccepted(): void {
    this.#wasAccepted = true;
  }

  noteFailure(error: ProxyError): void {
    if (!this.#wasAccepted && isProxyFault(error)) this.#lost.abort(error);
  }

  /** A tunnel to `target`. */
  connect(target: ProxyTarget, handler: TunnelHandler): PendingTunnel {
    const { server } = this;
    try {
      const isSocks = server.kind === 'socks5h';
      return this.#open(
        isSocks ? new Socks5Handshake(server, { type: 'connect', target }) : new HttpConnect(server, target),
        handler,
      );
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const proxy = formatProxy(server);
      const refused = new ProxyError('target_unreachable', `the proxy ${proxy} cannot be asked: ${error.message}`, proxy);
      setImmediate(() => handler.onFailed(refused));
      return { cancel: () => undefined };
    }
  }

  /** The connection that an association for datagrams lives as long as. SOCKS only. */
  associate(handler: TunnelHandler): PendingTunnel {
    return this.#open(new Socks5Handshake(this.server, { type: 'associate' }), handler, true);
  }

  /** `connect` as a promise; rejects with ProxyError, or the reason of `signal`. */
  tunnel(target: ProxyTarget, signal: AbortSignal): Promise<Socket> {
    return this.#promise(signal, (handler) => this.connect(target, handler));
  }

  /** A connection to the proxy itself; rejects as `tunnel` does. */
  direct(signal: AbortSignal): Promise<Socket> {
    return this.#promise(signal, (handler) => this.#open(DIRECT, handler));
  }

  /** An answer of the proxy to a request in plain HTTP: null where its status is no complaint of the proxy's own. */
  complaint(status: number): ProxyError | null {
    if (status !== 407) {
      this.noteAccepted();
      return null;
    }
    const error = loginError(this.server);
    this.noteFailure(error);
    return error;
  }

  #promise(signal: AbortSignal, begin: (handler: TunnelHandler) => PendingTunnel): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        pending.cancel();
        reject(toError(signal.reason));
      };
      const settle = (act: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const pending = begin({
        onOpen: (socket) => {
          // Until somebody else listens: whoever uses it then finds it destroyed.
          socket.on('error', () => undefined);
          settle(() => resolve(socket));
        },
        onFailed: (error) => settle(() => reject(error)),
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #open(handshake: ProxyHandshake | null, handler: TunnelHandler, isAssociation = false): PendingTunnel {
    let socket: Socket | null = null;
    let isOver = false;
    const end = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      act();
    };
    const fail = (error: ProxyError): void =>
      end(() => {
        if (socket !== null) discard(socket);
        if (handshake?.isAccepted === true) this.noteAccepted();
        this.noteFailure(error);
        handler.onFailed(error);
      });
    const timer = setTimeout(() => {
      // There is no target to wait for: it is the proxy that says nothing.
      if (isAssociation && handshake?.isAccepted === true) {
        fail(this.#error('proxy_unsupported', 'did not answer in time whether it carries UDP'));
        return;
      }
      // What an HTTP proxy takes for the target can't be told from its own silence, so it has the caller's time.
      const isWaiting = handshake instanceof HttpConnect && socket !== null && !socket.connecting;
      if (handshake?.isAccepted !== true && !isWaiting) fail(this.#unreachable('did not answer in time'));
    }, this.#options.acceptTimeoutMs);
    const dialNext = (hosts: readonly string[], index: number): void => {
      if (isOver) return;
      const host = hosts[index];
      const localAddress = this.#options.localAddress?.(isIP(host) === 4 ? 4 : 6);
      if (localAddress === null) {
        if (index + 1 < hosts.length) dialNext(hosts, index + 1);
        else fail(this.#unreachable('is not reachable from the interface: it has no address of that family'));
        return;
      }
      const opened = connect({
        host,
        port: this.server.port,
        noDelay: true,
        keepAlive: true,
        ...(localAddress === undefined ? {} : { localAddress }),
      });
      socket = opened;
      const onRefused = (error: NodeJS.ErrnoException): void => {
        discard(opened);
        if (index + 1 < hosts.length) dialNext(hosts, index + 1);
        else fail(this.#unreachable(describe(error), error));
      };
      opened.once('error', onRefused);
      opened.once('connect', () => {
        opened.off('error', onRefused);
        if (handshake === null) end(() => handler.onOpen(opened, null));
        else this.#converse(opened, handshake, end, fail, handler);
      });
    };
    const begin = (hosts: readonly string[]): void => {
      if (hosts.length === 0) fail(this.#unreachable('has a name without an address'));
      else dialNext(hosts, 0);
    };
    void this.#find().then(begin);
    return {
      cancel: () =>
        end(() => {
          if (socket !== null) discard(socket);
        }),
    };
  }

  #converse(
    socket: Socket,
    handshake: ProxyHandshake,
    end: (act: () => void) => void,
    fail: (error: ProxyError) => void,
    handler: TunnelHandler,
  ): void {
    const onData = (chunk: Uint8Array): void => {
      const step = handshake.receive(chunk);
      if (step.type === 'more') {
        if (step.send.length > 0) socket.write(step.send);
        return;
      }
      socket.off('data', onData).off('error', onEnd).off('close', onClose);
      socket.pause();
      if (step.type === 'failed') {
        fail(step.error);
        return;
      }
      if (step.rest.length > 0) socket.unshift(step.rest);
      this.noteAccepted();
      end(() => handler.onOpen(socket, step.bound));
    };
    const onEnd = (error?: NodeJS.ErrnoException): void => {
      const why = error === undefined ? 'hung up' : describe(error);
      if (!handshake.isAccepted) fail(this.#unreachable(`${why} before it let us in`, error));
      else fail(this.#error('target_unreachable', `${why} without an answer`, error));
    };
    const onClose = (): void => onEnd();
    socket.on('data', onData).on('error', onEnd).on('close', onClose);
    socket.write(handshake.start());
  }

  /** Looked up once; a failure is forgotten. */
  #find(): Promise<readonly string[]> {
    const { host } = this.server;
    if (isIP(host) !== 0) return Promise.resolve([host]);
    this.#hosts ??= this.#options.resolver.resolve(host).then((hosts) => {
      if (hosts.length === 0) this.#hosts = null;
      return hosts;
    });
    return this.#hosts;
  }

  #unreachable(why: string, cause?: unknown): ProxyError {
    return this.#error('proxy_unreachable', why, cause);
  }

  #error(code: ProxyError['code'], why: string, cause?: unknown): ProxyError {
    const proxy = formatProxy(this.server);
    return new ProxyError(code, `the proxy ${proxy} ${why}`, proxy, cause === undefined ? {} : { cause });
  }
}

function discard(socket: Socket): void {
  // A socket that fails while it is being destroyed must not be an uncaught error.
  socket.on('error', () => undefined);
  socket.destroy();
}

function describe({ code }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refuses connections: is it running, and is the port right?';
    case 'ETIMEDOUT':
      return 'did not answer in time';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'cut the connection';
    default:
      return `is not reachable (${code ?? 'unknown error'})`;
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
