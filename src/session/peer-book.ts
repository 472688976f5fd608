// The addresses we know and what became of them: whom to dial next, whom not again. A failed dial waits 5 s × 2^n; a peer
// that gave us something may be dialled again at once; our own address and banned ones never. Bounded: the worst are forgotten.

import { addressKey, type Address, type AddressKey } from '../model/address.js';
import { NO_FILTER, type AddressFilter } from '../model/address-filter.js';
import type { Random } from '../model/random.js';
import type { Millis } from '../model/time.js';
import type { EncryptionPolicy } from '../wire/mse/encryption-policy.js';
import { PEX_FLAGS, type PexPeer } from '../wire/ut-pex.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { AddressSource } from './events.js';
import type { SessionLimits } from './limits.js';
import type { PeerPriorities } from './peer-priority.js';

interface Entry {
  readonly address: Address;
  /** Who named it first; but any other counts before `pex`, and then before `dht`: strangers vouch for nothing. */
  source: AddressSource;
  /** Random: the order among equals where priorities are not known. */
  readonly lot: number;
  /** Its priority (BEP 40), or a random one where that is not known. */
  priority: number;
  /** The revision of our own addresses that the priority is for; −1: of none. */
  priorityRevision: number;
  state: 'usable' | 'banned' | 'self';
  /** The next dial is to be encrypted. */
  isEncrypted: boolean;
  /** A dial has begun and not ended: apart from the rest, for the same peer may come to us, or be banned, meanwhile. */
  isDialing: boolean;
  /** Connections to it that stand. */
  connections: number;
  /** It has given us payload in this run. */
  wasUseful: boolean;
  failures: number;
  notBefore: Millis;
}

/** Of strangers, in the order in which they are believed: what only they have named is limited, and no torrent's that is private. */
const STRANGERS = ['pex', 'dht', 'lsd'] as const;
type Stranger = (typeof STRANGERS)[number];

function asStranger(source: AddressSource): Stranger | null {
  return STRANGERS.find((stranger) => stranger === source) ?? null;
}

/** Ways of finding peers that a private torrent has no business with (BEP 27). */
function isPublic(source: AddressSource): boolean {
  return source === 'pex' || source === 'dht' || source === 'lsd';
}

/** Failures in a row after which an address that gave us something is no prospect any more. */
const PATIENCE = 4;

/** How a dial ends where the other side wants the other kind of handshake. */
const UNANSWERED: ReadonlySet<DisconnectReason> = new Set(['closed-in-handshake', 'handshake-timeout', 'malformed-handshake']);

function forgetOldest<Key>(kept: Map<Key, unknown> | Set<Key>, limit: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= limit) return;
    kept.delete(key);
  }
}

function isIdle(entry: Entry): boolean {
  return entry.state === 'usable' && !entry.isDialing && entry.connections === 0;
}

export class PeerBook {
  readonly #limits: SessionLimits;
  readonly #random: Random;
  readonly #encryption: EncryptionPolicy;
  readonly #priorities: PeerPriorities | null;
  readonly #entries = new Map<AddressKey, Entry>();
  readonly #banned = new Map<AddressKey, Address>();
  readonly #bannedHosts = new Set<string>();
  readonly #filter: AddressFilter;
  /** Addresses that were named and are on the blocklist: as many as may be known, and not counted beyond that. */
  readonly #blocked = new Set<AddressKey>();
  #dialing = 0;
  /** Entries that nobody but strangers has named. */
  readonly #strangers: Record<Stranger, number> = { pex: 0, dht: 0, lsd: 0 };
  /** undefined: to be found anew. */
  #nextDialAt: Millis | null | undefined = null;

  constructor(
    limits: SessionLimits,
    random: Random,
    encryption: EncryptionPolicy = 'prefer',
    priorities: PeerPriorities | null = null,
    filter: AddressFilter = NO_FILTER,
  ) {
    this.#filter = filter;
    this.#limits = limits;
    this.#random = random;
    this.#encryption = encryption;
    this.#priorities = priorities;
  }

