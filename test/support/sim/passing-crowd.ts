// Leechers that come to a seed, take a little and go, thousands of them one after the other, in the time of its driver: some come, some are
// dialled, some ask for more than they wait for, name others (BEP 11), want the metadata (BEP 9), or break the rules. All chance comes
// from one seed, and what is known of a peer here goes with the peer: what stays behind is the session's.

import { type Address, createAddress } from '../../../src/model/address.js';
import type { PeerKey } from '../../../src/model/ids.js';
import { createRandom, type Random } from '../../../src/model/random.js';
import type { SessionAction } from '../../../src/session/actions.js';
import type { DisconnectReason } from '../../../src/session/disconnect-reason.js';
import type { AddressSource } from '../../../src/session/events.js';
import { OUR_METADATA_ID, OUR_PEX_ID } from '../../../src/session/extension-ids.js';
import { encodeExtendedHandshake } from '../../../src/wire/extension.js';
import type { Message } from '../../../src/wire/message.js';
import { encodeMetadataMessage } from '../../../src/wire/ut-metadata.js';
import { encodePexMessage, PEX_FLAGS } from '../../../src/wire/ut-pex.js';
import { BLOCK, type SessionDriver } from '../session-driver.js';

const WAVE_PEERS = 20;
/** They stay so long at most, in steps of one choking round. */
const WAVE_MS = 30_000;
const STEP_MS = 10_000;
const REQUESTS = 30;
const ENDS: readonly DisconnectReason[] = ['closed-by-peer', 'connection-error', 'send-failure'];
const SOURCES: readonly AddressSource[] = ['tracker', 'dht', 'pex', 'lsd', 'link'];

interface Visitor {
  /** Pieces that it was told of; empty: it takes what there is. */
  readonly told: number[];
  /** Bytes of blocks handed out that its connection has not taken. */
  readonly unsettled: number[];
}

export class PassingCrowd {
  /** So far. */
  peersMet = 0;
  blocksSent = 0;
  readonly #driver: SessionDriver;
  readonly #pieces: number;
  readonly #random: Random;
  readonly #here = new Map<PeerKey, Visitor>();
  #serial = 1;
  #strangers = 1;

  constructor(driver: SessionDriver, pieces: number, seed: number) {
    this.#driver = driver;
    this.#pieces = pieces;
    this.#random = createRandom(seed);
  }

