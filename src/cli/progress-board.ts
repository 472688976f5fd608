// Where a run shows how it stands: nothing when quiet, drawn where stderr can be drawn on, whole lines elsewhere. Each torrent gets a
// place of its own on it. Commands ask here and never look at the terminal themselves.

import type { Interruption } from './interruption.js';
import type { LogFile } from './log-file.js';
import type { Output } from './output.js';
import type { Style } from './render/color-level.js';
import { PlainView } from './render/plain-view.js';
import type { Progress, ProgressView } from './render/progress.js';
import { isUnicodeLocale, TerminalView } from './render/terminal-view.js';
import type { Suspension } from './suspension.js';
import { monotonicNow } from '../engine/monotonic-clock.js';

/** `bar` draws where there is a terminal, `line` writes lines there too, `none` leaves messages alone. */
export const PROGRESS_MODES = ['bar', 'line', 'none'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];

export interface ProgressBoardOptions {
  readonly stderr: Output;
  readonly style: Style;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isQuiet: boolean;
  /** `--progress`; undefined: as the terminal is. */
  readonly progress?: ProgressMode | undefined;
  /** `--log-file`: everything is said there too, also what is quiet here. */
  readonly log?: LogFile | null;
  /** More than a line for each torrent from the start. */
  readonly isVerbose?: boolean;
  readonly interruption: Interruption;
  readonly suspension: Suspension;
}

export class ProgressBoard {
  readonly #options: ProgressBoardOptions;
  readonly #now: () => number;
  /** Places that are taken, and the overview's. The terminal is ours while there is one. */
  #holders = 0;
  readonly #places = new Set<{ readonly progress: Progress | null }>();
  #isDetailed: boolean;
  #overview: (() => string) | null = null;
  #screen: TerminalView | null = null;
  #giveBack: () => void = () => {};

  /** `now`: milliseconds, monotonic; replaced in tests. */
  constructor(options: ProgressBoardOptions, now = monotonicNow) {
    this.#options = options;
    this.#isDetailed = options.isVerbose === true;
    this.#now = now;
  }

  /** The pieces and the best peers are shown below each torrent's line, where that can be drawn. */
  get isDetailed(): boolean {
    return this.#isDetailed && this.#options.stderr.canDraw;
  }

  toggleDetail(): void {
    this.#isDetailed = !this.#isDetailed;
  }

  /** `--progress` was given: what it says counts. */
  get isChosen(): boolean {
    return this.#options.progress !== undefined;
  }

  /** A place for a torrent. `showsProgress`: else its lines alone are shown; a log file has all. */
  open(showsProgress = true): ProgressView {
    const view = this.#openShown(showsProgress);
    const { log } = this.#options;
    if (log === undefined || log === null) return view;
    const logged = new PlainView({ line: (text) => log.write('debug', text) }, this.#now);
    return {
      update: (progress) => {
        logged.update(progress);
        view.update(progress);
      },
      log: (line) => {
        log.say(line);
        view.log(line);
      },
      close: () => view.close(),
    };
  }

  #openShown(showsProgress: boolean): ProgressView {
    const { stderr, isQuiet, progress } = this.#options;
    if (isQuiet) return { update: () => {}, log: () => {}, close: () => {} };
    if (progress === 'none' || !showsProgress) return { update: () => {}, log: (line) => this.#show(line), close: () => {} };
    if (!stderr.canDraw && this.#screen === null) return new PlainView(stderr, this.#now);
    const release = this.#hold();
    const lane = this.#screen?.open();
    const place: { progress: Progress | null } = { progress: null };
    this.#places.add(place);
    return {
      update: (progress) => {
        place.progress = progress;
        lane?.update(progress);
      },
      log: (line) => this.#show(line),
      close: () => {
        this.#places.delete(place);
        lane?.close();
        release();
      },
    };
  }

  /** Bytes a second of what is drawn now, together. */
  get rates(): { readonly download: number; readonly upload: number } {
    const rates = { download: 0, upload: 0 };
    for (const { progress } of this.#places) {
      rates.download += progress?.downloadBytesPerSecond ?? 0;
      rates.upload += progress?.uploadBytesPerSecond ?? 0;
    }
    return rates;
  }

  /** For a run of several torrents, before the first of them: a line about all of them. Answers how to end that. */
  openOverview(text: () => string): () => void {
    const { stderr, isQuiet } = this.#options;
    if (isQuiet || !stderr.canDraw) return () => {};
    this.#overview = text;
    return this.#hold();
  }

  /** A line that stays, above what is drawn. Nothing when quiet. */
  log(line: string): void {
    this.#options.log?.say(line);
    if (!this.#options.isQuiet) this.#show(line);
  }

  /** The same for errors and for what scripts wait for. */
  always(line: string): void {
    this.#options.log?.say(line);
    this.#show(line);
  }

  /** A line for the log file alone. */
  note(line: string): void {
    this.#options.log?.say(line);
  }

  #show(line: string): void {
    if (this.#screen === null) this.#options.stderr.line(line);
    else this.#screen.log(line);
  }

  /** The terminal is put back as it was when nobody holds it, when the process has to end at once, and while it is stopped by ^Z. */
  #hold(): () => void {
    if (this.#screen === null) this.#take();
    this.#holders++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders--;
      if (this.#holders > 0) return;
      this.#giveBack();
      this.#screen = null;
    };
  }

  #take(): void {
    const { stderr, style, environment, interruption, suspension } = this.#options;
    const screen = new TerminalView({
      output: stderr,
      style,
      now: this.#now,
      isUnicode: isUnicodeLocale(environment),
      overview: this.#overview,
    });
    const forgetExit = interruption.onExit(() => screen.close());
    const forgetSuspension = suspension.add(screen);
    this.#screen = screen;
    this.#giveBack = () => {
      forgetExit();
      forgetSuspension();
      screen.close();
    };
  }
}
