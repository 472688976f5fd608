// What may be opened towards the network, in the one place that says so. With a proxy nothing leaves around it: whoever would listen, send
// datagrams, look a name up or ask a router asks `allowsDirect` first, and takes the ways that are here. With an interface every socket is
// bound to it.

import { setMaxListeners } from 'node:events';
import type { OpenDatagrams } from '../io/datagrams.js';
import type { HttpGet } from '../io/http-client.js';
import type { InterfaceList, LocalAddress } from '../io/interface-binding.js';
import type { Resolver } from '../io/resolver.js';
import { boundResolver, systemResolver } from '../io/system-resolver.js';
import { UdpSocket } from '../io/udp-socket.js';
import type { ProxyServer } from '../model/proxy-server.js';
import { TcpTransport } from '../net/tcp.js';
import type { Transport } from '../net/transport.js';
import { CONFIG } from './config.js';

/** What a user may ask for. */
export interface EgressOptions {
  /** Everything goes through it, and nobody is listened for. */
  readonly proxy?: ProxyServer;
  /** The name of a network interface, or an address of one, that everything is bound to. */
  readonly interface?: string;
}

export interface Egress {
  /** False: no listener, no DHT, no local discovery, no port mapping, no socket and no look-up that does not come from here. */
  readonly allowsDirect: boolean;
  /** What every socket must be bound to; null: whatever the system chooses. */
  readonly localAddress: LocalAddress | null;
  /** To be spread into each `httpGet`, and given to streams. */
  readonly http: Pick<HttpGet, 'proxy' | 'localAddress' | 'resolver'>;
  /** Behind a proxy: gives each name an address that stands for it, which the other ways here make a name again. */
  readonly resolver: Resolver;
  /** Null: nothing carries datagrams. */
  readonly openDatagrams: OpenDatagrams | null;
  /** Aborted where nothing gets through any more and nothing will: its reason is the error that ends the run. */
  readonly lost: AbortSignal;
  createTransport(): Transport;
  /** Nothing is watched any more. */
  close(): void;
}

const NEVER = new AbortController().signal;
setMaxListeners(0, NEVER);
const { receiveBufferBytes, proxyTimeoutMs, interfaceCheckMs } = CONFIG.net;

const DIRECT_EGRESS: Egress = {
  allowsDirect: true,
  localAddress: null,
  http: {},
  resolver: systemResolver,
  openDatagrams: (onDatagram) => new UdpSocket(onDatagram),
  lost: NEVER,
  createTransport: () => new TcpTransport({ receiveBufferBytes }),
  close: () => undefined,
};

/** Opens nothing yet: whether a proxy is there shows with the first thing that goes through it. Rejects with InterfaceError. */
export async function createEgress(options: EgressOptions, interfaces?: InterfaceList): Promise<Egress> {
  if (options.proxy === undefined && options.interface === undefined) return DIRECT_EGRESS;
  const bound = options.interface === undefined ? DIRECT_EGRESS : await bindTo(options.interface, interfaces);
  return options.proxy === undefined ? bound : throughProxy(options.proxy, bound);
}

async function bindTo(name: string, interfaces?: InterfaceList): Promise<Egress> {
  const { InterfaceBinding } = await import('../io/interface-binding.js');
  const binding = InterfaceBinding.open(name, interfaces ?? (await import('node:os')).networkInterfaces);
  const { localAddress } = binding;
  const resolver = boundResolver(localAddress);
  const lost = new AbortController();
  // Each torrent listens, and Node takes more than ten for a leak.
  setMaxListeners(0, lost.signal);
  const timer = setInterval(() => {
    const error = binding.check();
    if (error === null) return;
    clearInterval(timer);
    lost.abort(error);
  }, interfaceCheckMs);
  // Whoever is bound keeps the program running by his own doing.
  timer.unref();
  return {
    allowsDirect: true,
    localAddress,
    http: { localAddress, resolver },
    resolver,
    openDatagrams: (onDatagram) => new UdpSocket(onDatagram, { localAddress }),
    lost: lost.signal,
    createTransport: () => new TcpTransport({ receiveBufferBytes, localAddress }),
    close: () => clearInterval(timer),
  };
}

/** `near`: the way to the proxy itself. */
async function throughProxy(server: ProxyServer, near: Egress): Promise<Egress> {
  const [{ ProxyRoute }, { NameBook }, { Socks5Datagrams }, { ProxyTransport }] = await Promise.all([
    import('../io/proxy/proxy-route.js'),
    import('../io/proxy/name-book.js'),
    import('../io/proxy/socks5-datagrams.js'),
    import('../net/proxy-transport.js'),
  ]);
  const { localAddress, resolver, lost } = near;
  const bound = localAddress === null ? {} : { localAddress };
  // The name of the proxy is the only one that is looked up from here: nobody else could.
  const proxy = new ProxyRoute({ server, resolver, acceptTimeoutMs: proxyTimeoutMs, ...bound });
  const names = new NameBook();
  const anyLost = lost === NEVER ? proxy.lost : AbortSignal.any([lost, proxy.lost]);
  setMaxListeners(0, anyLost);
  return {
    allowsDirect: false,
    localAddress,
    http: { proxy },
    resolver: names,
    openDatagrams: server.kind === 'http' ? null : (onDatagram) => new Socks5Datagrams(proxy, names, onDatagram),
    lost: anyLost,
    createTransport: () => new ProxyTransport(proxy, names),
    close: () => near.close(),
  };
}
