// Names as this system knows them, looked up so that a look-up can be left behind: the hosts file, then the name servers, asked by Node
// itself. The C library's own way (nsswitch, search domains) comes last, where a name server has answered that it knows nothing: it runs
// on a thread that Node waits for at its exit, so with a dead name server a finished run would not end for half a minute.

import type { Resolver } from './resolver.js';

/** Of one question to one name server, and how often it is asked. */
const ANSWER_MS = 3000;
const TRIES = 2;

export const systemResolver: Resolver = {
  async resolve(host) {
    const { Resolver: NameServers, lookup } = await import('node:dns/promises');
    const known = await fromHostsFile(host);
    if (known.length > 0) return known;
    const servers = new NameServers({ timeout: ANSWER_MS, tries: TRIES });
    const answers = await Promise.allSettled([servers.resolve4(host), servers.resolve6(host)]);
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0 || answers.some((answer) => answer.status === 'rejected' && isSilence(answer.reason))) return found;
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch {
      return [];
    }
  },
};

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
