// From what was found to a checklist: each check is ok, warn or fail, with a line on why and one on what to do, and the exit code is that
// of the main cause. Pure; nothing is said that cannot be known, such as that a port is closed because nobody came.

import type { PortMappingNotice } from '../engine/client.js';
import type { DiskFinding } from '../engine/disk-check.js';
import type { DhtFinding, SwarmReport } from '../engine/swarm-probe.js';
import type { TrackerFinding } from '../engine/tracker-check.js';
import type { WebSeedFinding } from '../engine/web-seed-check.js';
import { EXIT } from './exit-codes.js';
import { formatBytes, formatCount, formatRate } from './render/human-numbers.js';
import { countFailures, type PeerJson } from './render/peer-text.js';
import { describePortMapping } from './render/port-text.js';
import { sanitise } from './render/sanitise.js';

export type CheckStatus = 'ok' | 'warn' | 'fail';

export interface Check {
  /** Stable: `tracker`, `dht`, `port`, `ipv4`, `ipv6`, `peers`, `web-seed`, `disk`, `clock`, `proxy`, `torrent`. */
  readonly id: string;
  readonly status: CheckStatus;
  /** What and why, without a full stop; sanitised. */
  readonly text: string;
  /** What to do, a whole sentence or empty. */
  readonly hint: string;
}

export interface PortFinding {
  /** Null: not listened. */
  readonly port: number | null;
  /** Numeric, as trackers and peers see us. */
  readonly seenAs: readonly string[];
  /** Of our own interfaces. */
  readonly own: readonly string[];
  /** What became of `--portmap`; null where it was not asked for, or nothing is known yet. */
  readonly mapping: PortMappingNotice | null;
  readonly isMappingAsked: boolean;
  readonly incoming: number;
}

export interface DoctorFindings {
  readonly totalBytes: number | null;
  readonly swarm: SwarmReport;
  readonly peers: readonly PeerJson[];
  readonly webSeeds: readonly WebSeedFinding[];
  readonly port: PortFinding;
  /** Our address of each family by which there is a way to the internet; null: none; undefined: not looked at, behind a proxy. */
  readonly routes: { readonly v4?: string | null; readonly v6?: string | null };
  /** Or the system's word for why the folder can't be looked at. */
  readonly disk: DiskFinding | { readonly folder: string; readonly errno: string };
  /** Something of the torrent's name is there: it may need less space than all. */
  readonly isBegun: boolean;
  readonly usesProxy: boolean;
  /** By an option, a variable or the configuration, of a torrent that is not private. */
  readonly isDhtOff: boolean;
  /** Variables of the environment that name a proxy, which is not looked at. */
  readonly proxyVariables: readonly string[];
}

