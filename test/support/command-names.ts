// The commands that people see, from the program itself: a test that goes through all of them misses no new one. A hidden one answers
// shells, and is not among them.

import { openProgramRig } from './program-rig.js';

const { program } = openProgramRig();

/** In the order of the help. */
export const COMMAND_NAMES: readonly string[] = program
  .createHelp()
  .visibleCommands(program)
  .map((command) => command.name());
