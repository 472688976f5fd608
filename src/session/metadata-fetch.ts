// The metadata of a magnet link from its peers (BEP 9), before there is a session: a deterministic machine as the session is one.
// Peers that claim the same size fetch it together. Where the hash is wrong and several took part, each goes on alone, a few at a
// time: whoever then brings a wrong one is banned, so that a lie costs its teller and nobody else. Peers may name others (BEP 11).

import { sha1 } from '../hash/digest.js';
import { equalBytes, type PeerId, type PeerKey } from '../model/ids.js';
import { addressKey, type Address } from '../model/address.js';
import type { Random } from '../model/random.js';
import type { Millis } from '../model/time.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../wire/extension.js';
import type { Message } from '../wire/message.js';
import { clientName } from '../wire/peer-id.js';
import { decodeMetadataMessage, encodeMetadataMessage, UT_METADATA } from '../wire/ut-metadata.js';
import { UT_PEX } from '../wire/ut-pex.js';
import { WireError } from '../wire/wire-error.js';
import type { DisconnectReason } from './disconnect-reason.js';
import type { AddressSource } from './events.js';
import { OUR_METADATA_ID, OUR_PEX_ID } from './extension-ids.js';
import type { MetadataAssembly } from './metadata-assembly.js';
import { MetadataPlaces } from './metadata-places.js';
import type { MetadataAction, MetadataEvent, MetadataFetchSettings, MetadataProgress } from './metadata-terms.js';
import type { Notice } from './notices.js';
import { PeerBook } from './peer-book.js';
import { PeerPriorities } from './peer-priority.js';
import { PexIntake } from './pex-intake.js';

interface Source {
  readonly key: PeerKey;
  readonly peerId: PeerId;
  readonly address: Address | null;
  readonly remote: Address;
  readonly client: string;
  /** Under which it takes ut_metadata messages, once it said so. */
  messageId: number;
  /** What it claims; 0 until then. */
  size: number;
  readonly asked: Set<number>;
  readonly pexIntake: PexIntake;
  assembly: MetadataAssembly | null;
  /** When it last brought something, or connected, or was first asked. */
  aliveAt: Millis;
}

export class MetadataFetch {
  readonly #settings: MetadataFetchSettings;
  readonly #book: PeerBook;
  readonly #sources = new Map<PeerKey, Source>();
  readonly #places: MetadataPlaces;
  #actions: MetadataAction[] = [];
  #now: Millis;
  #morePeersAt: Millis;
  #watchedAt: Millis;
  #isDone = false;

  constructor(settings: MetadataFetchSettings, random: Random, now: Millis) {
    this.#settings = settings;
    const priorities = new PeerPriorities(settings.externalAddresses, settings.listenPort);
    this.#book = new PeerBook(settings.limits, random, settings.encryption, priorities, settings.addressFilter);
    this.#places = new MetadataPlaces(settings.metadata);
    this.#now = now;
    this.#watchedAt = now;
    this.#morePeersAt = now + settings.limits.morePeersMs;
  }

