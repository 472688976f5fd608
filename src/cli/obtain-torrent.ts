// The torrent that an argument names, whatever kind it is: read, fetched from a web server, or, for a magnet link, from peers. What
// download and info have in common.

import type { Client, EncryptionPolicy } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import type { EgressOptions } from '../engine/egress.js';
import type { FetchedMetadata } from '../engine/metadata-fetcher.js';
import { matchesGlob } from '../model/glob.js';
import type { CommandContext } from './command-context.js';
import { fetchMagnet } from './magnet-metadata.js';
import { wayOut } from './network-switches.js';
import type { HostPort } from './options.js';
import { sanitise } from './render/sanitise.js';
import { parseTorrentArgument } from './torrent-argument.js';
import { readTorrentFile } from './torrent-file-argument.js';

/** Options of every command that takes magnet links. */
export interface DiscoveryOptions extends EgressOptions {
  readonly peer?: readonly HostPort[];
  /** Tiers, asked before those of the torrent. */
  readonly tracker?: readonly (readonly string[])[];
  /** Globs: those of the torrent that match are not asked. */
  readonly excludeTracker?: readonly string[];
  readonly trackers: boolean;
  /** Peers from peers. */
  readonly pex: boolean;
  /** Already applied to the others: for messages. */
  readonly onlyPeers?: boolean;
  /** 0 is no limit. */
  readonly maxPeers?: number;
  readonly encryption: EncryptionPolicy;
  /** Milliseconds; 0 is off. */
  readonly metadataTimeout?: number;
  /** A session follows at once. */
  readonly isHandover?: boolean;
  readonly timeout?: number;
}

export interface ObtainedTorrent extends FetchedMetadata {
  /** The torrent file, where it came as one. */
  readonly bytes: Uint8Array | null;
}

/** For a session's options: what is not named stays as it is. */
export function chosenCounts({ maxPeers, maxUploads }: { maxPeers?: number; maxUploads?: number }): {
  maxPeers?: number;
  maxUploads?: number;
} {
  return { ...(maxPeers === undefined ? {} : { maxPeers }), ...(maxUploads === undefined ? {} : { maxUploads }) };
}

/** The tiers of a torrent without the trackers whose URL one of the globs matches. */
export function withoutTrackers(tiers: readonly (readonly string[])[], globs: readonly string[]): readonly (readonly string[])[] {
  if (globs.length === 0) return tiers;
  return tiers
    .map((tier) => tier.filter((url) => !globs.some((glob) => matchesGlob(glob, url.trim()))))
    .filter((tier) => tier.length > 0);
}

/** `openClient` is called where peers have to be asked. `peers`: those that were met on the way, and those of the options. */
export async function obtainTorrent(
  argument: string,
  options: DiscoveryOptions,
  openClient: () => Promise<Client>,
  context: CommandContext,
): Promise<ObtainedTorrent> {
  const parsed = parseTorrentArgument(argument);
  const trackers = options.tracker ?? [];
  const excluded = options.excludeTracker ?? [];
  const named = options.peer ?? [];
  if (parsed.kind !== 'magnet') {
    const { metainfo, bytes } = await readTorrentFile(parsed, wayOut(options));
    const announceTiers = [...trackers, ...withoutTrackers(metainfo.announceTiers, excluded)];
    return { metainfo: { ...metainfo, announceTiers }, peers: named, bytes };
  }
  const { stderr, isQuiet } = context;
  const { magnet, text } = parsed;
  if (magnet.selection !== null && !isQuiet) {
    stderr.line(`${sanitise(text, 100)}: the link selects files (so=), which is not followed yet: all of them are meant`);
  }
  const fetched = await fetchMagnet(
    {
      magnet,
      text,
      client: await openClient(),
      peers: named,
      announceTiers: [
        ...trackers,
        ...withoutTrackers(
          magnet.trackers.map((url) => [url]),
          excluded,
        ),
      ],
      useTrackers: options.trackers,
      isHandover: options.isHandover === true,
      usePex: options.pex,
      ...chosenCounts(options),
      metadataTimeoutMs: options.metadataTimeout ?? (stderr.isTerminal ? 0 : CONFIG.cli.unattendedMetadataMs),
      timeoutMs: options.timeout ?? 0,
    },
    context,
  );
  return { metainfo: fetched.metainfo, peers: [...named, ...fetched.peers], bytes: null };
}
