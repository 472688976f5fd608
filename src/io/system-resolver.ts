// Names as this system knows them, looked up so that a look-up can be left behind: the hosts file, then the name servers, asked by Node
// itself. The C library's own way (nsswitch, search domains) comes last, where a name server has answered that it knows nothing: it runs
// on a thread that Node waits for at its exit, so with a dead name server a finished run would not end for half a minute.

import type { LocalAddress } from './interface-binding.js';
import type { Resolver } from './resolver.js';

/** Of one question to one name server, and how often it is asked. */
const ANSWER_MS = 3000;
const TRIES = 2;

/** The ways to ask, in their order; a test has its own. */
export interface NameWays {
  /** Empty where the hosts file does not know the name. */
  fromHostsFile(host: string): Promise<readonly string[]>;
  /** Of one family; rejects as Node's resolver does. */
  fromNameServers(host: string, family: 4 | 6): Promise<readonly string[]>;
  fromLibrary(host: string): Promise<readonly string[]>;
}

export function createNameResolver(ways: NameWays): Resolver {
  return {
    async resolve(host) {
      const known = await ways.fromHostsFile(host);
      if (known.length > 0) return known;
      const answers = await Promise.allSettled([ways.fromNameServers(host, 4), ways.fromNameServers(host, 6)]);
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      if (found.length > 0 || answers.some((answer) => answer.status === 'rejected' && isSilence(answer.reason))) return found;
      try {
        return await ways.fromLibrary(host);
      } catch {
        return [];
      }
    },
  };
}

async function askNameServers(host: string, family: 4 | 6, localAddress?: LocalAddress): Promise<readonly string[]> {
  const { Resolver: NameServers } = await import('node:dns/promises');
  const servers = new NameServers({ timeout: ANSWER_MS, tries: TRIES });
  if (localAddress !== undefined) {
    const { isIPv6 } = await import('node:net');
    // Without an address of a family the system would choose one: servers of that family are not asked.
    const reachable = servers
      .getServers()
      .filter((server) => localAddress(/^\[|::/.test(server) || isIPv6(server) ? 6 : 4) !== null);
    if (reachable.length === 0) throw Object.assign(new Error('no name server'), { code: 'ENOTFOUND' });
    servers.setServers(reachable);
    servers.setLocalAddress(localAddress(4) ?? '0.0.0.0', localAddress(6) ?? '::');
  }
  return family === 4 ? servers.resolve4(host) : servers.resolve6(host);
}

/** Asks from these addresses only, and so never the C library, which can't be bound. */
export function boundResolver(localAddress: LocalAddress): Resolver {
  return createNameResolver({
    fromHostsFile,
    fromNameServers: (host, family) => askNameServers(host, family, localAddress),
    fromLibrary: () => Promise.resolve([]),
  });
}

export const systemResolver: Resolver = createNameResolver({
  fromHostsFile,
  fromNameServers: (host, family) => askNameServers(host, family),
  async fromLibrary(host) {
    const { lookup } = await import('node:dns/promises');
    return (await lookup(host, { all: true })).map(({ address }) => address);
  },
});

/** No server has answered, so the C library would wait for the same ones. */
function isSilence(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && (reason.code === 'ETIMEOUT' || reason.code === 'ECANCELLED');
}

async function fromHostsFile(host: string): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  const { isIP } = await import('node:net');
  const wanted = host.toLowerCase();
  const path =
    process.platform === 'win32' ? `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts` : '/etc/hosts';
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return [];
  }
  return parseHosts(text)
    .filter(({ names, address }) => names.includes(wanted) && isIP(address) !== 0)
    .map(({ address }) => address);
}

interface HostsLine {
  readonly address: string;
  /** Lower case. */
  readonly names: readonly string[];
}

/** Lines of a hosts file: an address, then its names; what follows # is a comment. */
export function parseHosts(text: string): HostsLine[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    return names.length === 0 ? [] : [{ address, names: names.map((name) => name.toLowerCase()) }];
  });
}
