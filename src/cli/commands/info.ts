// `effusion info TORRENT...`: what is in torrents, for a person or as JSON. Both go to stdout: they are what was asked for. A magnet link is
// followed to its metadata, which `--save` keeps as a torrent file.

import { open, rm } from 'node:fs/promises';
import { Client } from '../../engine/client.js';
import { CONFIG } from '../../engine/config.js';
import { encodeMetainfo } from '../../metainfo/torrent-encoder.js';
import { Claims } from '../claims.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { type DiscoveryOptions, type ObtainRun, obtainTorrent } from '../obtain-torrent.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { formatTorrent, toTorrentJson } from '../render/torrent-text.js';
import { RunEnd, RunEndedError } from '../run-end.js';
import { exitCodeOfJobs, runJobs, type TorrentJob } from '../torrent-jobs.js';
import { gatherTorrents } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';

export interface InfoOptions extends DiscoveryOptions {
  /** Files that name further torrents. */
  readonly inputFile?: readonly string[];
  /** Where the torrent file goes. */
  readonly save?: string;
  readonly json?: boolean;
}

/** Several are fetched at a time and printed in their order; with `--json` each on a line of its own. */
export async function info(torrents: readonly string[], options: InfoOptions, context: CommandContext): Promise<number> {
  const items = await gatherTorrents(torrents, options.inputFile);
  if (items.length > 1 && options.save !== undefined) {
    throw new UsageError(`--save keeps one torrent: ${items.length} were named`, 'Run effusion info once for each.');
  }
  const end = new RunEnd(context.interruption);
  let client: Promise<Client> | null = null;
  const openClient = (): Promise<Client> => (client ??= Client.open({ listen: false, encryption: options.encryption }));
  const run: ObtainRun = { openClient, claims: new Claims(), end };
  const print = inOrder(items, (text, isFirst) => {
    const isText = options.json !== true;
    context.stdout.line(isText && !isFirst ? `\n${text}` : text);
  });
  const work = async (job: TorrentJob): Promise<void> => {
    try {
      print(job.item, await showOne(job, options, run, context));
    } catch (error) {
      print(job.item, null);
      throw error;
    }
  };
  const tally = await runJobs({ items, jobs: CONFIG.cli.jobs, end, work }, context);
  end.close();
  // Whoever read it has seen enough.
  if (end.cause === 'EPIPE') return EXIT.ok;
  return exitCodeOfJobs(tally, end, context.interruption.exitCode);
}

async function showOne(job: TorrentJob, options: InfoOptions, run: ObtainRun, context: CommandContext): Promise<string> {
  const view = context.board.open();
  const { metainfo, bytes } = await obtainTorrent(job.item, options, run, view, context)
    .finally(() => view.close())
    .catch((error: unknown) => {
      const whose = job.isOneOfSeveral ? `${job.name}: ` : '';
      if (error instanceof RunEndedError) context.board.log(`${whose}stopped: no metadata came yet`);
      throw error;
    });
  job.name = sanitise(metainfo.name);
  if (options.save !== undefined) await saveTorrent(options.save, bytes ?? encodeMetainfo(metainfo));
  if (options.json === true) return formatJson(toTorrentJson(metainfo), job.isOneOfSeveral ? 0 : 2);
  return formatTorrent(metainfo, context.resultStyle).join('\n');
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
