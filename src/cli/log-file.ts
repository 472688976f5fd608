// `--log-file`: what a run says on stderr, line by line with the time, appended to a file. Written at once and not by and by, so that a
// process that ends badly has its last words in it. It holds no drawings, no colours, and what is quiet on stderr is in it all the same.

import { closeSync, openSync, writeSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { CommandError } from './command-error.js';
import { unwritableReason } from './file-reason.js';

/** From few words to many. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogFileOptions {
  readonly path: string;
  /** Nothing beyond it is written. */
  readonly level: LogLevel;
  /** Milliseconds of the Unix epoch. */
  readonly now?: () => number;
}

export class LogFile {
  readonly #options: LogFileOptions;
  readonly #descriptor: number;
  #isBroken = false;

  /** Throws CommandError (exit 9) where the file cannot be opened. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    try {
      this.#descriptor = openSync(options.path, 'a', 0o666);
    } catch (error) {
      const why = unwritableReason(options.path, error);
      throw new CommandError(
        'output_failed',
        `--log-file: cannot write ${options.path}: ${why}`,
        'Name another with --log-file.',
        {
          cause: error,
        },
      );
    }
  }

  /** A line as it is on stderr; its level is read off its beginning. Several lines are several. */
  say(text: string): void {
    this.write(levelOf(text), text);
  }

  /** A full disk costs the log and not the run. */
  write(level: LogLevel, text: string): void {
    if (this.#isBroken || LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.#options.level)) return;
    const time = new Date((this.#options.now ?? Date.now)()).toISOString();
    const lines = stripVTControlCharacters(text).split('\n');
    try {
      writeSync(this.#descriptor, lines.map((line) => `${time} ${level} ${line}\n`).join(''));
    } catch {
      this.#isBroken = true;
    }
  }

  close(): void {
    this.#isBroken = true;
    closeSync(this.#descriptor);
  }
}

/** What goes on, but not as it should: lines of render/notice-text.ts, session-watch.ts and their like. */
const WARNINGS = /(?:^|: )(?:banned |gave up |no (?:meta)?data for )| warns: | not understood /;

function levelOf(text: string): LogLevel {
  const plain = stripVTControlCharacters(text.slice(0, 500));
  if (/^effusion: (?:error|this is a bug): /.test(plain)) return 'error';
  return WARNINGS.test(plain) ? 'warn' : 'info';
}
