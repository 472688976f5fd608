// `effusion verify` on the command line: its options and how it is run. The command itself is loaded when it runs.
// The network is for a torrent by URL alone.

import type { VerifyOptions } from '../commands/verify.js';
import { filesOption } from '../choice-options.js';
import { EXAMPLES } from '../help-texts.js';
import { interfaceOption, proxyOption } from '../network-options.js';
import type { CommandDefinition } from './program-host.js';

export const addVerify: CommandDefinition = (program, host, globals) => {
  program
    .command('verify')
    .description('check data on the disk against a torrent')
    .argument('<FILE.torrent>', 'the torrent file')
    .argument('[DIR]', 'the folder that holds the data', '.')
    .addOption(filesOption('the files to check; others may be missing'))
    .addOption(proxyOption())
    .addOption(interfaceOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES.verify)
    .action(async (file: string, folder: string, options: VerifyOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/verify.js')).verify(file, folder, options, context),
      );
    });
};
