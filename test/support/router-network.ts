// A network of two hosts in namespaces of their own, a router that runs miniupnpd and one behind it, in which a command is run and ended
// in order: nothing of it reaches the machine's own network. The address that the router calls public is one there only.

import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startChild } from './child-process.js';
import { makeTempFolder } from './temp-folder.js';

/** Outside of the ranges that miniupnpd holds for private or for documents. */
export const ROUTER_ADDRESS = '44.0.0.5';

export const UNSHARE = '/usr/bin/unshare';

const CONFIGURATION = `
ext_ifname=wan
listening_ip=lan
port=5000
enable_upnp=yes
secure_mode=yes
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
uuid=11111111-1111-1111-1111-111111111111
allow 1024-65535 10.99.0.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`;

const SCRIPT = `
set -eu
PATH=$PATH:/usr/sbin:/sbin
work=$1; shift
daemon=; command=
unshare -n sleep 90 & host=$!
trap 'kill $host $daemon $command 2>/dev/null || true' EXIT
until [ "$(readlink /proc/$host/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
in_host() { nsenter -t "$host" -n "$@"; }
ip link set lo up
ip link add lan type veth peer name eth0 netns "$host"
ip addr add 10.99.0.1/24 dev lan
ip link set lan up
ip link add wan type veth peer name internet
ip addr add ${ROUTER_ADDRESS}/24 dev wan
ip link set wan up
ip link set internet up
in_host ip link set lo up
in_host ip addr add 10.99.0.2/24 dev eth0
in_host ip link set eth0 up
in_host ip route add default via 10.99.0.1
nft -f - <<'RULES'
table inet filter {
  chain miniupnpd { }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
  chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
  chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; }
}
RULES
timeout 90 miniupnpd -d -f "$work/conf" -P "$work/pid" >"$work/log" 2>&1 & daemon=$!
until grep -q 'listening on port 5000' "$work/log"; do kill -0 $daemon || { cat "$work/log"; exit 1; }; sleep 0.05; done
nsenter -t "$host" -n "$@" >"$work/out" 2>&1 & command=$!
until grep -q 'port .* is reachable\\|port .* could not' "$work/out"; do kill -0 $command || break; sleep 0.05; done
echo '=== during'
nft list chain inet filter prerouting_miniupnpd
kill -TERM $command
code=0; wait $command || code=$?
echo '=== after'
nft list chain inet filter prerouting_miniupnpd
echo "=== output"
cat "$work/out"
echo "=== code"
echo $code
`;

/** Whether this machine lets us make such a network. */
export function canMakeNetworks(): boolean {
  const attempt = 'PATH=$PATH:/usr/sbin:/sbin; ip link add lan type veth peer name eth0 && nft add table inet t';
  return spawnSync(UNSHARE, ['-rn', 'sh', '-c', attempt], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

export interface RouterRun {
  /** The router's rules of mapped ports, while the command runs. */
  readonly during: string;
  /** The same after its end, which SIGTERM has asked for. */
  readonly after: string;
  /** Of the command. */
  readonly output: string;
  readonly code: number;
}

/** Runs the command behind the router until it says what became of its port. `settings`: lines for miniupnpd. */
export async function runBehindRouter(command: readonly string[], settings: string): Promise<RouterRun> {
  const work = await makeTempFolder();
  await writeFile(path.join(work, 'conf'), `${CONFIGURATION}${settings}\n`);
  await writeFile(path.join(work, 'router.sh'), SCRIPT);
  const args = ['-rn', 'bash', path.join(work, 'router.sh'), work, ...command];
  const end = await startChild(UNSHARE, args, { timeoutMs: 60_000 }).ended;
  const part = (name: string): string => new RegExp(`^=== ${name}\n([^]*?)(?=^=== |$(?![^]))`, 'm').exec(end.stdout)?.[1] ?? '';
  if (end.code !== 0) throw new Error(`the network could not be made, or did not end: ${end.stdout}${end.stderr}`);
  return { during: part('during'), after: part('after'), output: part('output'), code: Number(part('code')) };
}
