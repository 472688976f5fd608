// The process's part in the DHT: a node for each family on one UDP port, the way in (saved nodes, routers, whoever names a node), and the
// searches of all torrents. Its timers and sockets keep no process alive.

import type { Resolver } from '../../io/resolver.js';
import { UdpSocket } from '../../io/udp-socket.js';
import { createAddress, type Address } from '../../model/address.js';
import type { Millis } from '../../model/time.js';
import { DhtNode } from './protocol/dht-node.js';
import type { Announce, DhtAction, DhtEvent, DhtLimits, SearchOutcome } from './protocol/dht-terms.js';
import type { RandomBytes } from './protocol/node-id.js';
import { readTable, writeTable } from './table-file.js';

/** A node whose id is not known: numeric or a name. */
export interface NodeHint {
  readonly host: string;
  readonly port: number;
}

export interface DhtServiceOptions {
  /** Any free one where it is 0 or taken. */
  readonly port: number;
  readonly host?: string;
  readonly routers: readonly NodeHint[];
  /** Null: nothing is kept. */
  readonly tableFile: string | null;
  readonly limits: DhtLimits;
  /** The run may be short (BEP 43). */
  readonly isBrief: boolean;
  readonly resolver: Resolver;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly randomBytes: RandomBytes;
  /** So many saved nodes need no router, unless none of them answers in this time. */
  readonly enoughSaved: number;
  readonly savedAnswerMs: Millis;
  /** Nodes of one list that are looked at, and looked up. */
  readonly maxHints: number;
  /** The table is written no more often than this, but for the end. */
  readonly saveIntervalMs: Millis;
}

export interface SearchRequest {
  readonly infoHash: Uint8Array;
  readonly announce: Announce | null;
  readonly scrape: boolean;
}

/** Must not throw. */
export interface SearchListener {
  onPeers(addresses: readonly Address[]): void;
  /** Of both families together; the last call. */
  onDone(outcome: SearchOutcome): void;
}

interface OpenSearch {
  readonly listener: SearchListener;
  readonly outcomes: SearchOutcome[];
}

interface Half {
  readonly family: Address['family'];
  readonly node: DhtNode;
  timer: ReturnType<typeof setTimeout> | null;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

export class DhtService {
  readonly #options: DhtServiceOptions;
  readonly #socket: UdpSocket;
  readonly #ports = new Map<Address['family'], number>();
  readonly #searches = new Map<number, OpenSearch>();
  #halves: readonly Half[] = [];
  #lastSearch = 0;
  #savedAt: Millis;
  #isResolving = false;
  #isAsking = false;
  #isClosed = false;

  private constructor(options: DhtServiceOptions) {
    this.#options = options;
    this.#savedAt = options.now() - options.saveIntervalMs;
    const { port, host } = options;
    this.#socket = new UdpSocket((from, bytes) => this.#receive(from, bytes), { port, ...(host === undefined ? {} : { host }) });
  }

