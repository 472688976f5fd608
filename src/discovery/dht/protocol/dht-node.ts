// A node of the DHT without socket or clock (BEP 5): what comes in as events, what is to be done as actions. Looks up who is near, answers
// who asks, keeps its table, and is read-only where others would ask it in vain (BEP 43). One for each family (BEP 32).

import { mayName } from '../../../model/address-scope.js';
import type { Address } from '../../../model/address.js';
import { equalBytes } from '../../../model/ids.js';
import type { Millis } from '../../../model/time.js';
import type { DhtAction, DhtCounters, DhtEvent, DhtLimits, DhtSettings } from './dht-terms.js';
import { decodeKrpc } from './krpc-decoder.js';
import { encodeError, encodeQuery } from './krpc-encoder.js';
import { KrpcError } from './krpc-error.js';
import type { KrpcMessage, Query, Wanted } from './krpc-message.js';
import { Lookup } from './lookup.js';
import { fitsAddress, idInBucket, makeNodeId, type NodeContact, type NodeId } from './node-id.js';
import { OwnAddress } from './own-address.js';
import { QueryGuard } from './query-guard.js';
import { RecentHosts } from './recent-hosts.js';
import { Responder } from './responder.js';
import { RoutingTable } from './routing-table.js';
import { Search } from './search.js';
import type { Purpose, Task } from './task.js';
import { Transactions, type Transaction } from './transactions.js';

/** Contacts without a place in the table, remembered for lookups that know nobody. */
const MAX_CONTACTS = 200;

export class DhtNode {
  readonly counters: DhtCounters = {
    malformed: 0,
    unsolicited: 0,
    ownId: 0,
    badAddresses: 0,
    rateLimited: 0,
    badTokens: 0,
    unanswered: 0,
  };
  readonly #settings: DhtSettings;
  readonly #limits: DhtLimits;
  readonly #transactions: Transactions<Purpose>;
  readonly #guard: QueryGuard;
  readonly #responder: Responder;
  readonly #ownAddress: OwnAddress;
  readonly #startedAt: Millis;
  readonly #tasks = new Set<Task>();
  readonly #spokenTo = new RecentHosts();
  #id: NodeId;
  #table: RoutingTable;
  #contacts: { readonly id: NodeId | null; readonly address: Address }[] = [];
  #expectsContacts = false;
  #contactsWantedAt: Millis | null = null;
  /** Times in a row that hardly anybody was met. */
  #failures = 0;
  #wasSeen = false;
  #refreshAt: Millis;
  #actions: DhtAction[] = [];
  #now: Millis;

  constructor(settings: DhtSettings, now: Millis) {
    this.#settings = settings;
    this.#limits = settings.limits;
    this.#now = now;
    this.#startedAt = now;
    this.#refreshAt = now + this.#limits.keepUpMs;
    this.#id = settings.id ?? makeNodeId(settings.ownAddress, settings.randomBytes);
    this.#table = new RoutingTable(this.#id, this.#limits);
    this.#transactions = new Transactions(this.#limits, settings.randomBytes);
    this.#guard = new QueryGuard(this.#limits, now);
    this.#ownAddress = new OwnAddress(this.#limits.addressVotes, settings.ownAddress);
    this.#responder = new Responder(settings, this.counters, () => this.#table, now);
  }

  get id(): NodeId {
    return this.#id;
  }

  get isBootstrapping(): boolean {
    return this.#expectsContacts || [...this.#tasks].some(({ isBootstrap }) => isBootstrap);
  }

  /** As nodes see us; null where they don't agree, or see us in a local network. */
  get ownAddress(): Address | null {
    return this.#ownAddress.current;
  }

  /** Nodes that are believed to be there. */
  goodNodes(now: Millis): number {
    return this.#table.goodCount(now);
  }

  /** To be kept for the next run. */
  nodes(): NodeContact[] {
    return this.#table.nodes();
  }

  closest(target: NodeId, now: Millis): NodeContact[] {
    return this.#table.closest(target, this.#limits.bucketSize, true, now);
  }

  /** Peers that others have announced to us. */
  get storedPeers(): number {
    return this.#responder.store.size;
  }

