// A real Session in the simulated swarm: it executes every action as the engine does, turns what the world does into events,
// and has its invariants checked after each of them.

import { addressKey, createAddress, type Address } from '../../../src/model/address.js';
import type { Bitfield } from '../../../src/model/bitfield.js';
import { ExternalAddresses } from '../../../src/model/external-addresses.js';
import type { PeerId, PeerKey, PieceIndex } from '../../../src/model/ids.js';
import { createRandom } from '../../../src/model/random.js';
import type { SessionAction } from '../../../src/session/actions.js';
import type { DisconnectReason } from '../../../src/session/disconnect-reason.js';
import type { SessionEvent } from '../../../src/session/events.js';
import type { RequestPace, SessionLimits } from '../../../src/session/limits.js';
import type { Notice } from '../../../src/session/notices.js';
import type { PiecePlan } from '../../../src/session/piece-plan.js';
import { Session } from '../../../src/session/session.js';
import type { PeerFeatures } from '../../../src/wire/handshake.js';
import type { Message } from '../../../src/wire/message.js';
import type { EncryptionPolicy } from '../../../src/wire/mse/encryption-policy.js';
import type { Content } from './content.js';
import { ActionChecks } from './action-checks.js';
import { checkSession } from './session-checks.js';
import type { SimBudget } from './sim-budget.js';
import { SimDisk } from './sim-disk.js';
import type { BlockMessage, SimLink } from './sim-link.js';
import type { SimNode } from './sim-node.js';
import { SimWebSeeds, type SimWebSeed } from './sim-web-seeds.js';
import type { Uplink } from './uplink.js';
import { must } from './violation.js';
import { WireMirror } from './wire-mirror.js';
import type { World } from './world.js';

/** So many time-outs in a row at one moment are a loop that never ends. */
const MAX_IDLE_TIMEOUTS = 3;
/** The dear checks run once in so many events. */
const THOROUGH_EVERY = 8;

export interface SessionNodeOptions {
  readonly name: string;
  readonly address: Address;
  readonly peerId: PeerId;
  readonly features: PeerFeatures;
  readonly uplink: Uplink;
  readonly latencyMs: number;
  readonly isListening: boolean;
  readonly content: Content;
  readonly have: Bitfield;
  readonly limits: SessionLimits;
  readonly budget: SimBudget;
  readonly seeds: boolean;
  /** Default false. */
  readonly superSeeds?: boolean;
  readonly encryption: EncryptionPolicy;
  readonly writeMs: number;
  /** It reads instead of downloading all. */
  readonly reads?: { readonly holds?: boolean };
  /** A download limit. */
  readonly pace?: RequestPace | null;
  readonly webSeeds?: readonly SimWebSeed[];
  /** Which pieces, and in which order. */
  readonly plan?: PiecePlan | null;
  /** A broken session, for the tests of the simulator itself: what it changes is all that is executed. */
  readonly sabotage?: (action: SessionAction) => SessionAction | null;
}

export class SessionNode implements SimNode {
  readonly name: string;
  readonly address: Address;
  readonly peerId: PeerId;
  readonly features: PeerFeatures;
  readonly uplink: Uplink;
  readonly latencyMs: number;
  readonly isListening: boolean;
  readonly isHonest = true;
  readonly encryption: EncryptionPolicy;
  isUp = true;
  readonly disk: SimDisk;
  readonly session: Session;
  readonly notices: Notice[] = [];
  readonly checks: ActionChecks;
  readonly webSeeds: SimWebSeeds;
  readonly content: Content;
  /** Called when a piece was stored. */
  onStored: () => void = () => {};
  completedAt: number | null = null;
  readonly #world: World;
  readonly #options: SessionNodeOptions;
  readonly #links = new Map<PeerKey, SimLink>();
  readonly #mirrors = new Map<PeerKey, WireMirror>();
  readonly #dialing = new Set<string>();
  #eventCount = 0;
  #idleTimeouts = 0;
  #lastTimeoutAt = -1;
  #wakeSerial = 0;
  #wakeAt: number | null = null;

