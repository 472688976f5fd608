// The connections of one torrent: dials them, takes incoming ones, and turns what they do into events. A key per connection,
// never used twice; a port (what can be sent through) as long as it lives.

import { setMaxListeners } from 'node:events';
import { createAddress, type Address, type AddressKey } from '../model/address.js';
import { equalBytes, type PeerId, type PeerKey } from '../model/ids.js';
import { PeerConnection, type ConnectionSide } from '../net/peer-connection.js';
import type { Link } from '../net/transport.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { SessionEvent } from '../session/events.js';
import type { Notice } from '../session/notices.js';
import type { BlockSink } from '../wire/block-sink.js';
import type { PeerFeatures } from '../wire/handshake.js';
import { WireError } from '../wire/wire-error.js';
import type { ClientDht } from './client-dht.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { ExpectedIds } from './expected-ids.js';
import type { PeerPort } from './peer-port.js';

/** What connections do, for whoever works with them. */
export type ConnectionEvent = Extract<
  SessionEvent,
  { readonly type: 'peer-connected' | 'peer-disconnected' | 'message' | 'dial-failed' }
>;

export interface PeerRosterOptions {
  readonly client: Client;
  /** 20 bytes, as handshakes carry it. */
  readonly infoHash: Uint8Array;
  readonly loop: { dispatch(event: ConnectionEvent): void; crash(error: unknown): void };
  /** Where the bodies of a peer's blocks go. */
  readonly sinkFor: (peer: PeerKey) => BlockSink;
  /** The peer's connection has room for more payload. */
  readonly onWritable: (peer: PeerKey) => void;
  /** The connection is over: what is lent to it, or expected of it, goes. */
  readonly onForgotten: (peer: PeerKey) => void;
  /** Connections, those that only say hello included. */
  readonly maxPeers: number;
  /** Tells peers of our node of the DHT, and is told of theirs (BEP 5); never for private torrents. */
  readonly usesDht: boolean;
  /** Whenever a peer says or sends anything. */
  readonly onMessage: () => void;
  /** What a peer sent was no message: its connection is ended for it. */
  readonly onBadMessage?: (notice: Extract<Notice, { readonly type: 'bad-message' }>) => void;
}

export class PeerRoster {
  readonly #options: PeerRosterOptions;
  readonly #ports = new Map<PeerKey, PeerPort>();
  /** Connections whose handshakes are not done: no peers yet, but open. */
  readonly #greeting = new Set<PeerConnection<DisconnectReason>>();
  /** Peers with a node of the DHT, and where they are. */
  readonly #dhtPeers = new Map<PeerKey, Address>();
  /** Those of them that have not told its port yet. */
  readonly #untoldPeers = new Set<PeerKey>();
  readonly #dht: ClientDht | null;
  readonly #forgetDht: () => void;
  readonly #connecting = new AbortController();
  readonly #dialFailures = new Map<string, number>();
  readonly #expectedIds = new ExpectedIds(CONFIG.swarm.maxAddresses);
  #peersMet = 0;

