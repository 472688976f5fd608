// `effusion info` on the command line: its options and how it is run. The command itself is loaded when it runs.
// Most of the options are for the metadata of a magnet link.

import type { InfoOptions } from '../commands/info.js';
import { EXAMPLES } from '../help-texts.js';
import { durationOption, inputFileOption, metadataTimeoutOption } from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addSwarmOptions } from './swarm-options.js';

export const addInfo: CommandDefinition = (program, host, globals) => {
  program
    .command('info')
    .alias('show')
    .description('show what is in a torrent')
    .argument('[TORRENT...]', TORRENT)
    .defineOptions((command) => {
      command
        .addOption(inputFileOption())
        .option('--json', 'print a JSON object, of several torrents one a line')
        .option(
          '--scrape',
          'ask every tracker and the DHT for seeds, leechers and completed downloads (exit 6 where none answers)',
        )
        .addOption(
          durationOption('-t, --timeout <TIME>', 'give up on the answers of --scrape after this time in all (default: 15s)'),
        )
        .option('--save <FILE>', 'keep it as a torrent file, such as the metadata of a magnet link')
        .addOption(metadataTimeoutOption());
      addSwarmOptions(command, { noTrackers: 'ask no tracker for the metadata of a magnet link: use --peer' });
    })
    .addHelpText('after', EXAMPLES.info)
    .action(async (torrents: string[], options: InfoOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/info.js')).info(torrents, applySwitches(options), context),
      );
    });
};