/** Clocks that differ by more than that are worth a word: certificates and dates begin to fail. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
const SLOW_DISK_BYTES = 5 * 1024 * 1024;
const MAX_NAMES = 3;

const check = (id: string, status: CheckStatus, text: string, hint = ''): Check => ({ id, status, text, hint });

function checkTracker({
  url,
  hosts,
  latencyMs,
  seeds,
  leechers,
  peers,
  intervalMs,
  error,
  errorCode,
  warning,
}: TrackerFinding): Check {
  const at = hosts === null || hosts.length === 0 || url.includes(hosts[0]) ? '' : ` (${hosts.slice(0, MAX_NAMES).join(', ')})`;
  const name = sanitise(`${url}${at}`, 300);
  if (error !== null) {
    const hint =
      hosts?.length === 0
        ? 'Its name has no address: is the name service there, is the tracker gone?'
        : errorCode === 'forbidden_address'
          ? 'It was not asked. --tracker with this URL makes it your own word, and asks it.'
          : 'Others may do; --tracker URL names one more.';
    return check('tracker', 'fail', `${name}: ${sanitise(error)}`, hint);
  }
  if (latencyMs === null) return check('tracker', 'fail', `${name}: no answer in time`, 'Look longer with --timeout TIME.');
  const counts = [
    ...(seeds === null ? [] : [formatCount(seeds, 'seed')]),
    // Most trackers count whoever asks.
    ...(leechers === null ? [] : [`${formatCount(leechers, 'leecher')}${leechers === 1 ? ' (maybe us)' : ''}`]),
    `names ${formatCount(peers ?? 0, 'peer')}`,
    `in ${Math.round(latencyMs)} ms`,
    ...(intervalMs === null ? [] : [`asks to come again in ${Math.round(intervalMs / 60_000)} min`]),
  ];
  const text = `${name}: ${counts.join(', ')}`;
  if (warning !== null) return check('tracker', 'warn', `${text}; it warns: ${sanitise(warning)}`);
  return (peers ?? 0) === 0
    ? check('tracker', 'warn', text, 'It works, and knows of nobody else.')
    : check('tracker', 'ok', text);
}

function checkDht({ state, nodes, peers, searchMs }: DhtFinding): Check {
  const found = peers.v4 + peers.v6;
  if (state === 'failed') return check('dht', 'fail', 'DHT: no UDP socket for it', 'Something keeps this program from UDP.');
  if (state === 'starting') {
    return check(
      'dht',
      'fail',
      'DHT: no node answers',
      'UDP is blocked, the names of the bootstrap nodes are not found, or it needs longer: --timeout 60.',
    );
  }
  const time = searchMs === null ? 'the search has not come to its end' : `searched in ${(searchMs / 1000).toFixed(1)} s`;
  const text = `DHT: ${nodes.v4} nodes by IPv4, ${nodes.v6} by IPv6; names ${formatCount(found, 'peer')} (${peers.v4} IPv4, ${peers.v6} IPv6), ${time}`;
  return found === 0 ? check('dht', 'warn', text, 'It works, and knows nobody who has this torrent.') : check('dht', 'ok', text);
}

/** What was turned off, perhaps long ago in a file, is told where it may be missed. */
function checkDhtOff({ peers }: DoctorFindings): Check {
  if (peers.length > 0) return check('dht', 'ok', 'DHT: off, as was asked');
  return check('dht', 'warn', 'DHT: off, as was asked', 'It may know peers: effusion config shows where no-dht comes from.');
}

function checkPort({ port, seenAs, own, mapping, isMappingAsked, incoming }: PortFinding): Check {
  if (port === null)
    return check('port', 'warn', 'port: not listening', 'Peers that cannot be dialled themselves are out of reach.');
  const direct = seenAs.filter((host) => own.includes(host));
  const behind = seenAs.filter((host) => !own.includes(host));
  const facts = [
    `listening on port ${port}`,
    seenAs.length === 0 ? 'nobody has said where we are seen' : `seen as ${seenAs.join(' and ')}`,
    ...(behind.length > 0 ? ['which is no address of this machine: there is a router between'] : []),
    ...(direct.length > 0 && behind.length === 0 ? ['which is this machine itself'] : []),
    ...(mapping === null
      ? isMappingAsked
        ? ['the router has not answered --portmap yet']
        : []
      : [describePortMapping(mapping)]),
  ].join(', ');
  if (incoming > 0)
    return check('port', 'ok', `port: ${facts}; ${formatCount(incoming, 'peer')} came by themselves: it is reachable`);
  const hint =
    behind.length > 0 && !isMappingAsked
      ? 'Try --portmap, or lead the port to this machine in the router.'
      : 'Whether others reach it is not known: that shows only when one comes.';
  return check('port', 'warn', `port: ${facts}; nobody has come by themselves`, hint);
}

function checkRoute(family: 4 | 6, host: string | null, other: string | null): Check {
  const id = `ipv${family}`;
  const name = `IPv${family}`;
  if (host !== null) return check(id, 'ok', `${name}: a route to the internet is there, from ${host}`);
  if (family === 6 && other !== null)
    return check(
      id,
      'warn',
      `${name}: no route to the internet`,
      'IPv4 does without it; peers that have IPv6 alone are out of reach.',
    );
  return check(id, other === null ? 'fail' : 'warn', `${name}: no route to the internet`, 'Is the network up?');
}

