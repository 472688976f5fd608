// Said once, at the end of a run: which tests were left out because a program they speak to is not installed.

import { missingPeers } from './real-peers.js';

export function teardown(): void {
  const missing = missingPeers();
  if (missing.length === 0 || process.env['EFFUSION_INTEROP'] === 'required') return;
  console.log(`Left out: the interop tests with ${missing.join(', ')} (not installed; .ci/run installs them).`);
}
