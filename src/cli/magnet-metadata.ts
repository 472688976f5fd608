// From a magnet link to its torrent, for a person: the fetch with a spinner or plain lines, a word on why nothing comes, ^C and the
// time limits. What download and info have in common.

import type { Client } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import { MetadataFetcher, type FetchedMetadata } from '../engine/metadata-fetcher.js';
import { monotonicNow } from '../engine/monotonic-clock.js';
import type { ServerNotice } from '../engine/server-snapshot.js';
import { NoMetadataError } from '../engine/session-error.js';
import type { PeerHint } from '../engine/session-options.js';
import { explainSilence, listSilenceReasons } from '../engine/stall-report.js';
import { MetainfoError } from '../model/error.js';
import type { Magnet } from '../metainfo/magnet.js';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { formatLimit } from './render/human-numbers.js';
import { NO_DATA, type ProgressView } from './render/progress.js';
import { describeSources } from './render/source-text.js';
import { sanitise } from './render/sanitise.js';
import { RunEndedError, type RunEnd } from './run-end.js';
import { namedMetainfoError } from './torrent-argument.js';
import { UsageError } from './usage-error.js';

export interface MagnetMetadataOptions {
  readonly magnet: Magnet;
  /** What the link is called here. */
  readonly text: string;
  readonly client: Client;
  readonly peers: readonly PeerHint[];
  /** Those of the link, as far as they are to be asked, and others. */
  readonly announceTiers: readonly (readonly string[])[];
  readonly useTrackers: boolean;
  readonly isHandover: boolean;
  readonly usePex: boolean;
  readonly maxPeers?: number;
  readonly useDht: boolean;
  readonly useLsd: boolean;
  /** 0 is off. */
  readonly metadataTimeoutMs: number;
  /** Of the whole run: told where it is up; 0 is off. */
  readonly timeoutMs: number;
  readonly view: ProgressView;
  readonly end: RunEnd;
  /** What lines begin with that do not name the link: nothing where there is one. */
  readonly whose: string;
  readonly observer?: MagnetObserver;
}

/** Follows the fetch for machines. */
export interface MagnetObserver {
  readonly noteNotice: (notice: ServerNotice) => void;
  /** No metadata for so long, and why. */
  readonly noteSilence: (silentMs: number, reasons: readonly string[]) => void;
}

const NO_METADATA_HINT = 'Try again later, name a peer with --peer HOST:PORT, or wait longer with --metadata-timeout 0.';
const MAX_NAME = 100;
const MAX_REASON = 1000;

/** Rejects with MetainfoError, CommandError (no_metadata, timed_out), UsageError, or RunEndedError where it was stopped in order. */
export async function fetchMagnet(options: MagnetMetadataOptions, context: CommandContext): Promise<FetchedMetadata> {
  const { magnet, client, announceTiers, metadataTimeoutMs: timeoutMs, useTrackers, view, end } = options;
  const peers = [...options.peers, ...magnet.peers.map((peer) => ({ ...peer, isFromLink: true }))];
  refuseNoSource(options, peers);
  const { board, stderr } = context;
  const name = sanitise(options.text, MAX_NAME);
  const fetcher = new MetadataFetcher({
    infoHash: magnet.infoHash,
    client,
    announceTiers,
    webSeeds: magnet.webSeeds,
    sources: magnet.sources,
    peers,
    useTrackers,
    isHandover: options.isHandover,
    usePex: options.usePex,
    ...(options.maxPeers === undefined ? {} : { maxPeers: options.maxPeers }),
    useDht: options.useDht,
    useLsd: options.useLsd,
    timeoutMs,
    ...(options.observer === undefined ? {} : { onNotice: options.observer.noteNotice }),
  });
  if (!stderr.canDraw) board.log(formatStart(name, timeoutMs));
  const startedAt = monotonicNow();
  let explainAt = startedAt + CONFIG.cli.silenceMs;
  const drawing = setInterval(() => {
    const facts = fetcher.facts();
    view.update({ ...NO_DATA, phase: 'metadata', name, peers: facts.connected });
    const now = monotonicNow();
    if (now < explainAt) return;
    explainAt = now + CONFIG.cli.silenceRepeatMs;
    options.observer?.noteSilence(now - startedAt, listSilenceReasons(facts));
    const seconds = Math.round((now - startedAt) / 1000);
    view.log(`${name}: no metadata for ${seconds} s: ${sanitise(explainSilence(facts), MAX_REASON)}`);
    if (context.isVerbose) for (const line of describeSources(facts, options.whose)) view.log(line);
  }, CONFIG.cli.drawIntervalMs);
  try {
    return await fetcher.fetch(AbortSignal.any([end.signal, client.egress.lost]));
  } catch (error) {
    if (error instanceof RunEndedError && end.isTimedOut) {
      const limit = formatLimit(options.timeoutMs);
      throw new CommandError('timed_out', `${name}: the ${limit} of --timeout are up: no metadata came`, '');
    }
    if (error instanceof MetainfoError) throw namedMetainfoError(name, error);
    if (!(error instanceof NoMetadataError)) throw error;
    if (context.isVerbose) for (const line of describeSources(fetcher.facts(), options.whose)) view.log(line);
    throw new CommandError('no_metadata', `${name}: ${error.message}`, NO_METADATA_HINT, { cause: error });
  } finally {
    clearInterval(drawing);
  }
}

function formatStart(name: string, timeoutMs: number): string {
  const end = timeoutMs > 0 ? `gives up after ${formatLimit(timeoutMs)} (--metadata-timeout)` : 'waits without a limit';
  return `${name}: fetching metadata from peers; ${end}`;
}

function refuseNoSource(
  { useTrackers, useDht, announceTiers: tiers, text, magnet }: MagnetMetadataOptions,
  peers: readonly PeerHint[],
): void {
  if (useDht || peers.length > 0 || magnet.sources.length > 0 || (useTrackers && tiers.length > 0)) return;
  throw new UsageError(
    `${sanitise(text, MAX_NAME)}: ${useTrackers ? 'the link names no tracker and no peer' : 'no tracker may be asked and no peer is named'}`,
    'Name a peer with --peer HOST:PORT or a tracker with --tracker URL, or leave the DHT on.',
  );
}
