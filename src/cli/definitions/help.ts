// `effusion help` on the command line: a command's help, or a topic. Topics are texts of their own, as git has them; a name that is neither
// gets the nearest one.

import type { Command } from 'commander';
import { findNearest } from '../edit-distance.js';
import { fitHelp } from '../render/fit-help.js';
import { TOPICS } from '../help-texts.js';
import { UsageError } from '../usage-error.js';
import type { CommandDefinition } from './program-host.js';

const namesOf = (command: Command): string[] => [command.name(), ...command.aliases()];

export const addHelp: CommandDefinition = (program, host) => {
  program
    .command('help')
    .description(`help for a command, or one of these topics: ${Object.keys(TOPICS).join(', ')}`)
    .argument('[TOPIC]', 'a command or a topic')
    .option('--man', 'print the man page, for roff')
    .action(async (topic: string | undefined, options: { readonly man?: boolean }) => {
      if (options.man === true) {
        const { formatManPage } = await import('../man-page.js');
        host.writeOut(formatManPage({ program, version: host.version, topics: TOPICS }));
        return;
      }
      const name = topic ?? '';
      // `config` is both: its help is one `--help` away, and the topic says so.
      if (Object.hasOwn(TOPICS, name)) {
        host.writeOut(fitHelp(TOPICS[name], host.helpWidth));
        return;
      }
      const command = topic === undefined ? program : program.commands.find((candidate) => namesOf(candidate).includes(topic));
      if (command !== undefined) {
        command.outputHelp();
        return;
      }
      const commands = program.createHelp().visibleCommands(program);
      const names = [...new Set([...commands.flatMap(namesOf), ...Object.keys(TOPICS)])];
      const near = findNearest(name, names);
      throw new UsageError(
        `there is no help on '${name}'`,
        near === null ? `Topics are: ${names.join(', ')}.` : `Did you mean effusion help ${near}?`,
      );
    });
};
