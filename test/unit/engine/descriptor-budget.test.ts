import { expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import { shareDescriptors } from '../../../src/engine/descriptor-budget.js';

test.each([43, 48, 64, 100, 256, 1024, 65_536])('with %i descriptors the shares and our own fit together', (limit) => {
  const { maxConnections, maxOpenFiles, maxPendingIncoming } = shareDescriptors(limit);
  expect(maxConnections + maxOpenFiles + maxPendingIncoming + CONFIG.engine.ownDescriptors).toBeLessThanOrEqual(limit);
});

test('few descriptors leave the least that works, many no more than is of use', () => {
  expect(shareDescriptors(0)).toEqual({ maxConnections: 4, maxOpenFiles: 4, maxPendingIncoming: 2 });
  expect(shareDescriptors(64)).toEqual({ maxConnections: 20, maxOpenFiles: 8, maxPendingIncoming: 5 });
  expect(shareDescriptors(1_048_576)).toMatchObject({ maxOpenFiles: 512, maxPendingIncoming: 50 });
});
