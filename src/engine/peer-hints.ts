// Peers that the user or a magnet link named, as addresses: numeric ones at once, names when they are looked up, so that a slow
// name server holds up nobody else.

import type { Resolver } from '../io/resolver.js';
import { createAddress, type Address } from '../model/address.js';
import type { PeerHint } from './session-options.js';

interface HintListener {
  onAddresses(addresses: readonly Address[], source: 'user' | 'link'): void;
  /** A name without an address. */
  onUnresolved(): void;
}

function sourceOf({ isFromLink }: PeerHint): 'user' | 'link' {
  return isFromLink === true ? 'link' : 'user';
}

export async function resolveHints(hints: readonly PeerHint[], resolver: Resolver, listener: HintListener): Promise<void> {
  const names: PeerHint[] = [];
  const numeric = { user: [] as Address[], link: [] as Address[] };
  for (const hint of hints) {
    const address = createAddress(hint.host, hint.port);
    if (address === null) names.push(hint);
    else numeric[sourceOf(hint)].push(address);
  }
  for (const source of ['user', 'link'] as const) listener.onAddresses(numeric[source], source);
  const resolving = names.map(async (hint) => {
    const { host, port } = hint;
    const found = (await resolver.resolve(host)).map((resolved) => createAddress(resolved, port));
    if (found.length === 0) listener.onUnresolved();
    listener.onAddresses(
      found.filter((address) => address !== null),
      sourceOf(hint),
    );
  });
  await Promise.all(resolving);
}
