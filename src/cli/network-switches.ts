// What `--only-peers` and `--proxy` mean for the other options, in one place. With the first every way in which strangers are found, or find
// us, is off; what the user names himself, by `--peer` or in a link (`x.pe`), stays. With the second nothing is left that would go, or come,
// around the proxy.

import type { EgressOptions } from '../engine/egress.js';
import { formatProxy, type ProxyServer } from '../model/proxy-server.js';
import type { PortRange } from './options.js';
import { UsageError } from './usage-error.js';

/** The options of commander that a way of finding peers hangs on: a new one is one more line. */
const FINDING = {
  trackers: false,
  pex: false,
  dht: false,
  lsd: false,
  listen: false,
} as const;

/** The options as they are meant. */
export function applyOnlyPeers<T extends { readonly onlyPeers?: boolean }>(options: T): T {
  return options.onlyPeers === true ? { ...options, ...FINDING } : options;
}

/** What can't go through a proxy, by the options of commander: a new one is one more line. */
const AROUND = {
  dht: false,
  lsd: false,
  listen: false,
} as const;

interface Switches extends EgressOptions {
  readonly onlyPeers?: boolean;
  readonly port?: PortRange;
}

/** The options as all of these mean them. Throws UsageError where a proxy and something that goes around it are asked for. */
export function applySwitches<T extends Switches>(options: T): T {
  const { proxy, port } = options;
  if (proxy === undefined) return applyOnlyPeers(options);
  if (port !== undefined) {
    throw new UsageError('--port listens for peers that would come around the proxy', 'Leave out --port or --proxy.');
  }
  return applyOnlyPeers({ ...options, ...AROUND });
}

/** What leaves nobody to meet, for messages; `plain`: where there is no proxy. */
export function whatIsOff({ proxy }: EgressOptions, plain: string): string {
  return proxy === undefined ? plain : '--no-trackers and --proxy';
}

/** A line that says what goes through the proxy. */
export function describeProxy(proxy: ProxyServer): string {
  const limits =
    proxy.kind === 'http'
      ? ' (peers where it allows CONNECT to their ports; UDP trackers and the DHT are off)'
      : ' (UDP trackers where it carries UDP; the DHT is off)';
  return `everything goes through ${formatProxy(proxy)}${limits}`;
}

/** What is handed to whatever opens a connection. */
export function wayOut(options: EgressOptions): EgressOptions {
  return {
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    ...(options.interface === undefined ? {} : { interface: options.interface }),
  };
}
