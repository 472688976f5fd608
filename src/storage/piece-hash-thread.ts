// The thread that hashes arriving pieces, as the piece hasher sees it: memory goes out, a digest and the memory come back.
// Answers come by event, and at once where they are asked for: a loop under full load reads up to 32 windows of each of
// its sockets before it looks at anything else, so that an event comes some thirty milliseconds late.

import type { MessagePort, Worker } from 'node:worker_threads';
import { startWorker } from './start-worker.js';

export interface PieceHashRequest {
  readonly id: number;
  /** Of the piece, and perhaps longer; moves with the message. */
  readonly memory: ArrayBuffer;
  readonly length: number;
}

export interface PieceHashAnswer {
  readonly id: number;
  readonly memory: ArrayBuffer;
  /** SHA-1, 20 bytes. */
  readonly digest: Uint8Array;
}

export interface PieceHashThreadHandlers {
  /** It takes requests from now on. */
  onReady(): void;
  onAnswer(answer: PieceHashAnswer): void;
  /** The thread is gone without `stop`, and what it had with it. Comes once, asynchronously. */
  onEnd(): void;
}

export interface PieceHashThread {
  /** The memory is the thread's until the answer. */
  post(request: PieceHashRequest): void;
  /** Handles the answers that have come. */
  poll(): void;
  stop(): void;
}

/**
 * To be called before the work begins for which a thread may be started. When memory leaves the loop for the first time, V8 throws away all it has
 * compiled that touches typed arrays, as it had counted on that never happening: in the middle of a download that is two dozen of the
 * functions each block passes. So the first memory to leave is a byte, while there is as little as can be to throw away.
 */
export function foretellMoves(): void {
  const memory = new ArrayBuffer(1);
  structuredClone(memory, { transfer: [memory] });
}

/** Holds the process only while a piece is out: whoever stops waits for it, and may have nothing else left. */
export function startPieceHashThread(handlers: PieceHashThreadHandlers): PieceHashThread {
  // Loaded with the first thread, as in start-worker.ts.
  const { MessageChannel, receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads');
  const channel = new MessageChannel();
  const port: MessagePort = channel.port1;
  let worker: Worker | null = null;
  let isOver = false;
  let out = 0;
  const receive = (answer: PieceHashAnswer | null): void => {
    if (isOver) return;
    if (answer === null) {
      handlers.onReady();
      return;
    }
    if (--out === 0) port.unref();
    handlers.onAnswer(answer);
  };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    port.close();
    handlers.onEnd();
  };
  try {
    worker = startWorker('piece-hash-worker', channel.port2);
    // An error is followed by `exit`, which is where the loss is told.
    worker.on('error', () => {});
    worker.on('exit', end);
    worker.unref();
    port.on('message', receive);
    port.unref();
  } catch {
    setImmediate(end);
  }
  return {
    post: (request) => {
      if (out++ === 0) port.ref();
      port.postMessage(request, [request.memory]);
    },
    poll: () => {
      for (;;) {
        const received = receiveMessageOnPort(port);
        if (received === undefined) return;
        receive(received.message as PieceHashAnswer | null);
      }
    },
    stop: () => {
      isOver = true;
      port.close();
      void worker?.terminate();
    },
  };
}
