// `effusion verify FILE.torrent [DIR]`: is the data there whole? Each file that is not has a line on stdout, so that a
// script can count them.

import type { EgressOptions } from '../../engine/egress.js';
import { type VerifiedFile, verifyFolder } from '../../engine/torrent-files.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { type FileSpec, selectFiles } from '../file-spec.js';
import { wayOut } from '../network-switches.js';
import { formatBytes, formatCount } from '../render/human-numbers.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { infoHashText } from '../render/torrent-text.js';
import { openCheckProgress } from '../check-progress.js';
import { loadTorrent } from '../torrent-file-argument.js';

/** How to come to a torrent that is named by its URL is the rest of it. */
export interface VerifyOptions extends EgressOptions {
  readonly json?: boolean;
  readonly files?: readonly FileSpec[];
}

const MAX_PATH = 1000;

export async function verify(file: string, folder: string, options: VerifyOptions, context: CommandContext): Promise<number> {
  const metainfo = await loadTorrent(file, wayOut(options));
  const chosen = options.files === undefined ? {} : { files: selectFiles(options.files, metainfo) };
  const progress = openCheckProgress(metainfo.name, context);
  const report = await verifyFolder(metainfo, folder, { ...chosen, onProgress: progress.update }).finally(progress.close);
  const { stdout, board, style, resultStyle } = context;
  if (options.json === true) {
    const files = report.files.map((item) => ({ ...item, path: item.path.join('/') }));
    const { isWhole, pieceCount, badPieces, uncheckedPieces } = report;
    stdout.line(
      formatJson({
        name: metainfo.name,
        infoHash: infoHashText(metainfo),
        whole: isWhole,
        pieceCount,
        badPieces,
        uncheckedPieces,
        files,
      }),
    );
    return isWhole ? EXIT.ok : EXIT.verification;
  }
  const bad = report.files.filter((item) => item.status !== 'ok' && item.status !== 'unsure');
  for (const item of bad) stdout.line(`${resultStyle.error(describeStatus(item))}: ${sanitise(item.path.join('/'), MAX_PATH)}`);
  const size = formatBytes(report.files.reduce((sum, item) => sum + item.length, 0));
  const shared = formatCount(report.uncheckedPieces, 'piece');
  const verdict =
    report.uncheckedPieces === 0
      ? 'every piece verified'
      : `${report.pieceCount - report.uncheckedPieces} of ${formatCount(report.pieceCount, 'piece')} verified, ${shared} shared with files that are not there`;
  if (report.isWhole) board.log(`${style.success('whole')}: ${formatCount(report.files.length, 'file')}, ${size}, ${verdict}`);
  else
    board.log(
      `${style.error('not whole')}: ${formatCount(bad.length, 'file')} of ${report.files.length}, ${report.badPieces} of ${report.pieceCount} pieces`,
    );
  return report.isWhole ? EXIT.ok : EXIT.verification;
}

/** `missing`, `bad`, `wrong size (3 of 5 B)`. */
export function describeStatus(file: VerifiedFile): string {
  if (file.status === 'wrong-size') return `wrong size (${file.actualLength ?? 0} instead of ${file.length} B)`;
  return file.status;
}
