// The body of the thread that hashes arriving pieces: it waits for what the ring asks for and answers there. It never hears of an
// event, as it sleeps in the ring; what comes by message (a block of memory) is fetched when the ring says that it was sent.
// It is a bundle entry of its own, started by piece-hash-thread.ts.

import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { sha1 } from '../hash/digest.js';
import { invariant } from '../model/error.js';
import { PieceHashRing } from './piece-hash-ring.js';
import type { PieceHashWorkerData } from './piece-hash-thread.js';

const { port, ring: ringMemory } = workerData as PieceHashWorkerData;
const ring = new PieceHashRing(ringMemory);
let memory = new SharedArrayBuffer(0);
port.postMessage('ready');
for (;;) {
  const { isNewMemory, offset, length } = ring.waitForTask();
  if (isNewMemory) {
    const received = receiveMessageOnPort(port)?.message as unknown;
    invariant(received instanceof SharedArrayBuffer, 'memory was sent before the ring said so');
    memory = received;
  }
  if (ring.answer(sha1(new Uint8Array(memory, offset, length)))) port.postMessage('answered');
}
