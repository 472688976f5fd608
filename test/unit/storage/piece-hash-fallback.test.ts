// Where no thread can be started, that is told like the loss of one: later, and once.

import { expect, test, vi } from 'vitest';
import { startPieceHashThread } from '../../../src/storage/piece-hash-thread.js';
import { turns } from '../../support/store-driver.js';

vi.mock('../../../src/storage/start-worker.js', () => ({
  startWorker: () => {
    throw new Error('no more threads');
  },
}));

test('a thread that cannot be started', async () => {
  const told: string[] = [];
  const handlers = { onReady: () => told.push('ready'), onAnswer: () => told.push('answer'), onEnd: () => told.push('end') };
  const thread = startPieceHashThread(handlers);
  expect(told).toEqual([]);
  await turns();
  expect(told).toEqual(['end']);
  thread.poll();
  thread.stop();
  await turns();
  expect(told).toEqual(['end']);
});
