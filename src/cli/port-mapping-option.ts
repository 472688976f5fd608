// What `--portmap` asks for, and a line on what became of it: one for the run, whose torrents share the port. Whoever opened the client
// gives the port back when the last of them has ended, because their good-byes to trackers still name it.

import type { Client } from '../engine/client.js';
import type { EgressOptions } from '../engine/egress.js';
import type { CommandContext } from './command-context.js';
import { describePortMapping } from './render/port-text.js';
import { UsageError } from './usage-error.js';

interface PortMappingOptions extends EgressOptions {
  readonly portmap?: boolean;
  readonly listen: boolean;
  /** Already applied to `listen`, as `proxy` is. */
  readonly onlyPeers?: boolean;
}

/** For the options of a client. Throws UsageError where there is no port to map. */
export function choosePortMapping(options: PortMappingOptions): boolean {
  if (options.portmap !== true) return false;
  const other = whatForbids(options);
  if (other === null) return true;
  throw new UsageError(`--portmap and ${other} exclude each other`, 'Leave one of them out.');
}

function whatForbids({ listen, onlyPeers, proxy, interface: name }: PortMappingOptions): string | null {
  if (proxy !== undefined) return '--proxy';
  // The default gateway may be that of another interface, and would be asked around the one that is wanted.
  if (name !== undefined) return '--interface';
  if (listen) return null;
  return onlyPeers === true ? '--only-peers' : '--no-listen';
}

/** Each change is a line, until the end of the run. */
export function tellPortMapping(client: Client, { board }: CommandContext): void {
  client.onPortMapping((notice) => board.log(describePortMapping(notice)));
}
