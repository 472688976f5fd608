// Whatever order blocks come in, from however many sources at once, cut anywhere, revoked, dropped or wrong at any moment:
// what the store calls stored is right on "disk", and in the end no lease, buffer or byte of the budget is out
// (architecture: a buffer is owned by pool, active, storing, pool, and changes hands only with nobody writing).

import { assert, asyncProperty, boolean, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_LENGTH } from '../../src/model/geometry.js';
import { type PeerKey, type PieceIndex, toPeerKey } from '../../src/model/ids.js';
import { createRandom, type Random } from '../../src/model/random.js';
import { MemoryStorage } from '../../src/storage/memory-storage.js';
import { FaultyStorage } from '../support/faulty-storage.js';
import { driveStore, type StoreDriver } from '../support/store-driver.js';
import { expectSameBytes, storedTorrent, type StoredTorrent } from '../support/stored-torrent.js';

const WISHES = ['never', 'on-mismatch', 'always'] as const;
const SOURCES = [1, 2, 3, 4].map(toPeerKey);

/** One body on its way, as the decoder of one connection has it. */
interface Body {
  readonly source: PeerKey;
  readonly piece: PieceIndex;
  readonly block: number;
  readonly bytes: Uint8Array;
  sent: number;
}

class Chaos {
  readonly #random: Random;
  readonly #torrent: StoredTorrent;
  readonly #driver: StoreDriver;
  readonly #bodies = new Map<PeerKey, Body>();
  readonly #received = new Map<PieceIndex, Set<number>>();
  readonly #storing = new Set<PieceIndex>();
  #answered = 0;
  /** Chance of a body of wrong bytes. */
  lying = 0.02;

  constructor(torrent: StoredTorrent, driver: StoreDriver, random: Random) {
    this.#torrent = torrent;
    this.#driver = driver;
    this.#random = random;
  }

