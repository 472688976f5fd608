// Where no thread can be started, or threads die, every piece is still hashed, once.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { sha1 } from '../../../src/hash/digest.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { fixturePayload } from '../../support/torrent-fixtures.js';

type Behaviour = 'throws' | 'dies at once' | 'dies at the first range';
let behaviour: Behaviour = 'throws';
let started = 0;

vi.mock('../../../src/storage/start-worker.js', async () => {
  const { EventEmitter } = await import('node:events');
  class DyingWorker extends EventEmitter {
    constructor() {
      super();
      started++;
      if (behaviour === 'throws') throw new Error('no more threads');
      if (behaviour === 'dies at once') setImmediate(() => this.#die());
    }

    postMessage(request: { type: string }): void {
      if (behaviour === 'dies at the first range' && request.type === 'range') setImmediate(() => this.#die());
    }

    async terminate(): Promise<number> {
      return Promise.resolve(1);
    }

    #die(): void {
      if (this.listenerCount('exit') === 0) return;
      this.emit('error', new Error('out of memory'));
      this.emit('exit', 1);
      this.removeAllListeners('exit');
    }
  }
  return { startWorker: () => new DyingWorker() };
});

test.each<Behaviour>(['throws', 'dies at once', 'dies at the first range'])('a thread that %s', async (how) => {
  behaviour = how;
  started = 0;
  const location = path.join(await makeTempFolder(), 'a.bin');
  const bytes = fixturePayload(1, 1_000_000);
  await writeFile(location, bytes);
  const pool = new HashPool(3, { inlineBytes: 0, turnBytes: 50_000, rangeBytes: 100_000, rangesPerThread: 2 });
  const files = [{ path: location, length: bytes.length, isPadding: false }];
  const seen: number[] = [];
  const pieceLength = 30_000;
  for await (const batch of pool.hash({ files, totalLength: bytes.length, pieceLength, firstPiece: 0, lastPiece: 33 })) {
    for (let i = 0; i < batch.pieceCount; i++) {
      const piece = batch.firstPiece + i;
      seen.push(piece);
      expect(batch.digests.slice(i * 20, (i + 1) * 20)).toEqual(
        sha1(bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength)),
      );
    }
  }
  expect(started).toBe(3);
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 34 }, (_, index) => index));
});
