// Several torrents that are obtained at a time and told about in their order: what info, files, magnet and metadata have in common. One client
// for the run, opened where peers have to be asked; one that fails does not stop the others.

import { Client } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import { loadBlocklistOption } from './blocklist-option.js';
import { Claims } from './claims.js';
import type { CommandContext } from './command-context.js';
import { type DhtCommandOptions, dhtOptions } from './dht-options.js';
import { EXIT } from './exit-codes.js';
import { wayOut } from './network-switches.js';
import { type DiscoveryOptions, type ObtainedTorrent, type ObtainRun, obtainTorrent } from './obtain-torrent.js';
import { formatJson } from './render/sanitise.js';
import { failureJson } from './results/failure-json.js';
import { RunEnd, RunEndedError } from './run-end.js';
import { exitCodeOfJobs, isFailure, runJobs, type TorrentJob, whoseLines } from './torrent-jobs.js';
import type { TorrentItem } from './torrent-list.js';

/** How peers are found and reached, for every command of these. */
export interface ShowOptions extends DiscoveryOptions, DhtCommandOptions {
  /** Files that name further torrents. */
  readonly inputFile?: readonly string[];
  readonly json?: boolean;
}

interface ShownText {
  readonly text: string;
  /** The torrent's, although there is something to print; told behind it. */
  readonly failure?: Error | null;
}

export interface ShowTask {
  readonly items: readonly TorrentItem[];
  readonly options: ShowOptions;
  readonly show: (job: TorrentJob, run: ObtainRun) => Promise<ShownText>;
  readonly print: (text: string, isFirst: boolean) => void;
  readonly closesClient?: boolean;
}

/** Resolves with the exit code. */
export async function showTorrents(task: ShowTask, context: CommandContext): Promise<number> {
  const { items, options, show, closesClient = false } = task;
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
  const print = inOrder(items, task.print);
  const work = async (job: TorrentJob): Promise<void> => {
    let shown: ShownText;
    try {
      shown = await show(job, run);
    } catch (error) {
      print(job.item, options.json === true && isFailure(error) ? failureJson(error, job.item.label) : null);
      throw error;
    }
    print(job.item, shown.text);
    if (shown.failure != null) throw shown.failure;
  };
  const tally = await runJobs({ items, jobs: CONFIG.cli.jobs, end, work }, context);
  end.close();
  if (closesClient) await (client as Promise<Client> | null)?.then((opened) => opened.close()).catch(() => {});
  // Whoever read it has seen enough.
  if (end.cause === 'EPIPE') return EXIT.ok;
  return exitCodeOfJobs(tally, end, context.interruption.exitCode);
}

/** The torrent of a job, from peers where it is a link; says so where it was stopped on the way. */
export async function obtainForShow(
  job: TorrentJob,
  options: ShowOptions,
  run: ObtainRun,
  context: CommandContext,
): Promise<ObtainedTorrent> {
  const view = context.board.open();
  try {
    return await obtainTorrent(job, options, run, view, context);
  } catch (error) {
    if (error instanceof RunEndedError) context.board.log(`${whoseLines(job)}stopped: no metadata came yet`);
    throw error;
  } finally {
    view.close();
  }
}

/** Of several each is a line. */
export function toJsonText(value: unknown, { isOneOfSeveral }: TorrentJob): string {
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
