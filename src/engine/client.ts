// What the torrents of one process share: the listener and its port, the peer id, dialling, the memory for pieces, open files, the
// limits of their rates and the DHT. Incoming connections are handed to their torrent by info hash.

import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { LocalDiscovery } from '../discovery/lsd/local-discovery.js';
import { multicastInterfaces, neighbourhood } from '../io/network-interfaces.js';
import type { Address } from '../model/address.js';
import { NO_FILTER, type AddressFilter } from '../model/address-filter.js';
import { ExternalAddresses } from '../model/external-addresses.js';
import { toHex, toPeerKey, type InfoHash, type PeerId, type PeerKey } from '../model/ids.js';
import { dial, type DialOutcome } from '../net/dialer.js';
import type { PortMappingPlaces } from '../net/port-mapping/port-forwarding.js';
import type { PortMappingNotice } from '../net/port-mapping/protocol/port-mapper.js';
import { MseLink, type EncryptionOptions } from '../net/mse-link.js';
import { Listener } from '../net/listener.js';
import type { ConnectionLimits, ConnectionSide, PeerConnection } from '../net/peer-connection.js';
import { PortTakenError } from '../net/port-taken-error.js';
import type { RequestPacer } from '../net/request-pacer.js';
import type { Link, Transport } from '../net/transport.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import { OpenFiles } from '../storage/open-files.js';
import { DiskPaces } from '../storage/disk-pace.js';
import { PieceBuffers } from '../storage/piece-buffers.js';
import { PieceHasher } from '../storage/piece-hasher.js';
import { ENCRYPTION_POLICIES, type EncryptionPolicy } from '../wire/mse/encryption-policy.js';
import { torrentMark } from '../wire/mse/mse-keys.js';
import { makePeerId, PEER_ID_RANDOM_BYTES } from '../wire/peer-id.js';
import { ClientDht, type ClientDhtOptions } from './client-dht.js';
import { CONFIG } from './config.js';
import { monotonicNow } from './monotonic-clock.js';
import { SpaceLedger } from './space-ledger.js';
import { descriptorLimit, shareDescriptors } from './descriptor-budget.js';
import { createPacer } from './download-pace.js';
import { createEgress, type Egress, type EgressOptions } from './egress.js';
import { AlreadyStartedError, InvalidArgumentError } from './session-error.js';
import type { ClientPortMapping } from './port-mapping.js';
import { UploadGate } from './upload-gate.js';
import { VERSION } from './version.js';

export type { EncryptionPolicy, PortMappingNotice };

export interface ClientOptions extends EgressOptions {
  /** To listen on; 0 or undefined: any free one. */
  readonly port?: number;
  /** With `port`: where that one is taken, those after it up to this one are tried, in order. */
  readonly lastPort?: number;
  /** Numeric address to listen on; without it all, IPv4 and IPv6. */
  readonly host?: string;
  /** Default true. */
  readonly listen?: boolean;
  /** 20 bytes; random where it is not given. */
  readonly peerId?: PeerId;
  /** Of the sessions' random generators: for replays. */
  readonly seed?: number;
  /** Payload of all torrents; 0 or undefined: no limit. */
  readonly maxUploadBytesPerSecond?: number;
  /** The same for what is received. */
  readonly maxDownloadBytesPerSecond?: number;
  /** Memory for pieces in flight, of all torrents. */
  readonly pieceBudgetBytes?: number;
  /** How connections may begin, in and out. Default `prefer`. */
  readonly encryption?: EncryptionPolicy;
  /** Peers that are neither dialled nor let in, such as `loadBlocklists` makes; those of `peers` in a session's options are dialled. */
  readonly addressFilter?: AddressFilter;
  /**
   * Asks the gateway to lead others to our port, by NAT-PMP, PCP or UPnP. Without a listener it does nothing, nor with `interface`: how
   * the gateway of one is found is not known here. Default false.
   */
  readonly portMapping?: boolean | PortMappingPlaces;
  /** What `egress` has where it is not given. */
  readonly transport?: Transport;
  /** Finds peers on the local network, and is found there (BEP 14); not without a listener. Default false. */
  readonly lsd?: boolean;
  /** Where it is not given, the DHT is not used. Opened when a torrent needs it. */
  readonly dht?: ClientDhtOptions;
}

