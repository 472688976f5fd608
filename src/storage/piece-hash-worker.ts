// The body of the thread that hashes arriving pieces: takes a piece's memory, posts the digest and the memory back. It is a
// bundle entry of its own, started by piece-hash-thread.ts, and speaks through a port: that one can be read without waiting.

import { MessagePort, workerData } from 'node:worker_threads';
import { sha1 } from '../hash/digest.js';
import { invariant } from '../model/error.js';
import type { PieceHashAnswer, PieceHashRequest } from './piece-hash-thread.js';

const port: unknown = workerData;
invariant(port instanceof MessagePort, 'piece-hash-worker runs in a worker thread, with a port');

port.on('message', ({ id, memory, length }: PieceHashRequest) => {
  const answer: PieceHashAnswer = { id, memory, digest: sha1(new Uint8Array(memory, 0, length)) };
  port.postMessage(answer, [memory]);
});
port.postMessage(null);
