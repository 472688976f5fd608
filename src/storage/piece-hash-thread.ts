// The thread that hashes arriving pieces, as the piece hasher sees it: the bytes stay where they are, and a digest comes back.
// Answers are looked for whenever there is a piece to offer; the thread is asked for an event only once the loop has had a turn
// in which it found none, and may be about to sleep.

import type { MessagePort, Worker } from 'node:worker_threads';
import { PieceHashRing } from './piece-hash-ring.js';
import { startWorker } from './start-worker.js';

export interface PieceHashThreadHandlers {
  /** It takes requests from now on. */
  onReady(): void;
  /** SHA-1 of the oldest request, 20 bytes. */
  onAnswer(digest: Uint8Array): void;
  /** The thread is gone without `stop`, and will not answer. Comes once, asynchronously. */
  onEnd(): void;
}

export interface PieceHashThread {
  /** Nobody may write to the bytes until the answer. RING_SLOTS may be out at most. */
  post(bytes: Uint8Array<SharedArrayBuffer>): void;
  /** Handles the answers that have come. */
  poll(): void;
  stop(): void;
}

/** What the thread is given at its start. */
export interface PieceHashWorkerData {
  readonly port: MessagePort;
  readonly ring: SharedArrayBuffer;
}

/** Holds the process only while a piece is out: whoever stops waits for it, and may have nothing else left. */
export function startPieceHashThread(handlers: PieceHashThreadHandlers): PieceHashThread {
  // Loaded with the first thread, as in start-worker.ts.
  const { MessageChannel } = process.getBuiltinModule('node:worker_threads');
  const channel = new MessageChannel();
  const port: MessagePort = channel.port1;
  const ring = new PieceHashRing();
  let worker: Worker | null = null;
  /** The block of memory that the thread knows. */
  let memory: SharedArrayBuffer | null = null;
  let isOver = false;
  let isTurnWatched = false;
  const poll = (): void => {
    if (isOver) return;
    while (ring.out > 0) {
      const digest = ring.takeAnswer();
      if (digest === null) return;
      if (ring.out === 0) worker?.unref();
      handlers.onAnswer(digest);
    }
  };
  const listen = (): void => {
    if (isOver || ring.out === 0) return;
    ring.wantEvent();
    // What was answered before that comes without an event.
    poll();
  };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    port.close();
    handlers.onEnd();
  };
  try {
    const data: PieceHashWorkerData = { port: channel.port2, ring: ring.memory };
    worker = startWorker('piece-hash-worker', data, [channel.port2]);
    // An error is followed by `exit`, which is where the loss is told.
    worker.on('error', () => {});
    worker.on('exit', end);
    worker.unref();
    port.on('message', (message: 'ready' | 'answered') => {
      if (isOver) return;
      if (message === 'ready') handlers.onReady();
      else listen();
    });
    port.unref();
  } catch {
    setImmediate(end);
  }
  return {
    post: (bytes) => {
      // Its end is heard of as well as its answer.
      if (ring.out === 0) worker?.ref();
      const isNewMemory = bytes.buffer !== memory;
      memory = bytes.buffer;
      if (isNewMemory) port.postMessage(memory);
      ring.ask({ isNewMemory, offset: bytes.byteOffset, length: bytes.length });
      if (isTurnWatched) return;
      isTurnWatched = true;
      setImmediate(() => {
        isTurnWatched = false;
        listen();
      });
    },
    poll,
    stop: () => {
      isOver = true;
      port.close();
      void worker?.terminate();
    },
  };
}
