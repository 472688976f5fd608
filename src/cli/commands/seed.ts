// `effusion seed TORRENT|PATH...`: checks the data of a torrent file, or makes a torrent of a file or folder, then serves it until stopped, or as
// long as it was told. Nothing of the data is changed, and what is not whole is refused, unless a part is to be served (BEP 21): who wants the
// rest should download it.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Client, type EncryptionPolicy } from '../../engine/client.js';
import { CONFIG } from '../../engine/config.js';
import type { EgressOptions } from '../../engine/egress.js';
import { Deferred } from '../../engine/deferred.js';
import { monotonicNow } from '../../engine/monotonic-clock.js';
import type { ServerSnapshot } from '../../engine/server-snapshot.js';
import { IncompleteDataError } from '../../engine/session-error.js';
import { verifyFolder } from '../../engine/torrent-files.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { partName, sparePartName } from '../../metainfo/part-name.js';
import { placeFiles, rootNames } from '../../metainfo/placement.js';
import { MetainfoError } from '../../model/error.js';
import { torrentOrigin, type TorrentOrigin } from '../../model/torrent-origin.js';
import { loadBlocklistOption } from '../blocklist-option.js';
import { Claims } from '../claims.js';
import { CommandError } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { type DhtCommandOptions, dhtOptions } from '../dht-options.js';
import { listenForKeys } from '../key-commands.js';
import { describeProxy, wayOut, whatIsOff } from '../network-switches.js';
import { listenOn, type HostPort, type PortRange } from '../options.js';
import { type LimitsOfEach, limitsOfEach } from '../limits-of-each.js';
import { withoutTrackers } from '../obtain-torrent.js';
import { checkPlacementOptions, placementOf, resultPath } from '../place-choice.js';
import type { PlacementCommandOptions } from '../place-options.js';
import { choosePortMapping, tellPortMapping } from '../port-mapping-option.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes, formatCount } from '../render/human-numbers.js';
import type { ProgressView } from '../render/progress.js';
import { sanitise } from '../render/sanitise.js';
import { infoHashText } from '../render/torrent-text.js';
import type { ResultOptions } from '../results/result-options.js';
import { observeRun, type RunObserver } from '../results/run-observer.js';
import type { TorrentObserver } from '../results/torrent-observer.js';
import { RunEnd } from '../run-end.js';
import { runSession } from '../run-session.js';
import { describeSeedGoal, type SeedOptionValues, SeedWatch } from '../seed-goal.js';
import { exitCodeOfJobs, type JobTally, runJobs, type TorrentJob, whoseLines } from '../torrent-jobs.js';
import { type ContentOptions, checkContentOptions, makeContent, type MadeContent } from '../seed-content.js';
import { describeAbsent, findSeedSource, type SeedSource } from '../seed-source.js';
import { gatherTorrents, type TorrentItem } from '../torrent-list.js';
import { TorrentNames } from '../torrent-names.js';
import { readTorrentFile } from '../torrent-file-argument.js';
import { UsageError } from '../usage-error.js';
import { describeStatus } from './verify.js';

export interface SeedOptions
  extends
    DhtCommandOptions,
    EgressOptions,
    PlacementCommandOptions,
    ContentOptions,
    LimitsOfEach,
    ResultOptions,
    Omit<SeedOptionValues, 'seed'> {
  readonly lsd: boolean;
  readonly data: string;
  /** What is not whole is served as far as it is there. */
  readonly partial?: boolean;
  readonly port?: PortRange;
  readonly portmap?: boolean;
  readonly listen: boolean;
  /** Bytes per second. */
  readonly maxUpload?: number;
  readonly superSeeding?: boolean;
  readonly peer?: readonly HostPort[];
  readonly trackers: boolean;
  readonly excludeTracker?: readonly string[];
  readonly pex: boolean;
  readonly onlyPeers?: boolean;
  readonly encryption: EncryptionPolicy;
  /** Files. */
  readonly blocklist?: readonly string[];
}

