// `effusion verify TORRENT... [DIR]`: is the data there whole? Each file that is not has a line on stdout, so that a script can count them. One
// torrent after the other, as each takes the disk and every core.

import { stat } from 'node:fs/promises';
import type { EgressOptions } from '../../engine/egress.js';
import { type VerifiedFile, type VerifyReport, verifyFolder } from '../../engine/torrent-files.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { placeFiles } from '../../metainfo/placement.js';
import { ChecksumUse, tellChecksumUse } from '../checksum-use.js';
import {
  type ChecksumOptions,
  type ChecksumResult,
  computeChecksums,
  checksumFailure,
  loadChecksumsFor,
  matchChecksums,
} from '../checksums.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { type FileSpec, selectFiles } from '../file-spec.js';
import { wayOut } from '../network-switches.js';
import { checkPlacementOptions, placementOf } from '../place-choice.js';
import type { PlacementCommandOptions } from '../place-options.js';
import { formatBytes, formatCount } from '../render/human-numbers.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { infoHashText } from '../render/torrent-text.js';
import { openCheckProgress } from '../check-progress.js';
import { errorFacts } from '../report-error.js';
import { failureJson } from '../results/failure-json.js';
import { RunEnd } from '../run-end.js';
import { loadTorrent } from '../torrent-file-argument.js';
import { TorrentNames } from '../torrent-names.js';
import { exitCodeOfJobs, isFailure, runJobs, type TorrentJob, whoseLines } from '../torrent-jobs.js';
import { gatherTorrents } from '../torrent-list.js';

/** How to come to a torrent that is named by its URL is the rest of it. */
export interface VerifyOptions extends EgressOptions, PlacementCommandOptions, ChecksumOptions {
  /** The folder that holds the data; then every argument is a torrent. */
  readonly data?: string;
  readonly inputFile?: readonly string[];
  readonly json?: boolean;
  readonly files?: readonly FileSpec[];
}

const MAX_PATH = 1000;

export async function verify(names: readonly string[], options: VerifyOptions, context: CommandContext): Promise<number> {
  const { torrents, folder } = await splitArguments(names, options);
  const items = await gatherTorrents(torrents, options.inputFile);
  const wanted = await loadChecksumsFor(items, options);
  checkPlacementOptions(options, items.length);
  // A slip in the path looks like data that is gone.
  const isThere = (await stat(folder).catch(() => null))?.isDirectory() === true;
  if (!isThere) context.board.log(`there is no folder ${sanitise(folder, MAX_PATH)}`);
  const end = new RunEnd(context.interruption);
  const use = new ChecksumUse(wanted ?? { lists: [] });
  let bad = 0;
  const named = new TorrentNames();
  const work = async (job: TorrentJob): Promise<void> => {
    const failure = await check(job).catch((error: unknown) => {
      if (options.json === true && isFailure(error)) context.stdout.line(failureJson(error, job.item.label));
      throw error;
    });
    if (failure !== null) throw failure;
  };
  /** Prints what it found, and answers what is to be told behind that. */
  const check = async (job: TorrentJob): Promise<Error | null> => {
    const torrent = await end.waitFor(loadTorrent(job.item.text, wayOut(options)));
    job.name = named.nameOf(torrent);
    const chosen = options.files === undefined ? {} : { files: selectFiles(options.files, torrent) };
    const checks = wanted === null ? null : matchChecksums(torrent, wanted, chosen.files);
    if (checks !== null) use.add(checks);
    for (const note of checks?.notes ?? []) context.board.log(note);
    const metainfo = placeFiles(torrent, placementOf(options), chosen.files);
    const progress = openCheckProgress(metainfo.name, context);
    const report = await verifyFolder(metainfo, folder, { ...chosen, onProgress: progress.update, signal: end.signal }).finally(
      progress.close,
    );
    if (!report.isWhole) bad++;
    // Of data that is not whole the checksums say nothing new.
    const checksums =
      checks === null || checks.files.length === 0 || !report.isWhole
        ? null
        : await computeChecksums({ placed: metainfo, folder }, checks.files, context, end.signal);
    const failure = checksums === null ? null : checksumFailure(checksums);
    tell(report, checksums, failure, metainfo, job, options, context);
    return failure;
  };
  const tally = await runJobs({ items, jobs: 1, end, work }, context);
  end.close();
  if (end.cause === 'EPIPE') return EXIT.ok;
  const useCode = tellChecksumUse(use, tally, context);
  const exitCode = exitCodeOfJobs(tally, end, context.interruption.exitCode);
  if (items.length > 1) {
    const unread = tally.failures.length + tally.stopped + tally.unbegun;
    const parts = [
      `${tally.done - bad} whole`,
      ...(bad > 0 ? [`${bad} not whole`] : []),
      ...(unread > 0 ? [`${unread} not checked`] : []),
    ];
    context.board.log(`${formatCount(tally.total, 'torrent')}: ${parts.join(', ')}`);
  }
  if (exitCode !== EXIT.ok) return exitCode;
  return bad > 0 ? EXIT.verification : useCode;
}

