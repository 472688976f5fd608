// The torrent that an argument names, whatever kind it is: read, fetched from a web server, or, for a magnet link, from peers. What
// download and info have in common.

import { statSync } from 'node:fs';
import type { Client, EncryptionPolicy } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import type { EgressOptions } from '../engine/egress.js';
import type { FetchedMetadata } from '../engine/metadata-fetcher.js';
import type { FileRange } from '../metainfo/magnet-selection.js';
import { MetainfoError } from '../model/error.js';
import { matchesGlob } from '../model/glob.js';
import { toHex } from '../model/ids.js';
import { torrentOrigin } from '../model/torrent-origin.js';
import type { Claims } from './claims.js';
import type { CommandContext } from './command-context.js';
import { fetchMagnet, type MagnetObserver } from './magnet-metadata.js';
import { wayOut } from './network-switches.js';
import type { HostPort } from './options.js';
import type { ProgressView } from './render/progress.js';
import { infoHashText } from './render/torrent-text.js';
import type { RunEnd } from './run-end.js';
import type { TorrentArgument } from './torrent-argument.js';
import { type LoadedTorrent, readTorrentFile } from './torrent-file-argument.js';
import { type TorrentJob, whoseLines } from './torrent-jobs.js';

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
  /** Files. */
  readonly blocklist?: readonly string[];
  readonly dht: boolean;
  readonly lsd: boolean;
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
  /** Hears what happens while peers are asked. */
  readonly observer?: MagnetObserver;
}

export interface ObtainedTorrent extends FetchedMetadata {
  /** The files that the magnet link asks for (BEP 53); null: it makes no choice. */
  readonly selection: readonly FileRange[] | null;
}

/** The tiers of a torrent without the trackers whose URL one of the globs matches. */
export function withoutTrackers(tiers: readonly (readonly string[])[], globs: readonly string[]): readonly (readonly string[])[] {
  if (globs.length === 0) return tiers;
  return tiers
    .map((tier) => tier.filter((url) => !globs.some((glob) => matchesGlob(glob, url.trim()))))
    .filter((tier) => tier.length > 0);
}

/**
 * `peers`: those that were met on the way, and those of the options. Rejects with SameTorrentError where another torrent of the run is
 * the same, and with RunEndedError.
 */
export async function obtainTorrent(
  job: TorrentJob,
  options: DiscoveryOptions,
  { openClient, claims, end, observer }: ObtainRun,
  view: ProgressView,
  context: CommandContext,
): Promise<ObtainedTorrent> {
  const { argument: parsed, label } = job.item;
  if (parsed instanceof MetainfoError) throw parsed;
  const trackers = options.tracker ?? [];
  const excluded = options.excludeTracker ?? [];
  const named = options.peer ?? [];
  if (parsed.kind !== 'magnet') {
    const { metainfo, bytes, server } = await readAndClaim(parsed, label, options, claims, end);
    const announceTiers = [...trackers, ...withoutTrackers(metainfo.announceTiers, excluded)];
    return {
      metainfo: { ...metainfo, announceTiers },
      peers: named,
      bytes,
      origin: server === null ? null : torrentOrigin(server, trackers.flat()),
      selection: null,
    };
  }
  const { stderr } = context;
  const { magnet, text } = parsed;
  await end.waitFor(claims.claimKnown(toHex(magnet.infoHash), label));
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
      ...(options.maxPeers === undefined ? {} : { maxPeers: options.maxPeers }),
      useDht: options.dht,
      useLsd: options.lsd,
      metadataTimeoutMs: options.metadataTimeout ?? (stderr.isTerminal ? 0 : CONFIG.cli.unattendedMetadataMs),
      timeoutMs: options.timeout ?? 0,
      view,
      end,
      whose: whoseLines(job),
      ...(observer === undefined ? {} : { observer }),
    },
    context,
  );
  const { metainfo } = fetched;
  // Where a torrent file came its trackers stand behind those of the options and of the link.
  const announceTiers = [...trackers, ...withoutTrackers(metainfo.announceTiers.slice(trackers.length), excluded)];
  return {
    ...fetched,
    metainfo: { ...metainfo, announceTiers },
    peers: [...named, ...fetched.peers],
    selection: magnet.selection,
  };
}

/**
 * Files of this machine claim in the order of the line. Nobody waits for what a server or a pipe sends: it is claimed when it is there.
 * Rejects with SameTorrentError and RunEndedError.
 */
export async function readAndClaim(
  argument: Exclude<TorrentArgument, { kind: 'magnet' }>,
  label: string,
  options: EgressOptions,
  claims: Claims,
  end: RunEnd,
): Promise<LoadedTorrent> {
  const reading = readTorrentFile(argument, wayOut(options), end.signal);
  if (argument.kind === 'file' && isRegularFile(argument.path)) {
    return end.waitFor(claims.claimRead(reading, ({ metainfo }) => infoHashText(metainfo), label));
  }
  const loaded = await end.waitFor(reading);
  claims.claimTorrent(infoHashText(loaded.metainfo), label);
  return loaded;
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
