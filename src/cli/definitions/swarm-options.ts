// The options on finding peers and on the way to them, as every command that speaks to a swarm takes them: written down once, in two
// groups of the help. What a command adds of its own it adds before or after.

import type { Command, Option } from 'commander';
import {
  blocklistOption,
  bootstrapOption,
  encryptionOption,
  excludeTrackerOption,
  interfaceOption,
  noDhtOption,
  noLsdOption,
  onlyPeersOption,
  peerOption,
  pexOption,
  proxyOption,
  trackerOption,
} from '../network-options.js';

/** Titles of the groups that several commands share. */
export const GROUP = {
  peers: 'Finding peers:',
  network: 'Network:',
  webSeeds: 'Web servers that have the data:',
  limits: 'Limits:',
} as const;

export interface SwarmOptions {
  /** What `--no-trackers` leaves undone. */
  readonly noTrackers: string;
  /** `--tracker`, where it is another one than that of all who fetch. */
  readonly tracker?: Option;
  /** Ports and the listener, and what else belongs to the network. */
  readonly network?: readonly Option[];
}

export function addSwarmOptions(
  command: Command,
  { noTrackers, tracker = trackerOption(), network = [] }: SwarmOptions,
): Command {
  command
    .optionsGroup(GROUP.peers)
    .addOption(peerOption())
    .addOption(tracker)
    .addOption(excludeTrackerOption())
    .option('--no-trackers', noTrackers)
    .addOption(pexOption())
    .addOption(noLsdOption())
    .addOption(noDhtOption())
    .addOption(bootstrapOption())
    .addOption(onlyPeersOption())
    .optionsGroup(GROUP.network);
  for (const option of network) command.addOption(option);
  return command.addOption(proxyOption()).addOption(interfaceOption()).addOption(encryptionOption()).addOption(blocklistOption());
}
