// The bars of cli-progress on a terminal object of ours. The library keeps the frames coming (ten a second at most) and
// the lines in their rows; what stands in a line, speed and time left included, is ours.

import cliProgress from 'cli-progress';
import type { Output } from '../output.js';
import { type BarLook, formatBarLine } from './bar-line.js';
import { BarTerminal } from './bar-terminal.js';
import type { Progress } from './progress.js';

const FRAMES_PER_SECOND = 10;

export class ProgressBars {
  readonly #look: BarLook;
  readonly #terminal: BarTerminal;
  readonly #bars: cliProgress.MultiBar;
  readonly #output: Output;
  #isClosed = false;
  #count = 0;

  constructor(output: Output, look: BarLook) {
    this.#output = output;
    this.#look = look;
    this.#terminal = new BarTerminal(output, look.widthOf);
    const options: cliProgress.Options & { terminal: BarTerminal } = {
      terminal: this.#terminal,
      fps: FRAMES_PER_SECOND,
      hideCursor: true,
      linewrap: false,
      clearOnComplete: true,
      // Frames that change nothing are left out by the terminal object, which knows what a resize did.
      forceRedraw: true,
      gracefulExit: false,
    };
    this.#bars = new cliProgress.MultiBar(options);
  }

  /** `progress` is asked at each frame. False where the terminal has no row left for another bar. */
  add(progress: () => Progress): boolean {
    if (this.#count >= this.#terminal.maxLines) return false;
    this.#count++;
    this.#bars.create(1, 0, {}, { format: () => formatBarLine(progress(), this.#output.columns, this.#look) });
    return true;
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
