// The trackers of a torrent, with everything that a session and the fetch of its metadata give them alike: who we are, where we
// listen, and how often we may ask.

import { randomBytes } from 'node:crypto';
import type { PeerSourceListener } from '../discovery/peer-source.js';
import type { AnnounceTransport } from '../discovery/tracker/announce-transport.js';
import { createHttpTracker } from '../discovery/tracker/http-tracker.js';
import { TrackerSource, type TransferNumbers } from '../discovery/tracker/tracker-source.js';
import { joinTransports } from '../discovery/tracker/transport-set.js';
import { createUdpTracker } from '../discovery/tracker/udp-tracker.js';
import { TrackerError } from '../discovery/tracker/protocol/tracker-error.js';
import type { Random } from '../model/random.js';
import type { TorrentOrigin } from '../model/torrent-origin.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import type { Egress } from './egress.js';
import { monotonicNow } from './monotonic-clock.js';
import { USER_AGENT } from './version.js';

interface TrackerSetup {
  readonly tiers: readonly (readonly string[])[];
  /** Of the torrent that names them; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly client: Client;
  readonly random: Random;
  /** Instead of the real ones: for tests. */
  readonly transport?: AnnounceTransport;
  readonly numbers: () => TransferNumbers;
  readonly isPartialSeed?: () => boolean;
  readonly listener: PeerSourceListener;
}

/** Every kind of tracker that is spoken, as far as they can be reached. */
export function createTransport(egress: Egress): AnnounceTransport {
  const { udpRetransmitMs: retransmitMs, ...limits } = CONFIG.tracker;
  const { http, resolver, openDatagrams } = egress;
  const overHttp = createHttpTracker({ userAgent: USER_AGENT, ...limits, ...http });
  if (openDatagrams === null) return joinTransports(overHttp, UNREACHABLE_UDP);
  const nextTransactionId = (): number => randomBytes(4).readUInt32LE();
  return joinTransports(
    overHttp,
    createUdpTracker({ resolver, retransmitMs, nextTransactionId, now: monotonicNow, openDatagrams }),
  );
}

/** Says why UDP trackers are not asked, where nothing carries datagrams. */
const UNREACHABLE_UDP: AnnounceTransport = {
  schemes: ['udp'],
  announce: () => Promise.reject(noDatagrams()),
  scrape: () => Promise.reject(noDatagrams()),
};

function noDatagrams(): TrackerError {
  return new TrackerError('proxy', 'an http proxy carries no UDP, a socks5h proxy may');
}

/** Null where there is no tracker. */
export function createTrackerSource(setup: TrackerSetup): TrackerSource | null {
  if (setup.tiers.length === 0) return null;
  const limits = CONFIG.tracker;
  const { tiers, origin, infoHash, client, random, numbers, isPartialSeed, listener } = setup;
  return new TrackerSource({
    tiers,
    origin,
    infoHash,
    peerId: client.peerId,
    key: client.announceKey,
    ...(client.encryption === 'off' ? {} : { encryption: client.encryption === 'require' ? 'required' : 'supported' }),
    get port() {
      return client.announcedPort ?? limits.silentPort;
    },
    limits,
    transport: setup.transport ?? createTransport(client.egress),
    resolver: client.egress.resolver,
    random,
    now: monotonicNow,
    numbers,
    ...(isPartialSeed === undefined ? {} : { isPartialSeed }),
    listener,
  });
}