/** The last of several is the folder where there is one of that name, or where it is no torrent by its looks and no file. */
async function splitArguments(
  names: readonly string[],
  { data, inputFile = [] }: VerifyOptions,
): Promise<{ torrents: readonly string[]; folder: string }> {
  if (data !== undefined) return { torrents: names, folder: data };
  const last = names.at(-1);
  const others = names.length - 1 + inputFile.length;
  if (last === undefined || others < 1) return { torrents: names, folder: '.' };
  const found = await stat(last).catch(() => null);
  if (found?.isDirectory() === true) return { torrents: names.slice(0, -1), folder: last };
  const isTorrent = found !== null || last === '-' || /^https?:\/\/|^magnet:|\.torrent$/i.test(last);
  return isTorrent ? { torrents: names, folder: '.' } : { torrents: names.slice(0, -1), folder: last };
}

function tell(
  report: VerifyReport,
  checksums: readonly ChecksumResult[] | null,
  failure: Error | null,
  metainfo: Metainfo,
  job: TorrentJob,
  options: VerifyOptions,
  context: CommandContext,
): void {
  const wrong = (checksums ?? []).filter(({ expected, found }) => expected !== found);
  const { stdout, board, style, resultStyle } = context;
  if (options.json === true) {
    const files = report.files.map((item) => ({ ...item, path: item.path.join('/') }));
    const { isWhole, pieceCount, badPieces, uncheckedPieces } = report;
    const facts = { whole: isWhole, pieceCount, badPieces, uncheckedPieces, files, ...(checksums && { checksums }) };
    const error = failure === null ? {} : { error: errorFacts(failure) };
    const result = { name: metainfo.name, infoHash: infoHashText(metainfo), ...facts, ...error };
    stdout.line(formatJson(result, job.isOneOfSeveral ? 0 : 2));
    return;
  }
  const bad = report.files.filter((item) => item.status !== 'ok' && item.status !== 'unsure');
  for (const item of bad) stdout.line(`${resultStyle.error(describeStatus(item))}: ${sanitise(item.path.join('/'), MAX_PATH)}`);
  for (const item of wrong) stdout.line(`${resultStyle.error('wrong checksum')}: ${sanitise(item.path, MAX_PATH)}`);
  const count = formatCount(report.files.length, 'file');
  const size = formatBytes(report.files.reduce((sum, item) => sum + item.length, 0));
  const shared = formatCount(report.uncheckedPieces, 'piece');
  const verified =
    report.uncheckedPieces === 0
      ? 'every piece verified'
      : `${report.pieceCount - report.uncheckedPieces} of ${formatCount(report.pieceCount, 'piece')} verified, ${shared} shared with files that are not there`;
  const verdict = report.isWhole
    ? `${style.success('whole')}: ${count}, ${size}, ${verified}`
    : `${style.error('not whole')}: ${formatCount(bad.length, 'file')} of ${report.files.length}, ${report.badPieces} of ${report.pieceCount} pieces`;
  board.log(`${whoseLines(job)}${verdict}`);
  if (checksums !== null && wrong.length === 0) {
    board.log(`${whoseLines(job)}${style.success('right')}: ${formatCount(checksums.length, 'checksum')}`);
  }
}

/** `missing`, `bad`, `wrong size (3 of 5 B)`. */
export function describeStatus(file: VerifiedFile): string {
  if (file.status === 'wrong-size') return `wrong size (${file.actualLength ?? 0} instead of ${file.length} B)`;
  return file.status;
}