/** A torrent, as the listener sees it. */
export interface IncomingTorrent {
  readonly infoHash: InfoHash;
  onIncoming(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null;
}

export class Client {
  readonly peerId: PeerId;
  /** By which trackers know us again (BEP 7 `key`), whatever our address: the same for all announces under our peer id. */
  readonly announceKey: string;
  readonly pieceBuffers: PieceBuffers;
  readonly pieceHasher: PieceHasher;
  /** What its torrents still have to write. */
  readonly space = new SpaceLedger();
  readonly openFiles: OpenFiles;
  readonly diskPaces = new DiskPaces(CONFIG.storage, monotonicNow);
  readonly uploadGate: UploadGate;
  readonly downloadPacer: RequestPacer;
  /** Connections of all torrents at most, dials included: what the process's descriptors allow. See `takePlace`. */
  readonly maxConnections: number;
  readonly connectionLimits: ConnectionLimits;
  readonly encryption: EncryptionPolicy;
  readonly addressFilter: AddressFilter;
  /** What may be opened, and how. */
  readonly egress: Egress;
  /** Null: not used. */
  readonly dht: ClientDht | null;
  readonly #lsd: boolean;
  readonly #host: string | undefined;
  #localDiscovery: LocalDiscovery | null = null;
  /** Where trackers and peers see us. */
  readonly externalAddresses = new ExternalAddresses(CONFIG.net.maxAddressVoters);
  readonly #maxPendingIncoming: number;
  readonly #transport: Transport;
  readonly #torrents = new Map<string, IncomingTorrent>();
  /** Info hashes of the torrents by their mark in encryption handshakes, in hexadecimal. */
  readonly #marks = new Map<string, Uint8Array>();
  #listener: Listener<DisconnectReason> | null = null;
  #portMapping: ClientPortMapping | null = null;
  #seed: number;
  #nextKey = 1;
  /** Connections and dials of all torrents. */
  #placesTaken = 0;
  #closing: Promise<void> | null = null;

  private constructor(options: ClientOptions, egress: Egress) {
    const budget = shareDescriptors(descriptorLimit());
    this.peerId = options.peerId ?? makePeerId(new Uint8Array(randomBytes(PEER_ID_RANDOM_BYTES)), VERSION);
    const cores = availableParallelism();
    this.pieceBuffers = new PieceBuffers({
      budgetBytes: options.pieceBudgetBytes ?? CONFIG.storage.pieceBudgetBytes,
      // With one core there is no thread to see it.
      ...(cores > 1 ? { shared: { fromBytes: CONFIG.hashing.minBytes, maxBytes: CONFIG.hashing.maxSharedBytes } } : {}),
    });
    this.pieceHasher = new PieceHasher({ limits: CONFIG.hashing, cores, now: monotonicNow });
    this.announceKey = randomBytes(4).toString('hex');
    this.maxConnections = budget.maxConnections;
    this.#maxPendingIncoming = budget.maxPendingIncoming;
    this.openFiles = new OpenFiles(budget.maxOpenFiles);
    this.uploadGate = UploadGate.ofRate(options.maxUploadBytesPerSecond ?? 0);
    this.downloadPacer = createPacer(options.maxDownloadBytesPerSecond ?? 0);
    this.connectionLimits = { ...CONFIG.wire, ...CONFIG.net };
    this.egress = egress;
    // Neither goes through a proxy. Where all is bound to an interface they have one of its addresses, the IPv4 one before the other.
    const dht = egress.allowsDirect ? options.dht : undefined;
    const host = options.host ?? egress.localAddress?.(4) ?? egress.localAddress?.(6) ?? undefined;
    this.#lsd = options.lsd === true && egress.allowsDirect;
    this.#host = host;
    const { resolver } = egress;
    const local = (): { port: number; host?: string } => ({ port: this.port ?? 0, ...(host === undefined ? {} : { host }) });
    this.dht = dht === undefined ? null : new ClientDht(dht, local, resolver);
    this.#transport = options.transport ?? egress.createTransport();
    this.encryption = options.encryption ?? CONFIG.net.encryption;
    this.addressFilter = options.addressFilter ?? NO_FILTER;
    this.#seed = options.seed ?? randomBytes(4).readInt32LE();
  }

