import { describe, expect, test } from 'vitest';
import type { PieceIndex } from '../../../src/model/ids.js';
import { WindowStorage } from '../../../src/storage/window-storage.js';
import { blockDigestsOf, driveFaultyStore, driveStore, PEER_A, PEER_B, turns } from '../../support/store-driver.js';
import { damaged, storedTorrent } from '../../support/stored-torrent.js';

const P0 = 0 as PieceIndex;

describe('a piece larger than half the budget', () => {
  const torrent = storedTorrent({
    pieceLength: 1_000_000,
    files: [
      ['a', 600_000],
      ['b', 1_100_000],
    ],
  });
  const limits = { runBytes: 65_536, maxRunsPerPiece: 2, hashTurnBytes: 131_072 };
  const options = { budgetBytes: 1_000_000, limits };

  test('goes to the disk as it comes, in bounded memory, and counts only after it was read back', async () => {
    const { store, send, next, storage, buffers } = driveFaultyStore(torrent, options);
    let most = 0;
    for (let block = 0; block < torrent.metainfo.geometry.blockCount(P0); block++) {
      send(PEER_A, 0, block);
      most = Math.max(most, buffers.takenBytes);
    }
    expect(most).toBeLessThanOrEqual(2 * 65_536);
    expect(buffers.reservedBytes).toBe(2 * 65_536);
    expect(storage.writeCount).toBe(16);
    expect(storage.readCount).toBe(0);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    expect(storage.readCount).toBe(8);
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
  });

  test('comes in any order, with all writes hanging', async () => {
    const { store, send, next, storage, buffers } = driveFaultyStore(torrent, options);
    storage.holdsWrites = true;
    const count = torrent.metainfo.geometry.blockCount(P0);
    for (let i = 0; i < count; i++) expect(send(i % 2 === 0 ? PEER_A : PEER_B, 0, (i * 37) % count)).toBe('kept');
    expect(buffers.takenBytes).toBeLessThanOrEqual(2 * 65_536);
    store.store(P0, 'always');
    storage.holdsWrites = false;
    storage.releaseWrites();
    expect(await next()).toMatchObject({ type: 'digests', blockDigests: blockDigestsOf(torrent.pieceBytes(0)) });
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('that is wrong is told with the digests of what is on the disk', async () => {
    const { store, sendPiece, next, memory } = driveFaultyStore(torrent, options);
    const bad = damaged(torrent.pieceBytes(0), 700_000);
    sendPiece(PEER_A, 0, bad);
    store.store(P0, 'always');
    expect(await next()).toEqual({ type: 'mismatch', piece: 0, blockDigests: blockDigestsOf(bad) });
    expect(store.have.isEmpty).toBe(true);
    expect(memory.finishedFiles.size).toBe(0);
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('a write that fails on the way is told once, at once, and closes the piece', async () => {
    const { store, send, next, storage, answers, buffers } = driveFaultyStore(torrent, options);
    storage.writeErrno = 'ENOSPC';
    for (let block = 0; block < 4; block++) send(PEER_A, 0, block);
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { errno: 'ENOSPC' } } });
    await turns();
    expect(answers.length).toBe(1);
    expect(store.openCount).toBe(0);
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
  });

  test('a write that fails after the last block came is told instead of a mismatch', async () => {
    const { store, sendPiece, next, storage } = driveFaultyStore(torrent, options);
    storage.holdsWrites = true;
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    storage.writeErrno = 'EIO';
    storage.releaseWrites();
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { errno: 'EIO' } } });
    expect(store.openCount).toBe(0);
  });

  test('given up while it is written: the memory comes back when the writes have ended', async () => {
    const { store, send, storage, buffers } = driveFaultyStore(torrent, options);
    storage.holdsWrites = true;
    for (let block = 0; block < 6; block++) send(PEER_A, 0, block);
    store.discard(P0);
    expect(buffers.takenBytes).toBe(65_536);
    storage.releaseWrites();
    await store.close();
    expect(buffers.takenBytes).toBe(0);
  });
});

describe('a large piece of a session that reads, whose storage is memory', () => {
  const torrent = storedTorrent({ pieceLength: 200_000, files: [['', 4_000_000]] });
  const limits = { runBytes: 65_536, maxRunsPerPiece: 2 };

  test('takes none when it is given up: seek after seek, never more than the one that is open', () => {
    const storage = new WindowStorage(torrent.metainfo.geometry);
    const { store, send } = driveStore(torrent, storage, { budgetBytes: 200_000, limits });
    let most = 0;
    for (let seek = 0; seek < 60; seek++) {
      const piece = (seek * 7) % 20;
      // All but the last block: three runs are written, unverified.
      for (let block = 0; block < 12; block++) expect(send(PEER_A, piece, block)).toBe('kept');
      most = Math.max(most, storage.heldBytes / 200_000);
      store.discard(piece as PieceIndex);
      expect(storage.heldBytes).toBe(0);
    }
    expect(most).toBe(1);
  });

  test('nor when it is wrong, and can be had again; when it is right it stays until it is forgotten', async () => {
    const storage = new WindowStorage(torrent.metainfo.geometry);
    const { store, sendPiece, next } = driveStore(torrent, storage, { budgetBytes: 200_000, limits });
    sendPiece(PEER_A, 0, damaged(torrent.pieceBytes(0), 70_000));
    store.store(P0, 'never');
    expect(await next()).toMatchObject({ type: 'mismatch' });
    expect(storage.heldBytes).toBe(0);
    sendPiece(PEER_B, 0);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    expect(storage.heldBytes).toBe(200_000);
    store.forget(P0);
    expect(storage.heldBytes).toBe(0);
  });
});
