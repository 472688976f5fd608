// `effusion info TORRENT...`: what is in torrents, for a person or as JSON. Both go to stdout: they are what was asked for. A magnet link is
// followed to its metadata, which `--save` keeps as a torrent file.

import type { ScrapeOutcome } from '../../engine/tracker-scrape.js';
import { MetainfoError } from '../../model/error.js';
import { toHex } from '../../model/ids.js';
import type { CommandContext } from '../command-context.js';
import { wayOut } from '../network-switches.js';
import { type ObtainRun, withoutTrackers } from '../obtain-torrent.js';
import { sanitise } from '../render/sanitise.js';
import { formatScrape, toScrapeJson } from '../render/scrape-text.js';
import { formatTorrent, toTorrentJson } from '../render/torrent-text.js';
import { errorFacts } from '../report-error.js';
import { RunEndedError } from '../run-end.js';
import { saveObtained } from '../save-obtained.js';
import { obtainForShow, type ShowOptions, showTorrents, toJsonText } from '../show-torrents.js';
import { scrapeFailure, ScrapeStoppedError, scrapeSwarm } from '../swarm-scrape.js';
import type { TorrentArgument } from '../torrent-argument.js';
import { type TorrentJob, whoseLines } from '../torrent-jobs.js';
import { gatherTorrents } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';

export interface InfoOptions extends ShowOptions {
  /** Asks the trackers for the numbers of the swarm. */
  readonly scrape?: boolean;
  /** Where the torrent file goes. */
  readonly save?: string;
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
  const isText = options.json !== true;
  return showTorrents(
    {
      items,
      options,
      print: (text, isFirst) => context.stdout.line(isText && !isFirst ? `\n${text}` : text),
      // The numbers come after what has been printed: an error is told behind them.
      show: async (job, run) => {
        const { text, outcomes } = await showOne(job, options, run, context);
        return { text, failure: outcomes === null ? null : scrapeFailure(outcomes) };
      },
      // Asked without a session, the DHT keeps what it has learnt when it is closed.
      closesClient: options.scrape === true,
    },
    context,
  );
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
    if (!(error instanceof ScrapeStoppedError)) throw error;
    context.board.log(`${whoseLines(job)}stopped: the trackers were being asked`);
    throw new RunEndedError(error.message);
  }
}

async function showTorrent(job: TorrentJob, options: InfoOptions, run: ObtainRun, context: CommandContext): Promise<Shown> {
  const { timeout = 0, ...discovery } = options;
  const obtained = await obtainForShow(job, discovery, run, context);
  const { metainfo } = obtained;
  job.name = sanitise(metainfo.name);
  if (options.save !== undefined) {
    await saveObtained(options.save, obtained, { isForced: false, hint: 'Name another file with --save.' }, context);
  }
  const request = {
    tiers: options.trackers ? metainfo.announceTiers : [],
    infoHash: metainfo.infoHash.v1 ?? new Uint8Array(),
    openClient: options.dht && !metainfo.isPrivate ? run.openClient : null,
    nodes: metainfo.nodes,
    origin: obtained.origin,
    timeout,
    whose: whoseLines(job),
    ...wayOut(options),
  };
  const outcomes = options.scrape === true ? await scrapeSwarm(request, context) : null;
  if (options.json === true) {
    const scrape = outcomes === null ? {} : scrapeFields(outcomes);
    return { text: toJsonText({ ...toTorrentJson(metainfo), ...scrape }, job), outcomes };
  }
  const { resultStyle } = context;
  const table = outcomes === null ? [] : formatScrape(outcomes, resultStyle);
  return { text: [...formatTorrent(metainfo, resultStyle), ...table].join('\n'), outcomes };
}

/** With the error of the run in it, where nobody answered. */
function scrapeFields(outcomes: readonly ScrapeOutcome[]): object {
  const failure = scrapeFailure(outcomes);
  return { scrape: toScrapeJson(outcomes), ...(failure === null ? {} : { error: errorFacts(failure) }) };
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
  await run.end.waitFor(run.claims.claimKnown(toHex(infoHash), job.item.label));
  const linked = magnet.trackers.map((url) => [url]);
  const tiers = options.trackers ? [...(options.tracker ?? []), ...withoutTrackers(linked, options.excludeTracker ?? [])] : [];
  const openClient = options.dht ? run.openClient : null;
  const request = {
    tiers,
    infoHash,
    openClient,
    nodes: [],
    origin: null,
    timeout: options.timeout ?? 0,
    whose: whoseLines(job),
    ...wayOut(options),
  };
  const outcomes = await scrapeSwarm(request, context);
  if (options.json === true) {
    return {
      text: toJsonText({ name: magnet.displayName, infoHash: toHex(infoHash), ...scrapeFields(outcomes) }, job),
      outcomes,
    };
  }
  const row = (label: string, value: string): string => `${resultStyle.faint(label.padEnd(12))}${value}`;
  const name = magnet.displayName === null ? [] : [row('name', resultStyle.strong(sanitise(text, MAX_NAME)))];
  const lines = [...name, row('info hash', toHex(infoHash)), ...formatScrape(outcomes, resultStyle)];
  return { text: lines.join('\n'), outcomes };
}
