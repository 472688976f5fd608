// Peers that the user or a magnet link named, as addresses: numeric ones at once, names when they are looked up, so that a slow
// name server holds up nobody else.

import type { Resolver } from '../io/resolver.js';
import { createAddress, type Address } from '../model/address.js';
import type { PeerHint } from './session-options.js';

interface HintListener {
  onAddresses(addresses: readonly Address[]): void;
  /** A name without an address. */
  onUnresolved(): void;
}

export async function resolveHints(hints: readonly PeerHint[], resolver: Resolver, listener: HintListener): Promise<void> {
  const names: PeerHint[] = [];
  const numeric: Address[] = [];
  for (const hint of hints) {
    const address = createAddress(hint.host, hint.port);
    if (address === null) names.push(hint);
    else numeric.push(address);
  }
  listener.onAddresses(numeric);
  const resolving = names.map(async ({ host, port }) => {
    const found = (await resolver.resolve(host)).map((resolved) => createAddress(resolved, port));
    if (found.length === 0) listener.onUnresolved();
    listener.onAddresses(found.filter((address) => address !== null));
  });
  await Promise.all(resolving);
}
