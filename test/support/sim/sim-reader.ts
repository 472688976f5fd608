// Somebody who reads a torrent in the simulated swarm: waits for one piece after the other, holds each to the truth, takes its time, stops
// for a while, jumps. What its session holds is held to the window at every step (session-checks.ts).

import { equalBytes, type PieceIndex } from '../../../src/model/ids.js';
import { createRandom, type Random } from '../../../src/model/random.js';
import { windowAt } from '../../../src/session/piece-window.js';
import type { SessionNode } from './session-node.js';
import { must } from './violation.js';
import type { World } from './world.js';

export interface ReadSpec {
  readonly windowPieces: number;
  /** For each piece. */
  readonly readMs: number;
  /** Jumps before the last way to the end, which begins at the first piece. */
  readonly jumps: number;
  /** Readers at once. */
  readonly readers: number;
  /** Its memory has room for all: what was read stays. Each reader's window has to be as large. */
  readonly holds?: boolean;
}

export class SimReader {
  readonly #world: World;
  readonly #node: SessionNode;
  readonly #spec: ReadSpec;
  readonly #random: Random;
  readonly #cursors: { at: number; jumps: number; isBusy: boolean }[];
  readonly #truth: (piece: PieceIndex) => Uint8Array;

  constructor(world: World, node: SessionNode, spec: ReadSpec, truth: (piece: PieceIndex) => Uint8Array, seed: number) {
    this.#world = world;
    this.#node = node;
    this.#spec = spec;
    this.#random = createRandom(seed ^ 0x4ead);
    this.#truth = truth;
    this.#cursors = Array.from({ length: spec.readers }, () => ({ at: 0, jumps: spec.jumps, isBusy: false }));
  }

  start(): void {
    this.#move();
  }

  /** A piece may have come. */
  look(): void {
    for (const cursor of this.#cursors) {
      const piece = cursor.at as PieceIndex;
      if (cursor.isBusy || cursor.at >= this.#pieceCount || !this.#node.disk.have.has(piece)) continue;
      cursor.isBusy = true;
      const { geometry } = this.#node.content;
      const bytes = this.#node.disk.read(piece, 0, geometry.pieceLength(piece));
      must(equalBytes(bytes, this.#truth(piece)), 'a reader reads the truth', () => ({ piece }));
      const pauseMs = this.#random.next() < 0.05 ? 10_000 : this.#random.below(2 * this.#spec.readMs + 1);
      this.#world.after(pauseMs, () => {
        cursor.isBusy = false;
        const jumpsNow = cursor.jumps > 0 && this.#random.next() < 0.2;
        if (jumpsNow) cursor.jumps--;
        cursor.at = jumpsNow ? this.#random.below(this.#pieceCount) : cursor.at + 1;
        if (cursor.at >= this.#pieceCount && cursor.jumps > 0) {
          cursor.jumps = 0;
          cursor.at = 0;
        }
        if (this.#node.isUp) this.#move();
      });
    }
    if (this.#node.completedAt !== null || !this.#cursors.every((cursor) => cursor.at >= this.#pieceCount)) return;
    this.#node.completedAt = this.#world.now;
    this.#world.after(0, () => this.#node.stop());
  }

  get #pieceCount(): number {
    return this.#node.content.geometry.pieceCount;
  }

  #move(): void {
    const sequence = [{ first: 0, end: this.#pieceCount }];
    const share = Math.max(2, Math.floor(this.#spec.windowPieces / this.#spec.readers));
    const readers = this.#cursors.map((cursor) => windowAt(sequence, cursor.at, share));
    this.#node.handle({ type: 'window-moved', readers });
    this.look();
  }
}