  handle(event: MetadataEvent, now: Millis): readonly MetadataAction[] {
    this.#now = Math.max(this.#now, now);
    if (this.#isDone) {
      if (event.type === 'peer-connected') this.#disconnect(event.peer, 'stopping');
    } else {
      this.#route(event);
      if (!this.#isDone) this.#dial();
    }
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  nextTimeout(): Millis | null {
    if (this.#isDone) return null;
    const { metadata, limits } = this.#settings;
    let next = this.#morePeersAt;
    for (const source of this.#sources.values()) {
      next = Math.min(next, source.aliveAt + metadata.answerMs);
      // For a second copy, or a place: whatever else happens meanwhile.
      if (source.size > 0 && source.asked.size < metadata.depth) next = Math.min(next, this.#watchedAt + metadata.secondCopyMs);
    }
    const dialAt = this.#sources.size + this.#book.halfOpen < limits.maxPeers ? this.#book.nextDialAt() : null;
    if (dialAt !== null && this.#book.halfOpen < limits.maxHalfOpen) next = Math.min(next, dialAt);
    return next;
  }

  progress(): MetadataProgress {
    return {
      peers: this.#sources.size,
      sources: [...this.#sources.values()].filter(({ size }) => size > 0).length,
      halfOpen: this.#book.halfOpen,
      knownAddresses: this.#book.size,
      bannedAddresses: this.#book.bannedCount,
      blockedAddresses: this.#book.blockedCount,
    };
  }

  /**
   * Where peers can be dialled: those connected now first; none that was banned, and of what only peers have named those that are
   * connected. Of a private torrent, as which it shows with its metadata, not even them, nor what came by the DHT (BEP 27).
   */
  addresses(isPrivate: boolean): Address[] {
    const connected = [...this.#sources.values()].flatMap(({ address }) => address ?? []);
    const met = isPrivate ? connected.filter((address) => !this.#book.isPublicOnly(address)) : connected;
    const all = [...met, ...this.#book.usableAddresses(isPrivate)];
    return [...new Map(all.map((address) => [addressKey(address), address])).values()];
  }

  #route(event: MetadataEvent): void {
    switch (event.type) {
      case 'addresses-found':
        this.#addAddresses(event.source, event.addresses);
        return;
      case 'dial-failed':
        if (!this.#book.endDial(event.address, event.reason, this.#now))
          this.#notice({ type: 'dial-failed', address: event.address, reason: event.reason });
        return;
      case 'peer-connected':
        this.#admit(event);
        return;
      case 'peer-disconnected': {
        const source = this.#sources.get(event.peer);
        if (source !== undefined) this.#forget(source, event.reason);
        return;
      }
      case 'message': {
        const source = this.#sources.get(event.peer);
        if (source !== undefined && event.message.type === 'extended')
          this.#hear(source, event.message.id, event.message.payload);
        return;
      }
      case 'timeout':
        this.#watch();
        return;
    }
  }

  #addAddresses(source: AddressSource, addresses: readonly Address[]): void {
    const added = this.#book.add(addresses, source, this.#now);
    this.#notice({ type: 'addresses-found', source, count: addresses.length, added });
  }

  #admit(event: Extract<MetadataEvent, { type: 'peer-connected' }>): void {
    const { peer: key, peerId, address, remote, incoming, features } = event;
    const reason = this.#refusal(event);
    if (reason !== null) {
      this.#disconnect(key, reason);
      if (address === null) return;
      if (reason === 'self-connection') this.#book.markSelf(address);
      else this.#book.markFailed(address, this.#now);
      this.#notice({ type: 'dial-failed', address, reason });
      return;
    }
    if (address !== null) this.#book.markConnected(address, !incoming);
    const source: Source = {
      key,
      peerId,
      address,
      remote,
      client: clientName(peerId),
      messageId: 0,
      size: 0,
      asked: new Set(),
      pexIntake: new PexIntake(),
      assembly: null,
      aliveAt: this.#now,
    };
    this.#sources.set(key, source);
    this.#notice({ type: 'peer-opened', address: address ?? remote, incoming, client: source.client });
    if (!features.extended) {
      this.#drop(source, 'useless');
      return;
    }
    if (features.fast) this.#send(key, { type: 'have-none' });
    const { listenPort, clientVersion, limits, usesPex } = this.#settings;
    const extensions = new Map([[UT_METADATA, OUR_METADATA_ID]]);
    if (usesPex) extensions.set(UT_PEX, OUR_PEX_ID);
    const payload = encodeExtendedHandshake({
      extensions,
      client: clientVersion,
      requestLimit: limits.ownReqq,
      ...(listenPort === null ? {} : { port: listenPort }),
      yourIp: remote.host,
    });
    this.#send(key, { type: 'extended', id: 0, payload });
  }

  #refusal(event: Extract<MetadataEvent, { type: 'peer-connected' }>): DisconnectReason | null {
    if (equalBytes(event.peerId, this.#settings.peerId)) return 'self-connection';
    if (this.#book.isBanned(event.address ?? event.remote) || (event.incoming && this.#book.isBannedHost(event.remote)))
      return 'banned';
    for (const source of this.#sources.values()) if (equalBytes(source.peerId, event.peerId)) return 'duplicate-peer';
    return this.#sources.size >= this.#settings.limits.maxPeers ? 'too-many-peers' : null;
  }

  #hear(source: Source, id: number, payload: Uint8Array): void {
    try {
      if (id === 0) this.#hearHandshake(source, payload);
      else if (id === OUR_METADATA_ID) this.#hearMetadata(source, payload);
      else if (id === OUR_PEX_ID && this.#settings.usesPex) this.#hearOfOthers(source, payload);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#drop(source, 'protocol-error');
    }
  }

  #hearHandshake(source: Source, payload: Uint8Array): void {
    const { extensions, metadataSize = 0, yourIp } = decodeExtendedHandshake(payload);
    if (yourIp !== undefined) this.#settings.externalAddresses.hearFromPeer(source.remote, yourIp);
    if (source.size > 0) return;
    source.messageId = extensions.get(UT_METADATA) ?? 0;
    if (source.messageId === 0 || metadataSize > this.#settings.metadata.maxBytes) {
      this.#drop(source, 'useless');
      return;
    }
    // One that has none yet may fetch it as we do, and say so later.
    source.size = metadataSize;
    this.#askAll();
  }

  #hearMetadata(source: Source, payload: Uint8Array): void {
    const message = decodeMetadataMessage(payload);
    if (message.type === 'request') {
      if (source.messageId !== 0) this.#sendMetadata(source, { type: 'reject', piece: message.piece });
      return;
    }
    if (message.type === 'unknown' || !source.asked.delete(message.piece)) return;
    const { assembly } = source;
    if (message.type === 'reject') {
      this.#drop(source, 'useless');
      return;
    }
    if (assembly === null || message.totalSize !== source.size || message.bytes.length !== assembly.pieceLength(message.piece)) {
      this.#drop(source, 'protocol-error');
      return;
    }
    source.aliveAt = this.#now;
    assembly.receive(message.piece, message.bytes, source.key);
    if (assembly.isWhole) this.#judge(assembly);
    if (!this.#isDone) this.#askAll();
  }

  /** Nobody is told: without metadata there is nothing that others could want of us. */
  #hearOfOthers(source: Source, payload: Uint8Array): void {
    const named = source.pexIntake.take(payload, source.remote, true, this.#settings.limits, this.#now);
    if (named === null) this.#drop(source, 'flooding');
    else if (named.length > 0) {
      const added = this.#book.addNamed(named, this.#now);
      this.#notice({ type: 'addresses-found', source: 'pex', count: named.length, added });
    }
  }

  #judge(assembly: MetadataAssembly): void {
    const infoBytes = assembly.join();
    if (equalBytes(sha1(infoBytes), this.#settings.infoHash)) {
      this.#isDone = true;
      this.#actions.push({ type: 'complete', infoBytes });
      return;
    }
    this.#close(assembly);
    if (assembly.sources.size > 1) {
      this.#places.dispute(assembly.size);
      return;
    }
    for (const key of assembly.sources) {
      const liar = this.#sources.get(key);
      if (liar === undefined) continue;
      const address = liar.address ?? liar.remote;
      this.#book.ban(address, liar.address === null);
      this.#drop(liar, 'bad-data');
    }
  }

  #close(assembly: MetadataAssembly): void {
    this.#places.close(assembly);
    for (const source of this.#sources.values()) {
      if (source.assembly !== assembly) continue;
      source.assembly = null;
      source.asked.clear();
    }
  }

  /** Everybody who has something to give, and room, is asked. */
  #askAll(): void {
    for (const source of Array.from(this.#sources.values())) this.#ask(source);
  }

  #ask(source: Source): void {
    if (source.size === 0) return;
    const assembly = (source.assembly ??= this.#places.join(source.key, source.size, this.#now));
    if (assembly === null) return;
    const { depth, secondCopyMs } = this.#settings.metadata;
    while (source.asked.size < depth) {
      const piece = assembly.next(source.asked, this.#now - secondCopyMs);
      if (piece < 0) return;
      if (source.asked.size === 0) source.aliveAt = this.#now;
      assembly.ask(piece, source.key, this.#now);
      source.asked.add(piece);
      this.#sendMetadata(source, { type: 'request', piece });
    }
  }

  #watch(): void {
    const { metadata, limits } = this.#settings;
    for (const source of Array.from(this.#sources.values())) {
      const isWaiting = source.size === 0 || source.asked.size > 0;
      if (isWaiting && this.#now >= source.aliveAt + metadata.answerMs) this.#drop(source, 'inactive');
      else if (!isWaiting) source.aliveAt = this.#now;
    }
    this.#watchedAt = this.#now;
    this.#makePlace();
    this.#askAll();
    if (this.#now < this.#morePeersAt) return;
    this.#morePeersAt = this.#now + limits.morePeersMs;
    if (this.#sources.size === 0) this.#actions.push({ type: 'more-peers' });
  }

  /** Who claims a huge size and drips must not keep a place from who has the metadata. */
  #makePlace(): void {
    const sources = [...this.#sources.values()];
    const isWaitedFor = sources.some(({ size, assembly }) => size > 0 && assembly === null);
    const slowest = isWaitedFor ? this.#places.slowest(this.#now) : null;
    if (slowest === null) return;
    for (const source of sources) if (source.assembly === slowest) this.#drop(source, 'useless');
  }

  #dial(): void {
    const places = this.#settings.limits.maxPeers - this.#sources.size - this.#book.halfOpen;
    for (const address of this.#book.takeDialable(places, this.#now)) {
      this.#actions.push({ type: 'dial', address, isEncrypted: this.#book.isDialedEncrypted(address) });
    }
  }

  #drop(source: Source, reason: DisconnectReason): void {
    this.#disconnect(source.key, reason);
    this.#forget(source, reason);
  }

  #forget(source: Source, reason: DisconnectReason): void {
    if (!this.#sources.delete(source.key)) return;
    const { assembly, address } = source;
    if (assembly !== null) {
      assembly.release(source.key);
      const hasMembers = [...this.#sources.values()].some((other) => other.assembly === assembly);
      if (!hasMembers) this.#close(assembly);
    }
    if (address !== null) this.#book.markDisconnected(address, false, this.#now);
    this.#notice({ type: 'peer-closed', address: address ?? source.remote, reason, payloadBytes: 0 });
    this.#askAll();
  }

  #disconnect(peer: PeerKey, reason: DisconnectReason): void {
    this.#actions.push({ type: 'disconnect', peer, reason });
  }

  #send(peer: PeerKey, message: Message): void {
    this.#actions.push({ type: 'send', peer, message });
  }

  #sendMetadata(source: Source, message: Parameters<typeof encodeMetadataMessage>[0]): void {
    this.#send(source.key, { type: 'extended', id: source.messageId, payload: encodeMetadataMessage(message) });
  }

  #notice(notice: Notice): void {
    this.#actions.push({ type: 'notice', notice });
  }
}