  /** Listens, unless told not to or behind a proxy. Rejects with PortTakenError where the port, or each of the range, is in use, or with InvalidArgumentError. */
  static async open(options: ClientOptions = {}): Promise<Client> {
    if (options.encryption !== undefined && !ENCRYPTION_POLICIES.includes(options.encryption)) {
      const known = ENCRYPTION_POLICIES.join(', ');
      throw new InvalidArgumentError(`cannot open a client: options.encryption must be one of ${known}`, {
        argument: 'options.encryption',
      });
    }
    const client = new Client(options, await createEgress(options));
    try {
      if (options.listen !== false && client.egress.allowsDirect) await client.#listen(options);
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  async #listen({ port = 0, lastPort = port, host, portMapping = false }: ClientOptions): Promise<void> {
    for (let tried = port; this.#listener === null; tried++) {
      try {
        this.#listener = await this.#tryPort(tried, host);
      } catch (error) {
        if (!(error instanceof PortTakenError) || lastPort <= port) throw error;
        if (tried >= lastPort) throw new PortTakenError(port, error.detail.errno, { cause: error, lastPort });
      }
    }
    if (portMapping === false || this.egress.localAddress !== null) return;
    const places = portMapping === true ? {} : portMapping;
    const { ClientPortMapping } = await import('./port-mapping.js');
    this.#portMapping = new ClientPortMapping(this.#listener.port, this.nextSeed(), places);
  }

  #tryPort(port: number, host: string | undefined): Promise<Listener<DisconnectReason>> {
    return Listener.open<DisconnectReason>(
      this.#transport,
      {
        port,
        maxPendingIncoming: this.#maxPendingIncoming,
        limits: this.connectionLimits,
        filter: this.addressFilter,
        ...(this.encryption === 'off' ? {} : { unwrap: (link: Link) => MseLink.accepted(link, this.#encryptionOptions()) }),
        ...(host === undefined ? {} : { host }),
      },
      {
        onIncoming: (infoHash, connection) => this.#torrents.get(toHex(infoHash))?.onIncoming(connection) ?? null,
        onFault: (error) => {
          throw error;
        },
      },
    );
  }

  /** The port we listen on; null when not listening. */
  get port(): number | null {
    return this.#listener?.port ?? null;
  }

  /** The port under which others reach us: that of the gateway where one is mapped, else our own. Null when not listening. */
  get announcedPort(): number | null {
    const latest = this.#portMapping?.latest;
    return latest?.type === 'port-mapped' ? latest.mapping.tcpPort : this.port;
  }

  /** What became of the port on the gateway; null where it was not asked for, or nothing is known yet. */
  get portMapping(): PortMappingNotice | null {
    return this.#portMapping?.latest ?? null;
  }

  /** Hears what becomes of the port, and at once what nobody has heard yet. Answers how to stop listening. */
  onPortMapping(listener: (notice: PortMappingNotice) => void): () => void {
    return this.#portMapping?.listen(listener) ?? (() => undefined);
  }

  /** Gives the port on the gateway back, within a second; `close` does that too. Never rejects. */
  async releasePort(): Promise<void> {
    await this.#portMapping?.release();
  }

  /** Incoming connections refused because they were not encrypted. */
  get unencryptedCount(): number {
    return this.#listener?.unencryptedCount ?? 0;
  }

  /** Incoming connections refused because of the address filter. */
  get blockedCount(): number {
    return this.#listener?.blockedCount ?? 0;
  }

  /** Of the whole process; null where it is not used. */
  get localDiscovery(): LocalDiscovery | null {
    const { port } = this;
    if (!this.#lsd || port === null) return null;
    const host = this.#host;
    return (this.#localDiscovery ??= new LocalDiscovery({
      port,
      cookie: randomBytes(8).toString('hex'),
      limits: CONFIG.lsd,
      // Who listens on one address is to be found there only.
      interfaces: (family) => multicastInterfaces(family, host),
      isNeighbour: neighbourhood(host),
      now: monotonicNow,
    }));
  }

  /** Bytes a second of all torrents together, from now on; 0 is no limit. What is left out stays as it is. */
  setLimits(limits: { readonly maxDownloadBytesPerSecond?: number; readonly maxUploadBytesPerSecond?: number }): void {
    const { maxDownloadBytesPerSecond: download, maxUploadBytesPerSecond: upload } = limits;
    if (download !== undefined) this.downloadPacer.setRate(download);
    if (upload !== undefined) this.uploadGate.setRate(upload);
  }

  /** Nothing is asked for and nothing sent, of any torrent, until that is taken back; connections stay. Silence is no stall then. */
  setPaused(isPaused: boolean): void {
    this.downloadPacer.setPaused(isPaused);
    this.uploadGate.setPaused(isPaused);
  }

  get isPaused(): boolean {
    return this.downloadPacer.isPaused;
  }

  /** A seed for one session's random generator. */
  nextSeed(): number {
    return this.#seed++;
  }

  nextPeerKey(): PeerKey {
    return toPeerKey(this.#nextKey++);
  }

  /** A place for one more connection of any torrent; false where all are taken. Whoever took it gives it back, once. */
  takePlace(): boolean {
    if (this.#placesTaken >= this.maxConnections) return false;
    this.#placesTaken++;
    return true;
  }

  /** The connection is closed. */
  leavePlace(): void {
    this.#placesTaken--;
  }

  /**
   * Takes a place (`out-of-descriptors` where there is none), which goes with the link: its owner leaves it at the link's end.
   * `encryptedFor`: the link is to be encrypted, for the torrent of this info hash (20 bytes); null: plain.
   */
  async dial(address: Address, signal: AbortSignal, encryptedFor: Uint8Array | null = null): Promise<DialOutcome> {
    if (!this.takePlace()) return { ok: false, reason: 'out-of-descriptors', error: null };
    let isOpen = false;
    try {
      const outcome = await dial(this.#transport, address, { timeoutMs: CONFIG.net.connectTimeoutMs, signal });
      isOpen = outcome.ok;
      if (!outcome.ok || encryptedFor === null) return outcome;
      return { ok: true, link: MseLink.dialled(outcome.link, encryptedFor, this.#encryptionOptions()) };
    } finally {
      if (!isOpen) this.leavePlace();
    }
  }

  /** From now on incoming connections of this info hash go to the torrent. Throws AlreadyStartedError where one has it. */
  register(torrent: IncomingTorrent): void {
    const key = infoHashKey(torrent.infoHash);
    if (this.#torrents.has(key)) {
      throw new AlreadyStartedError(`the torrent ${key} is being downloaded already: wait for it, or stop it first`, {
        infoHash: key,
      });
    }
    this.#torrents.set(key, torrent);
    const infoHash = wireHash(torrent.infoHash);
    this.#marks.set(toHex(torrentMark(infoHash)), infoHash);
  }

  unregister(torrent: IncomingTorrent): void {
    const key = infoHashKey(torrent.infoHash);
    if (this.#torrents.get(key) !== torrent) return;
    this.#torrents.delete(key);
    this.#marks.delete(toHex(torrentMark(wireHash(torrent.infoHash))));
  }

  /** The torrent of this info hash, where one is registered. */
  find(infoHash: InfoHash): IncomingTorrent | undefined {
    return this.#torrents.get(infoHashKey(infoHash));
  }

  /** Stops listening. Sessions are stopped by their owners, before. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #encryptionOptions(): EncryptionOptions {
    return {
      policy: this.encryption,
      randomBytes: (count) => new Uint8Array(randomBytes(count)),
      findTorrent: (mark) => this.#marks.get(toHex(mark)) ?? null,
    };
  }

  async #close(): Promise<void> {
    this.uploadGate.close();
    this.egress.close();
    await Promise.all([this.releasePort(), this.dht?.close()]);
    await this.#listener?.close();
    this.pieceBuffers.trim();
    this.pieceHasher.close();
  }
}

/** Lower-case hex of the v1 hash, or of the v2 hash cut to 20 bytes, as handshakes carry it (BEP 52). */
export function infoHashKey(infoHash: InfoHash): string {
  return toHex(wireHash(infoHash));
}

function wireHash(infoHash: InfoHash): Uint8Array {
  return infoHash.v1 ?? infoHash.v2?.slice(0, 20) ?? new Uint8Array();
}
