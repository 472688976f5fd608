// A run that reads one torrent instead of downloading it: obtained like any other, its files chosen, a session with a reader started and
// stopped again when what was to be read has been. What cat and stream have in common.

import { Client } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import { type FilePart, TorrentReader } from '../engine/torrent-reader.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { EffusionError } from '../model/error.js';
import { loadBlocklistOption } from './blocklist-option.js';
import { checkChoice, chooseFiles } from './chosen-files.js';
import { Claims } from './claims.js';
import { CommandError, type CommandErrorCode } from './command-error.js';
import type { CommandContext } from './command-context.js';
import type { FileSpec } from './file-spec.js';
import { chooseLimits, refuseNoSource } from './commands/download.js';
import { type DhtCommandOptions, dhtOptions } from './dht-options.js';
import { listFiles, type ListedFile } from './listed-files.js';
import { describeProxy, wayOut } from './network-switches.js';
import { limitsOfEach } from './limits-of-each.js';
import { type DiscoveryOptions, obtainTorrent } from './obtain-torrent.js';
import { listenOn, type PortRange } from './options.js';
import { choosePortMapping, tellPortMapping } from './port-mapping-option.js';
import { withPeers } from './report-error.js';
import { formatLimit } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';
import { RunEnd, RunEndedError } from './run-end.js';
import { runSession } from './run-session.js';
import type { ResultOptions } from './results/result-options.js';
import { observeRun, type RunObserver } from './results/run-observer.js';
import type { TorrentObserver } from './results/torrent-observer.js';
import { exitCodeOfJobs, runJobs, type TorrentJob } from './torrent-jobs.js';
import { gatherTorrents, isTorrentFile } from './torrent-list.js';

export interface ReadingOptions extends DiscoveryOptions, DhtCommandOptions, Pick<ResultOptions, 'events'> {
  /** Which of the torrent's files. */
  readonly files?: readonly FileSpec[];
  readonly port?: PortRange;
  readonly listen: boolean;
  readonly portmap?: boolean;
  /** Bytes per second; 0 is no limit. */
  readonly maxDownload?: number;
  /** Besides those of the torrent. */
  readonly webseed?: readonly string[];
  readonly webseeds: 'auto' | 'only' | 'never';
  /** Milliseconds; 0 is off. */
  readonly noPeersTimeout?: number;
  readonly stallTimeout?: number;
}

/** What a command has to read from. */
export interface Reading {
  readonly metainfo: Metainfo;
  readonly reader: TorrentReader;
  readonly end: RunEnd;
  readonly torrent: TorrentObserver;
}

export interface ReadingCommand {
  /** As it is called, for the lock and for messages. */
  readonly name: string;
  /** How long what was fetched for a reader that left is kept. */
  readonly lingerMs: number;
  /** Shows how far it is; else lines of what happens alone. */
  readonly showsProgress: boolean;
  /** Before anything is fetched but metadata: what will be read, or throws UsageError. `isChosen`: not simply all. */
  readonly choose: (files: readonly ListedFile[], isChosen: boolean) => readonly FilePart[];
  /** Resolves when enough was read. */
  readonly read: (reading: Reading) => Promise<void>;
}

/** The exit code. */
export function runReading(
  torrent: string,
  options: ReadingOptions,
  command: ReadingCommand,
  context: CommandContext,
): Promise<number> {
  return observeRun(options, context, (observer) => readAll(torrent, options, command, context, observer));
}

async function readAll(
  torrent: string,
  options: ReadingOptions,
  command: ReadingCommand,
  context: CommandContext,
  observer: RunObserver,
): Promise<number> {
  const items = await gatherTorrents([torrent]);
  const { board, interruption } = context;
  await checkChoice(items, options);
  const portMapping = choosePortMapping(options);
  if (options.proxy !== undefined) board.log(describeProxy(options.proxy));
  const client = await Client.open({
    listen: options.listen && (options.webseeds !== 'only' || !items.every(isTorrentFile)),
    encryption: options.encryption,
    ...wayOut(options),
    maxDownloadBytesPerSecond: options.maxDownload ?? 0,
    ...(await loadBlocklistOption(options.blocklist, context)),
    ...listenOn(options.port),
    portMapping,
    lsd: options.lsd,
    ...dhtOptions(options, context.environment, true),
  });
  tellPortMapping(client, context);
  const end = new RunEnd(interruption, options.timeout ?? 0);
  const work = (job: TorrentJob): Promise<void> =>
    observer.watch(job, items, (observed) => readOne(job, options, command, { client, end }, context, observed));
  const tally = await runJobs({ items, jobs: 1, end, work }, context);
  await client.releasePort();
  end.close();
  return exitCodeOfJobs(tally, end, interruption.exitCode);
}