const MAX_NAMED_FILES = 10;
/** Characters of a link's name. */
const MAX_SHOWN_LINK = 60;

export function seed(torrents: readonly string[], options: SeedOptions, context: CommandContext): Promise<number> {
  return observeRun(options, context, (observer) => seedAll(torrents, options, context, observer));
}

async function seedAll(
  torrents: readonly string[],
  options: SeedOptions,
  context: CommandContext,
  observer: RunObserver,
): Promise<number> {
  refuseNobody(options);
  const portMapping = choosePortMapping(options);
  const items = await gatherTorrents(torrents);
  checkPlacementOptions(options, items.length);
  const sources = new Map<TorrentItem, SeedSource>();
  for (const item of items) sources.set(item, await findSeedSource(item));
  await checkContentOptions(options, [...sources.values()]);
  const { board, interruption } = context;
  if (options.proxy !== undefined) board.log(describeProxy(options.proxy));
  const client = await Client.open({
    listen: options.listen,
    encryption: options.encryption,
    ...wayOut(options),
    ...(await loadBlocklistOption(options.blocklist, context)),
    ...listenOn(options.port),
    portMapping,
    lsd: options.lsd,
    ...dhtOptions(options, context.environment, false),
    ...(options.maxUpload === undefined ? {} : { maxUploadBytesPerSecond: options.maxUpload }),
  });
  tellPortMapping(client, context);
  const end = new RunEnd(interruption);
  const forgetKeys = listenForKeys({ client, direction: 'upload', limit: options.maxUpload ?? 0 }, context);
  const run: SeedRun = { client, sources, claims: new Claims(), names: new TorrentNames(), end, checks: [], uploadedBytes: 0 };
  const work = (job: TorrentJob): Promise<void> =>
    observer.watch(job, items, (torrent) => seedOne(job, options, run, context, torrent));
  let running = items.length;
  const closeOverview = items.length > 1 ? board.openOverview(() => formatCount(running, 'torrent')) : null;
  const onChange = (now: JobTally): void => {
    ({ running } = now);
  };
  // Without a limit none of them ends by itself, so all are under way at a time.
  const tally = await runJobs({ items, jobs: items.length, end, work, onChange }, context);
  closeOverview?.();
  forgetKeys();
  await client.releasePort();
  end.close();
  const how = end.cause === null ? 'done' : 'stopped';
  if (tally.done > 0) board.log(`${how}: ${formatBytes(run.uploadedBytes)} sent`);
  return interruption.exitCode ?? exitCodeOfJobs(tally, end, null);
}

/** What the torrents of one run share. */
interface SeedRun {
  readonly client: Client;
  readonly sources: ReadonlyMap<TorrentItem, SeedSource>;
  readonly claims: Claims;
  readonly names: TorrentNames;
  readonly end: RunEnd;
  /** In their order: each resolves when that torrent is through with its check, or was made. */
  readonly checks: Promise<void>[];
  uploadedBytes: number;
}

