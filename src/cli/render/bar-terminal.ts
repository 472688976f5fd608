// What cli-progress draws on: gathers a frame and writes it at once (a frame in parts flickers, and other output could
// get between), leaves out frames that change nothing, and cleans up after a terminal that was made narrower, where the
// old lines now take more rows than they had.

import { stripVTControlCharacters } from 'node:util';
import type { Output } from '../output.js';
import type { WidthOf } from './text-width.js';

const SHOW_CURSOR = '\u001B[?25h';
const HIDE_CURSOR = '\u001B[?25l';
const WRAP_ON = '\u001B[?7h';
const WRAP_OFF = '\u001B[?7l';
const CLEAR_RIGHT = '\u001B[K';
const CLEAR_LINE = '\u001B[2K';
const CLEAR_BELOW = '\u001B[J';

export class BarTerminal {
  readonly #output: Output;
  readonly #widthOf: () => WidthOf;
  #frame = '';
  #lastFrame = '';
  /** Visible widths of the lines of the frame that is on the screen, and of the one being gathered. */
  #shownWidths: number[] = [];
  #widths: number[] = [];
  /** Rows below the first line of the frame. */
  #row = 0;
  #isScheduled = false;
  #hidesCursor = false;
  #wrapsLines = true;
  readonly #stopListening: () => void;

  constructor(output: Output, widthOf: () => WidthOf) {
    this.#output = output;
    this.#widthOf = widthOf;
    this.#stopListening = output.onResize(() => this.#handleResize());
  }

  /** Lines that fit on the screen; more would scroll and leave garbage behind. */
  get maxLines(): number {
    return Math.max(1, this.#output.rows - 1);
  }

  // The interface of cli-progress.

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return this.#output.columns;
  }

  cursor(isVisible: boolean): void {
    this.#hidesCursor = !isVisible;
    this.#add(isVisible ? SHOW_CURSOR : HIDE_CURSOR);
  }

  lineWrapping(wraps: boolean): void {
    this.#wrapsLines = wraps;
    this.#add(wraps ? WRAP_ON : WRAP_OFF);
  }

  cursorSave(): void {}

  cursorRestore(): void {}

  cursorTo(x: number | null = null): void {
    if (x === 0) this.#add('\r');
  }

  cursorRelativeReset(): void {
    if (this.#row > 0) this.#add(`\u001B[${this.#row}A`);
    this.#add('\r');
    this.#row = 0;
    this.#widths = [];
  }

  clearRight(): void {
    this.#add(CLEAR_RIGHT);
  }

  clearLine(): void {
    this.#add(CLEAR_LINE);
  }

  clearBottom(): void {
    this.#add(CLEAR_BELOW);
    this.#widths = [];
  }

  newline(): void {
    this.#row++;
    this.#add('\n');
  }

  /** One line, or several with line feeds between them; what the last frame had below them is cleared. */
  write(text: string): void {
    for (const [index, line] of text.split('\n').entries()) {
      if (index > 0) {
        this.clearRight();
        this.newline();
      }
      this.#widths[this.#row] = this.#widthOf()(stripVTControlCharacters(line));
      this.#add(line);
    }
    if (this.#shownWidths.length > this.#row + 1) this.#add(CLEAR_BELOW);
  }

  /** A line that stays; to be written while the cursor is in the first row of a cleared frame. */
  writeAbove(line: string): void {
    if (this.#row > 0) this.#add(`\u001B[${this.#row}A`);
    this.#row = 0;
    this.#lastFrame = '';
    // Bars are cut at the right edge; a line that stays is folded there, or its end would be lost.
    const text = this.#wrapsLines ? line : `${WRAP_ON}${line}${WRAP_OFF}`;
    this.#add(`\r${CLEAR_BELOW}${text}\n`);
    this.flush();
    this.#lastFrame = '';
  }

  /** Writes what was gathered, in one piece. */
  flush(): void {
    const frame = this.#frame;
    this.#frame = '';
    if (frame === '' || frame === this.#lastFrame) return;
    this.#lastFrame = frame;
    this.#shownWidths = [...this.#widths];
    this.#output.write(frame);
  }

  /** For an end without cli-progress: the cursor shows, lines wrap, the rest of the frame is dropped. */
  restore(): void {
    this.#stopListening();
    this.#frame = '';
    this.#lastFrame = '';
    const settings = (this.#hidesCursor ? SHOW_CURSOR : '') + (this.#wrapsLines ? '' : WRAP_ON);
    this.#hidesCursor = false;
    this.#wrapsLines = true;
    if (settings !== '') this.#output.write(settings);
  }

  #add(text: string): void {
    this.#frame += text;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  #handleResize(): void {
    const { columns } = this.#output;
    // A narrower terminal folds the old lines; the cursor stays at the end of the last one.
    let above = 0;
    for (const [index, width] of this.#shownWidths.entries()) {
      const folded = Math.max(1, Math.ceil(width / columns));
      above += index === this.#shownWidths.length - 1 ? Math.floor(Math.max(0, width - 1) / columns) : folded;
    }
    this.#frame = '';
    this.#lastFrame = '';
    this.#row = 0;
    this.#shownWidths = [];
    this.#output.write(`${above > 0 ? `\u001B[${above}A` : ''}\r${CLEAR_BELOW}`);
  }
}
