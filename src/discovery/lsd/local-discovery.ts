// Local service discovery (BEP 14) for all torrents of a process: opens the groups' sockets with the first torrent, closes them with
// the last. It begins a moment after a torrent does, since most small downloads are through before, and nobody should wait
// for sockets that he does not need.

import type { MulticastGroup, MulticastOptions } from '../../io/multicast-socket.js';
import { MulticastSocket } from '../../io/multicast-socket.js';
import type { Address } from '../../model/address.js';
import { toHex } from '../../model/ids.js';
import type { Millis } from '../../model/time.js';
import type { PeerSource, PeerSourceListener } from '../peer-source.js';
import { LocalSearch, type LocalSearchAction, type LocalSearchEvent, type LocalSearchLimits } from './protocol/local-search.js';
import { encodeLsdAnnounce } from './protocol/lsd-message.js';

/** BEP 14. */
const GROUPS: readonly MulticastGroup[] = [
  { host: '239.192.152.143', port: 6771, family: 4 },
  { host: 'ff15::efc0:988f', port: 6771, family: 6 },
];

export interface LocalDiscoveryLimits extends LocalSearchLimits {
  /** From a torrent's start to its first announce. */
  readonly startDelayMs: number;
}

export interface LocalDiscoveryOptions {
  /** Where we take connections. */
  readonly port: number;
  /** Printable, random: by which we know our own announces. */
  readonly cookie: string;
  readonly limits: LocalDiscoveryLimits;
  /** What to join over, for each family. */
  readonly interfaces: (family: 4 | 6) => readonly string[];
  /** Whether a sender is on one of our networks: the port takes datagrams from anywhere. */
  readonly isNeighbour: (address: Address) => boolean;
  readonly now: () => Millis;
  /** Instead of the real ones: for tests. */
  readonly open?: (options: MulticastOptions) => Promise<Pick<MulticastSocket, 'send' | 'close'>>;
}

type Socket = Pick<MulticastSocket, 'send' | 'close'>;

export class LocalDiscovery {
  readonly #options: LocalDiscoveryOptions;
  readonly #search: LocalSearch;
  readonly #listeners = new Map<string, PeerSourceListener>();
  /** Of the sockets that are open, or being opened. */
  #sockets: Promise<readonly (readonly [MulticastGroup, Socket])[]> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LocalDiscoveryOptions) {
    this.#options = options;
    this.#search = new LocalSearch(options.cookie, options.limits);
  }

  /**
   * The local peers of one torrent (20 bytes). Never for a private one (BEP 27); where nobody knows yet whether it is, it is
   * listened for and not announced.
   */
  source(infoHash: Uint8Array, announces: boolean, listener: PeerSourceListener): PeerSource {
    let delay: NodeJS.Timeout | null = null;
    const end = (): void => {
      if (delay !== null) clearTimeout(delay);
      delay = null;
      this.#leave(infoHash, listener);
    };
    return {
      start: () => {
        delay ??= setTimeout(() => this.#join(infoHash, announces, listener), this.#options.limits.startDelayMs).unref();
      },
      requestPeers: () => {},
      complete: () => {},
      abandon: end,
      stop: () => {
        end();
        return Promise.resolve();
      },
    };
  }

  #join(infoHash: Uint8Array, announces: boolean, listener: PeerSourceListener): void {
    this.#listeners.set(toHex(infoHash), listener);
    this.#sockets ??= this.#open().catch(() => []);
    this.#handle({ type: 'join', infoHash, announces });
  }

  #leave(infoHash: Uint8Array, listener: PeerSourceListener): void {
    const key = toHex(infoHash);
    if (this.#listeners.get(key) !== listener) return;
    this.#listeners.delete(key);
    this.#handle({ type: 'leave', infoHash });
    if (this.#listeners.size > 0) return;
    const sockets = this.#sockets;
    this.#sockets = null;
    void closeAll(sockets);
  }

  async #open(): Promise<(readonly [MulticastGroup, Socket])[]> {
    const open = this.#options.open ?? ((options) => MulticastSocket.open(options));
    const onDatagram = (from: Address, bytes: Uint8Array): void => {
      if (this.#options.isNeighbour(from)) this.#handle({ type: 'datagram', from, bytes });
    };
    return Promise.all(
      GROUPS.map(
        async (group) => [group, await open({ group, interfaces: this.#options.interfaces(group.family), onDatagram })] as const,
      ),
    );
  }

  #handle(event: LocalSearchEvent): void {
    for (const action of this.#search.handle(event, this.#options.now())) this.#execute(action);
    this.#setTimer();
  }

  #execute(action: LocalSearchAction): void {
    switch (action.type) {
      case 'announce':
        void this.#announce(action.infoHashes);
        return;
      case 'found':
        this.#listeners.get(action.infoHash)?.onAddresses([action.address]);
    }
  }

  async #announce(infoHashes: readonly Uint8Array[]): Promise<void> {
    const { port, cookie } = this.#options;
    for (const [{ host, port: groupPort, family }, socket] of (await this.#sockets) ?? []) {
      const group = family === 4 ? `${host}:${groupPort}` : `[${host}]:${groupPort}`;
      socket.send(encodeLsdAnnounce(group, { port, infoHashes, cookie }));
    }
  }

  #setTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const at = this.#search.nextTickAt();
    if (at === null) return;
    this.#timer = setTimeout(() => this.#handle({ type: 'tick' }), Math.max(0, at - this.#options.now())).unref();
  }
}

async function closeAll(sockets: Promise<readonly (readonly [MulticastGroup, Socket])[]> | null): Promise<void> {
  for (const [, socket] of (await sockets) ?? []) socket.close();
}
