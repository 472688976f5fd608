// The trackers of a torrent, with everything that a session and the fetch of its metadata give them alike: who we are, where we
// listen, and how often we may ask.

import { randomBytes } from 'node:crypto';
import type { PeerSourceListener } from '../discovery/peer-source.js';
import type { AnnounceTransport } from '../discovery/tracker/announce-transport.js';
import { createHttpTracker } from '../discovery/tracker/http-tracker.js';
import { TrackerSource, type TransferNumbers } from '../discovery/tracker/tracker-source.js';
import { joinTransports } from '../discovery/tracker/transport-set.js';
import { createUdpTracker } from '../discovery/tracker/udp-tracker.js';
import { systemResolver } from '../io/system-resolver.js';
import type { Random } from '../model/random.js';
import type { Millis } from '../model/time.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { USER_AGENT } from './version.js';

interface TrackerSetup {
  readonly tiers: readonly (readonly string[])[];
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly client: Client;
  readonly random: Random;
  /** Instead of the real ones: for tests. */
  readonly transport?: AnnounceTransport;
  readonly numbers: () => TransferNumbers;
  readonly listener: PeerSourceListener;
}

const monotonicNow = (): Millis => performance.now();

/** Every kind of tracker that is spoken. */
export function createTransport(): AnnounceTransport {
  const { udpRetransmitMs: retransmitMs, ...limits } = CONFIG.tracker;
  return joinTransports(
    createHttpTracker({ userAgent: USER_AGENT, ...limits }),
    createUdpTracker({
      resolver: systemResolver,
      retransmitMs,
      nextTransactionId: () => randomBytes(4).readUInt32LE(),
      now: monotonicNow,
    }),
  );
}

/** Null where there is no tracker. */
export function createTrackerSource(setup: TrackerSetup): TrackerSource | null {
  if (setup.tiers.length === 0) return null;
  const limits = CONFIG.tracker;
  const { tiers, infoHash, client, random, numbers, listener } = setup;
  return new TrackerSource({
    tiers,
    infoHash,
    peerId: client.peerId,
    key: client.announceKey,
    ...(client.encryption === 'off' ? {} : { encryption: client.encryption === 'require' ? 'required' : 'supported' }),
    get port() {
      return client.announcedPort ?? limits.silentPort;
    },
    limits,
    transport: setup.transport ?? createTransport(),
    resolver: systemResolver,
    random,
    now: monotonicNow,
    numbers,
    listener,
  });
}
