// The options of the commands that read a torrent instead of downloading it: which files, peers and web servers, limits, and when to give up.
// They serve nothing, so they have none on what is sent.

import type { Command, Option } from 'commander';
import {
  durationOption,
  maxDownloadOption,
  maxPeersOption,
  metadataTimeoutOption,
  webseedOption,
  webseedsOption,
} from '../network-options.js';
import { addEventsOption } from '../results/result-options.js';
import { addSwarmOptions, GROUP } from './swarm-options.js';

/** `network`: ports and the listener. `hasStdout`: events may go to stdout. */
export function addReadingOptions(command: Command, network: readonly Option[], hasStdout: boolean): Command {
  addSwarmOptions(command, { noTrackers: 'ask no tracker', network })
    .optionsGroup(GROUP.webSeeds)
    .addOption(webseedOption())
    .addOption(webseedsOption())
    .optionsGroup(GROUP.limits)
    .addOption(maxDownloadOption())
    .addOption(maxPeersOption())
    .optionsGroup('When to give up:')
    .addOption(durationOption('--timeout <TIME>', 'give up after this time in all (exit 124)'))
    .addOption(
      durationOption('--no-peers-timeout <TIME>', 'give up when no peer answered for so long (exit 5; without a terminal 2m)'),
    )
    .addOption(metadataTimeoutOption())
    .addOption(durationOption('--stall-timeout <TIME>', 'give up when no data came for so long (exit 7; without a terminal 5m)'));
  return addEventsOption(command, hasStdout);
}
