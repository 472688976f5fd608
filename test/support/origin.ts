// A torrent that a server sent, for tests of where what it names may lead.

import { torrentOrigin, type TorrentOrigin } from '../../src/model/torrent-origin.js';
import { addressAt } from './scripted-trackers.js';

/** `host`: of the server, numeric. `named`: by the user as well. */
export function originAt(host: string, ...named: string[]): TorrentOrigin {
  return torrentOrigin(addressAt(host, 80), named);
}
