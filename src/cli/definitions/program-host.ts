// What the definition of a command needs from the run around it. A definition is a few lines that load commander and nothing heavier:
// the command itself is imported when it runs.

import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
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
export type CommandDefinition = (program: Command, host: ProgramHost, globals: Globals) => void;

/** What commands say of their argument. */
export const TORRENT = 'a torrent file, its URL, a magnet link, an info hash, or - for stdin';
