// The DHT as a client owns it: one for all torrents, opened by the first that needs it and not before, because most downloads end without
// it and a start should cost nothing. Nodes that peers name meanwhile are kept for it.

import { randomBytes } from 'node:crypto';
import type { DhtService, NodeHint } from '../discovery/dht/dht-service.js';
import type { Resolver } from '../io/resolver.js';
import type { Address } from '../model/address.js';
import { CONFIG } from './config.js';
import { monotonicNow } from './monotonic-clock.js';

export interface ClientDhtOptions {
  /** Nodes to begin with, instead of the well-known ones. */
  readonly bootstrap?: readonly NodeHint[];
  /** Where the nodes are kept for the next run; nowhere where it is not given. */
  readonly tableFile?: string;
  /** The run ends with its downloads, so nobody is to count on us. Default false. */
  readonly isBrief?: boolean;
}

type OpenListener = (service: DhtService) => void;

export class ClientDht {
  readonly #options: ClientDhtOptions;
  readonly #local: () => { readonly port: number; readonly host?: string };
  readonly #resolver: Resolver;
  readonly #onOpen = new Set<OpenListener>();
  #early: Address[] = [];
  #opening: Promise<DhtService | null> | null = null;
  #service: DhtService | null = null;
  #isClosed = false;

  /** `local`: where the client listens for peers; the DHT takes the same port where it is free. */
  constructor(options: ClientDhtOptions, local: () => { readonly port: number; readonly host?: string }, resolver: Resolver) {
    this.#resolver = resolver;
    this.#options = options;
    this.#local = local;
  }

  /** The same for all; null where there is no UDP to be had, or the client is closed. */
  open(): Promise<DhtService | null> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Where nodes of that family reach us; null while it is not open. */
  port(family: Address['family']): number | null {
    return this.#service?.port(family) ?? null;
  }

  /** Hears when it is open, or at once where it is. Answers with how to take that back. */
  onOpen(listener: OpenListener): () => void {
    if (this.#service !== null) listener(this.#service);
    else this.#onOpen.add(listener);
    return () => this.#onOpen.delete(listener);
  }

  /** A peer has a node there (BEP 5's PORT message). */
  addNode(address: Address): void {
    if (this.#service !== null) this.#service.addNodes([address]);
    else if (this.#early.length < CONFIG.dht.maxHints) this.#early.push(address);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onOpen.clear();
    (await this.#opening)?.close();
  }

  async #open(): Promise<DhtService | null> {
    const { DhtService } = await import('../discovery/dht/dht-service.js');
    if (this.#isClosed) return null;
    const { routers, node, enoughSaved, savedAnswerMs, saveIntervalMs, maxHints } = CONFIG.dht;
    const { bootstrap, tableFile, isBrief } = this.#options;
    const service = await DhtService.open({
      ...this.#local(),
      routers: bootstrap ?? routers,
      tableFile: tableFile ?? null,
      limits: node,
      isBrief: isBrief === true,
      resolver: this.#resolver,
      now: monotonicNow,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      enoughSaved,
      savedAnswerMs,
      saveIntervalMs,
      maxHints,
    });
    if (service === null || this.#isClosed) {
      service?.close();
      return null;
    }
    this.#service = service;
    service.addNodes(this.#early);
    this.#early = [];
    for (const listener of this.#onOpen) listener(service);
    this.#onOpen.clear();
    return service;
  }
}
