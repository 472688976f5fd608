// What a person sees who chooses files: a line of help, as many files as fit, and what has been chosen so far. Lines of text; who draws
// them is pick-files.ts.

import { formatBytes } from '../render/human-numbers.js';
import type { Style } from '../render/color-level.js';
import { truncateToWidth, type WidthOf } from '../render/text-width.js';
import type { FilePicker } from './file-picker.js';

export interface PickerLook {
  readonly columns: number;
  readonly rows: number;
  readonly style: Style;
  readonly widthOf: WidthOf;
}

/** Lines that are no files: the title, the keys, the foot. */
const FRAME_LINES = 3;

const KEYS = 'space choose, a all, n none, i invert, / find, Enter go, q give up';
/** Where that does not fit: the ways out before all, at 40 columns too. */
const FEW_KEYS = 'space, a n i, / find, Enter go, q quit';

/** Files on a screen of so many rows. */
export function roomFor(rows: number): number {
  return Math.max(1, rows - FRAME_LINES);
}

/** As many lines as the screen has rows, at most. `title`: printable. */
export function formatPicker(picker: FilePicker, title: string, look: PickerLook): string[] {
  const { rows, style } = look;
  const last = picker.files.at(-1);
  const indexWidth = String(last?.index ?? 0).length;
  const list = picker.rows(roomFor(rows)).map(({ file, isChosen, isCurrent }) => {
    const size = formatBytes(file.bytes).padStart(10);
    const line = cut(
      `${isCurrent ? '>' : ' '} [${isChosen ? 'x' : ' '}] ${String(file.index).padStart(indexWidth)} ${size}  ${file.path}`,
      look,
    );
    return isCurrent ? style.strong(line) : line;
  });
  if (list.length === 0) list.push(cut('  no file has that in its path: Esc shows all again', look));
  return [style.strong(cut(title, look)), style.faint(cut(headOf(picker, look), look)), ...list, cut(footOf(picker), look)].slice(
    0,
    Math.max(1, rows),
  );
}

function headOf(picker: FilePicker, { columns }: PickerLook): string {
  if (picker.isTyping) return `find: ${picker.search}_   (Enter keeps it, Esc shows all)`;
  if (picker.search !== '') return `with "${picker.search}": ${KEYS}, Esc shows all`;
  return KEYS.length < columns ? KEYS : FEW_KEYS;
}

function footOf(picker: FilePicker): string {
  if (picker.notice !== '') return picker.notice;
  const total = picker.files.reduce((sum, file) => sum + file.bytes, 0);
  return `${picker.chosen.length} of ${picker.files.length} files, ${formatBytes(picker.chosenBytes)} of ${formatBytes(total)}`;
}

function cut(text: string, { columns, widthOf }: PickerLook): string {
  return truncateToWidth(text, Math.max(1, columns - 1), widthOf);
}