  step(): void {
    this.#hear();
    const source = SOURCES[this.#random.below(SOURCES.length)];
    const roll = this.#random.next();
    const body = this.#bodies.get(source);
    if (roll < 0.03) this.#driver.store.revoke(source);
    else if (roll < 0.05) this.#drop(source);
    else if (roll < 0.06) this.#discard();
    else if (roll < 0.08 && body !== undefined) this.#driver.store.revokeBlock(source, body.piece, body.block * BLOCK_LENGTH);
    else if (body === undefined) this.#begin(source);
    else this.#continue(body);
  }

  #begin(source: PeerKey): void {
    const { geometry } = this.#torrent.metainfo;
    const open = [...geometry.pieces()].filter((piece) => !this.#driver.store.have.has(piece) && !this.#storing.has(piece));
    if (open.length === 0) return;
    // Few at a time, so that sources meet in the same blocks.
    const piece = open[this.#random.below(Math.min(2, open.length))];
    const block = this.#random.below(geometry.blockCount(piece));
    const length = geometry.blockLength(piece, block);
    const isWanted = this.#driver.store.begin(source, piece, block * BLOCK_LENGTH, length);
    expect(isWanted).toBe(!this.#blocksOf(piece).has(block));
    if (!isWanted) return;
    const bytes = this.#torrent.pieceBytes(piece).slice(block * BLOCK_LENGTH, block * BLOCK_LENGTH + length);
    if (this.#random.next() < this.lying) bytes[this.#random.below(length)] ^= 1;
    this.#bodies.set(source, { source, piece, block, bytes, sent: 0 });
  }

  #continue(body: Body): void {
    const rest = body.bytes.length - body.sent;
    const count = this.#random.next() < 0.5 ? rest : 1 + this.#random.below(rest);
    this.#driver.store.write(body.source, body.bytes, body.sent, body.sent + count);
    body.sent += count;
    if (body.sent < body.bytes.length) return;
    this.#bodies.delete(body.source);
    if (this.#driver.store.end(body.source) === 'lost') return;
    const blocks = this.#blocksOf(body.piece);
    expect(blocks.has(body.block)).toBe(false);
    blocks.add(body.block);
    if (blocks.size < this.#torrent.metainfo.geometry.blockCount(body.piece)) return;
    this.#storing.add(body.piece);
    this.#driver.store.store(body.piece, WISHES[this.#random.below(WISHES.length)]);
  }

  #drop(source: PeerKey): void {
    this.#driver.store.dropSource(source);
    this.#bodies.delete(source);
  }

  #discard(): void {
    for (const piece of this.#received.keys()) {
      if (this.#storing.has(piece) || this.#random.next() < 0.5) continue;
      this.#driver.store.discard(piece);
      this.#received.delete(piece);
      return;
    }
  }

  #blocksOf(piece: PieceIndex): Set<number> {
    let blocks = this.#received.get(piece);
    if (blocks === undefined) {
      blocks = new Set();
      this.#received.set(piece, blocks);
    }
    return blocks;
  }

  /** Takes the store's answers: a piece that was wrong begins again. */
  #hear(): void {
    for (const answer of this.#driver.answers.slice(this.#answered)) {
      expect(['stored', 'mismatch', 'digests']).toContain(answer.type);
      if (answer.type !== 'stored' && answer.type !== 'mismatch') continue;
      this.#storing.delete(answer.piece as PieceIndex);
      this.#received.delete(answer.piece as PieceIndex);
    }
    this.#answered = this.#driver.answers.length;
  }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test.each([
  { name: 'pieces in memory', pieceLength: 40_000, budgetBytes: 33_554_432, hashTurnBytes: 1_048_576 },
  { name: 'pieces hashed as they come', pieceLength: 655_360, budgetBytes: 33_554_432, hashTurnBytes: 65_536 },
  { name: 'pieces written as they come', pieceLength: 262_144, budgetBytes: 131_072, hashTurnBytes: 65_536 },
])('blocks in any order, with every kind of disturbance: $name', async ({ pieceLength, budgetBytes, hashTurnBytes }) => {
  const torrent = storedTorrent({
    pieceLength,
    files: [
      ['a', 130_001],
      ['empty', 0],
      ['b', 70_000],
      ['padding', 5000],
      ['c/d', 1_000_000 - 205_001 + 17],
    ],
  });
  const { geometry } = torrent.metainfo;
  await assert(
    asyncProperty(integer(), async (seed) => {
      const random = createRandom(seed);
      const memory = new MemoryStorage(torrent.metainfo.files);
      const storage = new FaultyStorage(memory);
      storage.holdsWrites = random.next() < 0.7;
      const driver = driveStore(torrent, storage, {
        budgetBytes,
        limits: { hashTurnBytes, runBytes: 65_536, maxRunsPerPiece: 1 + random.below(3), maxWritesInFlight: 1 + random.below(3) },
      });
      const chaos = new Chaos(torrent, driver, random);
      for (let step = 0; !driver.store.have.isFull; step++) {
        expect(step).toBeLessThan(200_000);
        // After a while everybody is honest, so that it ends.
        if (step === 2000) chaos.lying = 0;
        chaos.step();
        if (random.next() < 0.1) storage.releaseWrites(1 + random.below(2));
        if (random.next() < 0.05) await turn();
      }
      while (driver.store.storingCount > 0) {
        storage.releaseWrites();
        await turn();
      }
      const into = new Uint8Array(geometry.totalLength);
      await memory.read(0, into.length, into, 0);
      expectSameBytes(into, torrent.content);
      expect(memory.finishedFiles).toEqual(new Set([0, 1, 2, 4]));
      expect(driver.answers.filter((answer) => answer.type === 'stored').length).toBe(geometry.pieceCount);
      expect(driver.store.leaseCount).toBe(0);
      expect(driver.store.openCount).toBe(0);
      await driver.store.close();
      expect(driver.buffers.takenBytes).toBe(0);
      expect(driver.buffers.reservedBytes).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test('a store that is closed in the middle of everything gives all memory back and has told no lie', async () => {
  const torrent = storedTorrent({ pieceLength: 100_000, files: [['', 1_234_567]] });
  await assert(
    asyncProperty(integer(), integer({ min: 1, max: 1500 }), boolean(), async (seed, steps, isLarge) => {
      const random = createRandom(seed);
      const memory = new MemoryStorage(torrent.metainfo.files);
      const storage = new FaultyStorage(memory);
      storage.holdsWrites = true;
      const limits = { runBytes: 32_768, maxRunsPerPiece: 2 };
      const driver = driveStore(torrent, storage, { limits, budgetBytes: isLarge ? 150_000 : 10_000_000 });
      const chaos = new Chaos(torrent, driver, random);
      for (let step = 0; step < steps; step++) {
        chaos.step();
        if (random.next() < 0.1) storage.releaseWrites(1);
        if (random.next() < 0.1) await turn();
      }
      // The bytes are looked at before they go.
      storage.close = (): void => {};
      const closing = driver.store.close();
      for (let i = 0; driver.store.storingCount > 0; i++) {
        expect(i).toBeLessThan(10_000);
        storage.releaseWrites();
        await turn();
      }
      await closing;
      for (const piece of driver.store.have) {
        const into = new Uint8Array(torrent.metainfo.geometry.pieceLength(piece));
        await memory.read(torrent.metainfo.geometry.pieceOffset(piece), into.length, into, 0);
        expectSameBytes(into, torrent.pieceBytes(piece));
      }
      expect(driver.buffers.takenBytes).toBe(0);
      expect(driver.buffers.reservedBytes).toBe(0);
      expect(driver.store.leaseCount).toBe(0);
    }),
    { numRuns: 60 },
  );
});
