// `effusion magnet` on the command line: its options and how it is run. The command itself is loaded when it runs.
// The network is for a torrent by URL alone.

import type { MagnetOptions } from '../commands/magnet.js';
import { EXAMPLES } from '../help-texts.js';
import { inputFileOption, interfaceOption, peerOption, proxyOption } from '../network-options.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { GROUP } from './swarm-options.js';

export const addMagnet: CommandDefinition = (program, host, globals) => {
  program
    .command('magnet')
    .description('print the magnet link of a torrent')
    .argument('[TORRENT...]', TORRENT)
    .defineOptions((command) => {
      const peer = peerOption();
      peer.description = 'a peer to name in the link (x.pe, repeatable)';
      command
        .addOption(inputFileOption())
        .option('--no-trackers', 'leave the trackers out')
        .addOption(peer)
        .option('--files <NUMBERS>', 'the files that the link is to ask for, such as 1,3-5 (so, BEP 53)')
        .option('--json', 'print a JSON object, of several torrents one a line')
        .optionsGroup(GROUP.network)
        .addOption(proxyOption())
        .addOption(interfaceOption());
    })
    .addHelpText('after', EXAMPLES.magnet)
    .action(async (torrents: string[], options: MagnetOptions) => {
      await host.run(globals(), async (context) => (await import('../commands/magnet.js')).magnet(torrents, options, context));
    });
};