  constructor(options: PeerRosterOptions) {
    this.#options = options;
    // One for each dial under way: Node warns of more than ten.
    setMaxListeners(0, this.#connecting.signal);
    this.#dht = options.usesDht ? options.client.dht : null;
    this.#forgetDht = this.#dht?.onOpen(() => this.#tellDhtPorts()) ?? (() => {});
  }

  get peersMet(): number {
    return this.#peersMet;
  }

  get dialFailures(): Record<string, number> {
    return Object.fromEntries(this.#dialFailures);
  }

  portOf(peer: PeerKey): PeerPort | undefined {
    return this.#ports.get(peer);
  }

  /** Whom a tracker says to be where: another one who answers there is not taken. */
  expect(ids: ReadonlyMap<AddressKey, PeerId>): void {
    this.#expectedIds.note(ids);
  }

  /** Answered by `dial-failed` or `peer-connected`. Never rejects. */
  async dial(address: Address, isEncrypted: boolean): Promise<void> {
    const { client, loop, infoHash } = this.#options;
    const { signal } = this.#connecting;
    try {
      const outcome = await client.dial(address, signal, isEncrypted ? infoHash : null);
      if (!outcome.ok) this.#failDial(address, outcome.reason);
      else if (signal.aborted) {
        outcome.link.close();
        client.leavePlace();
      } else this.#greet(address, outcome.link);
    } catch (error) {
      loop.crash(error);
    }
  }

  /** The side that answers an incoming connection; null where there is no room. */
  accept(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null {
    const { client, maxPeers } = this.#options;
    const open = this.#ports.size + this.#greeting.size;
    // Whoever only says hello must not use up the descriptors either.
    if (this.#connecting.signal.aborted || open >= maxPeers || !client.takePlace()) return null;
    this.#greeting.add(connection);
    return this.#side(client.nextPeerKey(), null, connection.remote, () => connection);
  }

  newKey(): PeerKey {
    return this.#options.client.nextPeerKey();
  }

  /** A connection that a library user keeps: what is sent goes to `port`. `key` is new. */
  adopt(key: PeerKey, peerId: PeerId, address: Address, port: PeerPort): void {
    this.#ports.set(key, port);
    this.#peersMet++;
    const { loop } = this.#options;
    const features: PeerFeatures = { fast: true, extended: false, dht: false };
    loop.dispatch({ type: 'peer-connected', peer: key, peerId, address, remote: address, incoming: true, features });
  }

  /** The connection is over, whoever ended it: its leases and unsent blocks go. */
  forget(peer: PeerKey, reason: DisconnectReason): void {
    const { loop, onForgotten } = this.#options;
    if (!this.#ports.delete(peer)) return;
    this.#dhtPeers.delete(peer);
    this.#untoldPeers.delete(peer);
    onForgotten(peer);
    loop.dispatch({ type: 'peer-disconnected', peer, reason });
  }

  /** A dial or its handshake failed, or a name that was to be dialled has no address (`unresolved`). */
  noteFailure(reason: DisconnectReason | 'unresolved'): void {
    // Whoever requires encryption should hear that this is likely why.
    const isOverEncryption = reason === 'closed-in-handshake' && this.#options.client.encryption === 'require';
    const told = isOverEncryption ? 'closed-on-encryption' : reason;
    this.#dialFailures.set(told, (this.#dialFailures.get(told) ?? 0) + 1);
  }

  /** Ends everything at once; nothing is dialled or accepted after it. */
  close(): void {
    this.#connecting.abort();
    this.#forgetDht();
    for (const connection of this.#greeting) connection.close('stopping');
    for (const port of this.#ports.values()) port.close('stopping');
  }

  #greet(address: Address, link: Link): void {
    const { client } = this.#options;
    const side = this.#side(client.nextPeerKey(), address, link.remote, () => connection);
    const connection: PeerConnection<DisconnectReason> = PeerConnection.dialled<DisconnectReason>(
      link,
      client.connectionLimits,
      side,
    );
    if (!connection.isClosed) this.#greeting.add(connection);
  }

  /** Of a connection that has a place of the client's; left when it ends. */
  #side(
    key: PeerKey,
    address: Address | null,
    remote: Address,
    connection: () => PeerConnection<DisconnectReason>,
  ): ConnectionSide<DisconnectReason> {
    const { client, infoHash, loop, sinkFor, onWritable, onMessage } = this.#options;
    let isHandshaken = false;
    let hasPlace = true;
    const end = (): void => {
      this.#greeting.delete(connection());
      if (hasPlace) client.leavePlace();
      hasPlace = false;
    };
    return {
      ...(address === null ? {} : this.#expectedIds.of(address)),
      local: { infoHash, peerId: client.peerId, features: { fast: true, extended: true, dht: this.#dht !== null } },
      handler: {
        sink: sinkFor(key),
        onHandshake: ({ peerId, features }) => {
          isHandshaken = true;
          const isSelf = equalBytes(peerId, client.peerId);
          if (isSelf && address === null) {
            // We dialled ourselves. Only the dialling end knows under which address: our answer must reach it first.
            setImmediate(() => connection().close('self-connection'));
            return;
          }
          this.#greeting.delete(connection());
          if (!isSelf) this.#peersMet++;
          this.#ports.set(key, connection());
          onMessage();
          const incoming = address === null;
          const { isEncrypted } = connection();
          loop.dispatch({ type: 'peer-connected', peer: key, peerId, address, remote, incoming, features, isEncrypted });
          // What it has comes first (BEP 3): the session has just said it.
          if (features.dht) this.#meetDhtPeer(key, remote);
        },
        onMessage: (message) => {
          onMessage();
          if (message.type === 'port') this.#noteDhtNode(key, message.port);
          loop.dispatch({ type: 'message', peer: key, message });
        },
        onWritable: () => onWritable(key),
        onClosed: (reason, error) => {
          end();
          if (address !== null && reason === 'peer-id-mismatch') this.#expectedIds.forget(address);
          if (isHandshaken && error instanceof WireError) this.#tellBadMessage(remote, error);
          if (isHandshaken) this.forget(key, reason);
          else if (address !== null) this.#failDial(address, reason);
        },
        onFault: (error) => {
          end();
          loop.crash(error);
        },
      },
    };
  }

  #tellBadMessage(address: Address, { detail }: WireError): void {
    if (typeof detail.bytes === 'string') this.#options.onBadMessage?.({ type: 'bad-message', address, bytes: detail.bytes });
  }

  #meetDhtPeer(peer: PeerKey, remote: Address): void {
    if (!this.#ports.has(peer)) return;
    this.#dhtPeers.set(peer, remote);
    this.#untoldPeers.add(peer);
    this.#tellDhtPort(peer, remote);
  }

  #tellDhtPorts(): void {
    for (const [peer, remote] of this.#dhtPeers) this.#tellDhtPort(peer, remote);
  }

  #tellDhtPort(peer: PeerKey, { family }: Address): void {
    const port = this.#dht?.port(family) ?? null;
    if (port !== null) this.#ports.get(peer)?.send({ type: 'port', port });
  }

  /** Only of those that said so in their handshake, and once: nobody is to send us from port to port. */
  #noteDhtNode(peer: PeerKey, port: number): void {
    const remote = this.#untoldPeers.delete(peer) ? this.#dhtPeers.get(peer) : undefined;
    const address = remote === undefined ? null : createAddress(remote.host, port);
    if (address !== null) this.#dht?.addNode(address);
  }

  #failDial(address: Address, reason: DisconnectReason): void {
    if (this.#connecting.signal.aborted) return;
    this.#options.loop.dispatch({ type: 'dial-failed', address, reason });
  }
}
