// `effusion files` (and `ls`) on the command line: its options and how it is run. The command itself is loaded when it runs.
// Most of the options are for the metadata of a magnet link.

import type { FilesOptions } from '../commands/files.js';
import { EXAMPLES } from '../help-texts.js';
import { inputFileOption, metadataTimeoutOption } from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addSwarmOptions } from './swarm-options.js';

export const addFiles: CommandDefinition = (program, host, globals) => {
  program
    .command('files')
    .alias('ls')
    .description('list the files of a torrent')
    .argument('[TORRENT...]', TORRENT)
    .defineOptions((command) => {
      command
        .addOption(inputFileOption())
        .option('--tree', 'show folders, with the sums of what is in them')
        .option('-0, --null', 'print paths alone, each with a zero byte behind it')
        .option('--json', 'print a JSON object, of several torrents one a line')
        .addOption(metadataTimeoutOption());
      addSwarmOptions(command, { noTrackers: 'ask no tracker for the metadata of a magnet link: use --peer' });
    })
    .addHelpText('after', EXAMPLES.files)
    .action(async (torrents: string[], options: FilesOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/files.js')).files(torrents, applySwitches(options), context),
      );
    });
};
