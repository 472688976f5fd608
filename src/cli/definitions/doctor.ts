// `effusion doctor` on the command line: its options in the groups of the help, and how it is run. The command itself is loaded when it
// runs.

import type { DoctorOptions } from '../commands/doctor.js';
import { EXAMPLES } from '../help-texts.js';
import { applySwitches } from '../network-switches.js';
import { durationOption } from '../network-options.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addProbeOptions } from './probe-options.js';

export const addDoctor: CommandDefinition = (program, host, globals) => {
  program
    .command('doctor')
    .description('look for what keeps a torrent from being downloaded: trackers, DHT, port, peers, web seeds, disk')
    .argument('<TORRENT>', TORRENT)
    .defineOptions((command) => {
      command
        .option('-o, --output <DIR>', 'the folder that the data would go to', '.')
        .addOption(durationOption('--timeout <TIME>', 'look so long at most (default: 20s)'))
        .option('--json', 'print one JSON object');
      addProbeOptions(command);
    })
    .addHelpText('after', EXAMPLES.doctor)
    .action(async (torrent: string, options: DoctorOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/doctor.js')).doctor(torrent, applySwitches(options), context),
      );
    });
};
