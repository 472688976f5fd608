// Who begins a piece of his own, and who goes on with another's: by how quick he is.

import { expect, test } from 'vitest';
import type { PeerKey, PieceIndex } from '../../../src/model/ids.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';

/** More than is asked for at once. */
const BLOCKS = 256;
const PIECES = 40;

/** Two seeds; each sends a block every millisecond, and so a piece in 256, unless the second is slower. */
class TwoSeeds {
  readonly driver: SessionDriver;
  readonly seeds: readonly PeerKey[];
  readonly #secondEveryMs: number;
  readonly #blocks: number;
  readonly #received = new Map<number, number>();
  readonly #sent = new Map<PeerKey, number>();

  constructor(pieceAloneMs: number, pieces = PIECES, secondEveryMs = 1, blocks = BLOCKS) {
    this.#secondEveryMs = secondEveryMs;
    this.#blocks = blocks;
    this.driver = new SessionDriver(pieces, { blocks, limits: { probationPieces: 1000, pieceAloneMs } });
    this.seeds = [this.driver.connect(1), this.driver.connect(2)];
    for (const seed of this.seeds) {
      this.driver.say(seed, { type: 'have-all' });
      this.driver.say(seed, { type: 'unchoke' });
    }
  }

  send(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.driver.pass(1);
      this.#sendNext(this.seeds[0]);
      if (i % this.#secondEveryMs === 0) this.#sendNext(this.seeds[1]);
    }
  }

  /** Of the pieces asked for after the first `before` requests, how many were asked of both. */
  sharedSince(before: number): number {
    const asked = new Map<number, Set<PeerKey>>();
    const requests = this.driver.actions.flatMap((action) =>
      action.type === 'send' && action.message.type === 'request' ? [{ peer: action.peer, ...action.message }] : [],
    );
    for (const { peer, piece } of requests.slice(before)) asked.set(piece, (asked.get(piece) ?? new Set()).add(peer));
    expect(asked.size).toBeGreaterThan(6);
    return Array.from(asked.values()).filter((peers) => peers.size > 1).length;
  }

  get requests(): number {
    return this.seeds.reduce((sum, seed) => sum + this.driver.sent(seed, 'request').length, 0);
  }

  #sendNext(seed: PeerKey): void {
    const serial = this.#sent.get(seed) ?? 0;
    const request = this.driver.sent(seed, 'request')[serial];
    if (request?.type !== 'request') return;
    this.#sent.set(seed, serial + 1);
    const { piece, begin } = request;
    if (!this.driver.session.expectsBlock(seed, piece as PieceIndex, begin, BLOCK)) return;
    this.driver.handle({ type: 'block-received', peer: seed, piece: piece as PieceIndex, begin, length: BLOCK, kept: true });
    const received = (this.#received.get(piece) ?? 0) + 1;
    this.#received.set(piece, received);
    if (received === this.#blocks) this.driver.handle({ type: 'piece-stored', piece: piece as PieceIndex });
  }
}

test('two that send a piece in so short a time have each their own', () => {
  const swarm = new TwoSeeds(500);
  swarm.send(1000);
  const before = swarm.requests;
  swarm.send(1000);
  // What was begun before they were known to be quick.
  expect(swarm.sharedSince(before)).toBeLessThanOrEqual(2);
});

test.each([
  ['two slower ones share theirs', 100],
  ['two as quick share theirs where that is the rule', 0],
])('%s', (_, pieceAloneMs) => {
  const swarm = new TwoSeeds(pieceAloneMs);
  swarm.send(1000);
  const before = swarm.requests;
  swarm.send(1000);
  expect(swarm.sharedSince(before)).toBeGreaterThan(3);
});

test('a quick one goes on with what a slow one has begun', () => {
  const swarm = new TwoSeeds(500, PIECES, 20, 64);
  swarm.send(1500);
  const { driver, seeds } = swarm;
  const [ofQuick, ofSlow] = seeds.map((seed) => new Set(driver.asked(seed)));
  expect(ofSlow.size).toBeGreaterThan(0);
  expect([...ofSlow].filter((piece) => !ofQuick.has(piece))).toEqual([]);
});

test('a quick one that chokes holds no piece, whatever it still may be asked for', () => {
  const swarm = new TwoSeeds(500);
  swarm.send(1000);
  const { driver, seeds } = swarm;
  const [stays, chokes] = seeds;
  const begun = driver.asked(chokes).at(-1) as number;
  expect(driver.asked(stays)).not.toContain(begun);
  driver.say(chokes, { type: 'allowed-fast', piece: driver.asked(chokes)[0] });
  driver.say(chokes, { type: 'choke' });
  for (const request of driver.sent(chokes, 'request')) {
    if (request.type !== 'request' || !driver.session.expectsBlock(chokes, request.piece as PieceIndex, request.begin, BLOCK))
      continue;
    driver.say(chokes, { ...request, type: 'reject' });
  }
  swarm.send(300);
  expect(driver.asked(stays)).toContain(begun);
});

test('what the quick leave alone is shared in the end', () => {
  const swarm = new TwoSeeds(500, 3);
  // One and a half each, and what is asked of both when all is asked for.
  swarm.send(1.6 * BLOCKS);
  expect(swarm.driver.session.isComplete).toBe(true);
});
