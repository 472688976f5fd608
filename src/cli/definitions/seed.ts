// `effusion seed` on the command line: what it is called, its options in the groups of the help, and how it is run. The command itself
// is loaded when it runs.

import type { Command } from 'commander';
import type { SeedOptions } from '../commands/seed.js';
import { EXAMPLES } from '../help-texts.js';
import {
  listenOption,
  maxPeersOption,
  maxUploadEachOption,
  maxUploadOption,
  maxUploadsOption,
  pieceLengthOption,
  portmapOption,
  portOption,
  servedTrackerOption,
} from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { addPlacementOptions } from '../place-options.js';
import { addSeedOptions } from './end-options.js';
import type { CommandDefinition } from './program-host.js';
import { addResultOptions } from '../results/result-options.js';
import { addSwarmOptions, GROUP } from './swarm-options.js';

const CONTENT_GROUP = 'For a torrent that is made of a file or folder:';

export const addSeed: CommandDefinition = (program, host, globals) => {
  program
    .command('seed')
    .description('check data and serve it until stopped')
    .argument('<TORRENT|PATH...>', 'a torrent file, or a file or folder of which a torrent is made; several are served together')
    .defineOptions((command) => {
      command
        .option('--super-seeding', 'as the first seed: reveal pieces one by one, so that about one copy is sent')
        .optionsGroup('Where the data of a torrent file is:')
        .option('--data <DIR>', 'the folder that holds it, as download wrote it', '.')
        .option('--partial', 'serve the pieces that are there, where others are missing or wrong');
      addPlacementOptions(command)
        .optionsGroup(CONTENT_GROUP)
        .option('--private', 'peers are to come from the trackers only (BEP 27)')
        .addOption(pieceLengthOption())
        .option('--save <FILE.torrent>', 'write the torrent file too');
      addSwarmOptions(command, {
        noTrackers: 'announce to no tracker',
        tracker: servedTrackerOption(),
        network: [portOption(), portmapOption(), listenOption()],
      })
        .optionsGroup(GROUP.limits)
        .addOption(maxUploadOption())
        .addOption(maxUploadEachOption())
        .addOption(maxPeersOption())
        .addOption(maxUploadsOption());
      addSeedOptions(command, false);
      addResultOptions(command, false);
    })
    .addHelpText('after', EXAMPLES.seed)
    .action(async (names: string[], options: SeedOptions, command: Command) => {
      const typedForContent = command.options
        .filter((option) => option.helpGroupHeading === CONTENT_GROUP)
        .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
        .map((option) => option.long ?? '');
      await host.run(globals(), async (context) =>
        (await import('../commands/seed.js')).seed(names, { ...applySwitches(options), typedForContent }, context),
      );
    });
};
