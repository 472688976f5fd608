// `effusion config` on the command line: which value each option has, and from where. It reads the configuration itself, after `--path`
// was answered: where the file is must be told even when it is broken.

import { Option } from 'commander';
import type { ConfigOptions } from '../commands/config.js';
import { EXAMPLES } from '../help-texts.js';
import type { CommandDefinition } from './program-host.js';

export const addConfig: CommandDefinition = (program, host, globals) => {
  program
    .command('config')
    .description('show which value each option has, and where it comes from')
    .argument('[COMMAND]', 'show the options of this command only')
    .argument('[OPTION...]', 'as that command would be given them')
    .allowUnknownOption()
    .defineOptions((command) => {
      command
        .addOption(new Option('--path', 'print where the configuration file is looked for'))
        .option('--json', 'print one JSON object');
    })
    .addHelpText('after', EXAMPLES.config)
    .action(async (name: string | undefined, rest: string[], options: ConfigOptions) => {
      const { showConfig } = await import('../commands/config.js');
      const lines = await showConfig({ name, rest, options, program, environment: host.environment });
      await host.run(globals(), (context) => {
        for (const line of lines) context.stdout.line(line);
        return Promise.resolve(0);
      });
    });
};
