// Many nodes of the DHT in virtual time: datagrams take a while or get lost, every choice comes from a seed, and each node is the machine
// that the program runs.

import { DhtNode } from '../../../src/discovery/dht/protocol/dht-node.js';
import type {
  DhtAction,
  DhtEvent,
  DhtLimits,
  DhtSettings,
  SearchOutcome,
} from '../../../src/discovery/dht/protocol/dht-terms.js';
import { decodeKrpc } from '../../../src/discovery/dht/protocol/krpc-decoder.js';
import { encodeReply } from '../../../src/discovery/dht/protocol/krpc-encoder.js';
import type { Query, Reply } from '../../../src/discovery/dht/protocol/krpc-message.js';
import { makeNodeId } from '../../../src/discovery/dht/protocol/node-id.js';
import { CONFIG } from '../../../src/engine/config.js';
import { addressKey, createAddress, type Address } from '../../../src/model/address.js';
import { createRandom, type Random } from '../../../src/model/random.js';
import type { Millis } from '../../../src/model/time.js';
import { EventQueue } from './event-queue.js';

export interface SimNode {
  readonly address: Address;
  readonly node: DhtNode;
  /** What it has done so far, but for datagrams. */
  readonly done: DhtAction[];
  sent: number;
  isGone: boolean;
  /** Instead of what the node would answer; null: that. */
  lie: ((query: Query) => Reply | null) | null;
  wakeAt: Millis | null;
}

export interface NetworkOptions {
  readonly seed: number;
  /** Of 1: datagrams lost. */
  readonly loss?: number;
  readonly limits?: Partial<DhtLimits>;
}

export class DhtNetwork {
  readonly random: Random;
  readonly nodes: SimNode[] = [];
  readonly #byAddress = new Map<string, SimNode>();
  readonly #queue = new EventQueue();
  readonly #options: NetworkOptions;
  now: Millis = 0;
  #searches = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.random = createRandom(options.seed);
  }

  readonly randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => this.random.below(256));

  /** A node at the next free address, with an id that fits it. */
  add(changes: Partial<DhtSettings> = {}, host?: string): SimNode {
    const i = this.nodes.length;
    const address = createAddress(host ?? `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.9`, 6881);
    if (address === null) throw new Error('no address');
    const settings: DhtSettings = {
      family: address.family,
      id: makeNodeId(address, this.randomBytes),
      ownAddress: null,
      limits: { ...CONFIG.dht.node, ...this.#options.limits },
      isBrief: false,
      hasTwin: false,
      randomBytes: this.randomBytes,
      twinNodes: () => [],
      ...changes,
    };
    const sim: SimNode = {
      address,
      node: new DhtNode(settings, this.now),
      done: [],
      sent: 0,
      isGone: false,
      lie: null,
      wakeAt: null,
    };
    this.nodes.push(sim);
    this.#byAddress.set(addressKey(address), sim);
    return sim;
  }

  /** `count` nodes that have found their places, each through one that was there before. */
  populate(count: number, changes: Partial<DhtSettings> = {}): void {
    for (let i = 0; i < count; i++) {
      const sim = this.add(changes);
      const known = i === 0 ? [] : [this.nodes[this.random.below(i)].address];
      this.dispatch(sim, { type: 'start', nodes: [], expectsContacts: true });
      this.dispatch(sim, { type: 'contacts', addresses: known, isLast: true });
      this.run(this.now + 300);
    }
    this.run(this.now + 20_000);
  }

  /** A search to its end. */
  search(
    sim: SimNode,
    infoHash: Uint8Array,
    options: { port?: number; isSeed?: boolean; scrape?: boolean } = {},
  ): { outcome: SearchOutcome; peers: Address[]; elapsedMs: number } {
    const search = ++this.#searches;
    const announce = options.port === undefined ? null : { port: options.port, isSeed: options.isSeed === true };
    const startedAt = this.now;
    this.dispatch(sim, { type: 'search', search, infoHash, announce, scrape: options.scrape === true });
    const isOurs = (action: DhtAction): boolean => 'search' in action && action.search === search;
    while (!sim.done.some((action) => action.type === 'done' && isOurs(action))) {
      if (this.now > startedAt + 120_000) throw new Error('a search without an end');
      this.run(this.now + 10);
    }
    const ours = sim.done.filter((action) => isOurs(action));
    const end = ours.find((action) => action.type === 'done');
    if (end === undefined) throw new Error('no end');
    const peers = ours.flatMap((action) => (action.type === 'peers' ? action.addresses : []));
    return { outcome: end.outcome, peers, elapsedMs: this.now - startedAt };
  }

  dispatch(sim: SimNode, event: DhtEvent): void {
    if (sim.isGone || (event.type === 'datagram' && this.#lie(sim, event.from, event.bytes))) return;
    for (const action of sim.node.handle(event, this.now)) {
      if (action.type === 'send') this.#send(sim, action.to, action.bytes);
      else sim.done.push(action);
    }
    this.#arm(sim);
  }

  run(until: Millis): void {
    while (this.#queue.nextAt <= until) {
      const next = this.#queue.pop();
      if (next === undefined) break;
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }

  #lie(sim: SimNode, from: Address, bytes: Uint8Array): boolean {
    if (sim.lie === null) return false;
    const message = decodeKrpc(bytes);
    const reply = message.type === 'query' ? sim.lie(message.query) : null;
    if (reply === null) return false;
    this.#send(sim, from, encodeReply({ transaction: message.transaction, id: sim.node.id }, reply, from));
    return true;
  }

  #send(sim: SimNode, to: Address, bytes: Uint8Array): void {
    sim.sent++;
    if (this.random.next() < (this.#options.loss ?? 0)) return;
    this.#queue.push(this.now + 20 + this.random.below(100), () => {
      const target = this.#byAddress.get(addressKey(to));
      if (target !== undefined) this.dispatch(target, { type: 'datagram', from: sim.address, bytes });
    });
  }

  #arm(sim: SimNode): void {
    const due = sim.node.nextTimeout();
    if (due === null || (sim.wakeAt !== null && sim.wakeAt <= due)) return;
    sim.wakeAt = due;
    this.#queue.push(Math.max(due, this.now), () => {
      if (sim.wakeAt !== due) return;
      sim.wakeAt = null;
      if ((sim.node.nextTimeout() ?? Infinity) <= this.now) this.dispatch(sim, { type: 'timeout' });
      else this.#arm(sim);
    });
  }
}
