// Two network namespaces of a test's own: `inside`, where the client is, has one cable, to the proxy's host; everybody else is `outside`, on
// another address, under names that only the outside knows. The inside counts its packets: those to the proxy's host, and all others. They
// are gone with the programs that hold them.

import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startChild, type Child, type ChildOptions } from './child-process.js';
import { makeTempFolder } from './temp-folder.js';

/** Where proxies listen. */
export const PROXY_HOST = '10.77.0.1';
/** Where trackers and peers do, also called `outside.test`: there is a way to it from the inside, so that it could be gone. */
export const OUTSIDE_HOST = '10.77.1.1';

/** Of util-linux. */
const UNSHARE = 'unshare';
const HOLD_MS = 110_000;

const COUNTERS = `table inet test {
  counter proxied { }
  counter around { }
  chain leaving {
    type filter hook output priority 0;
    meta l4proto icmpv6 accept
    ip daddr ${PROXY_HOST} counter name proxied accept
    counter name around
  }
}
`;

export interface PacketCounts {
  readonly proxied: number;
  /** Look-ups, and whatever else is not for the proxy's host. */
  readonly around: number;
}

export interface ProxiedNetwork {
  inside(command: string, args: readonly string[], options?: ChildOptions): Child;
  outside(command: string, args: readonly string[], options?: ChildOptions): Child;
  /** Resolves when somebody listens there, as seen from the outside. */
  listening(host: string, port: number): Promise<void>;
  /** Of everything that left the inside so far. */
  packets(): Promise<PacketCounts>;
}

/** Only the superuser may, and not in every container. */
export function canMakeNetworks(): boolean {
  return spawnSync(UNSHARE, ['--net', '--mount', 'true'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

export async function makeProxiedNetwork(): Promise<ProxiedNetwork> {
  const folder = await makeTempFolder();
  const hosts = path.join(folder, 'hosts');
  await writeFile(hosts, `127.0.0.1 localhost\n${OUTSIDE_HOST} outside.test\n`);
  const counters = path.join(folder, 'counters');
  await writeFile(counters, COUNTERS);
  const hold = `echo held; exec sleep ${HOLD_MS / 1000}`;
  const near = startChild(UNSHARE, ['--net', 'bash', '-c', hold], { timeoutMs: HOLD_MS });
  const setUp = `ip link set lo up; ip address add ${OUTSIDE_HOST}/32 dev lo; mount --bind "$0" /etc/hosts; ${hold}`;
  const far = startChild(UNSHARE, ['--net', '--mount', 'bash', '-c', setUp, hosts], { env: PATH, timeoutMs: HOLD_MS });
  await near.outputMatching(/held/);
  await far.outputMatching(/held/);

  const enter = (holder: Child, flags: readonly string[]) => {
    return (command: string, args: readonly string[], options: ChildOptions = {}): Child => {
      const { cwd = folder, env, ...others } = options;
      const where = ['--target', String(holder.pid), ...flags, `--wd=${cwd}`, '--'];
      return startChild('nsenter', [...where, command, ...args], { ...others, env: { ...PATH, ...env } });
    };
  };
  const inside = enter(near, ['--net']);
  const outside = enter(far, ['--net', '--mount']);
  const done = async (child: Child): Promise<string> => {
    const { code, stdout, stderr } = await child.ended;
    if (code !== 0) throw new Error(`a network could not be made: ${stderr}`);
    return stdout;
  };
  const wire = `ip link add cable type veth peer name cable netns ${near.pid} &&
    ip address add ${PROXY_HOST}/24 dev cable && ip link set cable up`;
  await done(outside('bash', ['-c', wire]));
  const plug = `ip link set lo up && ip address add 10.77.0.2/24 dev cable && ip link set cable up &&
    ip route add default via ${PROXY_HOST} && nft -f "$0" || exit 1
    until ip link show cable | grep -q LOWER_UP; do sleep 0.02; done`;
  await done(inside('bash', ['-c', plug, counters]));
  return {
    inside,
    outside,
    async listening(host, port) {
      await done(outside('bash', ['-c', `until (exec 3<>/dev/tcp/${host}/${port}) 2>/dev/null; do sleep 0.05; done`]));
    },
    async packets() {
      const text = await done(inside('nft', ['list', 'counters']));
      const count = (name: string): number => {
        const found = new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(text);
        if (found === null) throw new Error(`no counter ${name} in ${text}`);
        return Number(found[1]);
      };
      return { proxied: count('proxied'), around: count('around') };
    },
  };
}

const PATH = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** Debian's dante-server: SOCKS5 with UDP, without a login. */
export async function startDante(network: ProxiedNetwork, port: number): Promise<Child> {
  const folder = await makeTempFolder();
  const config = path.join(folder, 'danted.conf');
  const lines = [
    'logoutput: stderr',
    `internal: ${PROXY_HOST} port = ${port}`,
    `external: ${OUTSIDE_HOST}`,
    'clientmethod: none',
    'socksmethod: none',
    'user.privileged: root',
    'user.unprivileged: nobody',
    'client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
    'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const child = network.outside('danted', ['-f', config], { timeoutMs: HOLD_MS });
  await child.outputMatching(/running/);
  return child;
}

/** Debian's microsocks: SOCKS5 with a login, TCP only. */
export async function startMicrosocks(network: ProxiedNetwork, port: number, user: string, password: string): Promise<Child> {
  const args = ['-i', PROXY_HOST, '-p', String(port), '-u', user, '-P', password];
  const child = network.outside('microsocks', args, { timeoutMs: HOLD_MS });
  await network.listening(PROXY_HOST, port);
  return child;
}

/** opentracker for one torrent, over HTTP and UDP on one port; `seeder` is announced to it as a seed. */
export async function startOutsideTracker(
  network: ProxiedNetwork,
  infoHash: string,
  port: number,
  seeder: number,
): Promise<void> {
  // It changes its root to this folder and its user to nobody.
  const root = path.join(await makeTempFolder(), 'tracker');
  await mkdir(root, { mode: 0o755 });
  await writeFile(path.join(root, 'whitelist.txt'), `${infoHash}\n`);
  await chmod(path.join(root, 'whitelist.txt'), 0o644);
  const ports = ['-p', String(port), '-P', String(port)];
  network.outside('opentracker', ['-i', OUTSIDE_HOST, ...ports, '-d', root, '-w', 'whitelist.txt'], { timeoutMs: HOLD_MS });
  await network.listening(OUTSIDE_HOST, port);
  const hash = Array.from(infoHash.matchAll(/../g), ([digits]) => `%${digits}`).join('');
  const query = `info_hash=${hash}&peer_id=${'p'.repeat(20)}&port=${seeder}&uploaded=0&downloaded=0&left=0&compact=1&event=started`;
  const announce = `fetch('http://${OUTSIDE_HOST}:${port}/announce?${query}').then((answer) => process.exit(answer.ok ? 0 : 1))`;
  const { code, stderr } = await network.outside(process.execPath, ['-e', announce]).ended;
  if (code !== 0) throw new Error(`the seeder could not be announced: ${stderr}`);
}
