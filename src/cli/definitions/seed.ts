// `effusion seed` on the command line: what it is called, its options in the groups of the help, and how it is run. The command itself
// is loaded when it runs.

import type { SeedOptions } from '../commands/seed.js';
import { EXAMPLES } from '../help-texts.js';
import {
  listenOption,
  maxPeersOption,
  maxUploadOption,
  maxUploadsOption,
  portmapOption,
  portOption,
} from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { addPlacementOptions } from '../place-options.js';
import { addSeedOptions } from './end-options.js';
import type { CommandDefinition } from './program-host.js';
import { addResultOptions } from '../results/result-options.js';
import { addSwarmOptions, GROUP } from './swarm-options.js';

export const addSeed: CommandDefinition = (program, host, globals) => {
  const command = program
    .command('seed')
    .description('check data and serve it until stopped')
    .argument('<FILE.torrent...>', 'the torrent file, or several')
    .option('--data <DIR>', 'the folder that holds the data, as download wrote it', '.')
    .option('--super-seeding', 'as the first seed: reveal pieces one by one, so that about one copy is sent');
  addPlacementOptions(command);
  addSwarmOptions(command, {
    noTrackers: 'announce to no tracker',
    hasTracker: false,
    network: [portOption(), portmapOption(), listenOption()],
  })
    .optionsGroup(GROUP.limits)
    .addOption(maxUploadOption())
    .addOption(maxPeersOption())
    .addOption(maxUploadsOption());
  addSeedOptions(command, false);
  addResultOptions(command, false)
    .addHelpText('after', EXAMPLES.seed)
    .action(async (files: string[], options: SeedOptions) => {
      await host.run(globals(), async (context) =>
        (await import('../commands/seed.js')).seed(files, applySwitches(options), context),
      );
    });
};
