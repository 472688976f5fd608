// Refuses values of nothing: what a script writes as `--output "$DIR"` where the variable is not set. Each command would make something
// else of them, from the current folder to a fault of ours.

import type { Command, Option } from 'commander';
import { UsageError } from './usage-error.js';

/** Texts that are put into a torrent: nothing takes out what is there. And the words of commands, one of which may be an empty argument. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['comment', 'createdBy', 'source', 'exec', 'execError', 'open']);

const HINT = 'Write one, or leave it out: a variable of the shell may not be set.';

/** Of the command that is about to run, and of the program; throws UsageError. Wherever the values come from. */
export function refuseEmptyValues(program: Command, command: Command): void {
  for (const holder of [program, command]) {
    const empty = emptyNames(holder);
    const option = empty.size === 0 ? undefined : holder.options.find((each) => empty.has(each.attributeName()));
    if (option !== undefined) throw new UsageError(`${option.long ?? option.flags}: its ${placeholder(option)} is empty`, HINT);
  }
  const at = command.args.indexOf('');
  if (at < 0) return;
  const named = command.registeredArguments[Math.min(at, command.registeredArguments.length - 1)];
  throw new UsageError(`a ${named === undefined ? 'word' : named.name()} is empty`, HINT);
}

function emptyNames(holder: Command): Set<string> {
  const values = Object.entries(holder.opts<Record<string, unknown>>());
  return new Set(values.filter(([name, value]) => isEmpty(value) && !MAY_BE_EMPTY.has(name)).map(([name]) => name));
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.includes(''));
}

/** What stands for the value in the help. */
function placeholder({ flags }: Option): string {
  return /[<[]([^>\]]*)[>\]]/.exec(flags)?.[1] ?? 'value';
}
