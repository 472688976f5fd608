// What a user's numbers make of the configuration's.

import { describe, expect, test } from 'vitest';
import { sessionLimits } from '../../../src/engine/session-setup.js';

const BUDGET = 32 * 1024 * 1024;

describe('sessionLimits', () => {
  test.each([
    [{}, 1000, { maxPeers: 55, uploadSlots: 4, optimisticSlots: 1 }],
    [{ maxPeers: 7 }, 1000, { maxPeers: 7, maxHalfOpen: 7 }],
    [{ maxPeers: 0 }, 1000, { maxPeers: 1000, maxHalfOpen: 20 }],
    [{ maxPeers: 500 }, 30, { maxPeers: 30 }],
    [{ maxUploads: 10 }, 1000, { uploadSlots: 9, optimisticSlots: 1 }],
    [{ maxUploads: 2 }, 1000, { uploadSlots: 1, optimisticSlots: 1 }],
    [{ maxUploads: 1 }, 1000, { uploadSlots: 1, optimisticSlots: 0 }],
    [{ maxUploads: 0 }, 1000, { uploadSlots: 54, optimisticSlots: 1 }],
    [{ maxUploads: 0, maxPeers: 0 }, 200, { maxPeers: 200, uploadSlots: 199, optimisticSlots: 1 }],
  ])('%j with %i connections', (chosen, connections, expected) => {
    expect(sessionLimits(connections, BUDGET, chosen)).toMatchObject(expected);
  });
});
