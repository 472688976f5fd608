// Which real BitTorrent programs, web servers and browsers this machine has. A suite that needs one is left out where it is missing, and said to be
// (left-out.ts prints one line at the end); with EFFUSION_INTEROP=required a missing one is a failure.

import { spawnSync } from 'node:child_process';
import { describe, test } from 'vitest';

export type RealPeer =
  | 'libtorrent'
  | 'aria2c'
  | 'transmission'
  | 'mktorrent'
  | 'opentracker'
  | 'nginx'
  | 'python'
  | 'miniupnpd'
  | 'microsocks'
  | 'dante'
  | 'nftables'
  | 'chromium'
  | 'bash'
  | 'zsh'
  | 'fish'
  | 'tmux'
  | 'jq'
  | 'xxd'
  | 'mandoc'
  | 'groff'
  | 'man';

/** The Python that Debian's python3-libtorrent is for: another one earlier in PATH would not find the module. */
export const PYTHON = '/usr/bin/python3';

/** Where Debian has it: not in everybody's PATH. */
export const NGINX = '/usr/sbin/nginx';

const PROBES: Readonly<Record<RealPeer, readonly (readonly [command: string, ...args: string[]])[]>> = {
  libtorrent: [[PYTHON, '-c', 'import libtorrent']],
  aria2c: [['aria2c', '--version']],
  transmission: [
    ['transmission-daemon', '--version'],
    ['transmission-show', '--version'],
  ],
  mktorrent: [['mktorrent', '-h']],
  opentracker: [['opentracker', '-h']],
  nginx: [[NGINX, '-v']],
  python: [[PYTHON, '--version']],
  miniupnpd: [
    ['miniupnpd', '--version'],
    ['unshare', '--version'],
  ],
  microsocks: [['microsocks', '-h']],
  dante: [['danted', '-v']],
  nftables: [['nft', '--version']],
  chromium: [['chromium', '--version']],
  bash: [['bash', '--version']],
  zsh: [['zsh', '--version']],
  fish: [['fish', '--version']],
  tmux: [['tmux', '-V']],
  jq: [['jq', '--version']],
  xxd: [['xxd', '-v']],
  mandoc: [['mandoc', '/dev/null']],
  groff: [['groff', '--version']],
  man: [['man', '--version']],
};

/** Debian keeps daemons where the PATH of users does not look. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

const known = new Map<RealPeer, boolean>();

/** Tried once a process. A program that starts is there, whatever it answers; Python must find the module. */
function isAvailable(peer: RealPeer): boolean {
  let available = known.get(peer);
  if (available === undefined) {
    available = PROBES[peer].every(([command, ...args]) => {
      const { error, status } = spawnSync(command, args, { stdio: 'ignore', timeout: 20_000, env: { ...process.env, PATH } });
      return error === undefined && (peer !== 'libtorrent' || status === 0);
    });
    known.set(peer, available);
  }
  return available;
}

export function missingPeers(): RealPeer[] {
  return (Object.keys(PROBES) as RealPeer[]).filter((peer) => !isAvailable(peer));
}

/** A suite that needs these programs. */
export function describeWith(peers: readonly RealPeer[], name: string, body: () => void): void {
  const missing = peers.filter((peer) => !isAvailable(peer));
  if (missing.length === 0) {
    describe(name, body);
  } else if (process.env['EFFUSION_INTEROP'] === 'required') {
    describe(name, () => {
      test(`needs ${missing.join(', ')}`, () => {
        throw new Error(`EFFUSION_INTEROP=required, but this machine lacks ${missing.join(', ')}`);
      });
    });
  } else {
    describe.skip(name, body);
  }
}
