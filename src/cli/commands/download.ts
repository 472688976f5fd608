// `effusion download TORRENT...`: from the torrent, or the link to one, to the data on the disk, and an exit code that tells which end it
// was. stdout gets the paths of the results and nothing else, so that a script can use them. All torrents share one client.

import { Client } from '../../engine/client.js';
import { CONFIG } from '../../engine/config.js';
import { monotonicNow } from '../../engine/monotonic-clock.js';
import type { MinSpeed } from '../../engine/speed-floor.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { placeFiles, rootNames } from '../../metainfo/placement.js';
import { MetainfoError } from '../../model/error.js';
import { loadBlocklistOption } from '../blocklist-option.js';
import { ChecksumUse, tellChecksumUse } from '../checksum-use.js';
import { type ChecksumOptions, expectWanted, loadChecksumsFor, matchChecksums, type WantedChecksums } from '../checksums.js';
import { checkChoice, type ChoiceOptions, type ChosenFiles, chooseFiles, notesFolder } from '../chosen-files.js';
import { Claims } from '../claims.js';
import { CommandError } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { type DhtCommandOptions, dhtOptions } from '../dht-options.js';
import { chooseLimits, type DownloadLimits, formatStart } from '../download-limits.js';
import { EXIT } from '../exit-codes.js';
import { describeProxy, wayOut, whatIsOff } from '../network-switches.js';
import { type DiscoveryOptions, type ObtainRun, obtainTorrent } from '../obtain-torrent.js';
import { listenForKeys } from '../key-commands.js';
import { type LimitsOfEach, limitsOfEach } from '../limits-of-each.js';
import { listenOn, type PortRange } from '../options.js';
import { chooseByHand, GaveUpError, hasChoice } from '../picker/choose-by-hand.js';
import { expectChooser } from '../picker/pick-files.js';
import { checkPlaceOptions, placementOf, resultPath, sessionPlaces } from '../place-choice.js';
import type { PlaceCommandOptions } from '../place-options.js';
import { choosePortMapping, tellPortMapping } from '../port-mapping-option.js';
import { formatBytes, formatLimit, formatPercent } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import type { ProgressView } from '../render/progress.js';
import { formatSummary, formatTotal } from '../render/summary.js';
import type { ResultOptions } from '../results/result-options.js';
import { observeRun, type RunObserver } from '../results/run-observer.js';
import type { TorrentObserver } from '../results/torrent-observer.js';
import { RunEnd, RunEndedError } from '../run-end.js';
import { runSession, type SessionRun } from '../run-session.js';
import { SeedAfter, settleSeeding } from '../seed-after.js';
import { describeUnusedRatio, seedGoalAfter, type SeedOptionValues } from '../seed-goal.js';
import {
  describeFailures,
  describeTally,
  exitCodeOfJobs,
  type JobTally,
  NOTHING_DONE,
  runJobs,
  type TorrentJob,
  whoseLines,
} from '../torrent-jobs.js';
import { gatherTorrents, isTorrentFile, type TorrentItem } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';

export interface DownloadOptions
  extends
    DiscoveryOptions,
    DhtCommandOptions,
    PlaceCommandOptions,
    ChoiceOptions,
    ChecksumOptions,
    SeedOptionValues,
    LimitsOfEach,
    ResultOptions {
  /** Files that name further torrents. */
  readonly inputFile?: readonly string[];
  /** Torrents at a time. */
  readonly jobs?: number;
  readonly output: string;
  readonly port?: PortRange;
  readonly listen: boolean;
  readonly portmap?: boolean;
  readonly fsync?: boolean;
  readonly overwrite: 'verify' | 'never' | 'always';
  /** Bytes per second; 0 is no limit. */
  readonly maxDownload?: number;
  readonly maxUpload?: number;
  /** Besides those of the torrent. */
  readonly webseed?: readonly string[];
  readonly webseeds: 'auto' | 'only' | 'never';
  /** Milliseconds; 0 is off. */
  readonly noPeersTimeout?: number;
  readonly stallTimeout?: number;
  /** Null is off. */
  readonly minSpeed?: MinSpeed | null;
}

const MAX_PATH = 1000;

