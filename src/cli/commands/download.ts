// `effusion download TORRENT`: from the torrent, or the link to one, to the data on the disk, and an exit code that tells which end it was.
// stdout gets the path of the result and nothing else, so that a script can use it.

import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Client } from '../../engine/client.js';
import { CONFIG } from '../../engine/config.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { CommandError } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { FetchStoppedError } from '../magnet-metadata.js';
import { describeProxy, listenSwitch, wayOut } from '../network-switches.js';
import { chosenCounts, type DiscoveryOptions, obtainTorrent } from '../obtain-torrent.js';
import { listenOn, type PortRange } from '../options.js';
import { formatBytes, formatCount, formatLimit, formatPercent } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import { formatSummary } from '../render/summary.js';
import { dataBytes } from '../render/torrent-text.js';
import { runSession, type SessionRun } from '../run-session.js';
import { parseTorrentArgument } from '../torrent-argument.js';
import { UsageError } from '../usage-error.js';

export interface DownloadOptions extends DiscoveryOptions {
  readonly output: string;
  readonly port?: PortRange;
  readonly listen: boolean;
  readonly fsync?: boolean;
  readonly overwrite: 'verify' | 'never';
  /** Bytes per second; 0 is no limit. */
  readonly maxDownload?: number;
  readonly maxUpload?: number;
  /** 0 is no limit. */
  readonly maxUploads?: number;
  /** Milliseconds; 0 is off. */
  readonly noPeersTimeout?: number;
  readonly stallTimeout?: number;
}

const MAX_PATH = 1000;

export async function download(file: string, options: DownloadOptions, context: CommandContext): Promise<number> {
  const startedAt = performance.now();
  if (parseTorrentArgument(file).kind !== 'magnet') refuseNoSource(options);
  const { stderr, stdout, isQuiet } = context;
  const limits = chooseLimits(options, stderr.isTerminal);
  let client: Client | null = null;
  const { listen, encryption, port, proxy } = options;
  if (proxy !== undefined && !isQuiet) stderr.line(describeProxy(proxy));
  const openClient = async (): Promise<Client> =>
    (client ??= await Client.open({
      listen,
      encryption,
      ...wayOut(options),
      maxDownloadBytesPerSecond: options.maxDownload ?? 0,
      maxUploadBytesPerSecond: options.maxUpload ?? 0,
      ...listenOn(port),
    }));
  const obtained = await obtainTorrent(file, { ...options, isHandover: true }, openClient, context).catch((error: unknown) => {
    if (error instanceof FetchStoppedError) return null;
    throw error;
  });
  if (obtained === null) return endWithoutMetadata(context);
  const { metainfo, peers } = obtained;
  if (!isQuiet && !stderr.canDraw) stderr.line(formatStart(metainfo, options.output, limits));
  const run = await runSession(
    {
      metainfo,
      folder: options.output,
      client: await openClient(),
      session: {
        peers,
        useTrackers: options.trackers,
        usePex: options.pex,
        ...chosenCounts(options),
        fsync: options.fsync === true,
        overwrite: options.overwrite,
        noPeersTimeoutMs: limits.noPeersTimeoutMs,
        stallTimeoutMs: limits.stallTimeoutMs,
        command: 'effusion download',
      },
      timeoutMs: limits.timeoutMs > 0 ? Math.max(1, limits.timeoutMs - (performance.now() - startedAt)) : 0,
    },
    context,
  );
  const { result } = run;
  if (result.status === 'stopped') return endStopped(run, limits, context);
  const place = resultPath(options.output, metainfo);
  if (!isQuiet) {
    const { downloadedBytes, alreadyComplete } = result;
    const elapsedMs = performance.now() - startedAt;
    const facts = {
      path: place,
      totalBytes: dataBytes(metainfo),
      downloadedBytes,
      elapsedMs,
      isAlreadyComplete: alreadyComplete,
    };
    stderr.line(formatSummary(facts));
  }
  // A person at a terminal has just read the path in the summary.
  const isSaid = !isQuiet && stdout.isTerminal && stderr.isTerminal;
  if (!isSaid) stdout.line(stdout.isTerminal ? sanitise(place, MAX_PATH) : place);
  return EXIT.ok;
}

