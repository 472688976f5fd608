// `effusion download --dry-run`: the plan of each torrent on stdout, a line for each file, and nothing done. Only the metadata of a magnet
// link is fetched, since without it there is nothing to say.

import path from 'node:path';
import { type DownloadPlan, planDownload, type PlannedFile } from '../engine/download-plan.js';
import type { Client } from '../engine/client.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { CommandContext } from './command-context.js';
import { openCheckProgress } from './check-progress.js';
import { type ChoiceOptions, chooseFiles, notesFolder } from './chosen-files.js';
import { Claims } from './claims.js';
import { type DiscoveryOptions, obtainTorrent } from './obtain-torrent.js';
import { sessionPlaces } from './place-choice.js';
import type { PlaceCommandOptions } from './place-options.js';
import { formatBytes, formatCount } from './render/human-numbers.js';
import { formatJson, sanitise } from './render/sanitise.js';
import { infoHashText } from './render/torrent-text.js';
import { errorFacts } from './report-error.js';
import { failureJson } from './results/failure-json.js';
import { RunEnd } from './run-end.js';
import { exitCodeOfJobs, isFailure, runJobs, type TorrentJob } from './torrent-jobs.js';
import type { TorrentItem } from './torrent-list.js';

export interface DryRunOptions extends DiscoveryOptions, PlaceCommandOptions, ChoiceOptions {
  readonly output: string;
  readonly overwrite: 'verify' | 'never' | 'always';
  /** One object, of several torrents each on a line of its own. */
  readonly json?: boolean;
}

const MAX_PATH = 1000;

/** `openClient`: called where a link's metadata has to be asked for. */
export async function dryRun(
  items: readonly TorrentItem[],
  options: DryRunOptions,
  openClient: () => Promise<Client>,
  context: CommandContext,
): Promise<number> {
  const { board, events, interruption, stdout } = context;
  const end = new RunEnd(interruption, options.timeout ?? 0);
  const claims = new Claims();
  const clients: Promise<Client>[] = [];
  const open = (): Promise<Client> => {
    if (clients.length === 0) {
      board.log('asking peers for the metadata of the link; nothing else is asked for');
      clients.push(openClient());
    }
    return clients[0];
  };
  // Stdout is for events alone where these were asked for there.
  const tell = (line: string): void => (events.isOnStdout ? board.always(line) : stdout.line(line));
  const work = (job: TorrentJob): Promise<void> =>
    plan(job).catch((error: unknown) => {
      if (isFailure(error)) {
        events.emit({ event: 'error', id: items.indexOf(job.item) + 1, ...errorFacts(error) });
        if (options.json === true) stdout.line(failureJson(error, job.item.label));
      }
      throw error;
    });
  const plan = async (job: TorrentJob): Promise<void> => {
    const view = board.open();
    const { metainfo, selection } = await obtainTorrent(job, options, { openClient: open, claims, end }, view, context).finally(
      () => view.close(),
    );
    job.name = sanitise(metainfo.name);
    const { files } = chooseFiles(metainfo, options, selection).session;
    const progress = openCheckProgress(metainfo.name, context);
    const { overwrite, output } = options;
    const planned = await planDownload(metainfo, output, {
      ...sessionPlaces(options),
      overwrite,
      ...(files === undefined ? {} : { files }),
      ...notesFolder(context.environment),
      onProgress: progress.update,
      signal: end.signal,
    }).finally(progress.close);
    if (options.json === true) stdout.line(formatJson(planAsJson(metainfo, planned), job.isOneOfSeveral ? 0 : 2));
    else for (const line of describePlan(job.name, planned)) tell(line);
  };
  // One after the other: their lines belong together.
  const tally = await runJobs({ items, jobs: 1, end, work }, context);
  for (const client of clients) await (await client).releasePort();
  end.close();
  return exitCodeOfJobs(tally, end, interruption.exitCode);
}

/** Names as they are: whoever prints it escapes them. Paths are absolute, as in all results. */
export function planAsJson(metainfo: Metainfo, plan: DownloadPlan): object {
  const files = plan.files.map(({ position, reusedFrom, ...file }) => ({
    // As `effusion files --json` calls it.
    index: position,
    ...file,
    path: path.resolve(file.path),
    ...(reusedFrom === undefined ? {} : { reusedFrom: path.resolve(reusedFrom) }),
  }));
  const space = plan.space.map((need) => ({ ...need, folder: path.resolve(need.folder) }));
  const refused = plan.refused.map((place) => path.resolve(place));
  return { v: 1, dryRun: true, name: metainfo.name, infoHash: infoHashText(metainfo), ...plan, files, space, refused };
}

/** `name`: sanitised. */
export function describePlan(name: string, plan: DownloadPlan): string[] {
  const { files, totalBytes, fetchBytes, space, refused } = plan;
  const lines = [
    `${name}: ${formatBytes(totalBytes)} in ${formatCount(files.length, 'file')}, ${fetchBytes === 0 ? 'nothing' : formatBytes(fetchBytes)} to fetch`,
  ];
  const rows = files.map((file) => ({ ...file, size: formatBytes(file.length), shown: sanitise(file.path, MAX_PATH) }));
  const numberWidth = String(files.length).length;
  const sizeWidth = Math.max(0, ...rows.map(({ size }) => size.length));
  for (const row of rows) {
    lines.push(
      `  ${String(row.position).padStart(numberWidth)}  ${row.size.padStart(sizeWidth)}  ${row.shown}: ${describeFile(row, refused.includes(row.path))}`,
    );
  }
  for (const { folder, neededBytes, freeBytes } of space) {
    if (neededBytes === 0) continue;
    const free = freeBytes === null ? 'how much is free is not known' : `${formatBytes(freeBytes)} free`;
    const isShort = freeBytes !== null && freeBytes < neededBytes;
    const verdict = isShort ? ': too little, it would end with 9' : '';
    lines.push(`space in ${sanitise(folder, MAX_PATH)}: ${formatBytes(neededBytes)} needed, ${free}${verdict}`);
  }
  if (refused.length > 0) {
    lines.push(
      `--overwrite never would refuse, with 9: ${formatCount(refused.length, 'file')} of that name ${refused.length === 1 ? 'differs' : 'differ'}`,
    );
  }
  return lines;
}

function describeFile({ state, length, fetchBytes, reusedFrom }: PlannedFile, isRefused: boolean): string {
  const fetched = fetchBytes === 0 ? 'nothing to fetch' : `${formatBytes(fetchBytes)} to fetch`;
  if (state === 'whole') return 'whole';
  if (state === 'kept') return `there and kept, ${fetched} to compare it with`;
  if (isRefused) return 'there, and it differs';
  const replaced = state === 'other' ? 'there and to be replaced, ' : '';
  if (reusedFrom !== undefined) return `${replaced}copied from ${sanitise(reusedFrom, MAX_PATH)}, ${fetched}`;
  if (state === 'part') return `begun, ${fetched}`;
  if (state === 'other') return `${replaced}${fetched}`;
  return length === 0 ? 'made' : fetched;
}