  get size(): number {
    return this.#entries.size;
  }

  get halfOpen(): number {
    return this.#dialing;
  }

  get bannedCount(): number {
    return this.#banned.size;
  }

  /** Addresses that were named by others than the user, and not taken because of the blocklist. */
  get blockedCount(): number {
    return this.#blocked.size;
  }

  /** How many of the addresses were new. */
  add(addresses: readonly Address[], source: AddressSource, now: Millis): number {
    let added = 0;
    for (const address of addresses) {
      const key = addressKey(address);
      const known = this.#entries.get(key);
      if (known !== undefined) this.#confirm(known, source);
      if (known !== undefined || this.#banned.has(key) || this.#isBlocked(address, key, source)) continue;
      if (!this.#makeRoom(source)) break;
      this.#count(source, 1);
      this.#entries.set(key, {
        address,
        source,
        lot: this.#random.next(),
        priority: 0,
        priorityRevision: -1,
        state: 'usable',
        isEncrypted: this.#encryption === 'require',
        isDialing: false,
        connections: 0,
        wasUseful: false,
        failures: 0,
        notBefore: now,
      });
      added++;
    }
    if (added > 0) this.#nextDialAt = undefined;
    return added;
  }

  /** What a peer tells of others (BEP 11): who is said to prefer encryption, and has not been tried yet, is dialled so first. */
  addNamed(named: readonly PexPeer[], now: Millis): number {
    const addresses = named.map(({ address }) => address);
    const added = this.add(addresses, 'pex', now);
    for (const { address, flags } of named) {
      const entry = this.#entries.get(addressKey(address));
      if (this.#encryption !== 'prefer' || entry === undefined || (flags & PEX_FLAGS.prefersEncryption) === 0) continue;
      if (isIdle(entry) && entry.failures === 0 && entry.source === 'pex') entry.isEncrypted = true;
    }
    return added;
  }

  /**
   * The addresses to dial now, at most `places`: fewest failures first, among equals those last that only peers have named, and those
   * of high priority (BEP 40) first. They count as half-open from here on.
   */
  takeDialable(places: number, now: Millis): Address[] {
    const room = Math.min(places, this.#limits.maxHalfOpen - this.#dialing);
    const next = this.nextDialAt();
    if (room <= 0 || next === null || next > now) return [];
    const ready = [...this.#entries.values()].filter((entry) => isIdle(entry) && entry.notBefore <= now);
    for (const entry of ready) this.#prioritise(entry);
    ready.sort(
      (a, b) => a.failures - b.failures || Number(a.source === 'pex') - Number(b.source === 'pex') || b.priority - a.priority,
    );
    // A peer can name fresh addresses for ever: whoever else waits, again and again, is not to wait for all of them.
    const isContested = ready.some((entry) => entry.source !== 'pex');
    let hearsay = isContested ? Math.ceil(this.#limits.maxHalfOpen / 2) - this.#hearsayDialing() : room;
    const taken = ready.filter((entry) => entry.source !== 'pex' || hearsay-- > 0).slice(0, room);
    for (const entry of taken) entry.isDialing = true;
    this.#dialing += taken.length;
    this.#nextDialAt = undefined;
    return taken.map((entry) => entry.address);
  }

  #prioritise(entry: Entry): void {
    const revision = this.#priorities?.revision ?? 0;
    if (entry.priorityRevision === revision) return;
    entry.priorityRevision = revision;
    entry.priority = this.#priorities?.of(entry.address) ?? entry.lot * 2 ** 32;
  }

  #hearsayDialing(): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.isDialing && entry.source === 'pex') count++;
    return count;
  }

  /** When the next address may be dialled, or null where none is waiting. Asked after every event, hence remembered. */
  nextDialAt(): Millis | null {
    if (this.#nextDialAt !== undefined) return this.#nextDialAt;
    let next: Millis | null = null;
    for (const entry of this.#entries.values()) {
      if (isIdle(entry) && (next === null || entry.notBefore < next)) next = entry.notBefore;
    }
    this.#nextDialAt = next;
    return next;
  }

  /**
   * Whether anybody else may still be reached: an address that has not failed yet, or that was of use and failed a few times only. What
   * only peers have named does not count: of that there may be no end.
   */
  get hasProspects(): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.source === 'pex' && !entry.wasUseful) continue;
      if (entry.state === 'usable' && entry.connections === 0 && entry.failures < (entry.wasUseful ? PATIENCE : 1)) return true;
    }
    return false;
  }