  /** Until so many more were met, and all of them have gone again. */
  pass(peers: number): void {
    const enough = this.peersMet + peers;
    while (this.peersMet < enough) {
      this.#nameStrangers();
      for (let arrived = 0; arrived < WAVE_PEERS; arrived++) this.#arrive();
      for (let passed = 0; passed < WAVE_MS; passed += STEP_MS) {
        this.#driver.pass(STEP_MS);
        this.#follow();
        for (const peer of Array.from(this.#here.keys())) if (this.#random.next() < 0.3) this.#leave(peer);
      }
      // Whoever goes makes room for another one to be dialled.
      while (this.#here.size > 0) for (const peer of Array.from(this.#here.keys())) this.#leave(peer);
    }
  }

  #arrive(): void {
    this.#connect(this.#address(), true);
  }

  #connect(address: Address, incoming: boolean): void {
    const [fast, extended] = [this.#random.next() < 0.8, this.#random.next() < 0.9];
    const serial = this.#serial++;
    const id = 1 + (serial % 99);
    const peer = this.#driver.connect(serial, { incoming, id, address, features: { fast, extended, dht: false } });
    if (!this.#driver.session.hasPeer(peer)) return;
    this.peersMet++;
    this.#here.set(peer, { told: [], unsettled: [] });
    if (fast) this.#say(peer, { type: 'have-none' });
    if (extended) this.#sayExtended(peer, incoming ? address.port : undefined);
    if (this.#random.next() < 0.9) this.#say(peer, { type: 'interested' });
    this.#follow();
  }

  #sayExtended(peer: PeerKey, port: number | undefined): void {
    const random = this.#random;
    const extensions = new Map([
      ['ut_pex', 1],
      ['ut_metadata', 2],
      ['upload_only', 3],
    ]);
    const payload = encodeExtendedHandshake({
      extensions,
      client: `leecher ${random.below(1000)}`,
      yourIp: `203.0.113.${random.below(200)}`,
      ...(port === undefined || random.next() < 0.5 ? {} : { port }),
    });
    this.#say(peer, { type: 'extended', id: 0, payload });
    const added = Array.from({ length: random.below(6) }, () => ({ address: this.#address(), flags: PEX_FLAGS.isReachable }));
    this.#say(peer, { type: 'extended', id: OUR_PEX_ID, payload: encodePexMessage({ added, dropped: [] }) });
    if (random.next() < 0.3) {
      this.#say(peer, { type: 'extended', id: OUR_METADATA_ID, payload: encodeMetadataMessage({ type: 'request', piece: 0 }) });
    }
  }

  #nameStrangers(): void {
    const addresses = Array.from({ length: 5 }, () => this.#address());
    this.#driver.handle({ type: 'addresses-found', source: SOURCES[this.#random.below(SOURCES.length)], addresses });
    this.#follow();
  }

  #leave(peer: PeerKey): void {
    const visitor = this.#here.get(peer);
    this.#here.delete(peer);
    const reason = ENDS[this.#random.below(ENDS.length)];
    if (this.#driver.session.hasPeer(peer)) this.#driver.handle({ type: 'peer-disconnected', peer, reason });
    for (const length of visitor?.unsettled ?? []) this.#driver.handle({ type: 'block-settled', peer, length, sent: false });
    this.#follow();
  }

  #say(peer: PeerKey, message: Message): void {
    if (this.#driver.session.hasPeer(peer)) this.#driver.say(peer, message);
  }

  /** Does what the session asked for, and answers, until nothing more comes of it. */
  #follow(): void {
    const { actions } = this.#driver;
    while (actions.length > 0) for (const action of actions.splice(0)) this.#answer(action);
  }

  #answer(action: SessionAction): void {
    switch (action.type) {
      case 'dial':
        if (this.#random.next() < 0.3) this.#connect(action.address, false);
        else this.#driver.handle({ type: 'dial-failed', address: action.address, reason: 'connect-timeout' });
        return;
      case 'send':
        this.#hear(action.peer, action.message);
        return;
      case 'send-block':
        this.#take(action.peer, action.length);
        return;
      default:
        return;
    }
  }

  #hear(peer: PeerKey, message: Message): void {
    if (message.type === 'have') this.#here.get(peer)?.told.push(message.piece);
    else if (message.type === 'unchoke') this.#ask(peer);
  }

  #ask(peer: PeerKey): void {
    const random = this.#random;
    const told = this.#here.get(peer)?.told ?? [];
    for (let asked = 0; asked < REQUESTS; asked++) {
      const piece = told.length > 0 ? told[random.below(told.length)] : random.below(this.#pieces);
      const range = { piece, begin: 0, length: random.next() < 0.9 ? BLOCK : 1 + random.below(BLOCK) };
      this.#say(peer, { type: 'request', ...range });
      if (random.next() < 0.1) this.#say(peer, { type: 'cancel', ...range });
      if (random.next() < 0.2) this.#say(peer, { type: 'have', piece });
    }
    // What no peer may say.
    if (random.next() < 0.02) this.#say(peer, { type: 'have', piece: this.#pieces });
  }

  #take(peer: PeerKey, length: number): void {
    // Now and then the rest of what it asked for waits for a connection that takes nothing any more.
    const visitor = this.#here.get(peer);
    if (visitor !== undefined && this.#random.next() < 0.05) visitor.unsettled.push(length);
    else this.#driver.handle({ type: 'block-settled', peer, length, sent: visitor !== undefined });
    this.blocksSent++;
  }

  /** One that nobody had before. */
  #address(): Address {
    const serial = this.#strangers++;
    const address = createAddress(`${20 + (serial >> 16)}.${(serial >> 8) & 255}.${serial & 255}.7`, 6881);
    if (address === null) throw new Error(`no address ${serial}`);
    return address;
  }
}
