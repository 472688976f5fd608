// The commands that people see, from the program itself: a test that goes through all of them misses no new one. A hidden one answers
// shells, and is not among them.

import { openProgramRig } from './program-rig.js';

const { program } = openProgramRig();
const visible = program.createHelp().visibleCommands(program);

/** In the order of the help. */
export const COMMAND_NAMES: readonly string[] = visible.map((command) => command.name());

/** Names of the commands that take an option, such as `--json`. */
export function commandsWith(long: string): ReadonlySet<string> {
  return new Set(
    visible.filter(({ options }) => options.some((option) => option.long === long)).map((command) => command.name()),
  );
}
