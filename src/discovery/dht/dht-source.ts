// The DHT as a torrent's source of peers: waits until it is of use, then searches and announces, again and again in a slow rhythm. The
// process's DHT is opened by the first torrent that needs it.

import type { Address } from '../../model/address.js';
import type { Millis } from '../../model/time.js';
import type { PeerSource, PeerSourceListener } from '../peer-source.js';
import type { DhtSnapshot } from './dht-notices.js';
import type { DhtService, NodeHint } from './dht-service.js';
import type { SearchOutcome } from './protocol/dht-terms.js';

export interface DhtSourceLimits {
  /** Where it was not needed, it is asked again after so long. */
  readonly checkMs: Millis;
  /** Between a search that has found peers and the next: an announce counts for half an hour. */
  readonly searchIntervalMs: Millis;
  /** After a search without peers; doubles each time, up to the above. */
  readonly retryMs: Millis;
  /** When more peers are wanted: not sooner after the last search. */
  readonly minIntervalMs: Millis;
}

export interface DhtSourceOptions {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Named by the torrent. */
  readonly nodes: readonly NodeHint[];
  /** Whether who named them may have us ask there; default: anywhere. */
  readonly mayAsk?: (address: Address) => boolean;
  /** The process's one; opened by the first call. Null where it can't be. */
  readonly open: () => Promise<DhtService | null>;
  /** From the start to the first look whether it is needed. */
  readonly delayMs: Millis;
  readonly isNeeded: () => boolean;
  /** Where peers reach us; null: nowhere, so there is nothing to announce. */
  readonly port: number | null;
  readonly isSeed: () => boolean;
  readonly limits: DhtSourceLimits;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly listener: PeerSourceListener;
}

export class DhtSource implements PeerSource {
  readonly #options: DhtSourceOptions;
  #service: DhtService | null = null;
  #state: 'idle' | 'waiting' | 'opening' | 'open' | 'failed' = 'idle';
  #timer: ReturnType<typeof setTimeout> | null = null;
  #giveUp: (() => void) | null = null;
  #searchedAt: Millis | null = null;
  #searches = 0;
  #peers = 0;
  /** Searches without peers, in a row. */
  #failures = 0;

  constructor(options: DhtSourceOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'waiting';
    this.#arm(this.#options.delayMs);
  }

  /** Nobody is there to ask: the DHT is needed now. */
  requestPeers(): void {
    const { limits, now } = this.#options;
    if (this.#state === 'waiting') this.#look(true);
    else if (this.#state === 'open' && this.#giveUp === null && now() - (this.#searchedAt ?? 0) >= limits.minIntervalMs)
      this.#search();
  }

  /** The next announce says so. */
  complete(): void {}

  abandon(): void {
    this.#state = 'idle';
    this.#disarm();
    this.#giveUp?.();
    this.#giveUp = null;
  }

  /** The DHT knows no good-byes. */
  stop(): Promise<void> {
    this.abandon();
    this.#service?.save();
    return Promise.resolve();
  }

  snapshot(): DhtSnapshot {
    const service = this.#service;
    const isRunning = service !== null && !service.isBootstrapping;
    const state = this.#state === 'idle' || this.#state === 'waiting' ? 'waiting' : isRunning ? 'running' : 'starting';
    return {
      state: this.#state === 'failed' ? 'failed' : state,
      nodes: service?.nodes ?? 0,
      peers: this.#peers,
      searches: this.#searches,
    };
  }

  #look(isUrgent: boolean): void {
    const { isNeeded, limits } = this.#options;
    if (isUrgent || isNeeded()) void this.#open();
    else this.#arm(limits.checkMs);
  }

  async #open(): Promise<void> {
    const { open, nodes, mayAsk, listener } = this.#options;
    this.#state = 'opening';
    this.#disarm();
    const service = await open();
    if (this.#isOver()) return;
    if (service === null) {
      this.#state = 'failed';
      listener.onNotice({ type: 'dht-failed', message: 'no UDP socket could be opened' });
      return;
    }
    this.#service = service;
    this.#state = 'open';
    if (nodes.length > 0) service.addNodes(nodes, mayAsk);
    this.#search();
  }

  /** Meanwhile stopped. */
  #isOver(): boolean {
    return this.#state === 'idle';
  }

  #search(): void {
    const { infoHash, port, isSeed, now } = this.#options;
    this.#disarm();
    const startedAt = now();
    this.#searchedAt = startedAt;
    const announce = port === null ? null : { port, isSeed: isSeed() };
    const giveUp = this.#service?.search(
      { infoHash, announce, scrape: false },
      { onPeers: (addresses) => this.#take(addresses), onDone: (outcome) => this.#end(outcome, now() - startedAt) },
    );
    // It may be over already.
    if (this.#timer === null) this.#giveUp = giveUp ?? null;
  }

  #take(addresses: readonly Address[]): void {
    this.#peers += addresses.length;
    this.#options.listener.onAddresses(addresses);
  }

  #end({ nodes, peers, announced }: SearchOutcome, elapsedMs: Millis): void {
    const { limits, listener } = this.#options;
    this.#giveUp = null;
    this.#searches++;
    this.#failures = peers > 0 ? 0 : this.#failures + 1;
    // A search among others that have answered is no failure, but who announced himself a moment later is worth another one.
    const waitMs = peers > 0 ? limits.searchIntervalMs : limits.retryMs * 2 ** (this.#failures - 1);
    this.#arm(Math.min(waitMs, limits.searchIntervalMs));
    listener.onNotice({ type: 'dht-searched', nodes, peers, announced, elapsedMs });
  }

  #arm(delayMs: Millis): void {
    this.#disarm();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#state === 'waiting') this.#look(false);
      else if (this.#state === 'open') this.#search();
    }, delayMs);
    this.#timer.unref();
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