async function seedOne(
  job: TorrentJob,
  options: SeedOptions,
  run: SeedRun,
  context: CommandContext,
  torrent: TorrentObserver,
): Promise<void> {
  const { client, claims, end } = run;
  const { board } = context;
  // Checks use the disk and every core: as many at a time as there would be downloads.
  const turn = run.checks.at(-CONFIG.cli.jobs) ?? Promise.resolve();
  const check = new Deferred<void>();
  run.checks.push(check.promise);
  let view: ProgressView | null = null;
  try {
    const source = run.sources.get(job.item);
    if (source === 'missing') throw await describeAbsent(job.item.text);
    if (source === 'special') {
      throw new UsageError(`${job.item.text} is a device or a socket, and neither data nor a torrent file`, 'Check the path.');
    }
    const { metainfo, folder, placement, magnet, origin } = await (source === 'content'
      ? end
          .waitFor(turn)
          .then(async () => ({ ...(await makeContent(job.item.text, options, end.signal, context)), origin: null }))
      : loadNamed(job.item, options, end));
    claims.claimTorrent(infoHashText(metainfo), job.item.label);
    job.name = run.names.nameOf(metainfo);
    view = board.open();
    const placed = placeFiles(metainfo, placement);
    if (magnet !== null) torrent.made(magnet);
    torrent.known(metainfo, { place: resultPath(folder, metainfo, placement), folder, placed, chosen: null });
    await expectData(placed, folder, options.partial === true);
    await end.waitFor(turn);
    const session = {
      peers: options.peer ?? [],
      useTrackers: options.trackers,
      usePex: options.pex,
      ...limitsOfEach(options),
      webSeedMode: 'never' as const,
      useDht: options.dht,
      useLsd: options.lsd,
      seed: true,
      superSeeding: options.superSeeding === true,
      isReadOnly: true,
      servesPart: options.partial === true,
      ...(origin === null ? {} : { origin }),
      isHashed: magnet !== null,
      placement,
      command: 'effusion seed',
    };
    const goal = { ratio: options.seedRatio ?? 0, timeMs: options.seedTime ?? 0 };
    const readyLine = (snapshot: ServerSnapshot, port: number | null): string => {
      check.resolve();
      if (magnet !== null) tellMade(metainfo, magnet, whoseLines(job), torrent, context);
      const where = port === null ? 'without a port: it takes no connections' : `on port ${port}`;
      const part = describePart(snapshot, metainfo);
      if (part !== null) board.log(`${job.name}: ${part}`);
      // Scripts read the other line as it is.
      if (goal.ratio > 0 || goal.timeMs > 0) board.log(`${job.name}: serves ${describeSeedGoal(goal)}`);
      return `seeding ${job.name} ${where}`;
    };
    const watch = new SeedWatch(goal, monotonicNow);
    const onLook = watch.look.bind(watch);
    const ended = runSession(
      {
        metainfo,
        name: job.name,
        folder,
        client,
        session,
        view,
        end,
        whose: whoseLines(job),
        observer: torrent,
        readyLine,
        onLook,
      },
      context,
    );
    const { snapshot } = await ended.catch(async (error: unknown) => {
      throw error instanceof IncompleteDataError ? await describeMissing(placed, folder, options.partial === true, error) : error;
    });
    run.uploadedBytes += snapshot.uploadedBytes;
    watch.count(snapshot);
    if (watch.reached !== null) board.log(`${job.name}: ${watch.reached}: ${formatBytes(watch.sentBytes)} sent`);
    torrent.stopped(context.interruption.exitCode ?? EXIT.ok);
  } finally {
    check.resolve();
    view?.close();
  }
}

/** Somebody else's torrent, and where the user says its data is. */
async function loadNamed(
  { argument }: TorrentItem,
  options: SeedOptions,
  end: RunEnd,
): Promise<Omit<MadeContent, 'magnet'> & { magnet: null; origin: TorrentOrigin | null }> {
  if (argument instanceof MetainfoError) throw argument;
  if (argument.kind === 'magnet') {
    throw new UsageError(
      `${sanitise(argument.text, MAX_SHOWN_LINK)}: a link names no data to serve`,
      'Name the torrent file, or the file or folder itself; effusion download --seed fetches what a link names, and serves it.',
    );
  }
  const { metainfo: loaded, server } = await end.waitFor(readTorrentFile(argument, wayOut(options), end.signal));
  const named = options.tracker ?? [];
  const announceTiers = [...named, ...withoutTrackers(loaded.announceTiers, options.excludeTracker ?? [])];
  return {
    metainfo: { ...loaded, announceTiers },
    folder: options.data,
    placement: placementOf(options),
    magnet: null,
    origin: server === null ? null : torrentOrigin(server, named.flat()),
  };
}

