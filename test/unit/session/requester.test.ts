// Who begins a piece of his own, and who goes on with another's: by how quick he is.

import { expect, test } from 'vitest';
import type { PeerKey } from '../../../src/model/ids.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';

/** More than is asked for at once. */
const BLOCKS = 256;
const PIECES = 40;

/** Two seeds that send a block each every millisecond, and so a piece in 256. */
class TwoSeeds {
  readonly driver: SessionDriver;
  readonly seeds: readonly PeerKey[];
  readonly #received = new Map<number, number>();
  readonly #sent = new Map<PeerKey, number>();

  constructor(pieceAloneMs: number, pieces = PIECES) {
    this.driver = new SessionDriver(pieces, { blocks: BLOCKS, limits: { probationPieces: 1000, pieceAloneMs } });
    this.seeds = [this.driver.connect(1), this.driver.connect(2)];
    for (const seed of this.seeds) {
      this.driver.say(seed, { type: 'have-all' });
      this.driver.say(seed, { type: 'unchoke' });
    }
  }

  /** So many blocks of each. */
  send(count: number): void {
    for (let i = 0; i < count; i++) {
      this.driver.pass(1);
      for (const seed of this.seeds) this.#sendNext(seed);
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
    if (!this.driver.session.expectsBlock(seed, piece as never, begin, BLOCK)) return;
    this.driver.handle({ type: 'block-received', peer: seed, piece: piece as never, begin, length: BLOCK, kept: true });
    const received = (this.#received.get(piece) ?? 0) + 1;
    this.#received.set(piece, received);
    if (received === BLOCKS) this.driver.handle({ type: 'piece-stored', piece: piece as never });
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
  ['are slower', 100],
  ['would, where pieces are to be shared', 0],
])('two that %s share them', (_, pieceAloneMs) => {
  const swarm = new TwoSeeds(pieceAloneMs);
  swarm.send(1000);
  const before = swarm.requests;
  swarm.send(1000);
  expect(swarm.sharedSince(before)).toBeGreaterThan(3);
});

test('what the quick leave alone is shared in the end', () => {
  const swarm = new TwoSeeds(500, 3);
  // One and a half each, and what is asked of both when all is asked for.
  swarm.send(1.6 * BLOCKS);
  expect(swarm.driver.session.isComplete).toBe(true);
});
