// The connections of one torrent: dials them, takes incoming ones, and turns what they do into events. A key per connection,
// never used twice; a port (what can be sent through) as long as it lives.

import type { Address } from '../model/address.js';
import type { Geometry } from '../model/geometry.js';
import type { PeerId, PeerKey } from '../model/ids.js';
import { PeerConnection, type ConnectionSide } from '../net/peer-connection.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { PeerFeatures } from '../wire/handshake.js';
import { BlockIntake } from './block-intake.js';
import type { Client } from './client.js';
import type { PeerPort } from './peer-port.js';
import type { SessionLoop } from './session-loop.js';
import type { UploadPump } from './upload-pump.js';

const OUR_FEATURES: PeerFeatures = { fast: true, extended: true, dht: false };

export interface PeerRosterOptions {
  readonly client: Client;
  /** 20 bytes, as handshakes carry it. */
  readonly infoHash: Uint8Array;
  readonly geometry: Geometry;
  readonly loop: SessionLoop;
  readonly store: PieceStore;
  readonly pump: () => UploadPump;
  /** Whenever a peer says or sends anything. */
  readonly onMessage: () => void;
}

export class PeerRoster {
  readonly #options: PeerRosterOptions;
  readonly #ports = new Map<PeerKey, PeerPort>();
  readonly #connecting = new AbortController();
  readonly #dialFailures = new Map<string, number>();
  #peersMet = 0;

  constructor(options: PeerRosterOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#ports.size;
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

  /** Answered by `dial-failed` or `peer-connected`. */
  async dial(address: Address): Promise<void> {
    const { client, loop } = this.#options;
    const outcome = await client.dial(address, this.#connecting.signal);
    if (!outcome.ok) {
      this.#failDial(address, outcome.reason);
      return;
    }
    try {
      const key = client.nextPeerKey();
      const connection: PeerConnection<DisconnectReason> = PeerConnection.dialled<DisconnectReason>(
        outcome.link,
        client.connectionLimits,
        this.#side(key, address, outcome.link.remote, () => connection),
      );
    } catch (error) {
      loop.crash(error);
    }
  }

  /** The side that answers an incoming connection; null where there is no room. */
  accept(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null {
    if (this.#connecting.signal.aborted) return null;
    return this.#side(this.#options.client.nextPeerKey(), null, connection.remote, () => connection);
  }

  /** A connection that a library user keeps: what is sent goes to `port`. */
  adopt(peerId: PeerId, address: Address, port: PeerPort): PeerKey {
    const key = this.#options.client.nextPeerKey();
    this.#ports.set(key, port);
    this.#peersMet++;
    const { loop } = this.#options;
    const features: PeerFeatures = { fast: true, extended: false, dht: false };
    loop.dispatch({ type: 'peer-connected', peer: key, peerId, address, remote: address, incoming: true, features });
    return key;
  }

  /** The way in for the bodies of a peer's blocks. */
  intakeFor(peer: PeerKey): BlockIntake {
    const { loop, store, geometry } = this.#options;
    return new BlockIntake(peer, loop, store, geometry);
  }

  /** The connection is over, whoever ended it: its leases and unsent blocks go. */
  forget(peer: PeerKey, reason: DisconnectReason): void {
    const { store, pump, loop } = this.#options;
    if (!this.#ports.delete(peer)) return;
    store.dropSource(peer);
    pump().forget(peer);
    loop.dispatch({ type: 'peer-disconnected', peer, reason });
  }

  /** Ends everything at once; nothing is dialled or accepted after it. */
  close(): void {
    this.#connecting.abort();
    for (const port of this.#ports.values()) port.close('stopping');
  }

  #side(
    key: PeerKey,
    address: Address | null,
    remote: Address,
    connection: () => PeerConnection<DisconnectReason>,
  ): ConnectionSide<DisconnectReason> {
    const { client, infoHash, loop, pump, onMessage } = this.#options;
    let isHandshaken = false;
    return {
      local: { infoHash, peerId: client.peerId, features: OUR_FEATURES },
      handler: {
        sink: this.intakeFor(key),
        onHandshake: ({ peerId, features }) => {
          isHandshaken = true;
          this.#peersMet++;
          this.#ports.set(key, connection());
          onMessage();
          loop.dispatch({ type: 'peer-connected', peer: key, peerId, address, remote, incoming: address === null, features });
        },
        onMessage: (message) => {
          onMessage();
          loop.dispatch({ type: 'message', peer: key, message });
        },
        onWritable: () => pump().onWritable(key),
        onClosed: (reason) => {
          if (isHandshaken) this.forget(key, reason);
          else if (address !== null) this.#failDial(address, reason);
        },
        onFault: (error) => loop.crash(error),
      },
    };
  }

  #failDial(address: Address, reason: DisconnectReason): void {
    if (this.#connecting.signal.aborted) return;
    this.#dialFailures.set(reason, (this.#dialFailures.get(reason) ?? 0) + 1);
    this.#options.loop.dispatch({ type: 'dial-failed', address, reason });
  }
}
