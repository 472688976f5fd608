// A request of the HTTP client on its way through a proxy: https through a tunnel, http through a tunnel of SOCKS or, with an HTTP proxy, as a
// request to the proxy itself that names the whole URL (RFC 9112, 3.2.2). Loaded where there is a proxy, and only then.

import type { RequestOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { proxyAuthorization } from './http-connect.js';
import type { ProxyRoute } from './proxy-route.js';

/** It comes paused, and is to be read once the request listens to it. */
function flowing(socket: Socket): Socket {
  setImmediate(() => socket.resume());
  return socket;
}

/** What changes about `options`, which are those without a proxy; rejects with ProxyError, or the reason of `signal`. */
export async function throughProxy(
  route: ProxyRoute,
  url: URL,
  options: Omit<RequestOptions, 'headers'> & { readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<RequestOptions> {
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const isSecure = url.protocol === 'https:';
  // Nothing is looked up and nobody else is dialled: an option that does either is gone.
  const { lookup: _lookup, agent: _agent, ...rest } = options;
  if (route.server.kind === 'http' && !isSecure) {
    const socket = await route.direct(signal);
    const authorization = proxyAuthorization(route.server);
    const headers = {
      ...options.headers,
      ...(authorization === null ? {} : { 'proxy-authorization': authorization }),
    };
    return { ...rest, path: `http://${url.host}${url.pathname}${url.search}`, headers, createConnection: () => flowing(socket) };
  }
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  const socket = await route.tunnel({ host: hostname, port }, signal);
  if (!isSecure) return { ...rest, createConnection: () => flowing(socket) };
  const { connect } = await import('node:tls');
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  const { ca } = options;
  const trusted = ca === undefined ? {} : { ca };
  return { ...rest, createConnection: () => connect({ socket, host: hostname, ...servername, ...trusted }) };
}
