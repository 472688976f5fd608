// One peer that is only looked at: dialled (plain, then encrypted, as the policy of the client has it) or come by itself, greeted, and
// listened to until it has said who it is, what it has, and that it would send it (BEP 3: who is not interested is not unchoked). No data is asked
// for; we say that we have nothing, and go.

import type { Address } from '../model/address.js';
import { equalBytes } from '../model/ids.js';
import { PeerConnection, type ConnectionSide } from '../net/peer-connection.js';
import type { Link } from '../net/transport.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { AddressSource } from '../session/events.js';
import { OUR_PEX_ID } from '../session/extension-ids.js';
import type { BlockSink } from '../wire/block-sink.js';
import { encodeExtendedHandshake } from '../wire/extension.js';
import type { Handshake } from '../wire/handshake.js';
import { UT_PEX } from '../wire/ut-pex.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { monotonicNow } from './monotonic-clock.js';
import { PeerFacts } from './peer-facts.js';
import { USER_AGENT } from './version.js';

/** `untried`: its turn did not come. `dialling`: no answer, so far. */
export type ProbeResult = 'untried' | 'dialling' | 'connected' | DisconnectReason;

/** What probes of one torrent have in common. */
export interface ProbeTerms {
  readonly client: Client;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Null where the metadata is not known. */
  readonly pieceCount: number | null;
  /** Peers are asked for other peers. */
  readonly usesPex: boolean;
  /** Cuts dials. */
  readonly signal: AbortSignal;
  readonly onAddresses: (addresses: readonly Address[]) => void;
  /** Something of it is known now that was not. */
  readonly onChange: () => void;
  readonly onCrash: (error: unknown) => void;
}

const NO_BLOCKS: BlockSink = { begin: () => false, write: () => {}, end: () => {} };

