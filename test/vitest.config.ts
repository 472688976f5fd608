// One configuration for every kind of test; folders are chosen on the command line. Interop tests decide themselves
// what the machine has the peers for.

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Most of a run is waiting for other programs. On two cores one file at a time took twenty minutes, two 13, three 11.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    globalSetup: ['test/support/run-folder.ts', 'test/support/left-out.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default'],
  },
});
