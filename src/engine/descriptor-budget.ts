// How many descriptors this process may have open, shared out among what opens them for others: connections, the torrents'
// files, and strangers who have not said yet what they want. Together they never take more than there is, so that a flood
// of connections cannot make a write fail.

import { readFileSync } from 'node:fs';
import { CONFIG } from './config.js';

export interface DescriptorBudget {
  /** Peer connections of all torrents, dials under way included. */
  readonly maxConnections: number;
  /** Files kept open for the next read or write. */
  readonly maxOpenFiles: number;
  /** Incoming connections that have not shown a known info hash yet. */
  readonly maxPendingIncoming: number;
}

/** The shares of a process with `limit` descriptors. With fewer than 43 the least that works is more than there is. */
export function shareDescriptors(limit: number): DescriptorBudget {
  const { ownDescriptors, connectionShare, fileShare, pendingShare, minConnections, minOpenFiles, minPending } = CONFIG.engine;
  const free = Math.max(0, limit - ownDescriptors);
  const share = (part: number, least: number): number => Math.max(least, Math.floor(free * part));
  return {
    maxConnections: share(connectionShare, minConnections),
    maxOpenFiles: Math.min(CONFIG.storage.maxOpenFiles, share(fileShare, minOpenFiles)),
    maxPendingIncoming: Math.min(CONFIG.net.maxPendingIncoming, share(pendingShare, minPending)),
  };
}

/** The soft limit where Linux tells, else a cautious guess. */
export function descriptorLimit(): number {
  try {
    const match = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    if (match !== null && match[1] !== 'unlimited') return Number(match[1]);
  } catch {
    // No /proc here: the guess below.
  }
  return CONFIG.engine.assumedDescriptors;
}
