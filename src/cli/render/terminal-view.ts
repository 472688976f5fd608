// Progress on a terminal: of one torrent a spinner for the short phases, then a bar; of several a line each. One of them at a time
// owns the terminal. Both are loaded only when there was something to show for a moment: a small download ends before it
// would pay for them.

import type { Ora } from 'ora';
import { CONFIG } from '../../engine/config.js';
import type { Output } from '../output.js';
import { formatPhase } from './bar-line.js';
import type { Style } from './color-level.js';
import { formatFrame } from './frame-lines.js';
import type { ProgressBars } from './progress-bars.js';
import type { Suspendable } from '../suspension.js';
import type { Progress, ProgressView } from './progress.js';
import { loadWidthFor, roughWidth, truncateToWidth, type WidthOf } from './text-width.js';

export interface TerminalViewOptions {
  readonly output: Output;
  readonly style: Style;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly isUnicode: boolean;
  /** A last line about all torrents of the run; null where there is one. */
  readonly overview?: (() => string) | null;
}

/** A torrent's place on the screen. */
interface Lane {
  progress: Progress | null;
}

export class TerminalView implements Suspendable {
  readonly #options: TerminalViewOptions;
  readonly #startedAt: number;
  readonly #stopListening: () => void;
  /** In the order of the lines. */
  readonly #lanes = new Set<Lane>();
  #spinner: Ora | null = null;
  #bars: ProgressBars | null = null;
  /** Counts too much rather than too little, until the library for `#measured` is there. */
  #widthOf: WidthOf = roughWidth;
  #measured = '';
  #isLoading = false;
  /** Somebody else has the terminal. */
  #isSuspended = false;
  #isClosed = false;

  constructor(options: TerminalViewOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    const { output } = options;
    // The spinner's library divides by the columns and would count lines for ever.
    this.#stopListening = output.onResize(() => {
      if (!output.canDraw) this.#dropSpinner();
    });
  }

  /** A place for one more torrent; its `close` takes it off the screen. */
  open(): ProgressView {
    const lane: Lane = { progress: null };
    this.#lanes.add(lane);
    return {
      update: (progress) => {
        lane.progress = progress;
        this.#draw();
      },
      log: (line) => this.log(line),
      close: () => {
        this.#lanes.delete(lane);
        if (this.#shown().length === 0 && this.#overview === null) this.#clear();
      },
    };
  }

  log(line: string): void {
    const { output } = this.#options;
    if (this.#bars !== null) {
      this.#bars.log(line);
    } else {
      this.#spinner?.clear();
      output.line(line);
      this.#spinner?.render();
    }
  }

  suspend(): void {
    this.#isSuspended = true;
    this.#clear();
  }

  resume(): void {
    this.#isSuspended = false;
    this.#draw();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#clear();
  }

  get #overview(): (() => string) | null {
    return this.#options.overview ?? null;
  }

  #shown(): Progress[] {
    return Array.from(this.#lanes, (lane) => lane.progress).filter((progress) => progress !== null);
  }

  /** What the spinner is for; null where lines are drawn. */
  #spinnerText(): string | null {
    const shown = this.#shown();
    if (this.#overview !== null || shown.length !== 1 || shown[0].phase === 'downloading') return null;
    const room = Math.max(8, this.#options.output.columns - 4);
    return truncateToWidth(`${shown[0].name}: ${formatPhase(shown[0])}`, room, this.#widthOf);
  }

  #draw(): void {
    if (!this.#mayDraw() || this.#shown().length === 0) return;
    if (this.#options.now() - this.#startedAt < CONFIG.cli.quietStartMs) return;
    this.#measure();
    if (this.#spinnerText() === null) this.#showBars();
    else this.#showSpinner();
  }

  #mayDraw(): boolean {
    return !this.#isClosed && !this.#isSuspended && this.#options.output.canDraw;
  }

  #showBars(): void {
    this.#dropSpinner();
    if (this.#bars !== null) return;
    this.#load(async () => {
      const { ProgressBars } = await import('./progress-bars.js');
      if (!this.#mayDraw() || this.#shown().length === 0 || this.#spinnerText() !== null) return;
      const { output } = this.#options;
      this.#bars = new ProgressBars({ output, widthOf: () => this.#widthOf, lines: (maxLines) => this.#lines(maxLines) });
    });
  }

  #lines(maxLines: number): string[] {
    const { output, style, isUnicode } = this.#options;
    const overview = this.#overview?.() ?? null;
    return formatFrame(
      this.#shown(),
      overview,
      { columns: output.columns, maxLines },
      { style, isUnicode, widthOf: this.#widthOf },
    );
  }

  #showSpinner(): void {
    this.#bars?.close();
    this.#bars = null;
    if (this.#spinner !== null) {
      this.#spinner.text = this.#spinnerText() ?? '';
      return;
    }
    this.#load(async () => {
      const { default: ora } = await import('ora');
      const text = this.#spinnerText();
      if (!this.#mayDraw() || text === null) return;
      const { style, isUnicode } = this.#options;
      const frames = isUnicode ? ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] : ['-', '\\', '|', '/'];
      this.#spinner = ora({
        stream: this.#options.output.stream as NodeJS.WriteStream,
        isEnabled: true,
        // Standard input is left alone: no raw mode, ^C stays a signal.
        discardStdin: false,
        // Colour is decided by us, not by the library.
        color: false,
        spinner: { interval: 100, frames: frames.map((frame) => style.accent(frame)) },
        text,
      }).start();
    });
  }

  /** Names that are shown decide what it takes to measure them. */
  #measure(): void {
    const names = this.#shown()
      .map((progress) => progress.name)
      .join('');
    if (names === this.#measured) return;
    this.#measured = names;
    void this.#measureNames(names);
  }

  async #measureNames(names: string): Promise<void> {
    try {
      const widthOf = await loadWidthFor(names);
      if (names === this.#measured) this.#widthOf = widthOf;
    } catch {
      // The rough measure stays: the line is shorter than it could be.
    }
  }

  /** One at a time; a failure to load must not end a download. */
  #load(show: () => Promise<void>): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    show()
      .catch(() => {
        this.#isClosed = true;
      })
      .finally(() => {
        this.#isLoading = false;
      });
  }

  #clear(): void {
    this.#dropSpinner();
    this.#bars?.close();
    this.#bars = null;
  }

  #dropSpinner(): void {
    this.#spinner?.stop();
    this.#spinner = null;
  }
}

/** Whether the locale says UTF-8, as far as the environment tells. */
export function isUnicodeLocale(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [environment.LC_ALL, environment.LC_CTYPE, environment.LANG].find((value) => (value ?? '') !== '') ?? '';
  // Nothing set is a bare container more often than an old terminal; only a named other encoding counts against it.
  return locale === '' || /utf-?8/i.test(locale) || (environment.TERM !== 'linux' && !/^(C|POSIX)$|\./.test(locale));
}