/** The link alone goes to stdout, so that a script can hand it on. */
function tellMade(
  metainfo: Metainfo,
  magnet: string,
  whose: string,
  torrent: TorrentObserver,
  { board, stdout }: CommandContext,
): void {
  board.log(`${whose}info hash ${infoHashText(metainfo)}`);
  if (torrent.leavesStdout) stdout.line(magnet);
  else board.log(magnet);
}

function refuseNobody(options: SeedOptions): void {
  const { listen, trackers, peer, onlyPeers } = options;
  if (listen || trackers || (peer ?? []).length > 0) return;
  const cause = onlyPeers === true ? '--only-peers leaves' : `${whatIsOff(options, '--no-trackers and --no-listen')} leave`;
  throw new UsageError(`${cause} nobody to serve`, 'Name a peer with --peer HOST:PORT.');
}

/** Is there something of it at all? Said at once, and better than by a list of everything that is missing. */
async function expectData(metainfo: Metainfo, folder: string, isPartial: boolean): Promise<void> {
  const names = rootNames(metainfo);
  const [name] = names;
  // Where the files have no folder of their own, another one may be there.
  if (isPartial && names.length > 1) return;
  try {
    await stat(path.join(folder, name));
  } catch (error) {
    const hasBegun = await hasPart(metainfo, folder);
    if (hasBegun && isPartial) return;
    const lack = `there is no ${JSON.stringify(name)} in ${folder}`;
    throw new CommandError(
      'data_incomplete',
      hasBegun ? `${lack}, only what a download has of it so far` : lack,
      hasBegun ? FETCH_OR_SERVE : 'Name the folder that holds it with --data DIR, or download it first.',
      { cause: error },
    );
  }
}

const FETCH_OR_SERVE =
  'Run effusion download with the same torrent and folder to fetch what is missing, or serve what is there with --partial.';

/** A download that was interrupted has left a file of it under its part name. */
async function hasPart(metainfo: Metainfo, folder: string): Promise<boolean> {
  for (const [index, { isPadding }] of metainfo.files.entries()) {
    if (isPadding) continue;
    for (const name of [partName(metainfo, index), sparePartName(metainfo, index)]) {
      const found = await stat(path.join(folder, ...name)).catch(() => null);
      if (found?.isFile() === true) return true;
    }
  }
  return false;
}

/** A line for people: that not all of it is served; null where all is. */
function describePart({ havePieces, totalBytes }: ServerSnapshot, { geometry }: Metainfo): string | null {
  if (havePieces === geometry.pieceCount) return null;
  const pieces = `${havePieces} of ${formatCount(geometry.pieceCount, 'piece')}`;
  const bytes = `${formatBytes(totalBytes)} of ${formatBytes(geometry.totalLength)}`;
  return `serves ${pieces} (${bytes}), the others are missing or wrong`;
}

async function describeMissing(
  metainfo: Metainfo,
  folder: string,
  isPartial: boolean,
  cause: IncompleteDataError,
): Promise<CommandError> {
  const report = await verifyFolder(metainfo, folder);
  const bad = report.files.filter((item) => item.status !== 'ok' && item.status !== 'unsure');
  const named = bad.slice(0, MAX_NAMED_FILES).map((item) => `${item.path.join('/')} (${describeStatus(item)})`);
  const more = bad.length > MAX_NAMED_FILES ? ` and ${bad.length - MAX_NAMED_FILES} more` : '';
  const isServable = cause.detail.havePieces > 0 || (!isPartial && (await hasPart(metainfo, folder)));
  return new CommandError(
    'data_incomplete',
    `${metainfo.name}: the data is not whole: ${named.join(', ')}${more}`,
    isServable
      ? FETCH_OR_SERVE
      : 'No piece of it is there. Run effusion download with the same torrent and folder: it fetches what is missing.',
    { cause },
  );
}