  constructor(world: World, options: SessionNodeOptions) {
    this.name = options.name;
    this.address = options.address;
    this.peerId = options.peerId;
    this.features = options.features;
    this.uplink = options.uplink;
    this.latencyMs = options.latencyMs;
    this.isListening = options.isListening;
    this.encryption = options.encryption;
    this.content = options.content;
    this.#world = world;
    this.#options = options;
    this.checks = new ActionChecks(world, options.content, options.limits, this.#links, this.#mirrors, this.#wanted);
    const { content, have, writeMs, limits, seeds, peerId, budget } = options;
    this.disk = new SimDisk(
      world,
      content,
      have,
      writeMs,
      (event) => {
        this.handle(event);
        if (event.type === 'piece-stored' && this.isUp) this.onStored();
      },
      (_piece, sources) => this.checks.badPiece(sources),
    );
    this.webSeeds = new SimWebSeeds({
      world,
      content,
      disk: this.disk,
      seeds: options.webSeeds ?? [],
      session: () => this.session,
      onEvent: (event) => this.handle(event),
    });
    const settings = {
      plan: options.plan ?? null,
      infoHash: { v1: new Uint8Array(20).fill(7) },
      geometry: content.geometry,
      limits,
      peerId,
      listenPort: options.isListening ? options.address.port : null,
      clientVersion: 'sim 1',
      infoBytes: new Uint8Array(100),
      isPrivate: false,
      usesPex: true,
      encryption: options.encryption,
      externalAddresses: new ExternalAddresses(100),
      seeds,
      superSeeds: options.superSeeds === true,
      reads: options.reads !== undefined,
      holdsRead: options.reads?.holds === true,
    };
    const random = createRandom(world.random.below(2 ** 31));
    this.session = new Session(settings, random, budget, content.isPadding, world.now, options.pace);
  }

  get isExact(): boolean {
    return this.disk.isExact(this.#wanted);
  }

  get #wanted(): Bitfield | null {
    return this.#options.plan?.wanted ?? null;
  }

  /** For the message of a failure. */
  describe(): Record<string, unknown> {
    const { tracker, peers, blame, hasIdlePeer, webSeeds } = this.session.inspect();
    return {
      name: this.name,
      have: `${tracker.have.count}/${tracker.have.length}`,
      hasIdlePeer,
      webSeeds: webSeeds.all.map((seed) => ({
        isDropped: seed.isDropped,
        retryAt: seed.retryAt,
        runs: seed.links.map((link) => link.run),
      })),
      open: [...tracker.openPieces()].map(
        (open) =>
          `${open.piece}: ${open.receivedCount}/${open.blockCount}, free ${open.unrequested}${open.isExclusive ? ' exclusive' : ''}`,
      ),
      peers: [...peers.values()].map((peer) => ({
        name: this.#links.get(peer.key)?.far.node.name,
        asked: peer.requests.length,
        depth: peer.requests.depth,
        wanted: peer.wantedCount,
        flags: [
          peer.peerChoking && 'choking',
          peer.requests.isSnubbed && 'snubbed',
          blame.isSuspect(peer.key) && 'suspect',
          blame.isProven(peer.key) && 'proven',
        ].filter(Boolean),
        unverified: [...peer.unverified],
      })),
    };
  }

  start(): void {
    this.handle({ type: 'checked', have: this.disk.have.clone() });
    this.webSeeds.start();
    this.#announce();
  }

  stop(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.handle({ type: 'stop' });
    must(this.#options.budget.reserved === 0, 'the budget is whole again at the end', () => ({
      left: this.#options.budget.reserved,
    }));
    must(this.#mirrors.size === 0, 'a stopped session has no connection', () => ({ open: this.#mirrors.size }));
    must(this.session.nextTimeout() === null, 'a stopped session waits for nothing');
    this.disk.discardActive();
  }

