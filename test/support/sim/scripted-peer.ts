// A peer that follows a script in place of a Session: it seeds the content, honestly or in the manner of its traits.

import type { Address } from '../../../src/model/address.js';
import type { Bitfield } from '../../../src/model/bitfield.js';
import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import type { PeerId, PieceIndex } from '../../../src/model/ids.js';
import { OUR_DONTHAVE_ID } from '../../../src/session/extension-ids.js';
import type { PeerFeatures } from '../../../src/wire/handshake.js';
import type { BlockRange, Message } from '../../../src/wire/message.js';
import type { EncryptionPolicy } from '../../../src/wire/mse/encryption-policy.js';
import { contentRange, type Content } from './content.js';
import type { SimLink } from './sim-link.js';
import type { SimNode } from './sim-node.js';
import type { Traits } from './traits.js';
import type { Uplink } from './uplink.js';
import type { World } from './world.js';

export interface ScriptedPeerOptions {
  readonly name: string;
  readonly address: Address;
  readonly peerId: PeerId;
  readonly features: PeerFeatures;
  readonly uplink: Uplink;
  readonly latencyMs: number;
  readonly isListening: boolean;
  readonly encryption: EncryptionPolicy;
  readonly content: Content;
  readonly traits: Traits;
  readonly have: Bitfield;
}

/** What it does on one connection. */
interface Conversation {
  readonly link: SimLink;
  readonly queue: BlockRange[];
  readonly allowed: Set<number>;
  /** Pieces that it took back. */
  readonly forgotten: Set<number>;
  isChoking: boolean;
  delivered: number;
  isServing: boolean;
}

export class ScriptedPeer implements SimNode {
  readonly name: string;
  readonly address: Address;
  readonly peerId: PeerId;
  readonly features: PeerFeatures;
  readonly uplink: Uplink;
  readonly latencyMs: number;
  readonly isListening: boolean;
  readonly encryption: EncryptionPolicy;
  readonly isHonest: boolean;
  isUp = true;
  readonly #world: World;
  readonly #content: Content;
  readonly #traits: Traits;
  readonly #have: Bitfield;
  readonly #conversations = new Map<SimLink, Conversation>();

  constructor(world: World, options: ScriptedPeerOptions) {
    this.name = options.name;
    this.address = options.address;
    this.peerId = options.peerId;
    this.features = options.features;
    this.uplink = options.uplink;
    this.latencyMs = options.latencyMs;
    this.isListening = options.isListening;
    this.encryption = options.encryption;
    this.isHonest = options.traits.corrupt === 0 && options.traits.floodMs === 0;
    this.#world = world;
    this.#content = options.content;
    this.#traits = options.traits;
    this.#have = options.have;
  }

  /** Dials these now and again, where its script says so. */
  start(targets: readonly Address[]): void {
    if (!this.#traits.dials) return;
    for (const target of targets) {
      this.#world.after(this.#world.random.below(3000), () =>
        this.#world.dial(this, target, this.encryption === 'require', () => {}),
      );
    }
  }

