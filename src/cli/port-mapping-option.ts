// What `--portmap` asks for, and a line on what became of it: one for the run, whose torrents share the port. Whoever opened the client
// gives the port back when the last of them has ended, because their good-byes to trackers still name it.

import type { Client } from '../engine/client.js';
import type { CommandContext } from './command-context.js';
import { describePortMapping } from './render/port-text.js';
import { UsageError } from './usage-error.js';

export interface PortMappingOptions {
  readonly portmap?: boolean;
  readonly listen: boolean;
  /** Already applied to `listen`. */
  readonly onlyPeers?: boolean;
}

/** For the options of a client. Throws UsageError where there is no port to map. */
export function choosePortMapping({ portmap, listen, onlyPeers }: PortMappingOptions): boolean {
  if (portmap !== true) return false;
  if (listen) return true;
  const other = onlyPeers === true ? '--only-peers' : '--no-listen';
  throw new UsageError(`--portmap and ${other} exclude each other`, 'Leave one of them out.');
}

/** Each change is a line, until the end of the run. */
export function tellPortMapping(client: Client, { board }: CommandContext): void {
  client.onPortMapping((notice) => board.log(describePortMapping(notice)));
}
