// What `effusion swarm` and the demo start: the torrent of a file or folder (made in memory, or a .torrent with its data beside it), a
// tracker, and seeders that serve it, all in this process. The torrent that names the tracker lies in a temporary folder until the end.

import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTorrent } from '../engine/torrent-files.js';
import { encodeMetainfo } from '../metainfo/torrent-encoder.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { toHex } from '../model/ids.js';
import { formatAddress } from '../model/address.js';
import { createRandom } from '../model/random.js';
import { PortTakenError } from '../net/port-taken-error.js';
import { DownloadCount } from './download-count.js';
import { flakyAnnounces } from './flaky-announces.js';
import { startLocalSwarm, type LocalSwarm, type LocalSwarmOptions } from './local-swarm.js';
import { startTrackerServer, type TrackerServer } from './tracker-server.js';
import { startUdpTracker } from './udp-tracker.js';

export interface ServedSwarmOptions extends Omit<LocalSwarmOptions, 'metainfo' | 'folder'> {
  /** A file or folder, of which a torrent is made; or a torrent, and the folder that holds its NAME. */
  readonly content: string | { readonly metainfo: Metainfo; readonly folder: string };
  /** 0 or undefined: any free one. */
  readonly trackerPort?: number;
  /** Its tracker speaks UDP (BEP 15), not HTTP. */
  readonly isTrackerUdp?: boolean;
  /** Every second announce of a downloader fails. */
  readonly isTrackerFlaky?: boolean;
  /** Another download has ended; `completed` of them by now. */
  readonly onCompleted?: (completed: number) => void;
  /** While its files are looked for. */
  readonly onFound?: (files: number, bytes: number) => void;
  readonly onProgress?: (hashedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface ServedSwarm {
  readonly metainfo: Metainfo;
  /** The path of the .torrent. */
  readonly torrent: string;
  readonly magnet: string;
  /** The announce URL. */
  readonly tracker: string;
  /** Lower-case hexadecimal. */
  readonly infoHash: string;
  /** `127.0.0.1:6881`, one for each seeder. */
  readonly peers: readonly string[];
  readonly seeders: LocalSwarm;
  readonly completed: number;
  /** The seeders in order, then the tracker and the folder. */
  close(): Promise<void>;
  /** At an end without one: the folder goes, the rest goes with the process. */
  abandon(): void;
}

const LOOPBACK = '127.0.0.1';
/** File systems take 255, and `.torrent` comes after it. */
const MAX_NAME_BYTES = 240;

/** Resolves when every seeder has announced itself. Rejects as `createTorrent` and `startLocalSwarm` do, leaving nothing behind. */
export async function serveSwarm(options: ServedSwarmOptions): Promise<ServedSwarm> {
  const { content, host = LOOPBACK, seed = 0, onCompleted } = options;
  const count = new DownloadCount();
  let infoHash = '';
  const trackerPort = options.trackerPort ?? 0;
  const start = options.isTrackerUdp === true ? startUdpTracker : startTrackerServer;
  const tracker = await start({
    host,
    port: trackerPort,
    onAnnounce: (announce) => {
      // Whoever brings another torrent to this tracker is no download of ours.
      if (announce.infoHash !== infoHash) return;
      const before = count.completed;
      count.note(announce);
      if (count.completed > before) onCompleted?.(count.completed);
    },
    ...(options.isTrackerFlaky === true ? { failureOf: flakyAnnounces(createRandom(seed)) } : {}),
  }).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EADDRINUSE' || code === 'EACCES' ? new PortTakenError(trackerPort, code, { cause: error }) : error;
  });
  const temporary = await mkdtemp(path.join(tmpdir(), 'effusion-swarm-'));
  let seeders: LocalSwarm | null = null;
  const close = async (): Promise<void> => {
    await seeders?.close();
    await tracker.close();
    await rm(temporary, { recursive: true, force: true });
  };
  try {
    const made = typeof content === 'string' ? await makeOf(content, tracker, options) : retold(content, tracker);
    const { metainfo, folder } = made;
    infoHash = toHex(metainfo.infoHash.v1 ?? new Uint8Array());
    seeders = await startLocalSwarm({ ...options, metainfo, folder });
    const hasRoom = new TextEncoder().encode(metainfo.name).length <= MAX_NAME_BYTES;
    const torrent = path.join(temporary, `${hasRoom ? metainfo.name : infoHash}.torrent`);
    await writeFile(torrent, made.bytes);
    const family = host.includes(':') ? 6 : 4;
    return {
      metainfo,
      torrent,
      magnet: `magnet:?xt=urn:btih:${infoHash}&dn=${encodeURIComponent(metainfo.name)}&tr=${encodeURIComponent(tracker.url)}`,
      tracker: tracker.url,
      infoHash,
      peers: seeders.ports.map((port) => formatAddress({ host, port, family })),
      seeders,
      get completed() {
        return count.completed;
      },
      close,
      abandon: () => rmSync(temporary, { recursive: true, force: true }),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface MadeTorrent {
  readonly metainfo: Metainfo;
  readonly bytes: Uint8Array;
  /** Holds NAME. */
  readonly folder: string;
}

async function makeOf(location: string, tracker: Pick<TrackerServer, 'url'>, options: ServedSwarmOptions): Promise<MadeTorrent> {
  const { onFound, onProgress, signal } = options;
  const full = path.resolve(location);
  const created = await createTorrent(full, {
    trackers: [[tracker.url]],
    ...(onFound === undefined ? {} : { onFound }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { ...created, folder: path.dirname(full) };
}

/** The same info dictionary, and so the same info hash, with our tracker in place of all others. */
function retold({ metainfo, folder }: { metainfo: Metainfo; folder: string }, tracker: Pick<TrackerServer, 'url'>): MadeTorrent {
  const own: Metainfo = { ...metainfo, announceTiers: [[tracker.url]], webSeeds: [], nodes: [] };
  return { metainfo: own, bytes: encodeMetainfo(own), folder };
}