  onConnected(link: SimLink): void {
    const talk: Conversation = {
      link,
      queue: [],
      allowed: new Set(),
      forgotten: new Set(),
      isChoking: true,
      delivered: 0,
      isServing: false,
    };
    this.#conversations.set(link, talk);
    const { isSilent, vanishMs, floodMs, isRude, probes, flapMs, forgetMs } = this.#traits;
    if (isSilent) return;
    if (this.#have.isFull && link.features.fast) link.send({ type: 'have-all' });
    else if (this.#world.random.next() < 0.5) link.send({ type: 'bitfield', bytes: this.#have.toBytes() });
    else for (const piece of this.#have) link.send({ type: 'have', piece });
    if (link.features.fast && this.#have.isFull && this.#content.geometry.pieceCount > 1 && this.#world.random.next() < 0.3) {
      for (let i = 0; i < 3; i++) {
        const piece = this.#world.random.below(this.#content.geometry.pieceCount);
        // Now and then it does not keep its word.
        if (this.#world.random.next() < 0.8) talk.allowed.add(piece);
        link.send({ type: 'allowed-fast', piece });
      }
    }
    if (vanishMs > 0) this.#world.after(this.#world.random.below(2 * vanishMs), () => link.sever());
    if (floodMs > 0) this.#every(talk, floodMs, () => this.#flood(link));
    if (isRude) this.#every(talk, 2000, () => this.#beRude(link));
    if (probes) this.#every(talk, 300, () => this.#probe(link));
    if (forgetMs > 0) this.#every(talk, forgetMs, () => this.#changeMemory(talk));
    if (flapMs > 0) this.#every(talk, flapMs, () => this.#setChoking(talk, !talk.isChoking));
  }

  onMessage(link: SimLink, message: Message): void {
    const talk = this.#conversations.get(link);
    if (talk === undefined || this.#traits.isSilent) return;
    if (message.type === 'interested') this.#world.after(this.#world.random.below(50), () => this.#setChoking(talk, false));
    else if (message.type === 'request') this.#accept(talk, message);
    else if (message.type === 'cancel') this.#cancel(talk, message);
  }

  onBlockStart(): void {}

  onBlockEnd(): void {}

  onClosed(link: SimLink): void {
    this.#conversations.delete(link);
  }

  #every(talk: Conversation, periodMs: number, act: () => void): void {
    const { world, link } = { world: this.#world, link: talk.link };
    const tick = (): void => {
      if (!link.isOpen) return;
      act();
      world.after(periodMs, tick);
    };
    world.after(periodMs, tick);
  }

  #setChoking(talk: Conversation, isChoking: boolean): void {
    if (talk.isChoking === isChoking || !talk.link.isOpen) return;
    talk.isChoking = isChoking;
    talk.link.send({ type: isChoking ? 'choke' : 'unchoke' });
    if (!isChoking) return;
    for (const range of talk.queue.splice(0)) {
      if (talk.allowed.has(range.piece)) talk.queue.push(range);
      else if (talk.link.features.fast) talk.link.send({ type: 'reject', ...range });
    }
  }

  /** Takes a piece back, with the requests for it, or has it again: never more than one is forgotten. */
  #changeMemory(talk: Conversation): void {
    const [forgotten] = talk.forgotten;
    if (forgotten !== undefined) {
      talk.forgotten.clear();
      talk.link.send({ type: 'have', piece: forgotten });
      return;
    }
    if (!talk.link.features.extended) return;
    const piece = this.#world.random.below(this.#content.geometry.pieceCount);
    if (!this.#have.has(piece as PieceIndex)) return;
    talk.forgotten.add(piece);
    talk.link.send({ type: 'extended', id: OUR_DONTHAVE_ID, payload: Uint8Array.of(0, 0, 0, piece) });
    for (const range of talk.queue.splice(0)) {
      if (range.piece !== piece) talk.queue.push(range);
      else if (talk.link.features.fast) talk.link.send({ type: 'reject', ...range });
    }
  }

  #accept(talk: Conversation, { piece, begin, length }: BlockRange): void {
    const range = { piece, begin, length };
    const { fast } = talk.link.features;
    const isChoked = (talk.isChoking && !talk.allowed.has(piece)) || talk.forgotten.has(piece);
    const isRefused = fast && (isChoked || this.#world.random.next() < this.#traits.rejects);
    if (isRefused) talk.link.send({ type: 'reject', ...range });
    else if (!isChoked && talk.delivered < this.#traits.deliversBlocks) {
      talk.queue.push(range);
      this.#serve(talk);
    }
  }

  #cancel(talk: Conversation, { piece, begin, length }: BlockRange): void {
    const index = talk.queue.findIndex((other) => other.piece === piece && other.begin === begin);
    if (index < 0) return;
    talk.queue.splice(index, 1);
    if (talk.link.features.fast) talk.link.send({ type: 'reject', piece, begin, length });
  }

  /** One block after the other, so that a choke or a cancel finds the rest still waiting. */
  #serve(talk: Conversation): void {
    if (talk.isServing) return;
    const range = talk.queue.shift();
    if (range === undefined) return;
    talk.isServing = true;
    this.#world.after(this.#traits.delayMs, () => {
      const bytes = this.#blockOf(range);
      talk.delivered++;
      talk.link.sendBlock({ piece: range.piece, begin: range.begin, bytes }, () => {
        talk.isServing = false;
        if (talk.link.isOpen) this.#serve(talk);
      });
    });
  }

  #blockOf({ piece: index, begin, length }: BlockRange): Uint8Array {
    const piece = this.#content.geometry.validatePieceIndex(index);
    if (piece === null) return new Uint8Array(length);
    const truth = contentRange(this.#content, piece, begin, length);
    if (this.#world.random.next() >= this.#traits.corrupt) return truth;
    const lie = truth.slice();
    const at = this.#world.random.below(lie.length);
    lie[at] = lie[at] ^ (1 + this.#world.random.below(255));
    return lie;
  }

  #flood(link: SimLink): void {
    const piece = this.#world.random.below(this.#content.geometry.pieceCount + 1);
    const begin = this.#world.random.below(4) * BLOCK_LENGTH;
    link.sendBlock({ piece, begin, bytes: new Uint8Array(BLOCK_LENGTH).fill(0x55) }, () => {});
  }

  #beRude(link: SimLink): void {
    const { pieceCount } = this.#content.geometry;
    const rudeness: Message[] = [
      { type: 'have', piece: pieceCount },
      { type: 'have', piece: 2 ** 32 - 1 },
      { type: 'bitfield', bytes: new Uint8Array(1 + Math.ceil(pieceCount / 8)) },
      { type: 'bitfield', bytes: new Uint8Array(0) },
      { type: 'have-all' },
      { type: 'reject', piece: 0, begin: 1, length: 3 },
      { type: 'allowed-fast', piece: pieceCount + 5 },
      { type: 'extended', id: 0, payload: new Uint8Array([100, 1, 2]) },
      { type: 'unknown', id: 99, length: 7 },
      { type: 'suggest', piece: 2 ** 31 },
    ];
    link.send(rudeness[this.#world.random.below(rudeness.length)]);
  }

  #probe(link: SimLink): void {
    const { random } = this.#world;
    const range = {
      piece: random.below(this.#content.geometry.pieceCount + 1),
      begin: random.below(40_000),
      length: random.below(200_000),
    };
    const isSensible = random.next() < 0.5;
    const asked = isSensible ? { ...range, begin: 0, length: Math.min(range.length, 4096) } : range;
    if (random.next() < 0.2) link.send({ type: random.next() < 0.5 ? 'interested' : 'not-interested' });
    link.send({ type: random.next() < 0.2 ? 'cancel' : 'request', ...asked });
  }
}