/** What the torrents of one run share. */
interface DownloadRun extends ObtainRun {
  readonly client: Client;
  readonly limits: DownloadLimits;
  readonly checksums: WantedChecksums | null;
  readonly checksumUse: ChecksumUse;
  /** Torrents that are whole and serve on. */
  readonly serving: ReturnType<SeedAfter['serve']>[];
  /** Bytes that came over the network. */
  downloadedBytes: number;
}

export function download(torrents: readonly string[], options: DownloadOptions, context: CommandContext): Promise<number> {
  return observeRun(options, context, (observer) => downloadAll(torrents, options, context, observer));
}

async function downloadAll(
  torrents: readonly string[],
  options: DownloadOptions,
  context: CommandContext,
  observer: RunObserver,
): Promise<number> {
  const startedAt = monotonicNow();
  const items = await gatherTorrents(torrents, options.inputFile);
  await checkPlaceOptions(options, items.length);
  await checkChoice(items, options);
  if (options.interactive === true) expectChooser(context);
  if (items.some(isTorrentFile) && options.webseeds === 'never') refuseNoSource(options, 0);
  const checksums = await loadChecksumsFor(items, options);
  const portMapping = choosePortMapping(options);
  const { stderr, board, interruption } = context;
  const limits = chooseLimits(options, stderr.isTerminal);
  if (options.proxy !== undefined) board.log(describeProxy(options.proxy));
  const unused = describeUnusedRatio(options);
  if (unused !== null) board.log(unused);
  const openClient = async (): Promise<Client> =>
    Client.open({
      // With web seeds only, others are needed for the metadata of a magnet link alone.
      listen: options.listen && (options.webseeds !== 'only' || !items.every(isTorrentFile)),
      encryption: options.encryption,
      ...wayOut(options),
      maxDownloadBytesPerSecond: options.maxDownload ?? 0,
      maxUploadBytesPerSecond: options.maxUpload ?? 0,
      ...(await loadBlocklistOption(options.blocklist, context)),
      ...listenOn(options.port),
      portMapping,
      lsd: options.lsd,
      ...dhtOptions(options, context.environment, seedGoalAfter(options) === null),
    });
  if (options.dryRun === true) return (await import('../dry-run.js')).dryRun(items, options, openClient, context);
  const client = await openClient();
  tellPortMapping(client, context);
  const end = new RunEnd(interruption, limits.timeoutMs);
  const forgetKeys = listenForKeys({ client, direction: 'download', limit: options.maxDownload ?? 0 }, context);
  const run: DownloadRun = {
    client,
    openClient: () => Promise.resolve(client),
    claims: new Claims(),
    end,
    limits,
    checksums,
    checksumUse: new ChecksumUse(checksums ?? { lists: [] }),
    serving: [],
    downloadedBytes: 0,
  };
  let tally: JobTally = { ...NOTHING_DONE, total: items.length };
  const closeOverview = items.length > 1 ? board.openOverview(() => describeTally(tally)) : null;
  tally = await runJobs(
    {
      items,
      // One terminal, one choice at a time.
      jobs: options.interactive === true ? 1 : (options.jobs ?? CONFIG.cli.jobs),
      end,
      work: (job) => observer.watch(job, items, (torrent) => downloadOne(job, options, run, context, torrent)),
      onChange: (now) => {
        tally = now;
      },
    },
    context,
  );
  const elapsedMs = monotonicNow() - startedAt;
  const useCode = tellChecksumUse(run.checksumUse, tally, context);
  const served = await settleSeeding(run.serving, tally);
  ({ tally } = served);
  closeOverview?.();
  forgetKeys();
  await client.releasePort();
  end.close();
  const exitCode = exitCodeOfJobs(tally, end, interruption.exitCode) || useCode;
  if (items.length > 1) tellTotal(tally, exitCode, run, elapsedMs, context);
  // Whole, but the serving that was asked for was cut short.
  return exitCode === EXIT.ok && served.isCut ? (interruption.exitCode ?? EXIT.ok) : exitCode;
}

