// What a terminal shows of several torrents at a time: a line for each that is under way, a bar or what it is doing, and a last line
// about all of them. Never more lines than fit: what moves goes before what waits, and what is left out is counted in the last one.

import { CONFIG } from '../../engine/config.js';
import { type BarAlignment, type BarLook, formatBarLine, formatPhase } from './bar-line.js';
import { formatDetail } from './detail-lines.js';
import { formatProgressBytes, formatRate } from './human-numbers.js';
import type { Progress } from './progress.js';
import { truncateToWidth } from './text-width.js';

export interface FrameSize {
  readonly columns: number;
  /** 1 or more. */
  readonly maxLines: number;
}

/** `overview`: about the whole run; null where there is one torrent, whose line says it all. */
export function formatFrame(
  shown: readonly Progress[],
  overview: string | null,
  { columns, maxLines }: FrameSize,
  look: BarLook,
): string[] {
  const room = overview === null ? maxLines : maxLines - 1;
  const lines = shown.length <= room ? shown : chooseShown(shown, room);
  const alignment = alignBars(lines, look);
  // Details take what the lines leave: the peers of one torrent, of several a map each as far as they go.
  let spare = room - lines.length;
  const texts = lines.flatMap((progress) => {
    const line =
      progress.phase === 'downloading'
        ? formatBarLine(progress, columns, look, alignment)
        : cut(`${progress.name}: ${formatPhase(progress)}`, columns, look);
    if (progress.detail === undefined) return [line];
    const detail = formatDetail(progress.detail, columns, shown.length === 1 ? CONFIG.cli.maxPeerLines : 0, look).slice(0, spare);
    spare -= detail.length;
    return [line, ...detail];
  });
  if (overview === null) return texts;
  const hidden = shown.length - lines.length;
  const isDownloading = shown.some((progress) => progress.phase === 'downloading');
  const rate = shown.reduce((sum, progress) => sum + progress.downloadBytesPerSecond, 0);
  const rest = hidden === 0 ? '' : `, ${hidden} more than fit here`;
  return [...texts, look.style.faint(cut(`${overview}${rest}${isDownloading ? `; ${formatRate(rate)}` : ''}`, columns, look))];
}

/** Those that move data first, then those that are at work, then those that wait; in the order that they had. */
function chooseShown(shown: readonly Progress[], room: number): Progress[] {
  const chosen = new Set([...shown].toSorted((a, b) => waiting(a) - waiting(b)).slice(0, Math.max(0, room)));
  return shown.filter((progress) => chosen.has(progress));
}

function waiting({ phase, downloadBytesPerSecond, uploadBytesPerSecond }: Progress): number {
  if (downloadBytesPerSecond + uploadBytesPerSecond > 0) return 0;
  return phase === 'announcing' || phase === 'looking' || phase === 'metadata' || phase === 'seeding' ? 2 : 1;
}

/** Bars below each other begin and end in the same columns. */
function alignBars(lines: readonly Progress[], { widthOf }: BarLook): BarAlignment {
  const bars = lines.filter((progress) => progress.phase === 'downloading');
  return {
    nameWidth: Math.max(0, ...bars.map((progress) => widthOf(progress.name))),
    amountWidth: Math.max(0, ...bars.map(({ totalBytes }) => formatProgressBytes(totalBytes, totalBytes).length)),
  };
}

function cut(text: string, columns: number, { widthOf }: BarLook): string {
  return truncateToWidth(text, Math.max(1, columns - 1), widthOf);
}
