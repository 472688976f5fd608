// Progress on a terminal: a spinner for the short phases, then a bar. One of them at a time owns the terminal. Both are
// loaded only when there was something to show for a moment: a small download ends before it would pay for them.

import type { Ora } from 'ora';
import { CONFIG } from '../../engine/config.js';
import type { Output } from '../output.js';
import { type BarLook, formatPhase } from './bar-line.js';
import type { Style } from './color-level.js';
import type { ProgressBars } from './progress-bars.js';
import type { Suspendable } from '../suspension.js';
import type { Progress, ProgressView } from './progress.js';
import { loadWidthFor, truncateToWidth, type WidthOf } from './text-width.js';

export interface TerminalViewOptions {
  readonly output: Output;
  readonly style: Style;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly isUnicode: boolean;
}

export class TerminalView implements ProgressView, Suspendable {
  readonly #options: TerminalViewOptions;
  readonly #startedAt: number;
  readonly #stopListening: () => void;
  #progress: Progress | null = null;
  #spinner: Ora | null = null;
  #bars: ProgressBars | null = null;
  #widthOf: WidthOf | null = null;
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

  update(progress: Progress): void {
    if (this.#isClosed) return;
    this.#progress = progress;
    if (this.#isSuspended) return;
    if (this.#options.now() - this.#startedAt < CONFIG.cli.quietStartMs || !this.#options.output.canDraw) return;
    if (progress.phase === 'downloading') this.#showBar();
    else this.#showSpinner(progress);
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
    if (this.#progress !== null) this.update(this.#progress);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#clear();
  }

  #clear(): void {
    this.#dropSpinner();
    this.#bars?.close();
    this.#bars = null;
  }

  #showBar(): void {
    this.#dropSpinner();
    if (this.#bars !== null) return;
    this.#load(async () => {
      const { ProgressBars } = await import('./progress-bars.js');
      const look = await this.#loadLook();
      if (this.#isClosed || this.#isSuspended || this.#progress?.phase !== 'downloading') return;
      this.#bars = new ProgressBars(this.#options.output, look);
      this.#bars.add(() => this.#progress as Progress);
    });
  }

  #showSpinner(progress: Progress): void {
    this.#bars?.close();
    this.#bars = null;
    if (this.#spinner !== null) {
      this.#spinner.text = this.#spinnerText(progress);
      return;
    }
    this.#load(async () => {
      const { default: ora } = await import('ora');
      await this.#loadLook();
      if (this.#isClosed || this.#progress === null || this.#progress.phase === 'downloading') return;
      if (this.#isSuspended || !this.#options.output.canDraw) return;
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
        text: this.#spinnerText(this.#progress),
      }).start();
    });
  }

  #spinnerText(progress: Progress): string {
    const room = Math.max(8, this.#options.output.columns - 4);
    return truncateToWidth(`${progress.name}: ${formatPhase(progress)}`, room, this.#widthOf as WidthOf);
  }

  async #loadLook(): Promise<BarLook> {
    this.#widthOf ??= await loadWidthFor(this.#progress?.name ?? '');
    const { style, isUnicode } = this.#options;
    return { style, isUnicode, widthOf: this.#widthOf };
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
