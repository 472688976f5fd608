// The body of a hashing thread: takes ranges of pieces, reads and hashes them synchronously, posts the digests back.
// It is a bundle entry of its own, started by hash-thread.ts.

import { parentPort } from 'node:worker_threads';
import { invariant } from '../model/error.js';
import type { HashAnswer, HashRequest } from './hash-messages.js';
import { RangeHasher } from './range-hasher.js';

const port = parentPort;
invariant(port !== null, 'hash-worker runs in a worker thread only');

const hashers = new Map<number, RangeHasher>();

port.on('message', (request: HashRequest) => {
  switch (request.type) {
    case 'source':
      hashers.set(request.job, new RangeHasher(request.source));
      return;
    case 'forget':
      hashers.get(request.job)?.close();
      hashers.delete(request.job);
      return;
    case 'range': {
      const { range } = request;
      const hasher = hashers.get(range.job);
      invariant(hasher !== undefined, 'a range came before its source', { job: range.job });
      const turns = hasher.hashRange(range.firstPiece, range.pieceCount, Infinity);
      const turn = turns.next();
      invariant(turn.done === true, 'an endless turn has no pause');
      const answer: HashAnswer = { range, batch: turn.value };
      port.postMessage(answer, [turn.value.digests.buffer as ArrayBuffer, turn.value.present.buffer as ArrayBuffer]);
    }
  }
});
