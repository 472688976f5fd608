// What `effusion peers` and `effusion doctor` take alike: both ask every source, dial whom it names and leave each as soon as it has said
// who it is.

import type { Command } from 'commander';
import { listenOption, maxPeersOption, portmapOption, portOption } from '../network-options.js';
import { addSwarmOptions, GROUP } from './swarm-options.js';

export function addProbeOptions(command: Command): Command {
  const maxDials = maxPeersOption();
  // The same option as elsewhere, for another kind of peer.
  maxDials.description = 'dial at most so many peers (default: 100; 0: no limit)';
  return addSwarmOptions(command, {
    noTrackers: 'ask no tracker',
    network: [portOption(), portmapOption(), listenOption()],
  })
    .optionsGroup(GROUP.limits)
    .addOption(maxDials);
}
