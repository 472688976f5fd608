// `effusion info TORRENT...`: what is in torrents, for a person or as JSON. Both go to stdout: they are what was asked for. A magnet link is
// followed to its metadata, which `--save` keeps as a torrent file.

import { open, rm } from 'node:fs/promises';
import { Client } from '../../engine/client.js';
import { CONFIG } from '../../engine/config.js';
import type { ScrapeOutcome } from '../../engine/tracker-scrape.js';
import { encodeMetainfo } from '../../metainfo/torrent-encoder.js';
import { MetainfoError } from '../../model/error.js';
import { toHex } from '../../model/ids.js';
import { loadBlocklistOption } from '../blocklist-option.js';
import { Claims } from '../claims.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { type DhtCommandOptions, dhtOptions } from '../dht-options.js';
import { wayOut } from '../network-switches.js';
import { type DiscoveryOptions, type ObtainRun, obtainTorrent, withoutTrackers } from '../obtain-torrent.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { formatScrape, toScrapeJson } from '../render/scrape-text.js';
import { formatTorrent, toTorrentJson } from '../render/torrent-text.js';
import { RunEnd, RunEndedError } from '../run-end.js';
import { expectAnswer, ScrapeStoppedError, scrapeSwarm } from '../swarm-scrape.js';
import type { TorrentArgument } from '../torrent-argument.js';
import { exitCodeOfJobs, runJobs, type TorrentJob, whoseLines } from '../torrent-jobs.js';
import { gatherTorrents } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';

export interface InfoOptions extends DiscoveryOptions, DhtCommandOptions {
  /** Asks the trackers for the numbers of the swarm. */
  readonly scrape?: boolean;
  /** Files that name further torrents. */
  readonly inputFile?: readonly string[];
  /** Where the torrent file goes. */
  readonly save?: string;
  readonly json?: boolean;
}

type MagnetArgument = Extract<TorrentArgument, { kind: 'magnet' }>;

const MAX_NAME = 400;

/** Several are fetched at a time and printed in their order; with `--json` each on a line of its own. */
export async function info(torrents: readonly string[], options: InfoOptions, context: CommandContext): Promise<number> {
  if (options.scrape === true && !options.trackers && !options.dht) {
    const cause = options.onlyPeers === true ? '--only-peers leaves' : '--no-trackers and --no-dht leave';
    throw new UsageError(`${cause} nobody for --scrape to ask`, 'Leave out the one or the other.');
  }
  const items = await gatherTorrents(torrents, options.inputFile);
  if (items.length > 1 && options.save !== undefined) {
    throw new UsageError(`--save keeps one torrent: ${items.length} were named`, 'Run effusion info once for each.');
  }
  const blocklist = await loadBlocklistOption(options.blocklist, context);
  const end = new RunEnd(context.interruption);
  let client: Promise<Client> | null = null;
  const openClient = (): Promise<Client> =>
    (client ??= Client.open({
      listen: false,
      encryption: options.encryption,
      ...wayOut(options),
      ...blocklist,
      ...dhtOptions(options, context.environment, true),
    }));
  const run: ObtainRun = { openClient, claims: new Claims(), end };
  const print = inOrder(items, (text, isFirst) => {
    const isText = options.json !== true;
    context.stdout.line(isText && !isFirst ? `\n${text}` : text);
  });
  const work = async (job: TorrentJob): Promise<void> => {
    try {
      const shown = await showOne(job, options, run, context);
      print(job.item, shown.text);
      // When everything has been printed.
      if (shown.outcomes !== null) expectAnswer(shown.outcomes);
    } catch (error) {
      print(job.item, null);
      throw error;
    }
  };
  const tally = await runJobs({ items, jobs: CONFIG.cli.jobs, end, work }, context);
  end.close();
  // Asked without a session, the DHT keeps what it has learnt when it is closed.
  if (options.scrape === true) await (client as Promise<Client> | null)?.then((opened) => opened.close()).catch(() => {});
  // Whoever read it has seen enough.
  if (end.cause === 'EPIPE') return EXIT.ok;
  return exitCodeOfJobs(tally, end, context.interruption.exitCode);
}

/** What is printed of a torrent, and what came of a scrape: null where none was asked for. */
interface Shown {
  readonly text: string;
  readonly outcomes: readonly ScrapeOutcome[] | null;
}

