// The torrent that an argument names, whatever kind it is: read, fetched from a web server, or, for a magnet link, from peers. What
// download and info have in common.

import type { Client, EncryptionPolicy } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import type { FetchedMetadata } from '../engine/metadata-fetcher.js';
import { MetainfoError } from '../model/error.js';
import { toHex } from '../model/ids.js';
import type { Claims } from './claims.js';
import type { CommandContext } from './command-context.js';
import { fetchMagnet } from './magnet-metadata.js';
import type { HostPort } from './options.js';
import { sanitise } from './render/sanitise.js';
import type { ProgressView } from './render/progress.js';
import { infoHashText } from './render/torrent-text.js';
import type { RunEnd } from './run-end.js';
import { readTorrentFile } from './torrent-file-argument.js';
import type { TorrentItem } from './torrent-list.js';

/** Options of every command that takes magnet links. */
export interface DiscoveryOptions {
  readonly peer?: readonly HostPort[];
  /** Tiers, asked before those of the torrent. */
  readonly tracker?: readonly (readonly string[])[];
  readonly trackers: boolean;
  /** Peers from peers. */
  readonly pex: boolean;
  readonly encryption: EncryptionPolicy;
  /** Milliseconds; 0 is off. */
  readonly metadataTimeout?: number;
  /** A session follows at once. */
  readonly isHandover?: boolean;
  readonly timeout?: number;
}

/** What the torrents of one run share while they are obtained. */
export interface ObtainRun {
  /** Called where peers have to be asked. */
  readonly openClient: () => Promise<Client>;
  readonly claims: Claims;
  readonly end: RunEnd;
}

/**
 * `peers`: those that were met on the way, and those of the options. Rejects with SameTorrentError where another torrent of the run is
 * the same, and with RunEndedError.
 */
export async function obtainTorrent(
  { argument: parsed, label }: TorrentItem,
  options: DiscoveryOptions,
  { openClient, claims, end }: ObtainRun,
  view: ProgressView,
  context: CommandContext,
): Promise<FetchedMetadata> {
  if (parsed instanceof MetainfoError) throw parsed;
  const trackers = options.tracker ?? [];
  const named = options.peer ?? [];
  if (parsed.kind !== 'magnet') {
    const { metainfo, bytes } = await end.waitFor(readTorrentFile(parsed, end.signal));
    claims.claimTorrent(infoHashText(metainfo), label);
    return { metainfo: { ...metainfo, announceTiers: [...trackers, ...metainfo.announceTiers] }, peers: named, bytes };
  }
  const { stderr, board } = context;
  const { magnet, text } = parsed;
  claims.claimTorrent(toHex(magnet.infoHash), label);
  if (magnet.selection !== null) {
    board.log(`${sanitise(text, 100)}: the link selects files (so=), which is not followed yet: all of them are meant`);
  }
  const fetched = await fetchMagnet(
    {
      magnet,
      text,
      client: await openClient(),
      peers: named,
      trackers,
      useTrackers: options.trackers,
      isHandover: options.isHandover === true,
      usePex: options.pex,
      metadataTimeoutMs: options.metadataTimeout ?? (stderr.isTerminal ? 0 : CONFIG.cli.unattendedMetadataMs),
      timeoutMs: options.timeout ?? 0,
      view,
      end,
    },
    context,
  );
  return { ...fetched, peers: [...named, ...fetched.peers] };
}
