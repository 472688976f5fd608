// The numbers that tests of port mapping work with: those of the configuration where they don't matter.

import type { PortForwardingLimits } from '../../src/net/port-mapping/port-forwarding.js';

export const MAPPING_LIMITS: PortForwardingLimits = {
  leaseS: 3600,
  minRenewMs: 10_000,
  retryMs: 600_000,
  searchMs: 5000,
  searchRepeatMs: 1500,
  maxDevices: 4,
  maxPortTries: 4,
  natPmp: { firstWaitMs: 250, attempts: 4 },
  pcp: { firstWaitMs: 3000, attempts: 2 },
  requestTimeoutMs: 4000,
  maxResponseBytes: 64 * 1024,
};