async function showOne(job: TorrentJob, options: InfoOptions, run: ObtainRun, context: CommandContext): Promise<Shown> {
  const { argument } = job.item;
  const isLink = !(argument instanceof MetainfoError) && argument.kind === 'magnet';
  try {
    // The numbers of a link need no metadata.
    if (isLink && options.scrape === true && options.save === undefined)
      return await scrapeMagnet(argument, job, options, run, context);
    return await showTorrent(job, options, run, context);
  } catch (error) {
    const isFetch = error instanceof RunEndedError;
    if (!isFetch && !(error instanceof ScrapeStoppedError)) throw error;
    const what = isFetch ? 'no metadata came yet' : 'the trackers were being asked';
    context.board.log(`${whoseLines(job)}stopped: ${what}`);
    throw new RunEndedError(error.message);
  }
}

async function showTorrent(job: TorrentJob, options: InfoOptions, run: ObtainRun, context: CommandContext): Promise<Shown> {
  const { timeout = 0, ...discovery } = options;
  const view = context.board.open();
  const obtained = await obtainTorrent(job, discovery, run, view, context).finally(() => view.close());
  const { metainfo, bytes } = obtained;
  job.name = sanitise(metainfo.name);
  if (options.save !== undefined) await saveTorrent(options.save, bytes ?? encodeMetainfo(metainfo));
  const request = {
    tiers: options.trackers ? metainfo.announceTiers : [],
    infoHash: metainfo.infoHash.v1 ?? new Uint8Array(),
    openClient: options.dht && !metainfo.isPrivate ? run.openClient : null,
    nodes: metainfo.nodes,
    timeout,
    whose: whoseLines(job),
    ...wayOut(options),
  };
  const outcomes = options.scrape === true ? await scrapeSwarm(request, context) : null;
  if (options.json === true) {
    const scrape = outcomes === null ? {} : { scrape: toScrapeJson(outcomes) };
    return { text: toJsonText({ ...toTorrentJson(metainfo), ...scrape }, job), outcomes };
  }
  const { resultStyle } = context;
  const table = outcomes === null ? [] : formatScrape(outcomes, resultStyle);
  return { text: [...formatTorrent(metainfo, resultStyle), ...table].join('\n'), outcomes };
}

async function scrapeMagnet(
  { magnet, text }: MagnetArgument,
  job: TorrentJob,
  options: InfoOptions,
  run: ObtainRun,
  context: CommandContext,
): Promise<Shown> {
  const { resultStyle } = context;
  const { infoHash } = magnet;
  run.claims.claimTorrent(toHex(infoHash), job.item.label);
  const linked = magnet.trackers.map((url) => [url]);
  const tiers = options.trackers ? [...(options.tracker ?? []), ...withoutTrackers(linked, options.excludeTracker ?? [])] : [];
  const openClient = options.dht ? run.openClient : null;
  const request = {
    tiers,
    infoHash,
    openClient,
    nodes: [],
    timeout: options.timeout ?? 0,
    whose: whoseLines(job),
    ...wayOut(options),
  };
  const outcomes = await scrapeSwarm(request, context);
  if (options.json === true) {
    return {
      text: toJsonText({ name: magnet.displayName, infoHash: toHex(infoHash), scrape: toScrapeJson(outcomes) }, job),
      outcomes,
    };
  }
  const row = (label: string, value: string): string => `${resultStyle.faint(label.padEnd(12))}${value}`;
  const name = magnet.displayName === null ? [] : [row('name', resultStyle.strong(sanitise(text, MAX_NAME)))];
  const lines = [...name, row('info hash', toHex(infoHash)), ...formatScrape(outcomes, resultStyle)];
  return { text: lines.join('\n'), outcomes };
}

/** Of several each is a line. */
function toJsonText(value: unknown, { isOneOfSeveral }: TorrentJob): string {
  return formatJson(value, isOneOfSeveral ? 0 : 2);
}

/** Keeps what comes too early until those before it have come; null: nothing comes of that one. */
function inOrder<T>(
  items: readonly T[],
  print: (text: string, isFirst: boolean) => void,
): (item: T, text: string | null) => void {
  const texts = new Map<T, string | null>();
  let next = 0;
  let isFirst = true;
  return (item, text) => {
    texts.set(item, text);
    for (let ready = texts.get(items[next]); ready !== undefined; ready = texts.get(items[++next])) {
      texts.set(items[next], null);
      if (ready === null) continue;
      print(ready, isFirst);
      isFirst = false;
    }
  };
}

/** Whole or not at all; a file that is there already is refused. */
async function saveTorrent(file: string, bytes: Uint8Array): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(bytes);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    const reason = errno === 'EEXIST' ? 'it exists' : 'it cannot be written';
    throw new CommandError('output_failed', `${file}: ${reason} (${errno})`, 'Name another file with --save.', { cause: error });
  }
}
