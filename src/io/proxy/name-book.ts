// Names that the proxy is to look up, each with an address that stands for it (`src/model/stand-in.ts`): so peers and trackers that are
// known by name pass through everything that takes numeric addresses, and become names again at the last moment.

import { isStandIn, standInHost } from '../../model/stand-in.js';
import { createAddress, type Address } from '../../model/address.js';
import type { Resolver } from '../resolver.js';
import type { ProxyTarget } from './proxy-handshake.js';

/** Trackers may name peers by names: no more of them than this. */
const MAX_NAMES = 4096;

export class NameBook implements Resolver {
  readonly #hosts = new Map<string, string>();
  readonly #names = new Map<string, string>();

  /** The stand-in of a name: nothing is looked up here. Empty for what is no name, and where there are too many. */
  resolve(host: string): Promise<readonly string[]> {
    const name = toHostName(host);
    if (name === null) return Promise.resolve([]);
    const known = this.#hosts.get(name);
    if (known !== undefined) return Promise.resolve([known]);
    if (this.#hosts.size >= MAX_NAMES) return Promise.resolve([]);
    const made = standInHost(this.#hosts.size + 1);
    this.#hosts.set(name, made);
    this.#names.set(made, name);
    return Promise.resolve([made]);
  }

  /** What the proxy is to be asked for; null for a stand-in that stands for nothing. */
  targetOf(address: Address): ProxyTarget | null {
    const { host, port } = address;
    if (!isStandIn(address)) return { host, port };
    const name = this.#names.get(host);
    return name === undefined ? null : { host: name, port };
  }
}

/** Lower case, in ASCII (names of other letters in their `xn--` form); null for what is none. */
function toHostName(text: string): string | null {
  if (/[\s/?#@:\\[\]]/.test(text) || !URL.canParse(`http://${text}`)) return null;
  const { hostname } = new URL(`http://${text}`);
  // Numbers in disguise (0x7f.1) are no names.
  return /^[a-z0-9_][a-z0-9_.-]{0,253}$/.test(hostname) && createAddress(hostname, 1) === null ? hostname : null;
}
