// The bars of cli-progress on a terminal object of ours. The library keeps the frames coming (ten a second at most) and
// the lines in their rows; what stands in a line, speed and time left included, is ours.

import cliProgress from 'cli-progress';
import type { Output } from '../output.js';
import type { WidthOf } from './text-width.js';
import { BarTerminal } from './bar-terminal.js';

const FRAMES_PER_SECOND = 10;

export interface ProgressBarsOptions {
  readonly output: Output;
  /** Right for every line of the next frame. */
  readonly widthOf: () => WidthOf;
  /** Asked at each frame; lines beyond `maxLines` are not drawn, as they would scroll and leave garbage behind. */
  readonly lines: (maxLines: number) => readonly string[];
}

export class ProgressBars {
  readonly #terminal: BarTerminal;
  readonly #bars: cliProgress.MultiBar;
  #isClosed = false;

  constructor({ output, widthOf, lines }: ProgressBarsOptions) {
    const terminal = new BarTerminal(output, widthOf);
    this.#terminal = terminal;
    const options: cliProgress.Options & { terminal: BarTerminal } = {
      terminal,
      fps: FRAMES_PER_SECOND,
      hideCursor: true,
      linewrap: false,
      clearOnComplete: true,
      // Frames that change nothing are left out by the terminal object, which knows what a resize did.
      forceRedraw: true,
      gracefulExit: false,
    };
    this.#bars = new cliProgress.MultiBar(options);
    // One bar to the library, however many lines there are: theirs come and go, and its own would leave empty rows behind.
    this.#bars.create(1, 0, {}, { format: () => lines(terminal.maxLines).slice(0, terminal.maxLines).join('\n') });
  }

  /** A line that stays, above the bars; they come back with the next frame. */
  log(line: string): void {
    this.#terminal.writeAbove(line);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#bars.stop();
    this.#terminal.flush();
    this.#terminal.restore();
  }
}
