// The one port of the process: incoming connections show their info hash and are handed to that torrent's owner.
// Strangers that show none are limited in number and time; when there are too many the oldest goes, because an honest
// peer sends its handshake within a round trip.

import { PortTakenError } from './port-taken-error.js';
import { PeerConnection, type ConnectionLimits, type ConnectionSide } from './peer-connection.js';
import type { Link, LinkServer, Transport } from './transport.js';

export interface ListenerOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Numeric address; without it all, IPv6 and IPv4. */
  readonly host?: string;
  /** Connections that have not shown a known info hash yet. */
  readonly maxPendingIncoming: number;
  readonly limits: ConnectionLimits;
  /** What incoming links speak before the first byte that a connection hears; left out: nothing but the plain protocol. */
  readonly unwrap?: (link: Link) => Link;
}

export interface IncomingRouter<Reason extends string = never> {
  /**
   * Who takes a connection with this info hash (20 bytes); null closes it. The handshake is not complete: the side's
   * `onHandshake` or `onClosed` follows.
   */
  onIncoming(infoHash: Uint8Array, connection: PeerConnection<Reason>): ConnectionSide<Reason> | null;
  /** `onIncoming` threw. */
  onFault(error: unknown): void;
}

export class Listener<Reason extends string = never> {
  readonly #router: IncomingRouter<Reason>;
  readonly #options: ListenerOptions;
  /** In the order they came. */
  readonly #pending = new Set<PeerConnection<Reason>>();
  #server: LinkServer | null = null;
  #unencryptedCount = 0;
  #isClosed = false;

  private constructor(options: ListenerOptions, router: IncomingRouter<Reason>) {
    this.#options = options;
    this.#router = router;
  }

  /** Rejects with PortTakenError where the port is in use or not allowed, else with the system's error. */
  static async open<Reason extends string = never>(
    transport: Transport,
    options: ListenerOptions,
    router: IncomingRouter<Reason>,
  ): Promise<Listener<Reason>> {
    const listener = new Listener<Reason>(options, router);
    const { port, host } = options;
    try {
      listener.#server = await transport.listen(host === undefined ? { port } : { port, host }, (link) => listener.#accept(link));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' || code === 'EACCES') throw new PortTakenError(port, code, { cause: error });
      throw error;
    }
    return listener;
  }

  /** The port in use, also where any was asked for. */
  get port(): number {
    return this.#server?.port ?? this.#options.port;
  }

  /** Connections that no torrent has taken yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Connections refused because they were not encrypted. */
  get unencryptedCount(): number {
    return this.#unencryptedCount;
  }

  /** Stops listening and ends the pending connections; those that were handed over live on. Harmless when called again. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of this.#pending) connection.close('stopping');
    await this.#server?.close();
  }

  #accept(link: Link): void {
    if (this.#isClosed) {
      link.close();
      return;
    }
    const [oldest] = this.#pending;
    if (oldest !== undefined && this.#pending.size >= this.#options.maxPendingIncoming) oldest.close('stopping');
    const { limits, unwrap } = this.#options;
    const connection: PeerConnection<Reason> = PeerConnection.accepted<Reason>(unwrap?.(link) ?? link, limits, {
      route: (infoHash, routed) => {
        const side = this.#router.onIncoming(infoHash, routed);
        if (side !== null) this.#pending.delete(routed);
        return side;
      },
      onUnrouted: (reason) => {
        if (reason === 'unencrypted') this.#unencryptedCount++;
        this.#pending.delete(connection);
      },
      onFault: (error) => {
        this.#pending.delete(connection);
        this.#router.onFault(error);
      },
    });
    this.#pending.add(connection);
  }
}