  /** Opens the port and begins to look for nodes; null where there is no UDP to be had. */
  static async open(options: DhtServiceOptions): Promise<DhtService | null> {
    const service = new DhtService(options);
    return (await service.#open()) ? service : null;
  }

  /** Of the DHT of that family; null where we are not in it. */
  port(family: Address['family']): number | null {
    return this.#ports.get(family) ?? null;
  }

  /** Nodes that are believed to be there. */
  get nodes(): number {
    const now = this.#options.now();
    return this.#halves.reduce((sum, { node }) => sum + node.goodNodes(now), 0);
  }

  /** The same of one family. */
  nodesOf(family: Address['family']): number {
    return this.#halves.find((half) => half.family === family)?.node.goodNodes(this.#options.now()) ?? 0;
  }

  get isBootstrapping(): boolean {
    return this.#halves.some(({ node }) => node.isBootstrapping);
  }

  /** Answers with how to give it up: nothing is heard of it then. */
  search(request: SearchRequest, listener: SearchListener): () => void {
    const search = ++this.#lastSearch;
    this.#searches.set(search, { listener, outcomes: [] });
    for (const half of this.#halves) this.#dispatch(half, { type: 'search', search, ...request });
    return () => {
      if (!this.#searches.delete(search)) return;
      for (const half of this.#halves) this.#dispatch(half, { type: 'forget', search });
    };
  }

  /** Where nodes are said to be: by a torrent, or by a peer that has one. Of a long list the first are enough. */
  addNodes(named: readonly NodeHint[], mayAsk: (address: Address) => boolean = () => true): void {
    const hints = named.slice(0, this.#options.maxHints);
    const numeric = hints.map(({ host, port }) => createAddress(host, port)).filter((address) => address !== null);
    const allowed = numeric.filter(mayAsk);
    if (allowed.length > 0) this.#addContacts(allowed);
    const names = hints.filter(({ host }) => createAddress(host, 1) === null);
    for (const hint of names) void this.#resolve(hint).then((addresses) => this.#addContacts(addresses.filter(mayAsk)));
  }

  /** Keeps the nodes for the next run, where there are any. */
  save(): void {
    const { tableFile, now } = this.#options;
    const [ipv4, ipv6] = ([4, 6] as const).map((family) => {
      const node = this.#halves.find((half) => half.family === family)?.node;
      return { ownAddress: node?.ownAddress ?? null, nodes: node?.nodes() ?? [] };
    });
    if (tableFile === null || ipv4.nodes.length + ipv6.nodes.length === 0) return;
    this.#savedAt = now();
    writeTable(tableFile, { ipv4, ipv6 });
  }

  /** At once; searches hear nothing any more. Repeated calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.save();
    this.#isClosed = true;
    this.#searches.clear();
    for (const { timer } of this.#halves) if (timer !== null) clearTimeout(timer);
    this.#socket.close();
  }

  async #open(): Promise<boolean> {
    const families: Address['family'][] = [];
    for (const family of [4, 6] as const) {
      const port = await this.#socket.listen(family);
      if (port === null) continue;
      this.#ports.set(family, port);
      families.push(family);
    }
    const { tableFile, limits, isBrief, randomBytes, now, enoughSaved, savedAnswerMs } = this.#options;
    const saved = tableFile === null ? null : readTable(tableFile);
    this.#halves = families.map((family) => {
      const { ownAddress = null } = (family === 4 ? saved?.ipv4 : saved?.ipv6) ?? {};
      const twinNodes = (target: Uint8Array): ReturnType<DhtNode['closest']> =>
        this.#twinOf(family)?.node.closest(target, now()) ?? [];
      const settings = { family, id: null, ownAddress, limits, isBrief, hasTwin: families.length > 1, randomBytes, twinNodes };
      return { family, node: new DhtNode(settings, now()), timer: null };
    });
    const savedCount = (saved?.ipv4.nodes.length ?? 0) + (saved?.ipv6.nodes.length ?? 0);
    const needsRouters = savedCount < enoughSaved && this.#options.routers.length > 0;
    this.#isResolving = needsRouters;
    for (const half of this.#halves) {
      const nodes = (half.family === 4 ? saved?.ipv4.nodes : saved?.ipv6.nodes) ?? [];
      this.#dispatch(half, { type: 'start', nodes, expectsContacts: needsRouters });
    }
    if (needsRouters) void this.#askRouters();
    else setTimeout(() => void (this.nodes === 0 && this.#askRouters()), savedAnswerMs).unref();
    return families.length > 0;
  }

  #twinOf(family: Address['family']): Half | undefined {
    return this.#halves.find((half) => half.family !== family);
  }

  #receive(from: Address, bytes: Uint8Array): void {
    const half = this.#halves.find(({ family }) => family === from.family);
    if (half !== undefined) this.#dispatch(half, { type: 'datagram', from, bytes });
  }

  #dispatch(half: Half, event: DhtEvent): void {
    if (this.#isClosed) return;
    for (const action of half.node.handle(event, this.#options.now())) this.#execute(half, action);
    this.#armTimer(half);
  }

  #execute(half: Half, action: DhtAction): void {
    switch (action.type) {
      case 'send':
        this.#socket.send(action.to, action.bytes, (error) => {
          if (error !== null) this.#dispatch(half, { type: 'unreachable', to: action.to });
        });
        return;
      case 'peers':
        this.#searches.get(action.search)?.listener.onPeers(action.addresses);
        return;
      case 'done':
        this.#endHalf(action.search, action.outcome);
        return;
      case 'named': {
        const twin = this.#twinOf(half.family);
        if (twin !== undefined) this.#dispatch(twin, { type: 'named', nodes: action.nodes });
        return;
      }
      case 'want-contacts':
        void this.#askRouters();
        return;
    }
  }

  #endHalf(search: number, outcome: SearchOutcome): void {
    const open = this.#searches.get(search);
    if (open === undefined) return;
    open.outcomes.push(outcome);
    if (open.outcomes.length < this.#halves.length) return;
    this.#searches.delete(search);
    if (this.#options.now() - this.#savedAt >= this.#options.saveIntervalMs) this.save();
    open.listener.onDone(open.outcomes.reduce(joinOutcomes));
  }

  #armTimer(half: Half): void {
    if (half.timer !== null) clearTimeout(half.timer);
    const due = half.node.nextTimeout();
    half.timer = null;
    if (due === null || this.#isClosed) return;
    const delayMs = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(due - this.#options.now())));
    half.timer = setTimeout(() => this.#dispatch(half, { type: 'timeout' }), delayMs).unref();
  }

  /** Each as soon as it is known: a dead name server holds up its own name only. */
  async #askRouters(): Promise<void> {
    if (this.#isClosed || this.#isAsking) return;
    this.#isAsking = true;
    this.#isResolving = true;
    const asked = this.#options.routers.map(async (router) => this.#addContacts(await this.#resolve(router)));
    await Promise.all(asked);
    this.#isAsking = false;
    this.#isResolving = false;
    this.#addContacts([]);
  }

  #addContacts(addresses: readonly Address[]): void {
    for (const half of this.#halves) {
      const own = addresses.filter(({ family }) => family === half.family);
      if (own.length > 0 || !this.#isResolving)
        this.#dispatch(half, { type: 'contacts', addresses: own, isLast: !this.#isResolving });
    }
  }

  async #resolve({ host, port }: NodeHint): Promise<Address[]> {
    const numeric = createAddress(host, port);
    if (numeric !== null) return [numeric];
    const hosts = await this.#options.resolver.resolve(host);
    return hosts.map((found) => createAddress(found, port)).filter((address) => address !== null);
  }
}

function joinOutcomes(a: SearchOutcome, b: SearchOutcome): SearchOutcome {
  return {
    nodes: a.nodes + b.nodes,
    queries: a.queries + b.queries,
    hops: Math.max(a.hops, b.hops),
    peers: a.peers + b.peers,
    announced: a.announced + b.announced,
    scrape:
      a.scrape === null || b.scrape === null
        ? (a.scrape ?? b.scrape)
        : { seeds: a.scrape.seeds + b.scrape.seeds, peers: a.scrape.peers + b.scrape.peers },
  };
}
