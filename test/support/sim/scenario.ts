// A swarm from a seed: its torrent, its participants and their links. At least one honest seed can always be reached.

import { createAddress, type Address } from '../../../src/model/address.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { createRandom, type Random } from '../../../src/model/random.js';
import type { SessionAction } from '../../../src/session/actions.js';
import type { RequestPace, SessionLimits } from '../../../src/session/limits.js';
import type { PeerFeatures } from '../../../src/wire/handshake.js';
import type { EncryptionPolicy } from '../../../src/wire/mse/encryption-policy.js';
import { createContent, type Content } from './content.js';
import { SIM_LIMITS } from './limits.js';
import { drawPlan, type ChoiceSpec } from './file-choice.js';
import { ScriptedPeer } from './scripted-peer.js';
import { SessionNode } from './session-node.js';
import { SimBudget } from './sim-budget.js';
import { SimReader, type ReadSpec } from './sim-reader.js';
import { HONEST_WEB_SEED, type SimWebSeed } from './sim-web-seeds.js';
import { traitsOf, type ScriptedKind, type Traits } from './traits.js';
import { Uplink } from './uplink.js';
import { must } from './violation.js';
import { World } from './world.js';

const KINDS: readonly ScriptedKind[] = [
  'plain',
  'liar',
  'staller',
  'silent',
  'vanishing',
  'flapper',
  'rejecter',
  'dripper',
  'have-liar',
  'flooder',
  'rude',
  'twin',
  'prober',
  'forgetter',
];

export interface ContentSpec {
  readonly totalLength: number;
  readonly pieceLength: number;
  /** Share of blocks that are padding. */
  readonly padding: number;
}

export interface LinkSpec {
  readonly bytesPerSecond: number;
  readonly latencyMs: number;
  /** How its connections begin, in and out. Default `prefer`. */
  readonly encryption?: EncryptionPolicy;
}

export type MemberSpec =
  | ({
      readonly role: 'seed';
      /** Default false. */
      readonly superSeeds?: boolean;
    } & LinkSpec)
  | ({
      readonly role: 'leecher';
      readonly seeds: boolean;
      readonly haveShare: number;
      readonly budgetPieces: number;
      readonly quitsAfterMs?: number;
      readonly pace?: RequestPace;
      readonly webSeeds?: readonly SimWebSeed[];
      readonly reads?: ReadSpec;
      readonly choice?: ChoiceSpec;
    } & LinkSpec)
  | ({ readonly role: 'scripted'; readonly traits: Traits; readonly haveShare: number } & LinkSpec);

export interface Scenario {
  readonly seed: number;
  readonly content: ContentSpec;
  readonly members: readonly MemberSpec[];
  readonly strays: number;
  readonly limits: SessionLimits;
  /** Share of nodes with the Fast and the extension protocol. */
  readonly featureShare: number;
  /** Mean life of connections, or 0. */
  readonly lossMs?: number;
  readonly sabotage?: (action: SessionAction) => SessionAction | null;
}

export interface SwarmResult {
  readonly elapsedMs: number;
  readonly events: number;
  readonly leechers: readonly SessionNode[];
}

function drawLink(random: Random): LinkSpec {
  return { bytesPerSecond: [50_000, 300_000, 2_000_000, 50_000_000][random.below(4)], latencyMs: random.below(151) };
}

function drawContent(random: Random): ContentSpec {
  const pieceLength = [1000, 16_384, 20_000, 32_768, 40_000, 65_536][random.below(6)];
  const pieces = 1 + random.below(40);
  const last = random.next() < 0.3 ? pieceLength : 1 + random.below(pieceLength);
  return { pieceLength, totalLength: (pieces - 1) * pieceLength + last, padding: random.next() < 0.3 ? 0.15 : 0 };
}