export class PeerProbe {
  readonly address: Address;
  /** Who named it. */
  readonly sources = new Set<AddressSource>();
  readonly #terms: ProbeTerms;
  #result: ProbeResult = 'untried';
  #facts: PeerFacts | null = null;
  #isEncrypted: boolean | null = null;
  #isInterested = false;
  #rttMs: number | null = null;
  #connection: PeerConnection<DisconnectReason> | null = null;
  #hasPlace = false;
  #isThrough = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(address: Address, source: AddressSource, terms: ProbeTerms) {
    this.address = address;
    this.sources.add(source);
    this.#terms = terms;
  }

  get result(): ProbeResult {
    return this.#result;
  }

  /** Null before its handshake; kept when it has gone. */
  get facts(): PeerFacts | null {
    return this.#facts;
  }

  /** The peer speaks Message Stream Encryption with us; null before the handshake. */
  get isEncrypted(): boolean | null {
    return this.#isEncrypted;
  }

  /** From the dial to the connection; null for one that came by itself. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** Nothing more is to be expected of it. */
  get isThrough(): boolean {
    return this.#isThrough;
  }

  /** Resolves when it is through. Never rejects. */
  async dial(): Promise<void> {
    const { client, signal, onCrash } = this.#terms;
    this.#result = 'dialling';
    try {
      const ways = client.encryption === 'prefer' ? [false, true] : [client.encryption === 'require'];
      for (const isEncrypted of ways) {
        await this.#dialBy(isEncrypted);
        if (this.result !== 'closed-in-handshake' || signal.aborted) break;
      }
    } catch (error) {
      onCrash(error);
    } finally {
      this.#end();
    }
  }

  /** It came by itself; null: there is no room. */
  accept(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null {
    const { client, signal } = this.#terms;
    if (signal.aborted || !client.takePlace()) return null;
    this.#hasPlace = true;
    this.#connection = connection;
    return this.#side(() => this.#end());
  }

  close(): void {
    this.#connection?.close('stopping');
    this.#end();
  }

  /** Until the peer is through, or the dial has failed. */
  async #dialBy(isEncrypted: boolean): Promise<void> {
    const { client, infoHash, signal } = this.#terms;
    const startedAt = monotonicNow();
    const outcome = await client.dial(this.address, signal, isEncrypted ? infoHash : null);
    if (!outcome.ok) {
      // What the end of the time cuts has not failed.
      if (!signal.aborted) this.#result = outcome.reason;
      return;
    }
    this.#hasPlace = true;
    if (signal.aborted) {
      outcome.link.close();
      this.#leave();
      return;
    }
    this.#rttMs = monotonicNow() - startedAt;
    await this.#greet(outcome.link);
  }

  #greet(link: Link): Promise<void> {
    return new Promise((resolve) => {
      this.#connection = PeerConnection.dialled<DisconnectReason>(link, this.#terms.client.connectionLimits, this.#side(resolve));
      // Whoever closes at once, before this returns, has been heard.
      if (this.#connection.isClosed) resolve();
    });
  }

  #side(onThrough: () => void): ConnectionSide<DisconnectReason> {
    const { client, infoHash, onCrash } = this.#terms;
    const through = (): void => {
      this.#end();
      onThrough();
    };
    return {
      local: { infoHash, peerId: client.peerId, features: { fast: true, extended: true, dht: false } },
      handler: {
        sink: NO_BLOCKS,
        onHandshake: (handshake) => this.#hearHandshake(handshake, through),
        onMessage: (message) => {
          const addresses = this.#facts?.hear(message) ?? [];
          if (message.type === 'extended') this.#hearOfUs();
          this.#showInterest();
          if (addresses.length > 0) this.#terms.onAddresses(addresses);
          if (this.#facts?.isThrough(this.#terms.usesPex) === true) through();
        },
        onWritable: () => {},
        onClosed: (reason) => {
          this.#leave();
          // Once it has been met it stays so, unless it broke the rules.
          const isVerdict = this.#facts === null || reason === 'protocol-error' || reason === 'self-connection';
          // What we cut ourselves has not failed.
          if (isVerdict && reason !== 'stopping') this.#result = reason;
          if (this.#facts === null) onThrough();
          else through();
        },
        onFault: (error) => {
          this.#leave();
          onCrash(error);
          through();
        },
      },
    };
  }

  #hearHandshake(handshake: Handshake, through: () => void): void {
    const { client, pieceCount, usesPex } = this.#terms;
    const connection = this.#connection;
    // The dialled connection itself: it is known when its handshake has come.
    if (connection === null) return;
    if (equalBytes(handshake.peerId, client.peerId)) {
      setImmediate(() => connection.close('self-connection'));
      return;
    }
    const { remote } = connection;
    this.#result = 'connected';
    this.#isEncrypted = connection.isEncrypted;
    this.#facts = new PeerFacts(remote, handshake, pieceCount);
    const { fast, extended } = handshake.features;
    if (fast) connection.send({ type: 'have-none' });
    if (extended) {
      const extensions = new Map(usesPex ? [[UT_PEX, OUR_PEX_ID]] : []);
      const payload = encodeExtendedHandshake({ extensions, client: USER_AGENT, yourIp: remote.host });
      connection.send({ type: 'extended', id: 0, payload });
    }
    // Who has nothing may say nothing (BEP 3), and nobody has to send a list of peers.
    this.#timer = setTimeout(through, CONFIG.probe.settleMs);
    this.#terms.onChange();
  }

  #hearOfUs(): void {
    const { remote } = this.#connection ?? {};
    const yourIp = this.#facts?.yourIp ?? null;
    if (remote !== undefined && yourIp !== null) this.#terms.client.externalAddresses.hearFromPeer(remote, yourIp);
  }

  #showInterest(): void {
    if (this.#isInterested || this.#facts === null || this.#facts.progress === 0) return;
    this.#isInterested = true;
    this.#connection?.send({ type: 'interested' });
  }

  #end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isThrough) return;
    this.#isThrough = true;
    // The trackers have been told of us, and others may dial us back: it is left as soon as it is known.
    this.#connection?.close('stopping');
    this.#terms.onChange();
  }

  #leave(): void {
    if (this.#hasPlace) this.#terms.client.leavePlace();
    this.#hasPlace = false;
  }
}
