// The proxy that everything goes through, as `--proxy` names it: socks5h (RFC 1928, 1929) or http (RFC 9110, 9.3.6). The login in it is a
// secret: whatever is printed of a proxy is made by `formatProxy`.

export interface ProxyLogin {
  readonly user: string;
  readonly password: string;
}

export interface ProxyServer {
  /** `socks5h`: names are looked up by the proxy. */
  readonly kind: 'socks5h' | 'http';
  /** A numeric address or a name, IPv6 without its brackets. */
  readonly host: string;
  /** 1 … 65535. */
  readonly port: number;
  readonly login: ProxyLogin | null;
}

/** Why a text names no proxy: `local-names` is one whose names we would have to look up ourselves. */
export type ProxyRefusal = 'not-a-url' | 'local-names' | 'unknown-scheme' | 'no-host' | 'not-a-proxy' | 'bad-login';

const DEFAULT_PORTS = { socks5h: 1080, http: 8080 } as const;
/** RFC 1929 counts them in one byte. */
const MAX_LOGIN_BYTES = 255;

function decodeLogin(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return new TextEncoder().encode(decoded).length <= MAX_LOGIN_BYTES && !/[\p{Cc}]/u.test(decoded) ? decoded : null;
  } catch {
    return null;
  }
}

/** `socks5h://[user:password@]host[:port]` or `http://…`; without a port 1080 and 8080. */
export function parseProxy(text: string): ProxyServer | ProxyRefusal {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text.trim());
  if (match === null) return 'not-a-url';
  const scheme = match[1].toLowerCase();
  if (scheme === 'socks5' || scheme === 'socks4' || scheme === 'socks' || scheme === 'socks4a') return 'local-names';
  if (scheme !== 'socks5h' && scheme !== 'http') return 'unknown-scheme';
  // A scheme that URL knows: hosts come in the form that a proxy takes.
  const base = `http://${match[2]}`;
  if (match[2] === '' || !URL.canParse(base)) return 'no-host';
  const url = new URL(base);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return 'not-a-proxy';
  const user = decodeLogin(url.username);
  const password = decodeLogin(url.password);
  const isNamed = url.username !== '';
  if (user === null || password === null || (!isNamed && password !== '')) return 'bad-login';
  // A colon in the name would end it (RFC 7617).
  if (scheme === 'http' && user.includes(':')) return 'bad-login';
  // 80 is what URL leaves out for http.
  const writtenPort = /:([0-9]+)\/?$/.exec(match[2])?.[1];
  const port = writtenPort === undefined ? DEFAULT_PORTS[scheme] : Number(writtenPort);
  if (!(port >= 1 && port <= 65_535)) return 'no-host';
  const { hostname } = url;
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return { kind: scheme, host, port, login: isNamed ? { user, password } : null };
}

/** `socks5h://proxy.example:1080`, without the login. */
export function formatProxy({ kind, host, port }: ProxyServer): string {
  return `${kind}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