/** In a third of the swarms all kinds of encryption, in the others everybody takes both. */
function drawPolicies(seed: number): () => EncryptionPolicy {
  const random = createRandom(seed ^ 0xc0de);
  const isMixed = random.next() < 1 / 3;
  return () => (isMixed ? (['prefer', 'require', 'off'] as const)[random.below(3)] : 'prefer');
}

/** Any web server, of which half do nothing wrong. */
function drawWebSeed(random: Random): SimWebSeed {
  const { bytesPerSecond, latencyMs } = drawLink(random);
  const seed = { ...HONEST_WEB_SEED, bytesPerSecond, latencyMs, hasRanges: random.next() < 0.75 };
  if (random.next() < 0.5) return seed;
  const fault = random.below(4);
  if (fault === 0) return { ...seed, corrupt: [1, 0.1, 0.02][random.below(3)] };
  if (fault === 1) return { ...seed, breaksAfter: 1 + random.below(20) };
  return fault === 2 ? { ...seed, stallsAfter: 1 + random.below(20) } : { ...seed, busy: 0.3 + random.next() / 2 };
}

/** Any swarm with an honest seed, whose leechers have web seeds too. */
export function drawWebSeedScenario(seed: number): Scenario {
  const scenario = drawScenario(seed);
  const random = createRandom(seed ^ 0xb19);
  const gaps = createRandom(seed ^ 0x404);
  const draw = (): SimWebSeed => ({ ...drawWebSeed(random), lacks: gaps.next() < 0.4 ? [0.1, 0.5, 1][gaps.below(3)] : 0 });
  const members = scenario.members.map((member) =>
    member.role === 'leecher' ? { ...member, webSeeds: Array.from({ length: 1 + random.below(3) }, draw) } : member,
  );
  return { ...scenario, members };
}

/** Any swarm with an honest seed, whose leechers read; some have web seeds, and every third downloads all. */
export function drawReadingScenario(seed: number): Scenario {
  const random = createRandom(seed ^ 0x4ead5);
  const scenario = random.next() < 0.3 ? drawWebSeedScenario(seed) : drawScenario(seed);
  const members = scenario.members.map((member) => {
    if (member.role !== 'leecher' || random.next() < 1 / 3) return member;
    const reads: ReadSpec = {
      windowPieces: 2 + random.below(12),
      readMs: [0, 5, 200][random.below(3)],
      jumps: random.below(4),
      readers: 1 + random.below(3),
    };
    // Some have room for all of it.
    const room = seed % 4 === 0 ? { windowPieces: Number.MAX_SAFE_INTEGER, holds: true } : {};
    return { ...member, haveShare: 0, seeds: false, reads: { ...reads, ...room } };
  });
  return { ...scenario, members };
}

/** Any swarm with an honest seed and perhaps web seeds, whose leechers choose files, each others, in an order of their own. */
export function drawChoosingScenario(seed: number): Scenario {
  const random = createRandom(seed ^ 0xf11e5);
  const scenario = random.next() < 0.3 ? drawWebSeedScenario(seed) : drawScenario(seed);
  const members = scenario.members.map((member, index) => {
    if (member.role !== 'leecher') return member;
    const choice: ChoiceSpec = {
      seed: seed * 100 + index,
      share: random.next() < 0.2 ? 1 : random.next(),
      isSequential: random.next() < 0.4,
      isEdgesFirst: random.next() < 0.3,
      hasPriorities: random.next() < 0.5,
    };
    return { ...member, choice };
  });
  return { ...scenario, members };
}

