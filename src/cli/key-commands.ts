// What the keys of a running download or seed do: p pauses, q stops in order, v shows more or less, + and - change the rate of what the command
// is for. Only where somebody sits in front of a terminal that can be drawn on, and both stdin and stderr are it.

import { CONFIG } from '../engine/config.js';
import type { CommandContext } from './command-context.js';
import { isInForeground } from './foreground.js';
import { Keys, type KeySignal } from './keys.js';
import { formatRate } from './render/human-numbers.js';

/** The part of a Client that keys change. */
export interface KeyedClient {
  readonly isPaused: boolean;
  setPaused(isPaused: boolean): void;
  setLimits(limits: { readonly maxDownloadBytesPerSecond?: number; readonly maxUploadBytesPerSecond?: number }): void;
}

export interface KeyCommandsOptions {
  readonly client: KeyedClient;
  /** What + and - limit. */
  readonly direction: 'download' | 'upload';
  /** Bytes a second at the start; 0: no limit. */
  readonly limit: number;
}

const KIB = 1024;
const SLOWEST = 16 * KIB;
/** Above it there is no limit. */
const FASTEST = 1024 * KIB * KIB;

export const KEY_HELP = 'keys: p pause, q stop, v more or less, + and - rate';

/**
 * Bytes a second; 0 is no limit. `rate`: what comes or goes now, from which `-` starts where there is none. Limits are powers of two, so
 * that a few keys lead anywhere.
 */
export function nextLimit(key: '+' | '-', limit: number, rate: number): number {
  if (key === '+') {
    if (limit === 0) return 0;
    const faster = 2 ** (Math.floor(Math.log2(limit)) + 1);
    return faster > FASTEST ? 0 : faster;
  }
  const from = limit > 0 ? limit : Math.min(rate, FASTEST * 2);
  return Math.max(SLOWEST, from <= 1 ? 0 : 2 ** (Math.ceil(Math.log2(from)) - 1));
}

/** Listens until the answer is called. Nothing happens where nobody can press a key. `isOurs`: the terminal; replaced in tests. */
export function listenForKeys(options: KeyCommandsOptions, context: CommandContext, isOurs = isInForeground): () => void {
  const { board, interruption, suspension, stderr, isQuiet, keyInput } = context;
  const input = isQuiet || !stderr.canDraw ? null : keyInput();
  if (input === null) return () => {};
  const { client, direction } = options;
  let { limit } = options;
  const setLimit = (key: '+' | '-'): void => {
    limit = nextLimit(key, limit, board.rates[direction]);
    client.setLimits(direction === 'download' ? { maxDownloadBytesPerSecond: limit } : { maxUploadBytesPerSecond: limit });
    board.log(limit === 0 ? `${direction}: no limit` : `${direction}: at most ${formatRate(limit)}`);
  };
  const onKey = (key: string): void => {
    if (key === 'p' || key === ' ') {
      client.setPaused(!client.isPaused);
      board.log(client.isPaused ? 'paused: p goes on' : 'going on');
    } else if (key === 'q') interruption.request('SIGINT', 'q');
    else if (key === 'v') board.toggleDetail();
    else if (key === '+' || key === '=') setLimit('+');
    else if (key === '-') setLimit('-');
    else if (key === '?' || key === 'h') board.log(KEY_HELP);
  };
  const onSignal = (signal: KeySignal): void => {
    if (signal === 'SIGINT') interruption.request('SIGINT');
    else process.kill(process.pid, signal);
  };
  const keys = new Keys({ input, isInForeground: isOurs, onKey, onSignal });
  const forgetSuspension = suspension.add(keys);
  // A shell's `fg` says nothing to a process that runs in the background.
  const looking = setInterval(() => {
    if (!suspension.isHidden) keys.resume();
  }, CONFIG.cli.foregroundLookMs);
  looking.unref();
  const forgetExit = interruption.onExit(() => keys.close());
  return () => {
    clearInterval(looking);
    forgetExit();
    forgetSuspension();
    keys.close();
  };
}