function checkPeers({ swarm, peers, totalBytes }: DoctorFindings): Check {
  const answered = peers.filter(({ client }) => client !== null);
  if (peers.length === 0)
    return check(
      'peers',
      'fail',
      'peers: nobody names one',
      'Is the torrent still alive? --tracker URL and --peer HOST:PORT name more.',
    );
  const failures = countFailures(peers.filter(({ client }) => client === null));
  if (answered.length === 0)
    return check(
      'peers',
      'fail',
      `peers: none of ${peers.length} answers (${failures})`,
      peers.every(({ result }) => result === 'closed-in-handshake')
        ? 'They hang up: they do not have this torrent, or do not want us.'
        : 'A firewall here, or peers that are gone.',
    );
  const whole = answered.filter(({ progress }) => progress === 1).length;
  const serving = answered.filter(({ unchoked }) => unchoked === true).length;
  const encrypted = answered.filter((peer) => peer.encrypted === true).length;
  const facts = [
    `${answered.length} of ${peers.length} answered`,
    `${whole} with everything`,
    ...(totalBytes === null
      ? [`${answered.filter(({ metadataBytes }) => metadataBytes !== null).length} with the metadata`]
      : []),
    `${serving} would send at once`,
    `${encrypted} encrypted`,
    ...(failures === '' ? [] : [`the others: ${failures}`]),
  ].join(', ');
  if (swarm.isWhole && serving === 0)
    return check('peers', 'warn', `peers: ${facts}`, 'They are busy, which may pass within a minute, or send to nobody.');
  if (swarm.isWhole) return check('peers', 'ok', `peers: ${facts}`);
  const share =
    swarm.available === null ? '' : `; together they have ${swarm.available.count} of ${swarm.available.length} pieces`;
  return check('peers', 'fail', `peers: ${facts}${share}`, 'Nobody who was reached has all of it: wait for a seed.');
}

function checkWebSeed({ url, verdict, status, reason, latencyMs }: WebSeedFinding): Check {
  const time = latencyMs === null ? '' : ` in ${Math.round(latencyMs)} ms`;
  const name = `web seed ${sanitise(url, 300)}`;
  if (verdict === 'ok') return check('web-seed', 'ok', `${name}: status ${status}${time}, sends ranges, the size is right`);
  if (verdict === 'no-ranges')
    return check(
      'web-seed',
      'warn',
      `${name}: status ${status}${time}, sends whole files only`,
      'It can be used, once for each file.',
    );
  return check('web-seed', 'fail', `${name}: ${sanitise(reason ?? `status ${status}`)}`, 'It is of no use to a download.');
}

function checkDisk({ disk, totalBytes, isBegun }: DoctorFindings): Check {
  const name = `disk ${sanitise(disk.folder, 300)}`;
  if (!('freeBytes' in disk) || disk.errno !== null) {
    return check('disk', 'fail', `${name}: nothing can be written (${disk.errno})`, 'Name another folder with --output DIR.');
  }
  const { freeBytes, writeBytesPerSecond, refusedNames, isCaseSensitive } = disk;
  const space = `${formatBytes(freeBytes)} free`;
  const speed = writeBytesPerSecond === null ? '' : `, writes ${formatRate(writeBytesPerSecond)}`;
  if (totalBytes !== null && freeBytes < totalBytes) {
    const text = `${name}: ${space}, the torrent has ${formatBytes(totalBytes)}`;
    return isBegun
      ? check('disk', 'warn', `${text}, some of which may be there`, 'Make room if it does not do.')
      : check('disk', 'fail', text, 'Make room, or name another folder with --output DIR.');
  }
  if (refusedNames.length > 0) {
    const named = refusedNames.slice(0, MAX_NAMES).map(({ name: refused, errno }) => `${sanitise(refused, 60)} (${errno})`);
    return check(
      'disk',
      'warn',
      `${name}: ${space}${speed}, does not take ${formatCount(refusedNames.length, 'name')}: ${named.join(', ')}`,
      'Another file system may take them.',
    );
  }
  const cases = isCaseSensitive === false ? ', does not tell A from a' : '';
  const isSlow = writeBytesPerSecond !== null && writeBytesPerSecond < SLOW_DISK_BYTES;
  return isSlow
    ? check('disk', 'warn', `${name}: ${space}${speed}${cases}`, 'The disk may be what a fast download waits for.')
    : check('disk', 'ok', `${name}: ${space}${speed}${cases}`);
}

