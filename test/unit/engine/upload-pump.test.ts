import { expect, onTestFinished, test, vi } from 'vitest';
import type { PeerPort } from '../../../src/engine/peer-port.js';
import type { SessionLoop } from '../../../src/engine/session-loop.js';
import { UploadGate } from '../../../src/engine/upload-gate.js';
import { UploadPump } from '../../../src/engine/upload-pump.js';
import { StorageError } from '../../../src/model/error.js';
import { toPeerKey, type PieceIndex } from '../../../src/model/ids.js';
import type { PieceStore } from '../../../src/storage/piece-store.js';

const PEER = toPeerKey(1);
const PIECE = 3 as PieceIndex;

class Rig {
  readonly log: string[] = [];
  inMemory = true;
  failure: Error | null = null;
  isWritable = true;
  isGone = false;
  unsentBytes = 0;
  /** Blocks lent by the store and not given back. */
  lent = 0;
  readonly #reads: (() => void)[] = [];
  readonly pump: UploadPump;

  constructor() {
    const store = {
      peek: (_: number, __: number, length: number) => (this.inMemory ? this.#lend(length) : null),
      release: () => this.lent--,
      read: async (_: number, __: number, length: number) => {
        await new Promise<void>((resolve) => {
          this.#reads.push(resolve);
        });
        if (this.failure !== null) throw this.failure;
        return this.#lend(length);
      },
    } as unknown as PieceStore;
    const loop = {
      dispatch: (event: { type: string; length: number; sent: boolean }) =>
        this.log.push(`${event.type} ${event.length} ${event.sent ? 'sent' : 'lost'}`),
      crash: (error: Error) => this.log.push(`crash: ${error.message}`),
    } as unknown as SessionLoop;
    const isWritable = (): boolean => this.isWritable;
    const unsentBytes = (): number => this.unsentBytes;
    let givenBytes = 0;
    const port: PeerPort = {
      send: () => undefined,
      sendBlock: (piece, begin, block) => {
        givenBytes += block.length;
        this.log.push(`block ${piece} ${begin} ${block.length}`);
      },
      get givenBytes() {
        return givenBytes;
      },
      get unsentBytes() {
        return unsentBytes();
      },
      get isWritable() {
        return isWritable();
      },
      close: () => undefined,
    };
    this.pump = new UploadPump({
      loop,
      store,
      gate: new UploadGate(null, () => 0),
      portOf: () => (this.isGone ? undefined : port),
      onStorageError: (error) => this.log.push(`storage: ${error.message}`),
    });
  }

  #lend(length: number): Uint8Array {
    this.lent++;
    return new Uint8Array(length);
  }

  async finishReads(): Promise<void> {
    for (const resolve of this.#reads.splice(0)) resolve();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('from memory a block leaves at once and is settled', () => {
  const rig = new Rig();
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  expect(rig.log).toEqual(['block 3 0 100', 'block-settled 100 sent']);
});

test('a full connection settles its blocks when it has room, each once', () => {
  const rig = new Rig();
  rig.isWritable = false;
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  rig.pump.sendBlock(PEER, PIECE, 100, 50);
  expect(rig.log).toEqual(['block 3 0 100', 'block 3 100 50']);
  rig.log.length = 0;
  rig.isWritable = true;
  rig.pump.onWritable(PEER);
  rig.pump.onWritable(PEER);
  expect(rig.log).toEqual(['block-settled 100 sent', 'block-settled 50 sent']);
});

test('from disk it leaves when it was read, unless the peer is gone by then', async () => {
  const rig = new Rig();
  rig.inMemory = false;
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  expect(rig.log).toEqual([]);
  await rig.finishReads();
  expect(rig.log).toEqual(['block 3 0 100', 'block-settled 100 sent']);
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  rig.isGone = true;
  rig.pump.forget(PEER);
  await rig.finishReads();
  expect(rig.log).toHaveLength(2);
  expect(rig.lent).toBe(0);
});

test('what is lent goes back before a read needs memory, but for what the connection has not sent', async () => {
  const rig = new Rig();
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  rig.pump.sendBlock(PEER, PIECE, 100, 50);
  rig.unsentBytes = 60;
  rig.inMemory = false;
  rig.pump.sendBlock(PEER, PIECE, 150, 10);
  expect(rig.lent).toBe(2);
  rig.unsentBytes = 50;
  rig.pump.sendBlock(PEER, PIECE, 160, 10);
  expect(rig.lent).toBe(1);
  await rig.finishReads();
  expect(rig.lent).toBe(3);
  rig.pump.forget(PEER);
  expect(rig.lent).toBe(0);
});

test('a read that fails is settled as lost and told, a bug is a crash', async () => {
  const rig = new Rig();
  rig.inMemory = false;
  rig.failure = new StorageError('the disk is gone', { operation: 'read', path: 'a', errno: 'EIO' });
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  await rig.finishReads();
  rig.failure = new TypeError('a bug');
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  await rig.finishReads();
  expect(rig.log).toEqual(['block-settled 100 lost', 'storage: the disk is gone', 'block-settled 100 lost', 'crash: a bug']);
});

test('a peer that asks for the same bytes again and again holds little of the store', () => {
  const rig = new Rig();
  let most = 0;
  for (let i = 0; i < 10_000; i++) {
    rig.pump.sendBlock(PEER, PIECE, 0, 1);
    most = Math.max(most, rig.lent);
  }
  expect(most).toBeLessThanOrEqual(64);
});

test('what an idle peer was sent goes back by itself, and no timer stays behind', () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const rig = new Rig();
  rig.pump.sendBlock(PEER, PIECE, 0, 100);
  rig.unsentBytes = 100;
  vi.advanceTimersByTime(1000);
  expect([rig.lent, vi.getTimerCount()]).toEqual([1, 1]);
  rig.unsentBytes = 0;
  vi.advanceTimersByTime(1000);
  expect([rig.lent, vi.getTimerCount()]).toEqual([0, 0]);
});
