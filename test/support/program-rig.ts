// The command tree without a process around it: commands do not run, what they would get is kept.

import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.js';

export interface ProgramRig {
  readonly program: Command;
  /** Parses a line; resolves with what was printed. Rejects with what is wrong with it. */
  parse(...args: readonly string[]): Promise<string>;
  /** The options of a command, after a line was parsed. */
  optionsOf(command: string): Record<string, unknown>;
}

export function openProgramRig(environment: Readonly<Record<string, string>> = {}): ProgramRig {
  let printed = '';
  const program = createProgram({
    version: '1.2.3',
    helpWidth: 80,
    environment: { EFFUSION_NO_CONFIG: '1', ...environment },
    writeOut: (text) => {
      printed += text;
    },
    run: () => Promise.resolve(),
  });
  return {
    program,
    parse: async (...args) => {
      printed = '';
      await program.parseAsync([...args], { from: 'user' });
      return printed;
    },
    optionsOf: (name) => {
      const command = program.commands.find((candidate) => candidate.name() === name);
      if (command === undefined) throw new Error(`no command ${name}`);
      return { ...program.opts(), ...command.opts() };
    },
  };
}