function checkClock(webSeeds: readonly WebSeedFinding[]): Check {
  const clocks = webSeeds.map(({ clockMs }) => clockMs).filter((ms) => ms !== null);
  if (clocks.length === 0) return check('clock', 'ok', 'clock: nobody to compare it with');
  // The one that agrees best: a server's clock may be wrong too.
  const off = clocks.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0];
  if (Math.abs(off) <= CLOCK_TOLERANCE_MS) return check('clock', 'ok', 'clock: agrees with that of a web server');
  const minutes = Math.round(Math.abs(off) / 60_000);
  return check(
    'clock',
    'warn',
    `clock: ${minutes} min ${off > 0 ? 'behind' : 'ahead of'} that of a web server`,
    'Set it: certificates of HTTPS may be refused.',
  );
}

/** Why a proxy carries no tracker; null where it carries one, or nobody knows. */
function refusalOfProxy(trackers: readonly TrackerFinding[]): string | null {
  if (trackers.some(({ latencyMs }) => latencyMs !== null)) return null;
  return trackers.find(({ errorCode }) => errorCode === 'proxy')?.error ?? null;
}

function checkProxy({ usesProxy, proxyVariables, swarm }: DoctorFindings): Check[] {
  const refusal = refusalOfProxy(swarm.trackers);
  if (usesProxy && refusal !== null)
    return [check('proxy', 'fail', sanitise(refusal), 'Check --proxy: nothing was sent around it.')];
  if (usesProxy)
    return [check('proxy', 'ok', 'proxy: everything goes through it; the DHT, local discovery and incoming peers are off')];
  if (proxyVariables.length === 0) return [];
  return [
    check('proxy', 'warn', `proxy: ${proxyVariables.join(', ')} is set, and not looked at`, 'Name the proxy with --proxy URL.'),
  ];
}

/** In the order in which they are read; the torrent's own comes before them. */
export function makeChecks(findings: DoctorFindings): Check[] {
  const { swarm, port, routes, webSeeds, usesProxy, isDhtOff } = findings;
  const { v4 = null, v6 = null } = routes;
  return [
    ...swarm.trackers.map(checkTracker),
    ...(swarm.dht === null ? [] : [checkDht(swarm.dht)]),
    ...(isDhtOff && !usesProxy ? [checkDhtOff(findings)] : []),
    checkPeers(findings),
    ...webSeeds.map(checkWebSeed),
    ...(usesProxy ? [] : [checkPort(port), checkRoute(4, v4, v6), checkRoute(6, v6, v4)]),
    checkDisk(findings),
    checkClock(webSeeds),
    ...checkProxy(findings),
  ];
}

/** The main cause, and what the run ends with: 0 where the data could be had and stored. */
export function judge({ swarm, peers, webSeeds, routes, disk, totalBytes, isBegun }: DoctorFindings): {
  exitCode: number;
  text: string;
} {
  const isServed = webSeeds.some(({ verdict }) => verdict !== 'failed');
  if (swarm.isWhole || isServed) {
    if (!('freeBytes' in disk) || disk.errno !== null)
      return { exitCode: EXIT.disk, text: 'the data could be had, and cannot be written' };
    if (totalBytes !== null && disk.freeBytes < totalBytes && !isBegun)
      return { exitCode: EXIT.disk, text: 'the data could be had, and does not fit' };
    const isBusy = !isServed && peers.every(({ unchoked }) => unchoked !== true);
    return { exitCode: EXIT.ok, text: `a download should work${isBusy ? ', once somebody has room for us' : ''}` };
  }
  if (peers.some(({ client }) => client !== null))
    return { exitCode: EXIT.noPeers, text: 'nobody who was reached has all of it' };
  const hangUp = peers.every(({ result }) => result === 'closed-in-handshake');
  if (peers.length > 0)
    return { exitCode: EXIT.noPeers, text: `peers are named, and ${hangUp ? 'all of them hang up' : 'none of them answers'}` };
  const { trackers, dht } = swarm;
  if (refusalOfProxy(trackers) !== null) return { exitCode: EXIT.network, text: 'the proxy does not carry us' };
  const isNobodyThere = trackers.every(({ latencyMs }) => latencyMs === null) && (dht === null || dht.state !== 'running');
  if (isNobodyThere && trackers.length + (dht === null ? 0 : 1) > 0) {
    const isCutOff = routes.v4 === null && routes.v6 === null;
    return {
      exitCode: EXIT.network,
      text: isCutOff ? 'there is no route to the internet' : 'nobody who could name peers answers',
    };
  }
  return { exitCode: EXIT.noPeers, text: 'nobody names a peer' };
}
