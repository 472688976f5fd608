// What may be opened towards the network, in the one place that says so. With a proxy nothing leaves around it: whoever would listen, send
// datagrams, look a name up or ask a router asks `allowsDirect` first, and takes the ways that are here.

import type { OpenDatagrams } from '../io/datagrams.js';
import type { ProxyRoute } from '../io/proxy/proxy-route.js';
import type { Resolver } from '../io/resolver.js';
import { systemResolver } from '../io/system-resolver.js';
import { UdpSocket } from '../io/udp-socket.js';
import type { ProxyServer } from '../model/proxy-server.js';
import { TcpTransport } from '../net/tcp.js';
import type { Transport } from '../net/transport.js';
import { CONFIG } from './config.js';

export interface Egress {
  /** False: no listener, no DHT, no local discovery, no port mapping, no socket and no look-up that does not come from here. */
  readonly allowsDirect: boolean;
  /** For `httpGet`; null: straight. */
  readonly proxy: ProxyRoute | null;
  /** Behind a proxy: gives each name an address that stands for it, which the other ways here make a name again. */
  readonly resolver: Resolver;
  /** Null: nothing carries datagrams. */
  readonly openDatagrams: OpenDatagrams | null;
  /** Aborted where nothing gets through any more and nothing will: its reason is the error that ends the run. */
  readonly lost: AbortSignal;
  createTransport(): Transport;
}

const NEVER = new AbortController().signal;
const { receiveBufferBytes } = CONFIG.net;

const DIRECT_EGRESS: Egress = {
  allowsDirect: true,
  proxy: null,
  resolver: systemResolver,
  openDatagrams: (onDatagram) => new UdpSocket(onDatagram),
  lost: NEVER,
  createTransport: () => new TcpTransport({ receiveBufferBytes }),
};

/** Opens nothing yet: whether the proxy is there shows with the first thing that goes through it. */
export async function createEgress(server: ProxyServer | undefined): Promise<Egress> {
  if (server === undefined) return DIRECT_EGRESS;
  const [{ ProxyRoute: Route }, { NameBook }, { Socks5Datagrams }, { ProxyTransport }] = await Promise.all([
    import('../io/proxy/proxy-route.js'),
    import('../io/proxy/name-book.js'),
    import('../io/proxy/socks5-datagrams.js'),
    import('../net/proxy-transport.js'),
  ]);
  // The name of the proxy is the only one that is looked up from here: nobody else could.
  const route = new Route({ server, resolver: systemResolver, acceptTimeoutMs: CONFIG.net.proxyTimeoutMs });
  const names = new NameBook();
  return {
    allowsDirect: false,
    proxy: route,
    resolver: names,
    openDatagrams: server.kind === 'http' ? null : (onDatagram) => new Socks5Datagrams(route, names, onDatagram),
    lost: route.lost,
    createTransport: () => new ProxyTransport(route, names),
  };
}
