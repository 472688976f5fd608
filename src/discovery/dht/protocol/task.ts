// What a node of the DHT is at: a lookup, for a torrent's peers or for its own table, and what each open question is for.
// Types only: the node itself says what becomes of them.

import type { Lookup } from './lookup.js';
import type { Search } from './search.js';

/** Without search it is for our own table. */
export interface Task {
  readonly lookup: Lookup;
  readonly search: Search | null;
  /** Towards ourselves: the way into the DHT. */
  readonly isBootstrap: boolean;
  /** The lookup is over; announces may be under way. */
  isLookedUp: boolean;
}

export type Purpose =
  | { readonly type: 'lookup'; readonly task: Task }
  | { readonly type: 'announce'; readonly task: Task }
  | { readonly type: 'ping' };