/** Any swarm with an honest seed. */
export function drawScenario(seed: number): Scenario {
  const random = createRandom(seed);
  const content = drawContent(random);
  const members: MemberSpec[] = [];
  const policies = drawPolicies(seed);
  const plain = traitsOf('plain', random);
  members.push(
    random.next() < 0.6
      ? { role: 'seed', superSeeds: createRandom(seed ^ 0x5eed).next() < 0.3, ...drawLink(random) }
      : { role: 'scripted', traits: { ...plain, dials: false }, haveShare: 1, ...drawLink(random) },
  );
  const leechers = 1 + random.below(random.next() < 0.5 ? 2 : 5);
  for (let i = 0; i < leechers; i++) {
    members.push({
      role: 'leecher',
      seeds: random.next() < 0.5,
      haveShare: random.next() < 0.3 ? random.next() : 0,
      budgetPieces: random.next() < 0.5 ? 2 : 1000,
      ...drawLink(random),
    });
  }
  const others = random.below(8);
  for (let i = 0; i < others; i++) {
    const traits = traitsOf(KINDS[random.below(KINDS.length)], random);
    members.push({ role: 'scripted', traits, haveShare: random.next() < 0.7 ? 1 : random.next(), ...drawLink(random) });
  }
  if (random.next() < 0.2) {
    const quitsAfterMs = 300 + random.below(6000);
    members.push({ role: 'leecher', seeds: true, haveShare: 0, budgetPieces: 3, quitsAfterMs, ...drawLink(random) });
  }
  const lossMs = random.next() < 0.3 ? 1000 + random.below(20_000) : 0;
  const limits =
    random.next() < 0.2 ? { ...SIM_LIMITS, maxPeers: 3 + random.below(5), maxHalfOpen: 1 + random.below(3) } : SIM_LIMITS;
  return {
    seed,
    content,
    // The first is the honest seed: everybody must find a way to it.
    members: members.map((member, index) => (index === 0 ? member : { ...member, encryption: policies() })),
    strays: random.below(6),
    limits,
    featureShare: random.next() < 0.7 ? 1 : 0.5,
    lossMs,
  };
}

function drawHave(content: Content, share: number, random: Random): Bitfield {
  if (share >= 1) return Bitfield.full(content.geometry.pieceCount);
  const have = new Bitfield(content.geometry.pieceCount);
  for (const piece of content.geometry.pieces()) if (random.next() < share) have.set(piece);
  if (have.isFull) have.clear(random.below(have.length) as PieceIndex);
  return have;
}

function addressOf(serial: number): Address {
  const address = createAddress(
    serial % 3 === 2 ? `2001:db8::${serial.toString(16)}` : `10.0.${serial >> 8}.${serial & 255}`,
    6881 + serial,
  );
  must(address !== null, 'addresses are addresses');
  return address;
}

function peerIdOf(serial: number): Uint8Array {
  const id = new Uint8Array(20).fill(serial & 255);
  id.set([45, 83, 73, 48, 48, 48, 49, 45, serial >> 8]);
  return id;
}

/** Puts a scenario's swarm together; `run` lets it live until every leecher is whole. */
export class Swarm {
  readonly world: World;
  readonly content: Content;
  readonly leechers: SessionNode[] = [];
  readonly nodes: (SessionNode | ScriptedPeer)[] = [];
  readonly readers = new Map<SessionNode, SimReader>();

  constructor(scenario: Scenario) {
    const random = createRandom(scenario.seed ^ 0x5eed);
    this.world = new World(random);
    this.world.lossMs = scenario.lossMs ?? 0;
    const { totalLength, pieceLength, padding } = scenario.content;
    this.content = createContent(totalLength, pieceLength, padding, random);
    for (const [index, member] of scenario.members.entries()) this.#add(scenario, member, index + 1, index === 0, random);
    for (let i = 0; i < scenario.strays; i++) this.world.addStray(addressOf(1000 + i));
  }

