// TCP for peers: dialled and accepted sockets read into ONE buffer for the whole process, which is safe because every
// read callback consumes its bytes before it returns. Accepted sockets have no documented way to such a buffer, so a
// second Socket takes over their handle; where a version of Node has no handle to take, they use 'data' events.

import { connect, createServer, Socket, type Server, type SocketConstructorOpts } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { LocalAddress } from '../io/interface-binding.js';
import type { Address } from '../model/address.js';
import { socketAddress, TcpLink } from './tcp-link.js';
import type { ConnectHandler, Link, LinkServer, ListenOptions, PendingConnect, Transport } from './transport.js';

export interface TcpOptions {
  /** Size of the one receive buffer. */
  readonly receiveBufferBytes: number;
  /** Silence after which the system begins to probe the far end. */
  readonly keepAliveDelayMs?: number;
  /** Everything is bound to these addresses; undefined: the system chooses. */
  readonly localAddress?: LocalAddress;
}

const KEEP_ALIVE_DELAY_MS = 60_000;

/** The undocumented part of a Socket that carries the descriptor. */
interface WithHandle {
  _handle?: object | null;
}

/**
 * Without a host on all addresses: Node takes IPv6, with IPv4 in it, or IPv4 alone on a system without IPv6. To name `::` would say the same
 * and cost 5 ms of the start: Node looks it up, with the regular expression that it has for IPv6.
 */
function listenOn(server: Server, options: { port: number; host?: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...options, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** What the system says of an address of a family that the interface does not have. */
function noLocalAddress(): NodeJS.ErrnoException {
  return Object.assign(new Error('no address of ours'), { code: 'EADDRNOTAVAIL' });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

export class TcpTransport implements Transport {
  readonly #buffer: Uint8Array;
  readonly #keepAliveDelayMs: number;
  readonly #localAddress: LocalAddress | undefined;

  constructor(options: TcpOptions) {
    this.#buffer = new Uint8Array(options.receiveBufferBytes);
    this.#keepAliveDelayMs = options.keepAliveDelayMs ?? KEEP_ALIVE_DELAY_MS;
    this.#localAddress = options.localAddress;
  }

  connect(address: Address, handler: ConnectHandler): PendingConnect {
    let link: TcpLink | null = null;
    const buffer = this.#buffer;
    const localAddress = this.#localAddress?.(address.family);
    if (localAddress === null) {
      const timer = setImmediate(() => handler.onFailed(noLocalAddress()));
      return { cancel: () => clearImmediate(timer) };
    }
    const socket = connect({
      ...(localAddress === undefined ? {} : { localAddress }),
      host: address.host,
      port: address.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: this.#keepAliveDelayMs,
      allowHalfOpen: false,
      onread: {
        buffer,
        callback: (length) => {
          link?.deliver(buffer, length);
          return true;
        },
      },
    });
    // Nothing is read before the link is started.
    socket.pause();
    const onError = (error: NodeJS.ErrnoException): void => {
      socket.destroy();
      handler.onFailed(error);
    };
    const onConnect = (): void => {
      socket.off('error', onError);
      link = new TcpLink(socket, address, false);
      handler.onOpen(link);
    };
    socket.once('error', onError);
    socket.once('connect', onConnect);
    return {
      cancel: () => {
        socket.off('connect', onConnect);
        socket.off('error', onError);
        // A socket that fails while it is being destroyed must not be an uncaught error.
        socket.on('error', () => undefined);
        socket.destroy();
      },
    };
  }

  async listen(options: ListenOptions, onLink: (link: Link) => void): Promise<LinkServer> {
    const { port, host } = options;
    if (host !== undefined || this.#localAddress === undefined) return this.#listenAt(port, host, onLink);
    const hosts = ([4, 6] as const).flatMap((family) => this.#localAddress?.(family) ?? []);
    const servers: LinkServer[] = [];
    const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.close())));
    try {
      // Both families on one port: the one that is free for the first.
      for (const each of hosts) servers.push(await this.#listenAt(servers[0]?.port ?? port, each, onLink));
    } catch (error) {
      await close();
      throw error;
    }
    if (servers.length === 0) throw noLocalAddress();
    return { port: servers[0].port, close };
  }

  async #listenAt(asked: number, host: string | undefined, onLink: (link: Link) => void): Promise<LinkServer> {
    const server = createServer({
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: this.#keepAliveDelayMs,
    });
    server.on('connection', (socket: Socket) => {
      const link = this.#accept(socket);
      if (link !== null) onLink(link);
    });
    await listenOn(server, { port: asked, ...(host === undefined ? {} : { host }) });
    // Such as EMFILE on accept: that connection is lost, the next may succeed.
    server.on('error', () => undefined);
    const { port } = server.address() as AddressInfo;
    return { port, close: () => closeServer(server) };
  }

  /** Null where the connection is gone again already. */
  #accept(accepted: Socket): TcpLink | null {
    const remote = socketAddress(accepted.remoteAddress, accepted.remotePort);
    const handle = (accepted as unknown as WithHandle)._handle;
    if (remote === null) {
      accepted.destroy();
      return null;
    }
    if (handle === undefined || handle === null) return new TcpLink(accepted, remote, true);

    let link: TcpLink | null = null;
    const buffer = this.#buffer;
    const socket = new Socket({
      handle,
      pauseOnCreate: true,
      onread: {
        buffer,
        callback: (length: number) => {
          link?.deliver(buffer, length);
          return true;
        },
      },
    } as SocketConstructorOpts);
    // The shell that stays behind has no handle to close any more; destroying it takes it off the server's list.
    (accepted as unknown as WithHandle)._handle = null;
    accepted.destroy();
    link = new TcpLink(socket, remote, false);
    return link;
  }
}
