// What others ask of us (BEP 5, 32, 33): who we know, who has announced himself, and to take an announce. Answers are small and few, an
// announce needs a token, and nobody is told addresses that mean nothing where he is.

import { mayName } from '../../../model/address-scope.js';
import { createAddress, type Address } from '../../../model/address.js';
import type { Millis } from '../../../model/time.js';
import type { DhtCounters, DhtSettings } from './dht-terms.js';
import { encodeError, encodeReply, MAX_SENT_BYTES, type Envelope } from './krpc-encoder.js';
import type { Query, Reply, Wanted } from './krpc-message.js';
import type { NodeContact, NodeId } from './node-id.js';
import { PeerStore } from './peer-store.js';
import type { RoutingTable } from './routing-table.js';
import { TokenSecrets } from './token-secrets.js';

export class Responder {
  readonly #settings: DhtSettings;
  readonly #counters: DhtCounters;
  readonly #table: () => RoutingTable;
  readonly #tokens: TokenSecrets;
  readonly store: PeerStore;

  /** `table` is asked each time: it changes with our id. */
  constructor(settings: DhtSettings, counters: DhtCounters, table: () => RoutingTable, now: Millis) {
    this.#settings = settings;
    this.#counters = counters;
    this.#table = table;
    this.#tokens = new TokenSecrets(settings.limits.tokenLifeMs, settings.randomBytes, now);
    this.store = new PeerStore(settings.limits);
  }

  /** The datagram to send back, of at most `MAX_SENT_BYTES`. */
  answer(envelope: Envelope, query: Query, from: Address, now: Millis): Uint8Array {
    switch (query.method) {
      case 'ping':
        return encodeReply(envelope, {}, from);
      case 'find_node':
        return encodeReply(envelope, this.#nodes(query.target, query.want, from, now), from);
      case 'get_peers':
        return this.#givePeers(envelope, query, from, now);
      default:
        return this.#takeAnnounce(envelope, query, from, now);
    }
  }

  #givePeers(envelope: Envelope, query: Extract<Query, { method: 'get_peers' }>, from: Address, now: Millis): Uint8Array {
    const { infoHash, noSeeds } = query;
    const filters = query.scrape ? this.store.filters(infoHash, now) : null;
    const found = this.store.find(infoHash, this.#settings.limits.maxValues, noSeeds, (bound) => this.#below(bound), now);
    const values = found.filter((address) => mayName(from, address));
    const reply: Reply = {
      // Filters leave room for the nodes alone that must be there (BEP 33).
      ...this.#nodes(infoHash, filters === null ? query.want : null, from, now),
      token: this.#tokens.create(from, infoHash, now),
      ...(filters === null ? {} : { filters }),
    };
    for (;;) {
      const bytes = encodeReply(envelope, values.length === 0 ? reply : { ...reply, values }, from);
      if (bytes.length <= MAX_SENT_BYTES || values.length === 0) return bytes;
      values.length = values.length >> 1;
    }
  }

  #takeAnnounce(envelope: Envelope, query: Extract<Query, { method: 'announce_peer' }>, from: Address, now: Millis): Uint8Array {
    const { infoHash, port, token, isSeed } = query;
    if (!this.#tokens.isOurs(token, from, infoHash, now)) {
      this.#counters.badTokens++;
      return encodeError(envelope.transaction, 203, 'bad token');
    }
    const address = createAddress(from.host, port ?? from.port);
    if (address !== null) this.store.add(infoHash, address, isSeed, now);
    return encodeReply(envelope, {}, from);
  }

  #nodes(target: NodeId, want: Wanted | null, from: Address, now: Millis): Reply {
    const { family, twinNodes, limits } = this.#settings;
    const isWanted = (of: 4 | 6): boolean => (want === null ? of === family : of === 4 ? want.n4 : want.n6);
    const listOf = (of: 4 | 6): NodeContact[] => {
      const nodes = of === family ? this.#table().closest(target, limits.bucketSize, true, now) : twinNodes(target);
      return nodes.filter(({ address }) => mayName(from, address));
    };
    return { ...(isWanted(4) ? { nodes: listOf(4) } : {}), ...(isWanted(6) ? { nodes6: listOf(6) } : {}) };
  }

  #below(bound: number): number {
    const [a, b] = this.#settings.randomBytes(2);
    return ((a << 8) | b) % bound;
  }
}
