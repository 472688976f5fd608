// `effusion metadata` on the command line: its options and how it is run. The command itself is loaded when it runs.
// It takes the options of a magnet link's metadata, as info does.

import type { MetadataOptions } from '../commands/metadata.js';
import { EXAMPLES } from '../help-texts.js';
import { inputFileOption, metadataTimeoutOption } from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addSwarmOptions } from './swarm-options.js';

export const addMetadata: CommandDefinition = (program, host, globals) => {
  program
    .command('metadata')
    .description('save what a magnet link names as a torrent file')
    .argument('[TORRENT...]', TORRENT)
    .defineOptions((command) => {
      command
        .addOption(inputFileOption())
        .option('-o, --output <FILE>', 'the torrent file to write (default: NAME.torrent in the current folder)')
        .option('--force', 'replace the torrent file where it exists')
        .option('--json', 'print a JSON object, of several torrents one a line')
        .addOption(metadataTimeoutOption());
      addSwarmOptions(command, { noTrackers: 'ask no tracker for the metadata: use --peer' });
    })
    .addHelpText('after', EXAMPLES.metadata)
    .action(async (torrents: string[], options: MetadataOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/metadata.js')).metadata(torrents, applySwitches(options), context),
      );
    });
};
