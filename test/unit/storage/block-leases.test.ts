import { describe, expect, test } from 'vitest';
import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { driveFaultyStore, type FaultyStore, PEER_A, PEER_B, PEER_C } from '../../support/store-driver.js';
import { storedTorrent } from '../../support/stored-torrent.js';

/** Three blocks a piece, the last block and the last piece short. */
const TORRENT = storedTorrent({ pieceLength: 40_000, files: [['', 95_000]] });
const P0 = 0 as PieceIndex;
const P1 = 1 as PieceIndex;

describe('two writers of a block', () => {
  const block = TORRENT.pieceBytes(0).subarray(0, BLOCK_LENGTH);
  const wrong = new Uint8Array(BLOCK_LENGTH).fill(7);

  async function expectRight(setup: FaultyStore): Promise<void> {
    for (const rest of [1, 2]) setup.send(PEER_C, 0, rest);
    setup.store.store(P0, 'never');
    expect(await setup.next()).toEqual({ type: 'stored', piece: 0 });
    expect(setup.store.leaseCount).toBe(0);
  }

  test('the first to be whole wins: the first one', async () => {
    const setup = driveFaultyStore(TORRENT);
    const { store } = setup;
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.begin(PEER_B, P0, 0, BLOCK_LENGTH);
    store.write(PEER_B, wrong, 0, 16_000);
    store.write(PEER_A, block, 0, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('kept');
    store.write(PEER_B, wrong, 16_000, BLOCK_LENGTH);
    expect(store.end(PEER_B)).toBe('lost');
    await expectRight(setup);
  });

  test('the first to be whole wins: the second one, and what the other still sends is skipped', async () => {
    const setup = driveFaultyStore(TORRENT);
    const { store } = setup;
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, wrong, 0, 10_000);
    store.begin(PEER_B, P0, 0, BLOCK_LENGTH);
    store.write(PEER_B, block, 0, BLOCK_LENGTH);
    expect(store.end(PEER_B)).toBe('kept');
    store.write(PEER_A, wrong, 10_000, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('lost');
    await expectRight(setup);
  });

  test('a revoked one is skipped to its end, and the next one has the place for itself', async () => {
    const setup = driveFaultyStore(TORRENT);
    const { store } = setup;
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, wrong, 0, 5000);
    store.revokeBlock(PEER_A, P0, 0);
    store.begin(PEER_B, P0, 0, BLOCK_LENGTH);
    store.write(PEER_B, block, 0, 8000);
    store.write(PEER_A, wrong, 5000, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('lost');
    store.write(PEER_B, block, 8000, BLOCK_LENGTH);
    expect(store.end(PEER_B)).toBe('kept');
    await expectRight(setup);
  });

  test('revoking another block of that source changes nothing', () => {
    const { store } = driveFaultyStore(TORRENT);
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.revokeBlock(PEER_A, P0, BLOCK_LENGTH);
    store.revokeBlock(PEER_A, P1, 0);
    store.revokeBlock(PEER_B, P0, 0);
    store.write(PEER_A, block, 0, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('kept');
  });

  test('of a source that is gone nothing stays', () => {
    const { store, send } = driveFaultyStore(TORRENT);
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, wrong, 0, 5000);
    store.dropSource(PEER_A);
    store.dropSource(PEER_A);
    expect(store.leaseCount).toBe(0);
    store.write(PEER_A, wrong, 5000, 6000);
    expect(store.end(PEER_A)).toBe('lost');
    expect(send(PEER_B, 0, 0)).toBe('kept');
  });

  test('a body that ends early is lost, one that goes on too long is a mistake of ours', () => {
    const { store } = driveFaultyStore(TORRENT);
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, block, 0, 100);
    expect(store.end(PEER_A)).toBe('lost');
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    expect(() => store.write(PEER_A, new Uint8Array(20_000), 0, 20_000)).toThrow('more bytes');
  });
});
