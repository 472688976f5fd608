// From a magnet link to its torrent, for a person: the fetch with a spinner or plain lines, a word on why nothing comes, ^C and the
// time limits. What download and info have in common.

import { performance } from 'node:perf_hooks';
import type { Client } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import { MetadataFetcher, type FetchedMetadata } from '../engine/metadata-fetcher.js';
import { NoMetadataError } from '../engine/session-error.js';
import type { PeerHint } from '../engine/session-options.js';
import { explainSilence } from '../engine/stall-report.js';
import { MetainfoError } from '../model/error.js';
import type { Magnet } from '../metainfo/magnet.js';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { openView } from './progress-view.js';
import { formatLimit } from './render/human-numbers.js';
import { describeSources } from './render/source-text.js';
import { NO_DATA } from './render/progress.js';
import { sanitise } from './render/sanitise.js';
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
  /** 0 is off. */
  readonly metadataTimeoutMs: number;
  /** Of the whole run; 0 is off. */
  readonly timeoutMs: number;
}

const NO_METADATA_HINT = 'Try again later, name a peer with --peer HOST:PORT, or wait longer with --metadata-timeout 0.';
const MAX_NAME = 100;
const MAX_REASON = 1000;

/** A run that was stopped in order while it fetched. */
export class FetchStoppedError extends Error {}

/** Rejects with NoMetadataError, FetchStoppedError, MetainfoError, CommandError (timed_out) or UsageError. */
export async function fetchMagnet(options: MagnetMetadataOptions, context: CommandContext): Promise<FetchedMetadata> {
  const { magnet, client, announceTiers, metadataTimeoutMs: timeoutMs, useTrackers } = options;
  const peers = [...options.peers, ...magnet.peers];
  refuseNoSource(options, peers);
  const { interruption, isQuiet, stderr } = context;
  const name = sanitise(options.text, MAX_NAME);
  const fetcher = new MetadataFetcher({
    infoHash: magnet.infoHash,
    client,
    announceTiers,
    webSeeds: magnet.webSeeds,
    peers,
    useTrackers,
    isHandover: options.isHandover,
    usePex: options.usePex,
    ...(options.maxPeers === undefined ? {} : { maxPeers: options.maxPeers }),
    timeoutMs,
  });
  const stop = new AbortController();
  const forgetStop = interruption.onStop((cause) => stop.abort(new FetchStoppedError(cause)));
  const { lost } = client.egress;
  const onLost = (): void => stop.abort(lost.reason);
  lost.addEventListener('abort', onLost);
  if (lost.aborted) onLost();
  const limit = formatLimit(options.timeoutMs);
  const timedOut = (): Error => new CommandError('timed_out', `${name}: the ${limit} of --timeout are up: no metadata came`);
  const timer = options.timeoutMs > 0 ? setTimeout(() => stop.abort(timedOut()), options.timeoutMs) : null;
  if (!isQuiet && !stderr.canDraw) stderr.line(formatStart(name, timeoutMs));
  const view = openView(context);
  const startedAt = performance.now();
  let explainAt = startedAt + CONFIG.cli.silenceMs;
  const drawing = setInterval(() => {
    const facts = fetcher.facts();
    view.update({ ...NO_DATA, phase: 'metadata', name, peers: facts.connected });
    const now = performance.now();
    if (now < explainAt) return;
    explainAt = now + CONFIG.cli.silenceRepeatMs;
    const seconds = Math.round((now - startedAt) / 1000);
    view.log(`${name}: no metadata for ${seconds} s: ${sanitise(explainSilence(facts), MAX_REASON)}`);
    if (context.isVerbose) for (const line of describeSources(facts)) view.log(line);
  }, CONFIG.cli.drawIntervalMs);
  try {
    return await fetcher.fetch(stop.signal);
  } catch (error) {
    if (error instanceof MetainfoError) throw namedMetainfoError(name, error);
    if (!(error instanceof NoMetadataError)) throw error;
    if (context.isVerbose) for (const line of describeSources(fetcher.facts())) view.log(line);
    throw new CommandError('no_metadata', `${name}: ${error.message}`, NO_METADATA_HINT, { cause: error });
  } finally {
    if (timer !== null) clearTimeout(timer);
    clearInterval(drawing);
    view.close();
    lost.removeEventListener('abort', onLost);
    forgetStop();
  }
}

function formatStart(name: string, timeoutMs: number): string {
  const end = timeoutMs > 0 ? `gives up after ${formatLimit(timeoutMs)} (--metadata-timeout)` : 'waits without a limit';
  return `${name}: fetching metadata from peers; ${end}`;
}

function refuseNoSource({ useTrackers, announceTiers, text }: MagnetMetadataOptions, peers: readonly PeerHint[]): void {
  if (peers.length > 0 || (useTrackers && announceTiers.length > 0)) return;
  throw new UsageError(
    `${sanitise(text, MAX_NAME)}: ${useTrackers ? 'the link names no tracker to ask and no peer' : 'no tracker may be asked and no peer is named'}`,
    'Name a peer with --peer HOST:PORT or a tracker with --tracker URL: the DHT is not there yet.',
  );
}
