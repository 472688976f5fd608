// `effusion swarm` on the command line: its options in the groups of the help, and how it is run. The command itself is loaded when it
// runs. It finds nobody and is found by its own tracker alone, so that it takes none of the options on that.

import { Option } from 'commander';
import { createAddress } from '../../model/address.js';
import { isDialable } from '../../model/address-scope.js';
import type { SwarmCommandOptions } from '../commands/swarm.js';
import { EXAMPLES } from '../help-texts.js';
import { durationOption } from '../network-options.js';
import { parsePort, parsePortRange, parseRate, parseShare, parseWhole } from '../options.js';
import { UsageError } from '../usage-error.js';
import type { CommandDefinition } from './program-host.js';
import { GROUP } from './swarm-options.js';

const MAX_SEEDERS = 50;
const MAX_DOWNLOADS = 1_000_000;
const MAX_SEED = 2_147_483_647;

function parseBind(text: string): string {
  const address = createAddress(text, 1);
  if (address !== null && isDialable(address)) return address.host;
  throw new UsageError(`--bind: '${text}' is no address that clients can dial`, 'Use one of this machine, such as 127.0.0.1.');
}

const share = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text) => parseShare(text, flags.split(' ')[0]));

const whole = (flags: string, description: string, min: number, max: number): Option =>
  new Option(flags, description).argParser((text) => parseWhole(text, flags.split(' ')[0], min, max));

export const addSwarm: CommandDefinition = (program, host, globals) => {
  program
    .command('swarm')
    .description('serve a file or folder from a tracker and seeders of its own, to test clients with')
    .argument('<PATH>', 'a file or a folder, or a torrent file with its data beside it')
    .defineOptions((command) => {
      command
        .addOption(whole('--seeders <N>', 'so many seeders', 1, MAX_SEEDERS).default(2))
        .addOption(
          whole('--exit-after <N>', 'end when so many downloads have completed, by what the tracker is told', 1, MAX_DOWNLOADS),
        )
        .addOption(durationOption('--timeout <TIME>', 'end after so long, with 124 (default: never)'))
        .optionsGroup(GROUP.network)
        .addOption(
          new Option('-p, --port <A-B>', 'ports of the seeders, the first free ones of a range (default: any)').argParser(
            (text) => parsePortRange(text, '--port'),
          ),
        )
        .addOption(
          new Option('--tracker-port <N>', 'port of the tracker (default: any)').argParser((text) =>
            parsePort(text, '--tracker-port'),
          ),
        )
        .option('--udp', 'a UDP tracker in place of the HTTP one')
        .addOption(new Option('--bind <IP>', 'listen on this address').argParser(parseBind).default('127.0.0.1'))
        .optionsGroup('Faults:')
        .addOption(share('--corrupt <SHARE>', 'this share of the blocks, such as 1%, has a wrong byte'))
        .addOption(
          new Option('--slow <RATE>', 'each seeder sends at most so much a second').argParser((text) =>
            parseRate(text, '--slow'),
          ),
        )
        .addOption(share('--choke [SHARE]', 'unchoke nobody, or nobody for this share of the time'))
        .addOption(share('--drop <SHARE>', 'this share of the requests is ignored, and of the connections cut'))
        .option('--flaky-tracker', 'every second announce fails: status 500, a failure reason, or no answer')
        .addOption(whole('--honest <N>', 'so many of the seeders send all, and right', 0, MAX_SEEDERS).default(0))
        .addOption(whole('--random-seed <N>', 'of the chance in the faults, to have the same ones again', 0, MAX_SEED));
    })
    .addHelpText('after', EXAMPLES.swarm)
    .action(async (location: string, options: SwarmCommandOptions) => {
      await host.run(globals(), async (context) => (await import('../commands/swarm.js')).swarm(location, options, context));
    });
};