/** The line at the end of a run of several torrents. */
function tellTotal(tally: JobTally, exitCode: number, run: DownloadRun, elapsedMs: number, { board }: CommandContext): void {
  const isStopped = run.end.isSignalled && tally.stopped + tally.unbegun > 0;
  const failures = isStopped ? null : describeFailures(tally, exitCode);
  if (failures !== null) board.always(failures);
  else board.log(formatTotal({ ...tally, downloadedBytes: run.downloadedBytes, elapsedMs }));
}

/** Rejects with what failed, or with RunEndedError where a signal stopped it: that has been told then. */
async function downloadOne(
  job: TorrentJob,
  options: DownloadOptions,
  run: DownloadRun,
  context: CommandContext,
  torrent: TorrentObserver,
): Promise<void> {
  const startedAt = monotonicNow();
  const view = context.board.open();
  const goal = seedGoalAfter(options);
  const after = goal === null ? null : new SeedAfter(goal);
  const { ended, session, metainfo, placed, chosen } = await runOne(job, options, run, view, after, context, torrent).catch(
    (error: unknown) => {
      view.close();
      throw error instanceof RunEndedError ? stopped(job, noDataYet(job.item, error), '', run, context) : error;
    },
  );
  // Where it serves on there is something to show.
  session.finally(() => view.close()).catch(() => {});
  if (after === null) view.close();
  const { result, snapshot } = ended;
  run.downloadedBytes += snapshot.downloadedBytes;
  if (result.status === 'stopped') {
    const reached = `${formatPercent(snapshot.verifiedBytes, snapshot.totalBytes)} of ${formatBytes(snapshot.totalBytes)} is there`;
    throw stopped(job, reached, 'Run the same command again to go on.', run, context);
  }
  const place = resultPath(options.output, metainfo, placementOf(options));
  const { downloadedBytes, alreadyComplete: isAlreadyComplete } = result;
  const elapsedMs = monotonicNow() - startedAt;
  /** What is wrong with it after all is not served. */
  const notServed = async (failure: unknown): Promise<never> => {
    after?.watch.callOff();
    await session.catch(() => {});
    throw failure;
  };
  if (run.checksums !== null) {
    await expectWanted({ metainfo, placed, folder: options.output }, run.checksums, chosen.session.files, run.end.signal, context)
      .catch((error: unknown) => {
        const reached = 'it is whole, its checksums were not looked at';
        throw error instanceof RunEndedError ? stopped(job, reached, '', run, context) : error;
      })
      .catch(notServed);
  }
  const { board, isQuiet, stdout, stderr } = context;
  board.log(formatSummary({ path: place, totalBytes: chosen.bytes, downloadedBytes, elapsedMs, isAlreadyComplete }));
  // A person at a terminal has just read the path in the summary.
  const isSaid = !isQuiet && stdout.isTerminal && stderr.isTerminal;
  if (!isSaid && torrent.leavesStdout) stdout.line(stdout.isTerminal ? sanitise(place, MAX_PATH) : place);
  await torrent.complete({ result, snapshot, end: run.end }).catch(notServed);
  const { end, limits, client } = run;
  const serving = { end, timeoutMs: limits.timeoutMs, port: client.port };
  if (after !== null) run.serving.push(after.serve(session, job, serving, context, torrent));
}

