import { expect, test } from 'vitest';
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
  readonly #reads: (() => void)[] = [];
  readonly pump: UploadPump;

  constructor() {
    const store = {
      peek: (_: number, __: number, length: number) => (this.inMemory ? new Uint8Array(length) : null),
      read: async (_: number, __: number, length: number) => {
        await new Promise<void>((resolve) => {
          this.#reads.push(resolve);
        });
        if (this.failure !== null) throw this.failure;
        return new Uint8Array(length);
      },
    } as unknown as PieceStore;
    const loop = {
      dispatch: (event: { type: string; length: number; sent: boolean }) =>
        this.log.push(`${event.type} ${event.length} ${event.sent ? 'sent' : 'lost'}`),
      crash: (error: Error) => this.log.push(`crash: ${error.message}`),
    } as unknown as SessionLoop;
    const isWritable = (): boolean => this.isWritable;
    const port: PeerPort = {
      send: () => undefined,
      sendBlock: (piece, begin, block) => this.log.push(`block ${piece} ${begin} ${block.length}`),
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
