// What the definition of a command needs from the run around it. A definition loads commander and nothing heavier: the command itself is
// imported when it runs, and its options are made when somebody looks at them.

import type { CommandContext } from '../command-context.js';
import type { LazyCommand } from '../lazy-command.js';
import type { GlobalOptions } from '../options.js';

export interface ProgramHost {
  readonly version: string;
  readonly helpWidth: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly writeOut: (text: string) => void;
  /** Makes the context from the options that every command takes, and keeps the exit code. */
  readonly run: (globals: GlobalOptions, command: (context: CommandContext) => Promise<number>) => Promise<void>;
}

export type Globals = () => GlobalOptions;

/** Adds a command to the tree. */
export type CommandDefinition = (program: LazyCommand, host: ProgramHost, globals: Globals) => void;

/** What commands say of their argument. */
export const TORRENT = 'a torrent file, its URL, a magnet link, an info hash, or - for stdin';
