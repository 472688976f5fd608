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
  listen: false,
} as const;

/** The options as they are meant. */
export function applyOnlyPeers<T extends { readonly onlyPeers?: boolean }>(options: T): T {
  return options.onlyPeers === true ? { ...options, ...FINDING } : options;
}

/** What can't go through a proxy, by the options of commander: a new one is one more line. */
const AROUND = {
  listen: false,
} as const;

/** Throws UsageError where both a proxy and something that goes around it are asked for. */
function applyProxy<T extends { readonly proxy?: ProxyServer; readonly port?: PortRange }>(options: T): T {
  if (options.proxy === undefined) return options;
  if (options.port !== undefined) {
    throw new UsageError('--port listens for peers that would come around the proxy', 'Leave out --port or --proxy.');
  }
  return { ...options, ...AROUND };
}

/** Both, for a command that takes both. */
export function applySwitches<
  T extends { readonly onlyPeers?: boolean; readonly proxy?: ProxyServer; readonly port?: PortRange },
>(options: T): T {
  return applyProxy(applyOnlyPeers(options));
}

/** Who switched the listener off, for messages. */
export function listenSwitch({ proxy }: { readonly proxy?: ProxyServer }): string {
  return proxy === undefined ? '--no-listen' : '--proxy';
}

/** A line that says what goes through the proxy. */
export function describeProxy(proxy: ProxyServer): string {
  const limits =
    proxy.kind === 'http'
      ? ' (peers where it allows CONNECT to their ports; UDP trackers are off)'
      : ' (UDP where it carries it)';
  return `everything goes through ${formatProxy(proxy)}${limits}`;
}

/** What is handed to whatever opens a connection. */
export function wayOut(options: EgressOptions): EgressOptions {
  return {
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    ...(options.interface === undefined ? {} : { interface: options.interface }),
  };
}
