// What a command gets of the world: streams, signals, looks. An argument instead of globals, so that it can be run in a test
// with streams and signals of the test's own.

import type { EventStream } from './events/event-stream.js';
import type { Interruption } from './interruption.js';
import type { KeyInput } from './keys.js';
import type { Output } from './output.js';
import type { ProgressBoard } from './progress-board.js';
import type { Style } from './render/color-level.js';
import type { Suspension } from './suspension.js';

export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How stderr looks. */
  readonly style: Style;
  /** How stdout looks. */
  readonly resultStyle: Style;
  /** Nothing but results and errors. */
  readonly isQuiet: boolean;
  /** What came of each source of peers is told. Never with `isQuiet`. */
  readonly isVerbose: boolean;
  readonly events: EventStream;
  /** The terminal that keys come from; null where stdin is none. */
  readonly keyInput: () => KeyInput | null;
  readonly interruption: Interruption;
  readonly suspension: Suspension;
  /** Where progress is shown, and every line on stderr that may come while it is. */
  readonly board: ProgressBoard;
}