async function runOne(
  job: TorrentJob,
  options: DownloadOptions,
  run: DownloadRun,
  view: ProgressView,
  after: SeedAfter | null,
  context: CommandContext,
  torrent: TorrentObserver,
): Promise<{ ended: SessionRun; session: Promise<SessionRun>; metainfo: Metainfo; placed: Metainfo; chosen: ChosenFiles }> {
  const { limits, client, end } = run;
  const obtained = await obtainTorrent(job, { ...options, isHandover: true }, { ...run, observer: torrent }, view, context);
  const { metainfo, peers, origin } = obtained;
  job.name = sanitise(metainfo.name);
  let chosen = chooseFiles(metainfo, options, obtained.selection);
  if (options.interactive === true && hasChoice(metainfo)) {
    chosen = chooseFiles(metainfo, options, null, await chooseByHand(metainfo, chosen, end, context));
  }
  const placement = placementOf(options);
  const placed = placeFiles(metainfo, placement, chosen.session.files);
  const place = resultPath(options.output, metainfo, placement);
  torrent.known(metainfo, { place, folder: options.output, placed, chosen: chosen.session.files ?? null });
  refuseNoSource(
    { ...options, ...(isTorrentFile(job.item) ? {} : { listen: true }) },
    metainfo.webSeeds.length + (options.webseed ?? []).length,
  );
  if (run.checksums !== null) {
    const matched = matchChecksums(metainfo, run.checksums, chosen.session.files);
    run.checksumUse.add(matched);
    for (const note of matched.notes) context.board.log(note);
  }
  for (const name of rootNames(placed, chosen.session.files)) run.claims.claimName(name, job.item.label);
  if (!context.stderr.canDraw) context.board.log(formatStart(metainfo, options.output, limits, chosen));
  const session = runSession(
    {
      metainfo,
      folder: options.output,
      client,
      session: {
        peers,
        useTrackers: options.trackers,
        usePex: options.pex,
        ...limitsOfEach(options),
        ...chosen.session,
        ...notesFolder(context.environment),
        useDht: options.dht,
        useLsd: options.lsd,
        seed: after !== null,
        fsync: options.fsync === true,
        overwrite: options.overwrite,
        ...sessionPlaces(options),
        webSeedMode: options.webseeds,
        webSeeds: options.webseed ?? [],
        ...(origin === null ? {} : { origin }),
        noPeersTimeoutMs: limits.noPeersTimeoutMs,
        stallTimeoutMs: limits.stallTimeoutMs,
        ...(limits.minSpeed == null ? {} : { minSpeed: limits.minSpeed }),
        command: 'effusion download',
      },
      view,
      end,
      whose: whoseLines(job),
      observer: torrent,
      ...(after === null ? {} : { onLook: after.watch.look.bind(after.watch) }),
    },
    context,
  );
  return { ended: await (after?.untilWhole(session) ?? session), session, metainfo, placed, chosen };
}

/** What there is of a torrent that was stopped before it began. */
function noDataYet({ argument }: TorrentItem, end: RunEndedError): string {
  if (end instanceof GaveUpError) return 'no files were chosen';
  return !(argument instanceof MetainfoError) && argument.kind === 'magnet' ? 'no metadata came yet' : 'it was not read yet';
}

/** Not whole, but in order: the error of it, by the time that is up or by a signal, which is told. */
function stopped(
  { name, isOneOfSeveral }: TorrentJob,
  reached: string,
  hint: string,
  { end, limits }: DownloadRun,
  { board, events }: CommandContext,
): Error {
  if (end.isTimedOut) {
    const limit = formatLimit(limits.timeoutMs);
    return new CommandError('timed_out', `${name}: the ${limit} of --timeout are up: ${reached}`, hint);
  }
  if (end.cause === 'EPIPE') {
    const what = events.isBroken ? 'the reader of the events is gone' : 'stdout was closed';
    return new CommandError(
      'output_failed',
      `${name}: stopped because ${what}: ${reached}`,
      'Run the same command again to go on.',
    );
  }
  // Of several the last line says what to do.
  if (isOneOfSeveral) board.log(`${name}: stopped: ${reached}`);
  else board.log(hint === '' ? `stopped: ${reached}` : `stopped: ${reached}. ${hint}`);
  return new RunEndedError(String(end.cause));
}

/** `webSeeds`: how many are named, by the torrent and the options. */
export function refuseNoSource(
  options: Pick<DownloadOptions, 'webseeds' | 'trackers' | 'dht' | 'listen' | 'onlyPeers' | 'peer' | 'proxy'>,
  webSeeds: number,
): void {
  const { webseeds: mode, trackers, dht, listen, onlyPeers, peer = [] } = options;
  if (mode !== 'never' && webSeeds > 0) return;
  if (mode === 'only') throw new UsageError('--webseeds only: the torrent names no web seed', 'Name one with --webseed URL.');
  if (trackers || dht || listen || peer.length > 0) return;
  const cause =
    onlyPeers === true ? '--only-peers leaves' : `${whatIsOff(options, '--no-trackers, --no-dht and --no-listen')} leave`;
  throw new UsageError(
    `${cause} nobody to download from`,
    'Name a peer with --peer HOST:PORT, or a web server that has the files with --webseed URL.',
  );
}
