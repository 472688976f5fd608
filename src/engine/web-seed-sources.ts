// Which web seeds a torrent has, who named each, and what of them can be used at all. The user's own torrent file, link and options may
// name any address; a torrent file that a server sent names what that server may (torrent-origin.ts).

import type { Metainfo } from '../metainfo/metainfo.js';
import type { Address } from '../model/address.js';
import { mayLead, mayName } from '../model/address-scope.js';
import { redactWebSeedUrl } from '../model/redact-url.js';
import { namerOf } from '../model/torrent-origin.js';
import { CONFIG } from './config.js';
import type { SessionOptions } from './session-options.js';

export interface WebSeedSource {
  readonly url: string;
  /** For people. */
  readonly name: string;
  readonly isUsable: boolean;
  /** `sentBy`: the server that redirected there, or null. */
  mayVisit(address: Address, sentBy: Address | null): boolean;
}

function isHttp(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
}

type Options = Pick<SessionOptions, 'webSeedMode' | 'webSeeds' | 'origin'>;

/** Those of the options first, then those of the torrent; each URL once, a bounded number of them. */
export function webSeedSources(metainfo: Pick<Metainfo, 'webSeeds'>, options: Options): WebSeedSource[] {
  if (options.webSeedMode === 'never') return [];
  const named = new Map<string, Address | null>();
  for (const url of options.webSeeds ?? []) named.set(url, null);
  for (const url of metainfo.webSeeds) if (!named.has(url)) named.set(url, namerOf(options.origin ?? null, url));
  return [...named].slice(0, CONFIG.webSeeds.maxUrls).map(([url, namer]) => ({
    url,
    name: redactWebSeedUrl(url),
    isUsable: isHttp(url),
    mayVisit: (address, sentBy) => (sentBy === null ? mayLead(namer, address) : mayName(sentBy, address)),
  }));
}
