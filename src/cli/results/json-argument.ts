// Whether a run that failed owes its reader an object of JSON, and which. It may have been refused before its options were read whole, by an
// unknown one or a value that is none, so the words are read once more here, by a command tree that takes every value: commander alone knows
// which of them is the command, which an option, and which the value of one.

import { Command } from 'commander';
import { readSwitch } from '../settings/config-file.js';
import { WITHOUT_SETTINGS } from '../settings/setting.js';

/** `result`: how a torrent ended, as download and seed print it; `error`: the failure alone. */
export type OwedJson = 'result' | 'error';

export interface FailedRun {
  /** As commander got them. */
  readonly argv: readonly string[];
  /** A tree of its own, which is left with what the words say. */
  readonly program: Command;
  /** The tree that ran, with what the configuration says; null where it did not come to that. */
  readonly used: Command | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Somebody may be reading stdout. */
  readonly isTerminal: boolean;
}

/** The command of a line that names none. */
const DEFAULT_COMMAND = 'download';
const RESULT_COMMANDS: ReadonlySet<string> = new Set(['download', 'seed']);
/** Its stdout is JSON without an option for it. */
const ALWAYS_JSON = 'swarm';

/** Null: nothing is owed. */
export function owedJson({ argv, program, used, environment, isTerminal }: FailedRun): OwedJson | null {
  const command = readCommand(argv, program);
  const name = command.name();
  // Nobody asked for it, and who sits there has read the line.
  if (name === ALWAYS_JSON) return isTerminal ? null : 'error';
  if (!command.options.some(({ long }) => long === '--json')) return null;
  const isTyped = command.getOptionValueSource('json') === 'cli';
  const isAsked = isTyped ? command.getOptionValue('json') === true : isConfigured(name, used, environment);
  if (!isAsked) return null;
  return RESULT_COMMANDS.has(name) ? 'result' : 'error';
}

/** Leaves the command with its options as far as they can be read. */
function readCommand(argv: readonly string[], program: Command): Command {
  const { operands, unknown } = readOptions(program, argv);
  const byName = (name: string): Command | undefined =>
    program.commands.find((command) => command.name() === name || command.aliases().includes(name));
  const command = byName(operands.at(0) ?? '') ?? byName(DEFAULT_COMMAND) ?? program;
  readOptions(command, unknown);
  return command;
}

/** An option at the end of the line that lacks its value makes commander throw: without it all else is the same. So does --version, which it answers. */
function readOptions(command: Command, words: readonly string[]): { operands: string[]; unknown: string[] } {
  for (const option of command.options) delete option.parseArg;
  try {
    // Not the one of download, which refuses `--seed 2x`.
    return Command.prototype.parseOptions.call(command, [...words]);
  } catch {
    return words.length === 0 ? { operands: [], unknown: [] } : readOptions(command, words.slice(0, -1));
  }
}

/** The variable counts where the run was refused before it was looked at, too. */
function isConfigured(name: string, used: Command | null, environment: FailedRun['environment']): boolean {
  if (WITHOUT_SETTINGS.has(name)) return false;
  const ran = used?.commands.find((command) => command.name() === name);
  if (ran?.getOptionValue('json') === true) return true;
  try {
    return readSwitch(environment['EFFUSION_JSON'] ?? '', 'EFFUSION_JSON') === true;
  } catch {
    return false;
  }
}
