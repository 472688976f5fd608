// `effusion download` on the command line, the command that runs where none is named. A word that is neither a command nor a file is
// refused here: it is a slip of the keyboard.

import { existsSync, readdirSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { DownloadOptions } from '../commands/download.js';
import { addChoiceOptions } from '../choice-options.js';
import { findNearest, findNearestName } from '../edit-distance.js';
import { COMMANDS_OF_OTHERS } from '../foreign-spellings.js';
import { EXAMPLES } from '../help-texts.js';
import {
  durationOption,
  inputFileOption,
  jobsOption,
  listenOption,
  maxDownloadEachOption,
  maxDownloadOption,
  maxPeersOption,
  maxUploadEachOption,
  maxUploadOption,
  maxUploadsOption,
  metadataTimeoutOption,
  minSpeedOption,
  portmapOption,
  portOption,
  webseedOption,
  webseedsOption,
} from '../network-options.js';
import { applySwitches } from '../network-switches.js';
import { addPlaceOptions } from '../place-options.js';
import { UsageError } from '../usage-error.js';
import { addChecksumOptions, addSeedOptions } from './end-options.js';
import { type CommandDefinition, TORRENT } from './program-host.js';
import { addResultOptions } from '../results/result-options.js';
import { addSwarmOptions, GROUP } from './swarm-options.js';

/** Names of the folder that are compared for "did you mean". */
const MAX_COMPARED_NAMES = 5000;

export const addDownload: CommandDefinition = (program, host, globals) => {
  program
    .command('download', { isDefault: true })
    .alias('get')
    .description('download what a torrent names, verify it, and end')
    .argument('[TORRENT...]', TORRENT)
    .defineOptions((command) => {
      command.addOption(inputFileOption()).addOption(jobsOption());
      addChoiceOptions(command)
        .optionsGroup('Output:')
        .option('-o, --output <DIR>', 'the folder to put it in', '.')
        .option('--fsync', 'flush each file to the disk before it gets its name')
        .addOption(
          new Option(
            '--overwrite <MODE>',
            'existing files of that name: keep what matches and repair the rest, refuse (exit 9), or fetch all anew and replace them',
          )
            .choices(['verify', 'never', 'always'])
            .default('verify'),
        );
      addPlaceOptions(command);
      addSwarmOptions(command, {
        noTrackers: 'ask no tracker',
        network: [portOption(), portmapOption(), listenOption()],
      })
        .optionsGroup(GROUP.webSeeds)
        .addOption(webseedOption())
        .addOption(webseedsOption())
        .optionsGroup(GROUP.limits)
        .addOption(maxDownloadOption())
        .addOption(maxDownloadEachOption())
        .addOption(maxUploadOption())
        .addOption(maxUploadEachOption())
        .addOption(maxPeersOption())
        .addOption(maxUploadsOption())
        .optionsGroup('When to give up:')
        .addOption(durationOption('-t, --timeout <TIME>', 'give up after this time in all (exit 124)'))
        .addOption(
          durationOption(
            '--no-peers-timeout <TIME>',
            'give up when no peer answered for so long (exit 5; without a terminal 2m)',
          ),
        )
        .addOption(metadataTimeoutOption())
        .addOption(
          durationOption('--stall-timeout <TIME>', 'give up when no data came for so long (exit 7; without a terminal 5m)'),
        )
        .addOption(minSpeedOption());
      addSeedOptions(command, true);
      addChecksumOptions(command);
      addResultOptions(command, true);
    })
    .addHelpText('after', EXAMPLES.download)
    .action(async (torrents: string[], options: DownloadOptions) => {
      const isNamed = program.args[0] === 'download' || program.args[0] === 'get';
      if (!isNamed && torrents.length > 0) refuseMistypedCommand(torrents[0], program);
      await host.run(globals(), async (context) =>
        (await import('../commands/download.js')).download(torrents, applySwitches(options), context),
      );
    });
};

/** `effusion inof x.torrent` runs the default command: a bare word that is no file is more likely a slip of the keyboard. */
function refuseMistypedCommand(word: string, program: Command): void {
  if (/[/\\:]|\.torrent$|^-$|^[0-9a-f]{40}$|^[a-z2-7]{32}$/i.test(word) || existsSync(word)) return;
  const names = program.commands.filter((command) => !command.name().startsWith('_'));
  const near =
    COMMANDS_OF_OTHERS.get(word) ??
    findNearest(
      word,
      names.flatMap((command) => [command.name(), ...command.aliases()]),
    );
  const file = near === null ? nearTorrent(word) : null;
  const other = file === null ? 'See effusion --help for the commands.' : `Did you mean ${file}?`;
  throw new UsageError(`'${word}' is neither a command nor a file`, near === null ? other : `Did you mean effusion ${near}?`);
}

/** A torrent file of the current folder that differs by a slip, or by its ending. */
function nearTorrent(word: string): string | null {
  try {
    const torrents = readdirSync('.')
      .filter((name) => name.endsWith('.torrent'))
      .slice(0, MAX_COMPARED_NAMES);
    return torrents.find((name) => name === `${word}.torrent`) ?? findNearestName(word, torrents);
  } catch {
    return null;
  }
}