  handle(event: SessionEvent): void {
    const { now } = this.#world;
    if (event.type === 'timeout') {
      this.#idleTimeouts = now === this.#lastTimeoutAt ? this.#idleTimeouts + 1 : 0;
      this.#lastTimeoutAt = now;
      must(this.#idleTimeouts < MAX_IDLE_TIMEOUTS, 'a timeout makes progress', () => ({ node: this.name, now }));
    }
    if (event.type === 'message') this.#mirrors.get(event.peer)?.heard(event.message);
    const sabotage = this.#options.sabotage ?? ((action: SessionAction): SessionAction => action);
    for (const action of this.session.handle(event, now)) {
      const executed = sabotage(action);
      if (executed !== null) this.#execute(executed);
    }
    const parts = {
      session: this.session,
      content: this.#options.content,
      limits: this.#options.limits,
      disk: this.disk,
      budget: this.#options.budget,
      mirrors: this.#mirrors,
      halfOpen: this.#dialing.size,
      wanted: this.#wanted,
    };
    if (this.isUp) checkSession(parts, this.#eventCount++ % THOROUGH_EVERY === 0);
    this.#scheduleWake();
  }

  onConnected(link: SimLink): void {
    const { far, key, incoming, features } = link;
    if (!this.isUp) {
      link.close();
      return;
    }
    this.#links.set(key, link);
    this.#mirrors.set(key, new WireMirror(this.#options.content.geometry, features.fast));
    const address = incoming ? null : far.node.address;
    if (address !== null) this.#dialing.delete(addressKey(address));
    const remote = address ?? createAddress(far.node.address.host, this.#world.nextEphemeralPort());
    must(remote !== null, 'nodes have addresses');
    this.handle({ type: 'peer-connected', peer: key, peerId: far.node.peerId, address, remote, incoming, features });
  }

  onMessage(link: SimLink, message: Message): void {
    if (this.#links.has(link.key)) this.handle({ type: 'message', peer: link.key, message });
  }

  onBlockStart(link: SimLink, block: BlockMessage, token: { isWanted: boolean }): void {
    const piece = this.#options.content.geometry.validatePieceIndex(block.piece);
    const isExpected = piece !== null && this.session.expectsBlock(link.key, piece, block.begin, block.bytes.length);
    token.isWanted = isExpected && this.disk.begin(link.key, piece, block.begin, block.bytes.length);
    must(!isExpected || token.isWanted, 'what the session expects, the disk wants', () => ({
      piece: block.piece,
      begin: block.begin,
    }));
  }

  onBlockEnd(link: SimLink, block: BlockMessage, token: { isWanted: boolean }): void {
    const { key: peer } = link;
    const piece = this.#options.content.geometry.validatePieceIndex(block.piece);
    const length = block.bytes.length;
    if (!token.isWanted || piece === null) {
      this.handle({ type: 'block-unexpected', peer, piece: block.piece, begin: block.begin, length });
      return;
    }
    const kept = this.disk.end(peer, block.bytes);
    const mirror = this.#mirrors.get(peer);
    if (kept)
      must(mirror?.hasAsked({ piece, begin: block.begin }) === true, 'a block that is kept was asked for', () => ({ piece }));
    if (kept) mirror?.blockCame({ piece, begin: block.begin });
    this.handle({ type: 'block-received', peer, piece, begin: block.begin, length, kept });
  }

  onClosed(link: SimLink, reason: DisconnectReason): void {
    if (!this.#links.has(link.key)) return;
    this.#forget(link.key);
    this.handle({ type: 'peer-disconnected', peer: link.key, reason });
  }

  #execute(action: SessionAction): void {
    const world = this.#world;
    switch (action.type) {
      case 'dial':
        this.#dial(action.address, action.isEncrypted);
        return;
      case 'disconnect': {
        const link = this.#links.get(action.peer);
        this.#forget(action.peer);
        link?.close();
        return;
      }
      case 'send': {
        const link = this.#links.get(action.peer);
        must(link !== undefined, 'messages go to open connections', () => ({ message: action.message.type }));
        this.checks.send(this.session, action.peer, action.message);
        this.#mirrors.get(action.peer)?.sent(action.message);
        link.send(action.message);
        return;
      }
      case 'send-block': {
        const link = this.#links.get(action.peer);
        const { peer, piece, begin, length } = action;
        must(link !== undefined, 'blocks go to open connections');
        const isHidden = this.session.inspect().isHidingPieces && this.#mirrors.get(peer)?.told.has(piece) !== true;
        must(!isHidden, 'a super-seed serves what it has revealed', () => ({ peer, piece }));
        const bytes = this.disk.read(piece, begin, length);
        link.sendBlock({ piece, begin, bytes }, (sent) => this.handle({ type: 'block-settled', peer, length, sent }));
        return;
      }
      case 'revoke-lease':
        this.disk.revokeBlock(action.peer, action.piece, action.begin);
        return;
      case 'store-piece':
        this.disk.store(action.piece, action.digests);
        return;
      case 'discard-piece':
        this.disk.discard(action.piece);
        return;
      case 'forget-piece':
        for (const { told } of this.#mirrors.values())
          must(!told.has(action.piece), 'what was told of stays', () => ({ ...action }));
        this.disk.forget(action.piece);
        return;
      case 'fetch-run':
        for (let piece = action.first as number; piece < action.end; piece++) {
          const isChosen = action.isWholeFiles || this.#wanted?.has(piece as PieceIndex) !== false;
          must(isChosen, 'no run holds what was not chosen', () => ({ ...action, piece }));
        }
        this.webSeeds.fetch(action);
        return;
      case 'resume-run':
        this.webSeeds.resume(action.link);
        return;
      case 'abort-run':
        this.webSeeds.abort(action.link);
        return;
      case 'announce':
        if (action.event === 'completed')
          must(this.disk.have.isFull, 'only who has everything announces that it has', () => ({ node: this.name }));
        this.#announce();
        return;
      case 'notice':
        this.notices.push(action.notice);
        this.checks.notice(action.notice);
        if (action.notice.type === 'web-seed-banned') this.webSeeds.banned(action.notice.name);
        return;
      case 'complete':
        must(this.completedAt === null, 'a session completes once');
        must(this.disk.isExact(this.#wanted), 'a complete session has every byte', () => ({ node: this.name }));
        this.completedAt = world.now;
        if (!this.#options.seeds) world.after(0, () => this.stop());
        return;
    }
  }

  #dial(address: Address, isEncrypted: boolean): void {
    const key = addressKey(address);
    this.checks.dial(address);
    must(!this.#dialing.has(key), 'an address is dialled once at a time', () => ({ key }));
    this.#dialing.add(key);
    this.#world.dial(this, address, isEncrypted, (reason) => {
      this.#dialing.delete(key);
      this.handle({ type: 'dial-failed', address, reason });
    });
  }

  #announce(): void {
    this.#world.announce(this, (addresses) => {
      if (this.isUp) this.handle({ type: 'addresses-found', source: 'tracker', addresses });
    });
  }

  #forget(peer: PeerKey): void {
    this.disk.dropSource(peer);
    this.#links.delete(peer);
    this.#mirrors.delete(peer);
  }

  #scheduleWake(): void {
    const next = this.session.nextTimeout();
    if (next === this.#wakeAt) return;
    this.#wakeAt = next;
    const serial = ++this.#wakeSerial;
    if (next === null) return;
    this.#world.at(next, () => {
      if (serial !== this.#wakeSerial) return;
      this.#wakeAt = null;
      this.handle({ type: 'timeout' });
    });
  }
}
