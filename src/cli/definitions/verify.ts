// `effusion verify` on the command line: its options and how it is run. The command itself is loaded when it runs.
// The network is for a torrent by URL alone.

import type { VerifyOptions } from '../commands/verify.js';
import { filesOption } from '../choice-options.js';
import { EXAMPLES } from '../help-texts.js';
import { inputFileOption, interfaceOption, proxyOption } from '../network-options.js';
import { addPlacementOptions } from '../place-options.js';
import { addChecksumOptions } from './end-options.js';
import type { CommandDefinition } from './program-host.js';
import { GROUP } from './swarm-options.js';

export const addVerify: CommandDefinition = (program, host, globals) => {
  program
    .command('verify')
    .alias('check')
    .usage('[options] FILE.torrent... [DIR]')
    .description('check data on the disk against a torrent')
    .argument('[FILE.torrent...]', 'the torrent file, or several, and the folder that holds the data (default: the current one)')
    .defineOptions((command) => {
      command
        .addOption(inputFileOption())
        .addOption(filesOption('the files to check; others may be missing'))
        .option('--json', 'print a JSON object, of several torrents one a line')
        .optionsGroup('Where the data is:')
        .option('--data <DIR>', 'the folder that holds the data: then every argument is a torrent');
      addChecksumOptions(addPlacementOptions(command))
        .optionsGroup(GROUP.network)
        .addOption(proxyOption())
        .addOption(interfaceOption());
    })
    .addHelpText('after', EXAMPLES.verify)
    .action(async (names: string[], options: VerifyOptions) => {
      await host.run(globals(), async (context) => (await import('../commands/verify.js')).verify(names, options, context));
    });
};
