// Where a torrent came from, which says how far the trackers, web seeds and nodes that it names may lead us. The user's own file, link and
// options may name anything; a file that a server sent names what its server may (address-scope.ts). Pure.

import type { Address } from './address.js';
import { mayLead } from './address-scope.js';

/** Of a torrent whose file is not the user's own. In its place null: all of it is the user's word. */
export interface TorrentOrigin {
  /** Who sent the file, and so answers for what it names. */
  readonly server: Address;
  /** Trackers and web seeds that the user named as well, by an option or a link, without spaces around them. His word counts. */
  readonly userUrls: ReadonlySet<string>;
}

/** `named`: by the user, in whatever form. */
export function torrentOrigin(server: Address, named: readonly string[]): TorrentOrigin {
  return { server, userUrls: new Set(named.map((url) => url.trim())) };
}

/** Who answers for a URL of the torrent; null: the user. */
export function namerOf(origin: TorrentOrigin | null, url: string): Address | null {
  return origin === null || origin.userUrls.has(url.trim()) ? null : origin.server;
}

/** For what has no URL, such as nodes of the DHT. */
export function mayTorrentLead(origin: TorrentOrigin | null, address: Address): boolean {
  return mayLead(origin?.server ?? null, address);
}