  /** Throws a Violation where a rule is broken or the time is not enough. */
  run(limitMs: number): SwarmResult {
    const { world } = this;
    for (const node of this.nodes) {
      if (node instanceof SessionNode) node.start();
      else node.start(this.leechers.map((leecher) => leecher.address));
    }
    for (const reader of this.readers.values()) reader.start();
    const isDone = world.run(limitMs, () => this.leechers.every((leecher) => leecher.completedAt !== null));
    must(isDone, 'every leecher completes in time', () => ({
      now: world.now,
      left: this.leechers.map((node) => node.describe()),
    }));
    const elapsedMs = world.now;
    for (const node of this.nodes) if (node instanceof SessionNode) node.stop();
    // What is still on its way arrives at sessions that have ended.
    world.run(world.now + 30_000, () => false);
    for (const leecher of this.leechers.filter((node) => !this.readers.has(node)))
      must(leecher.isExact, 'the result is exact', () => ({ name: leecher.name }));
    return { elapsedMs, events: world.eventCount, leechers: this.leechers };
  }

  #add(scenario: Scenario, member: MemberSpec, serial: number, isAnchor: boolean, random: Random): void {
    const { world, content } = this;
    const isModern = isAnchor || random.next() < scenario.featureShare;
    const features: PeerFeatures = { fast: isModern, extended: isModern, dht: false };
    const isTwin = member.role === 'scripted' && member.traits.kind === 'twin';
    const common = {
      name: `${member.role === 'scripted' ? member.traits.kind : member.role}-${serial}`,
      address: addressOf(serial),
      peerId: peerIdOf(isTwin ? 1 + random.below(serial) : serial),
      features,
      uplink: new Uplink(member.bytesPerSecond),
      latencyMs: member.latencyMs,
      encryption: member.encryption ?? 'prefer',
      content,
    };
    if (member.role === 'scripted') {
      const isListening = isAnchor || !member.traits.dials || random.next() < 0.7;
      const have = drawHave(content, member.haveShare, random);
      this.#join(new ScriptedPeer(world, { ...common, isListening, traits: member.traits, have }));
      return;
    }
    const isSeed = member.role === 'seed';
    const have = isSeed ? Bitfield.full(content.geometry.pieceCount) : drawHave(content, member.haveShare, random);
    const plan = isSeed || member.choice === undefined ? null : drawPlan(content.geometry, member.choice);
    // The engine does not begin a session that has nothing to do.
    if (plan !== null && [...plan.wanted].every((piece) => have.has(piece))) for (const piece of plan.wanted) have.clear(piece);
    const budgetBytes = (isSeed ? 2 : member.budgetPieces) * content.geometry.standardPieceLength;
    const node = new SessionNode(world, {
      ...common,
      isListening: isSeed || random.next() < 0.7,
      have,
      limits: { ...scenario.limits, budgetBlocks: Math.ceil(budgetBytes / BLOCK_LENGTH) },
      budget: new SimBudget(budgetBytes),
      seeds: isSeed || member.seeds,
      superSeeds: isSeed && member.superSeeds === true,
      writeMs: random.below(40),
      pace: isSeed ? null : (member.pace ?? null),
      ...(isSeed || member.webSeeds === undefined ? {} : { webSeeds: member.webSeeds }),
      ...(isSeed || member.reads === undefined ? {} : { reads: member.reads }),
      ...(plan === null ? {} : { plan }),
      ...(scenario.sabotage === undefined ? {} : { sabotage: scenario.sabotage }),
    });
    if (!isSeed && member.reads !== undefined) {
      const { geometry, bytes } = content;
      const truth = (piece: PieceIndex): Uint8Array =>
        bytes.subarray(geometry.pieceOffset(piece), geometry.pieceOffset(piece) + geometry.pieceLength(piece));
      const reader = new SimReader(world, node, member.reads, truth, scenario.seed + serial);
      this.readers.set(node, reader);
      node.onStored = () => reader.look();
    }
    const quitsAfterMs = isSeed ? undefined : member.quitsAfterMs;
    if (quitsAfterMs !== undefined) world.after(quitsAfterMs, () => node.stop());
    else if (!isSeed) this.leechers.push(node);
    this.#join(node);
  }

  #join(node: SessionNode | ScriptedPeer): void {
    this.nodes.push(node);
    this.world.add(node);
  }
}