/** Stopped by a signal before there was anything to download. */
function endWithoutMetadata({ isQuiet, stderr, interruption }: CommandContext): number {
  if (!isQuiet) stderr.line('stopped: no metadata came yet');
  return interruption.exitCode ?? EXIT.interrupt;
}

/** Not whole, but in order: by the time that is up, or by a signal. */
function endStopped(run: SessionRun, limits: DownloadLimits, context: CommandContext): number {
  const { verifiedBytes, totalBytes, name } = run.snapshot;
  const reached = `${formatPercent(verifiedBytes, totalBytes)} of ${formatBytes(totalBytes)} is there`;
  const code = context.interruption.exitCode;
  if (code !== null && code !== EXIT.ok) {
    if (!context.isQuiet) context.stderr.line(`stopped: ${reached}. Run the same command again to go on.`);
    return code;
  }
  if (!run.isTimedOut) throw new CommandError('output_failed', `${name}: stopped because stdout was closed: ${reached}`);
  const limit = formatLimit(limits.timeoutMs);
  throw new CommandError(
    'timed_out',
    `${name}: the ${limit} of --timeout are up: ${reached}`,
    'Run the same command again to go on.',
  );
}

export interface DownloadLimits {
  /** 0 is off, as everywhere. */
  readonly timeoutMs: number;
  readonly noPeersTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

export function chooseLimits(
  options: Pick<DownloadOptions, 'timeout' | 'noPeersTimeout' | 'stallTimeout'>,
  isAttended: boolean,
): DownloadLimits {
  return {
    timeoutMs: options.timeout ?? 0,
    noPeersTimeoutMs: options.noPeersTimeout ?? (isAttended ? 0 : CONFIG.cli.unattendedNoPeersMs),
    stallTimeoutMs: options.stallTimeout ?? (isAttended ? 0 : CONFIG.cli.unattendedStallMs),
  };
}

/** The plain line at the start: what, where, and when it gives up. */
export function formatStart(metainfo: Metainfo, folder: string, limits: DownloadLimits): string {
  const files = formatCount(metainfo.files.filter((item) => !item.isPadding).length, 'file');
  const what = `${sanitise(metainfo.name)}: ${formatBytes(dataBytes(metainfo))} in ${files} to ${sanitise(folder, MAX_PATH)}`;
  const ends = [
    ...(limits.noPeersTimeoutMs > 0 ? [`after ${formatLimit(limits.noPeersTimeoutMs)} without a peer (--no-peers-timeout)`] : []),
    ...(limits.stallTimeoutMs > 0 ? [`after ${formatLimit(limits.stallTimeoutMs)} without data (--stall-timeout)`] : []),
    ...(limits.timeoutMs > 0 ? [`after ${formatLimit(limits.timeoutMs)} in all (--timeout)`] : []),
  ];
  return `${what}; ${ends.length === 0 ? 'waits without a limit' : `gives up ${ends.join(', ')}`}`;
}

/** Where the result is, as a script can use it: never beginning with a dash. */
function resultPath(folder: string, metainfo: Metainfo): string {
  const place = path.join(folder, metainfo.name);
  return place.startsWith('-') ? `./${place}` : place;
}

function refuseNoSource(options: DownloadOptions): void {
  if (options.trackers || options.listen || (options.peer ?? []).length > 0) return;
  const cause = options.onlyPeers === true ? '--only-peers leaves' : `--no-trackers and ${listenSwitch(options)} leave`;
  throw new UsageError(`${cause} nobody to download from`, 'Name a peer with --peer HOST:PORT.');
}