  /** Whether we ask others not to ask us (BEP 43), and answer nobody. */
  isReadOnly(now: Millis): boolean {
    if (this.#settings.isBrief && now < this.#startedAt + this.#limits.briefRunMs) return true;
    const trialAt = this.#startedAt + (this.#settings.isBrief ? this.#limits.briefRunMs : 0);
    return !this.#wasSeen && now >= trialAt + this.#limits.unseenMs;
  }

  /** Never throws, whatever a remote sends. */
  handle(event: DhtEvent, now: Millis): readonly DhtAction[] {
    this.#now = Math.max(this.#now, now);
    this.#actions = [];
    switch (event.type) {
      case 'start':
        this.#expectsContacts = event.expectsContacts;
        this.#remember(event.nodes);
        this.#bootstrap();
        break;
      case 'contacts':
        this.#expectsContacts = !event.isLast;
        this.#remember(event.addresses.map((address) => ({ id: null, address })));
        if (!this.isBootstrapping) this.#greet(event.addresses);
        break;
      case 'named':
        this.#remember(event.nodes.filter(({ address }) => address.family === this.#settings.family));
        break;
      case 'datagram':
        this.#receive(event.from, event.bytes);
        break;
      case 'unreachable':
        for (const transaction of this.#transactions.takeAllTo(event.to)) this.#fail(transaction);
        break;
      case 'search':
        this.#search(event);
        break;
      case 'forget':
        for (const task of this.#tasks) if (task.search?.number === event.search) this.#tasks.delete(task);
        break;
      case 'timeout':
        this.#watch();
        break;
    }
    this.#pump();
    return this.#actions;
  }

  nextTimeout(): Millis | null {
    const due = [this.#transactions.nextTimeout(), this.#contactsWantedAt, this.#refreshAt];
    return due.reduce((next, at) => (at !== null && (next === null || at < next) ? at : next), null);
  }

  #remember(contacts: readonly { readonly id: NodeId | null; readonly address: Address }[]): void {
    const fresh = contacts.filter(({ address }) => address.family === this.#settings.family);
    this.#contacts = [...this.#contacts, ...fresh].slice(-MAX_CONTACTS);
    for (const { lookup, isLookedUp } of this.#tasks) if (lookup.isPoor && !isLookedUp) lookup.add(fresh);
    if (this.#table.size === 0 && fresh.length > 0 && !this.isBootstrapping) this.#bootstrap();
  }

  /** Whoever is there gets a place in the table, if there is one. */
  #greet(addresses: readonly Address[]): void {
    for (const address of addresses.slice(0, this.#limits.bucketSize)) this.#ping(address);
  }

  #bootstrap(): void {
    this.#begin(this.#id, null, true);
  }

  #search({ search: number, infoHash, announce, scrape }: Extract<DhtEvent, { type: 'search' }>): void {
    const { maxPeersPerSearch: maxPeers, maxValues } = this.#limits;
    const search = new Search({ number, infoHash, announce, scrape, maxPeers });
    // We may be one of those that keep it.
    const own = search.add(this.#responder.store.find(infoHash, maxValues, false, () => 0, this.#now));
    if (own.length > 0) this.#actions.push({ type: 'peers', search: number, addresses: own });
    this.#begin(infoHash, search, false);
  }

  #begin(target: NodeId, search: Search | null, isBootstrap: boolean): void {
    const lookup = new Lookup(target, this.#limits.bucketSize, this.#limits);
    const known = this.#table.closest(target, this.#limits.bucketSize, false, this.#now);
    lookup.add(known);
    if (known.length < this.#limits.bucketSize) lookup.add(this.#contacts);
    this.#tasks.add({ lookup, search, isBootstrap, isLookedUp: false });
  }

  /** Asks whoever may be asked, and ends what has come to its end. */
  #pump(): void {
    for (const task of this.#tasks) {
      const { lookup, search } = task;
      if (task.isLookedUp) continue;
      while (!this.#transactions.isFull) {
        const address = lookup.next();
        if (address === null) break;
        if (!this.#ask(address, this.#questionOf(task), { type: 'lookup', task })) lookup.noteFailure(address);
      }
      // Who knows too few waits for those that the bootstrap meets.
      if (!lookup.isDone || (!task.isBootstrap && lookup.isPoor && this.isBootstrapping)) continue;
      if (task.isBootstrap && this.#expectsContacts && lookup.isPoor) continue;
      task.isLookedUp = true;
      if (search !== null) this.#announce(task, search);
      if (search === null || search.pendingAnnounces === 0) this.#finish(task);
    }
  }

  #questionOf({ lookup, search, isBootstrap }: Task): Query {
    const want: Wanted | null = isBootstrap && this.#settings.hasTwin ? { n4: true, n6: true } : null;
    if (search === null) return { method: 'find_node', target: lookup.target, want };
    return {
      method: 'get_peers',
      infoHash: search.infoHash,
      want,
      noSeeds: search.announce?.isSeed === true,
      scrape: search.scrape,
    };
  }

  #announce(task: Task, { infoHash, announce }: Search): void {
    if (announce === null || task.search === null) return;
    for (const { address, token } of task.lookup.storers()) {
      const query: Query = { method: 'announce_peer', infoHash, port: announce.port, token, isSeed: announce.isSeed };
      if (this.#ask(address, query, { type: 'announce', task })) task.search.pendingAnnounces++;
    }
  }

  #finish(task: Task): void {
    this.#tasks.delete(task);
    const { search, lookup } = task;
    if (search !== null) this.#actions.push({ type: 'done', search: search.number, outcome: search.outcome(lookup) });
    if (this.#table.size < this.#limits.bucketSize) this.#wantContacts();
    else this.#failures = 0;
  }

  #wantContacts(): void {
    if (this.#expectsContacts || this.#contactsWantedAt !== null) return;
    const { contactsMs, maxContactsMs } = this.#limits;
    this.#contactsWantedAt = this.#now + Math.min(contactsMs * 2 ** this.#failures, maxContactsMs);
    this.#failures++;
  }

  /** Where it is worth it: nobody waits for the answer. */
  #ping(to: Address): void {
    if (this.#transactions.isHalfFull || this.#transactions.isAsking(to)) return;
    this.#ask(to, { method: 'ping' }, { type: 'ping' });
  }

  #ask(to: Address, query: Query, purpose: Purpose): boolean {
    const transaction = this.#transactions.begin(to, purpose, this.#now);
    if (transaction === null) return false;
    this.#spokenTo.add(to);
    const bytes = encodeQuery({ transaction, id: this.#id }, query, this.isReadOnly(this.#now));
    this.#actions.push({ type: 'send', to, bytes });
    return true;
  }

  #receive(from: Address, bytes: Uint8Array): void {
    if (from.family !== this.#settings.family) return;
    let message: KrpcMessage;
    try {
      message = decodeKrpc(bytes);
    } catch (error) {
      if (!(error instanceof KrpcError)) throw error;
      this.counters.malformed++;
      this.#complain(error, from);
      return;
    }
    if (message.type === 'query') {
      this.#answer(message, from);
      return;
    }
    const transaction = this.#transactions.take(message.transaction, from);
    if (transaction === null) {
      this.counters.unsolicited++;
      return;
    }
    if (message.type === 'error') this.#fail(transaction);
    else if (equalBytes(message.id, this.#id)) {
      this.counters.ownId++;
      this.#fail(transaction);
    } else this.#learn(message, transaction);
  }

  #complain({ transaction, detail }: KrpcError, from: Address): void {
    if (transaction === null || this.isReadOnly(this.#now)) return;
    if (!this.#guard.allows(from, this.#now)) this.counters.rateLimited++;
    else this.#actions.push({ type: 'send', to: from, bytes: encodeError(transaction, detail.number, detail.reason) });
  }

  #answer(message: Extract<KrpcMessage, { type: 'query' }>, from: Address): void {
    const { id, transaction, query } = message;
    if (equalBytes(id, this.#id)) {
      this.counters.ownId++;
      return;
    }
    if (!this.#spokenTo.has(from)) this.#wasSeen = true;
    if (this.isReadOnly(this.#now)) {
      this.counters.unanswered++;
      return;
    }
    if (!this.#guard.allows(from, this.#now)) {
      this.counters.rateLimited++;
      return;
    }
    const bytes = this.#responder.answer({ transaction, id: this.#id }, query, from, this.#now);
    this.#actions.push({ type: 'send', to: from, bytes });
    const contact = { id, address: from };
    if (message.isReadOnly || this.#table.noteQuery(contact, this.#now)) return;
    // It counts as a node once it answers, too.
    if (this.#table.wants(contact)) this.#ping(from);
  }

  #learn(message: Extract<KrpcMessage, { type: 'response' }>, { to: from, purpose }: Transaction<Purpose>): void {
    const { id, reply, seenAs, skipped } = message;
    const contact = { id, address: from };
    this.counters.badAddresses += skipped;
    this.#table.noteAnswer(contact, this.#now);
    const doubtful = this.#table.doubtful(id, this.#now);
    if (doubtful !== null) this.#ping(doubtful.address);
    if (purpose.type === 'lookup') {
      const { lookup, search, isLookedUp } = purpose.task;
      const { family } = this.#settings;
      lookup.noteAnswer(contact, reply.token ?? null);
      if (!isLookedUp) lookup.add(this.#believed((family === 4 ? reply.nodes : reply.nodes6) ?? [], from), from);
      const others = this.#believed((family === 4 ? reply.nodes6 : reply.nodes) ?? [], from);
      if (others.length > 0 && this.#settings.hasTwin) this.#actions.push({ type: 'named', nodes: others });
      if (search !== null && this.#tasks.has(purpose.task)) this.#takePeers(search, message, from);
    } else if (purpose.type === 'announce') this.#endAnnounce(purpose.task, true);
    for (const task of this.#tasks) if (!task.isLookedUp && task.lookup.isPoor) task.lookup.add([contact]);
    if (seenAs !== null && this.#ownAddress.note(seenAs, from)) this.#takeOwnAddress();
  }

  #takePeers(search: Search, { reply }: Extract<KrpcMessage, { type: 'response' }>, from: Address): void {
    const found = search.take(reply, from, (count) => {
      this.counters.badAddresses += count;
    });
    if (found.length > 0) this.#actions.push({ type: 'peers', search: search.number, addresses: found });
  }

  /** Without what their teller may not name, and without ourselves. */
  #believed(nodes: readonly NodeContact[], from: Address): NodeContact[] {
    const believed = nodes.filter(({ id, address }) => mayName(from, address) && !equalBytes(id, this.#id));
    this.counters.badAddresses += nodes.length - believed.length;
    // Eight are usual: one answer must not be all that there is to ask.
    return believed.slice(0, 2 * this.#limits.bucketSize);
  }

  /** Our id has to fit it: with another id it is another table (BEP 42). */
  #takeOwnAddress(): void {
    const address = this.#ownAddress.current;
    if (address === null || fitsAddress(this.#id, address)) return;
    const known = this.#table.nodes();
    this.#id = makeNodeId(address, this.#settings.randomBytes);
    this.#table = new RoutingTable(this.#id, this.#limits);
    for (const node of known) this.#table.noteAnswer(node, this.#now);
    this.#bootstrap();
  }

  #fail({ to, purpose }: Transaction<Purpose>): void {
    this.#table.noteFailure(to);
    if (purpose.type === 'lookup') purpose.task.lookup.noteFailure(to);
    else if (purpose.type === 'announce') this.#endAnnounce(purpose.task, false);
  }

  #endAnnounce(task: Task, isTaken: boolean): void {
    if (task.search === null || !this.#tasks.has(task)) return;
    task.search.pendingAnnounces--;
    if (isTaken) task.search.announced++;
    if (task.search.pendingAnnounces === 0) this.#finish(task);
  }

  #watch(): void {
    for (const { to, purpose } of this.#transactions.slowOnes(this.#now)) {
      if (purpose.type === 'lookup') purpose.task.lookup.noteSlow(to);
    }
    for (const transaction of this.#transactions.takeExpired(this.#now)) this.#fail(transaction);
    if (this.#contactsWantedAt !== null && this.#now >= this.#contactsWantedAt) {
      this.#contactsWantedAt = null;
      if (!this.isBootstrapping) this.#bootstrap();
      if (this.#table.size === 0) {
        this.#expectsContacts = true;
        this.#actions.push({ type: 'want-contacts' });
      }
    }
    if (this.#now >= this.#refreshAt) this.#refresh();
  }

  /** Asks who has been silent for long whether he is there, and looks for nodes where there was no news. */
  #refresh(): void {
    const { refreshMs, keepUpMs, goodForMs } = this.#limits;
    this.#refreshAt = this.#now + keepUpMs;
    const silent = this.#table.mostSilent(this.#now - goodForMs / 2);
    if (silent !== null) this.#ping(silent.address);
    // Who is asked by nobody needs to know no more than what he looks for.
    const bits = this.isReadOnly(this.#now) ? null : this.#table.staleBucket(this.#now - refreshMs);
    if (bits === null || this.isBootstrapping) return;
    this.#table.touch(bits, this.#now);
    this.#begin(idInBucket(this.#id, bits, this.#settings.randomBytes), null, false);
  }
}