  /** How the address is to be dialled: with Message Stream Encryption, or in plain. */
  isDialedEncrypted(address: Address): boolean {
    return this.#entries.get(addressKey(address))?.isEncrypted ?? this.#encryption === 'require';
  }

  /**
   * The dial has come to nothing. True: nothing is lost yet, the address is dialled again at once, encrypted: it has closed a plain
   * connection without a word, as those do that want another kind. Where that fails too it waits, and the next dial is plain again.
   */
  endDial(address: Address, reason: DisconnectReason, now: Millis): boolean {
    const isRetried = this.#changeKind(address, reason);
    if (isRetried) this.#change(address, (entry) => this.#endDial(entry));
    else if (reason === 'out-of-descriptors') this.markPostponed(address, now);
    else this.markFailed(address, now);
    return isRetried;
  }

  /** The dial has failed. */
  markFailed(address: Address, now: Millis): void {
    this.#change(address, (entry) => {
      this.#endDial(entry);
      this.#backOff(entry, now);
    });
  }

  /** The dial was given up for a reason of our own: it costs the address nothing but a wait. */
  markPostponed(address: Address, now: Millis): void {
    this.#change(address, (entry) => {
      this.#endDial(entry);
      entry.notBefore = now + this.#limits.backoffMs;
    });
  }

  /** A connection to it stands. `wasDialed`: the dial has ended with it; else the peer came to us. */
  markConnected(address: Address, wasDialed: boolean): void {
    this.#change(address, (entry) => {
      if (wasDialed) this.#endDial(entry);
      entry.connections++;
    });
  }

  /** `hadProgress`: it gave us payload, so it may be dialled again at once; else it waits as after a failure. */
  markDisconnected(address: Address, hadProgress: boolean, now: Millis): void {
    this.#change(address, (entry) => {
      if (entry.connections === 0) return;
      entry.connections--;
      if (!hadProgress) {
        this.#backOff(entry, now);
        return;
      }
      entry.wasUseful = true;
      entry.failures = 0;
      entry.notBefore = now;
    });
  }

  /** It went and has nothing we want, nor wants anything of us: no failure, but it is left alone as long as one that fails again and again. */
  markUnneeded(address: Address, now: Millis): void {
    this.#change(address, (entry) => {
      if (entry.connections > 0) entry.connections--;
      entry.notBefore = now + this.#limits.maxBackoffMs;
    });
  }

  markSelf(address: Address): void {
    this.#change(address, (entry) => {
      this.#endDial(entry);
      entry.state = 'self';
    });
  }

  /** Banned for bad data: never dialled again, and refused when it comes by itself; `withHost`: from whatever port. */
  ban(address: Address, withHost: boolean): void {
    this.#banned.set(addressKey(address), address);
    if (withHost) this.#bannedHosts.add(address.host);
    // Each has cost whoever has so many addresses a piece; in weeks they may be more than is to be remembered.
    forgetOldest(this.#banned, this.#limits.maxAddresses);
    forgetOldest(this.#bannedHosts, this.#limits.maxAddresses);
    this.#change(address, (entry) => {
      entry.state = 'banned';
    });
  }

  isBanned(address: Address): boolean {
    return this.#banned.has(addressKey(address));
  }

  /** An incoming connection is known by its host only: another port would not make another peer of it. */
  isBannedHost(address: Address): boolean {
    return this.#bannedHosts.has(address.host);
  }

  /** Neither banned nor our own, and not from peers only, nor, where it `isPrivate`, from the DHT or the local network; those that failed least first. */
  usableAddresses(isPrivate: boolean): Address[] {
    const usable = [...this.#entries.values()].filter(
      ({ state, source }) => state === 'usable' && source !== 'pex' && !(isPrivate && isPublic(source)),
    );
    return usable.toSorted((a, b) => a.failures - b.failures || a.lot - b.lot).map((entry) => entry.address);
  }

  /** Whether nobody has named it but other peers, the DHT or the local network. */
  isPublicOnly(address: Address): boolean {
    const entry = this.#entries.get(addressKey(address));
    return entry !== undefined && isPublic(entry.source);
  }

  bannedAddresses(): Address[] {
    return [...this.#banned.values()];
  }

  #change(address: Address, change: (entry: Entry) => void): void {
    const entry = this.#entries.get(addressKey(address));
    if (entry === undefined) return;
    change(entry);
    this.#nextDialAt = undefined;
  }

  /** The next dial of the address is of the other kind, where `reason` makes it likely that this one was wrong; true: of the encrypted one. */
  #changeKind(address: Address, reason: DisconnectReason): boolean {
    const entry = this.#entries.get(addressKey(address));
    if (this.#encryption !== 'prefer' || entry === undefined || !UNANSWERED.has(reason)) return false;
    entry.isEncrypted = !entry.isEncrypted;
    return entry.isEncrypted && reason === 'closed-in-handshake';
  }

  #endDial(entry: Entry): void {
    if (entry.isDialing) this.#dialing--;
    entry.isDialing = false;
  }

  #backOff(entry: Entry, now: Millis): void {
    entry.notBefore = now + Math.min(this.#limits.backoffMs * 2 ** entry.failures, this.#limits.maxBackoffMs);
    entry.failures++;
  }

  #isBlocked(address: Address, key: AddressKey, source: AddressSource): boolean {
    if (source === 'user' || !this.#filter.blocks(address)) return false;
    if (this.#blocked.size < this.#limits.maxAddresses) this.#blocked.add(key);
    return true;
  }

  #confirm(entry: Entry, source: AddressSource): void {
    const rank = (of: AddressSource): number =>
      (STRANGERS as readonly AddressSource[]).indexOf(of) + (asStranger(of) === null ? STRANGERS.length + 1 : 0);
    if (rank(source) <= rank(entry.source)) return;
    this.#count(entry.source, -1);
    this.#count(source, 1);
    entry.source = source;
  }

  #count(source: AddressSource, change: 1 | -1): void {
    const stranger = asStranger(source);
    if (stranger !== null) this.#strangers[stranger] += change;
  }

  /** For one more address of that source; false where nothing can go. */
  #makeRoom(source: AddressSource): boolean {
    const { maxAddresses, maxPexAddresses: pex, maxDhtAddresses: dht, maxLsdAddresses: lsd } = this.#limits;
    const stranger = asStranger(source);
    if (stranger !== null && this.#strangers[stranger] >= { pex, dht, lsd }[stranger]) return this.#forgetWorst(stranger);
    return this.#entries.size < maxAddresses || this.#forgetWorst(null);
  }

  /** Drops the idle address with the most failures, of all or of what only such strangers have named. */
  #forgetWorst(stranger: Stranger | null): boolean {
    let worst: Entry | null = null;
    for (const entry of this.#entries.values()) {
      if (stranger !== null && entry.source !== stranger) continue;
      if (isIdle(entry) && entry.failures > 0 && (worst === null || entry.failures > worst.failures)) worst = entry;
    }
    if (worst === null) return false;
    this.#count(worst.source, -1);
    return this.#entries.delete(addressKey(worst.address));
  }
}
