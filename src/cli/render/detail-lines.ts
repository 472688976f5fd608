// What stands below a download's line where more was asked for (`-v`, or the key v): the map of its pieces and the peers that move
// most. Each line is as wide as the terminal less one column at most, as the bar is.

import type { BarLook } from './bar-line.js';
import { formatPercent, formatRate } from './human-numbers.js';
import type { PeerLine, ProgressDetail } from './progress.js';
import { truncateToWidth } from './text-width.js';

const INDENT = '  ';
const MAX_CELLS = 120;
/** Widest address that keeps its column: an IPv4 one with its port. */
const ADDRESS_WIDTH = 21;
/** Of a client's name less than this says nothing. */
const MIN_CLIENT = 6;

/** By how much of a cell's pieces is there: nothing, up to half, more, all. None is what the bar above leaves empty. */
const UNICODE_CELLS = ['·', '▒', '▓', '█'] as const;
const ASCII_CELLS = ['.', '-', '+', '#'] as const;

/** `maxPeers`: lines for peers at most. */
export function formatDetail({ pieces, peers }: ProgressDetail, columns: number, maxPeers: number, look: BarLook): string[] {
  const width = Math.max(1, columns - 1);
  const map = formatPieceMap(pieces, Math.min(MAX_CELLS, width - INDENT.length), look);
  const shown = peers.slice(0, maxPeers).map((peer) => formatPeer(peer, width, look));
  return [...(map === '' ? [] : [INDENT + map]), ...shown];
}

/**
 * One cell for each piece where there is room, else for several: by how much of them is there. Where blocks are coming it is
 * drawn in colour, or as `>` without.
 */
export function formatPieceMap({ have, open }: ProgressDetail['pieces'], room: number, { style, isUnicode }: BarLook): string {
  const cells = Math.min(room, have.length);
  if (cells < 1) return '';
  const marks = isUnicode ? UNICODE_CELLS : ASCII_CELLS;
  const counts = new Uint32Array(cells);
  const coming = new Uint8Array(cells);
  const cellOf = (piece: number): number => Math.min(cells - 1, Math.floor((piece * cells) / have.length));
  for (const piece of have) counts[cellOf(piece)]++;
  for (const piece of open) coming[cellOf(piece)] = 1;
  const hasColour = style.accent('x') !== 'x';
  let map = '';
  for (let cell = 0; cell < cells; cell++) {
    const size = firstOf(cell + 1) - firstOf(cell);
    const mark = counts[cell] === 0 ? marks[0] : counts[cell] >= size ? marks[3] : counts[cell] * 2 > size ? marks[2] : marks[1];
    if (coming[cell] === 0) map += mark;
    else map += hasColour ? style.accent(mark === marks[0] ? marks[1] : mark) : '>';
  }
  return map;

  /** The first piece of a cell: the lowest that `cellOf` puts there. */
  function firstOf(cell: number): number {
    return Math.ceil((cell * have.length) / cells);
  }
}

/** Whole columns only, but for the client at the end: on a narrow terminal there are fewer, and of the two rates the one that is not 0. */
function formatPeer(peer: PeerLine, width: number, { style, widthOf }: BarLook): string {
  const { downloadBytesPerSecond, uploadBytesPerSecond, client } = peer;
  const address = `${INDENT}${peer.address.padEnd(ADDRESS_WIDTH)}`;
  const share = formatPercent(peer.share, 1, 0).padStart(4);
  const down = `${formatRate(downloadBytesPerSecond).padStart(11)} down`;
  const up = `${formatRate(uploadBytesPerSecond).padStart(11)} up`;
  const rate = downloadBytesPerSecond === 0 && uploadBytesPerSecond > 0 ? up : down;
  const full = `${address} ${down} ${up} ${share}`;
  const room = Math.max(0, width - INDENT.length - 1 - rate.trim().length);
  const forms = [full, `${address} ${rate} ${share}`, `${INDENT}${peer.address.padEnd(room)} ${rate.trim()}`];
  const fitting = forms.find((form) => widthOf(form) <= width) ?? forms[2];
  const text = fitting === full && widthOf(full) + MIN_CLIENT < width ? `${full}  ${client}` : fitting;
  return style.faint(truncateToWidth(text.trimEnd(), width, widthOf));
}
