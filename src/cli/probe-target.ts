// What `effusion peers` and `effusion doctor` look at: the torrent that the user named, as far as it can be known without its metadata, and
// the client and the probe of it. A link is not followed to its metadata: who is there shows without.

import type { Client, EncryptionPolicy } from '../engine/client.js';
import type { EgressOptions } from '../engine/egress.js';
import type { SwarmProbeOptions } from '../engine/swarm-probe.js';
import { webSeedSources, type WebSeedSource } from '../engine/web-seed-sources.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { toHex } from '../model/ids.js';
import { torrentOrigin, type TorrentOrigin } from '../model/torrent-origin.js';
import type { DhtCommandOptions } from './dht-options.js';
import { wayOut } from './network-switches.js';
import { withoutTrackers } from './obtain-torrent.js';
import type { HostPort, PortRange } from './options.js';
import type { RunEnd } from './run-end.js';
import { parseTorrentArgument } from './torrent-argument.js';
import { readTorrentFile } from './torrent-file-argument.js';
import { UsageError } from './usage-error.js';

/** Options of both commands. */
export interface ProbeCommandOptions extends DhtCommandOptions, EgressOptions {
  readonly timeout?: number;
  readonly json?: boolean;
  readonly peer?: readonly HostPort[];
  readonly tracker?: readonly (readonly string[])[];
  readonly excludeTracker?: readonly string[];
  readonly trackers: boolean;
  readonly pex: boolean;
  readonly lsd: boolean;
  readonly onlyPeers?: boolean;
  readonly listen: boolean;
  readonly port?: PortRange;
  readonly portmap?: boolean;
  readonly maxPeers?: number;
  readonly encryption: EncryptionPolicy;
  readonly blocklist?: readonly string[];
}

export interface ProbeTarget {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Not sanitised; the hash where a link gives no name. */
  readonly name: string;
  /** Null: a link. */
  readonly metainfo: Metainfo | null;
  readonly announceTiers: readonly (readonly string[])[];
  /** Of a torrent file: those of a link need the names of its files. */
  readonly webSeeds: readonly WebSeedSource[];
  readonly peers: SwarmProbeOptions['peers'];
  /** Null: the user's own file, or a link. */
  readonly origin: TorrentOrigin | null;
}

export async function loadTarget(text: string, options: ProbeCommandOptions, end: RunEnd): Promise<ProbeTarget> {
  const parsed = parseTorrentArgument(text);
  const named = options.peer ?? [];
  const own = options.tracker ?? [];
  const excluded = options.excludeTracker ?? [];
  if (parsed.kind === 'magnet') {
    const { magnet } = parsed;
    const tiers = withoutTrackers(
      magnet.trackers.map((url) => [url]),
      excluded,
    );
    const linked = magnet.peers.map((peer) => ({ ...peer, isFromLink: true }));
    const { infoHash } = magnet;
    const name = magnet.displayName ?? toHex(infoHash);
    return {
      infoHash,
      name,
      metainfo: null,
      announceTiers: [...own, ...tiers],
      webSeeds: [],
      peers: [...named, ...linked],
      origin: null,
    };
  }
  const { metainfo, server } = await end.waitFor(readTorrentFile(parsed, wayOut(options), end.signal));
  const origin = server === null ? null : torrentOrigin(server, own.flat());
  return {
    infoHash: metainfo.infoHash.v1 ?? new Uint8Array(),
    name: metainfo.name,
    metainfo,
    announceTiers: [...own, ...withoutTrackers(metainfo.announceTiers, excluded)],
    webSeeds: webSeedSources(metainfo, origin === null ? {} : { origin }),
    peers: named,
    origin,
  };
}

/** Somebody has to be asked. Throws UsageError. */
export function expectSources(target: ProbeTarget, options: ProbeCommandOptions): void {
  const { metainfo, announceTiers, peers, webSeeds } = target;
  const isPrivate = metainfo?.isPrivate === true;
  if (options.trackers && announceTiers.flat().length > 0) return;
  if (peers.length > 0 || webSeeds.length > 0 || ((options.dht || options.lsd) && !isPrivate)) return;
  throw new UsageError('there is nobody to ask for peers', 'Name a tracker with --tracker URL or a peer with --peer HOST:PORT.');
}

export function probeOf(
  { infoHash, metainfo, announceTiers, peers, origin }: ProbeTarget,
  options: ProbeCommandOptions,
  client: Client,
  limits: Pick<SwarmProbeOptions, 'maxDials' | 'timeoutMs' | 'signal'>,
): SwarmProbeOptions {
  return {
    client,
    infoHash,
    origin,
    pieceCount: metainfo?.geometry.pieceCount ?? null,
    isPrivate: metainfo?.isPrivate === true,
    announceTiers,
    nodes: metainfo?.nodes ?? [],
    peers,
    useTrackers: options.trackers,
    useDht: options.dht,
    useLsd: options.lsd,
    usePex: options.pex,
    ...limits,
  };
}