async function readOne(
  job: TorrentJob,
  options: ReadingOptions,
  command: ReadingCommand,
  { client, end }: { readonly client: Client; readonly end: RunEnd },
  context: CommandContext,
  torrent: TorrentObserver,
): Promise<void> {
  const view = context.board.open(command.showsProgress);
  try {
    const run = { openClient: () => Promise.resolve(client), claims: new Claims(), end, observer: torrent };
    const { metainfo, peers, origin, selection } = await obtainTorrent(job, { ...options, isHandover: true }, run, view, context);
    job.name = sanitise(metainfo.name);
    const isFile = isTorrentFile(job.item);
    refuseNoSource(
      { ...options, ...(isFile ? {} : { listen: true }) },
      metainfo.webSeeds.length + (options.webseed ?? []).length,
    );
    const { files: chosen } = chooseFiles(metainfo, options, selection).session;
    const listed = listFiles(metainfo.files, metainfo.isSingleFile);
    const files = chosen === undefined ? listed : listed.filter(({ index }) => chosen.includes(index));
    torrent.reads(metainfo, chosen ?? null);
    const parts = command.choose(files, chosen !== undefined);
    const totalBytes = parts.reduce((sum, { start, end: stop }) => sum + stop - start, 0);
    const reader = new TorrentReader(metainfo, CONFIG.reading.windowBytes, command.lingerMs, parts);
    const over = new AbortController();
    const { noPeersTimeoutMs, stallTimeoutMs } = chooseLimits(options, context.stderr.isTerminal);
    const session = runSession(
      {
        metainfo,
        folder: null,
        client,
        session: {
          reader,
          peers,
          useTrackers: options.trackers,
          usePex: options.pex,
          ...limitsOfEach(options),
          useDht: options.dht,
          useLsd: options.lsd,
          webSeedMode: options.webseeds,
          webSeeds: options.webseed ?? [],
          ...(origin === null ? {} : { origin }),
          noPeersTimeoutMs,
          stallTimeoutMs,
          command: `effusion ${command.name}`,
        },
        view,
        end,
        whose: '',
        until: over.signal,
        observer: torrent,
        delivery: () => ({ totalBytes, doneBytes: reader.deliveredBytes }),
      },
      context,
    ).finally(() => reader.close());
    const reading = command.read({ metainfo, reader, end, torrent }).finally(() => over.abort());
    // Both come to their end before either's failure is told. That of the session is the reason of the other's.
    const [ended, read] = await Promise.allSettled([session, reading]);
    if (ended.status === 'rejected') throw ended.reason;
    if (read.status === 'rejected') throw read.reason;
  } catch (error) {
    if (!end.signal.aborted) throw ofReader(error);
    // Whoever reads our output has enough: no failure of ours.
    if (end.cause === 'EPIPE') return;
    if (end.isTimedOut)
      throw new CommandError('timed_out', `${job.name}: the ${formatLimit(options.timeout ?? 0)} of --timeout are up`);
    if (error instanceof RunEndedError) context.board.log(`stopped: ${job.name}`);
    throw new RunEndedError(String(end.cause));
  } finally {
    view.close();
  }
}

/** Nothing is kept on the disk here, so what a download says of going on would not be true. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['stalled', 'Run it again later, or wait longer with --stall-timeout 0.'],
  ['sources_exhausted', 'Run it again when there are other peers.'],
] satisfies [CommandErrorCode, string][]);

function ofReader(error: unknown): unknown {
  const hint = error instanceof EffusionError ? HINTS.get(error.code) : undefined;
  if (!(error instanceof EffusionError) || hint === undefined) return error;
  return new CommandError(error.code as CommandErrorCode, withPeers(error), hint, { cause: error });
}
