// `effusion peers` on the command line: its options in the groups of the help, and how it is run. The command itself is loaded when it
// runs.

import { EXAMPLES } from '../help-texts.js';
import { applySwitches } from '../network-switches.js';
import { durationOption } from '../network-options.js';
import type { ProbeCommandOptions } from '../probe-target.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addProbeOptions } from './probe-options.js';

export const addPeers: CommandDefinition = (program, host, globals) => {
  program
    .command('peers')
    .description('find peers and tell who they are and what they have')
    .argument('<TORRENT>', TORRENT)
    .defineOptions((command) => {
      command
        .addOption(durationOption('--timeout <TIME>', 'look so long at most (default: 10s)'))
        .option('--json', 'print one JSON object a peer, each on a line');
      addProbeOptions(command);
    })
    .addHelpText('after', EXAMPLES.peers)
    .action(async (torrent: string, options: ProbeCommandOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/peers.js')).peers(torrent, applySwitches(options), context),
      );
    });
};
