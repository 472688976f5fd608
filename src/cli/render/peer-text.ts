// Peers that were looked at, as a table for people and as values for `--json`: in one order, those first that are of most use. What they
// say of themselves is made safe for the terminal here.

import type { PeerProbe } from '../../engine/peer-probe.js';
import { formatAddress } from '../../model/address.js';
import type { Style } from './color-level.js';
import { sanitise } from './sanitise.js';

/** A stable shape: null is not known. */
export interface PeerJson {
  /** `192.0.2.1:6881`, `[2001:db8::1]:6881`. */
  readonly address: string;
  /** Who named it: `tracker`, `dht`, `pex`, `lsd`, `user`, `link`, or `incoming`. */
  readonly sources: readonly string[];
  /** `connected`, `untried`, `no-answer` (none in time), or why it failed. */
  readonly result: string;
  readonly client: string | null;
  /** It would send what it has at once; null where it has nothing, or nobody met it. */
  readonly unchoked: boolean | null;
  /** 0 … 1. */
  readonly progress: number | null;
  readonly pieces: number | null;
  /** Bytes of the metadata that it offers. */
  readonly metadataBytes: number | null;
  readonly encrypted: boolean | null;
  readonly rttMs: number | null;
}

const MAX_CLIENT = 30;
const HEAD = ['peer', 'from', 'result', 'has', 'sends', 'rtt', 'encrypted', 'client'];

function toPeerJson(probe: PeerProbe): PeerJson {
  const { address, sources, result, facts, isEncrypted, rttMs } = probe;
  return {
    address: formatAddress(address),
    sources: [...sources].toSorted(),
    result: result === 'dialling' ? 'no-answer' : result,
    client: facts?.client ?? null,
    unchoked: facts === null || facts.progress === 0 ? null : facts.unchokes,
    progress: facts?.progress ?? null,
    pieces: facts?.pieces ?? null,
    metadataBytes: facts?.metadataBytes ?? null,
    encrypted: isEncrypted,
    rttMs: rttMs === null ? null : Math.round(rttMs),
  };
}

/** Those that answered first, of these who has most, then the nearest; the others by how they failed. */
export function sortPeers(probes: readonly PeerProbe[]): PeerJson[] {
  const rank = (peer: PeerJson): number => (peer.result === 'connected' ? 0 : peer.client !== null ? 1 : 2);
  return probes
    .map(toPeerJson)
    .toSorted(
      (a, b) =>
        rank(a) - rank(b) ||
        (b.progress ?? -1) - (a.progress ?? -1) ||
        a.result.localeCompare(b.result) ||
        (a.rttMs ?? Number.MAX_VALUE) - (b.rttMs ?? Number.MAX_VALUE) ||
        a.address.localeCompare(b.address),
    );
}

/** Whole only where it has all. */
function formatShare(progress: number): string {
  return `${progress >= 1 ? 100 : Math.min(99.9, Math.floor(progress * 1000) / 10)}%`;
}

/** Lines without line feeds: a head, then one for each peer. */
export function formatPeers(peers: readonly PeerJson[], style: Style): string[] {
  const rows = peers.map((peer) => [
    peer.address,
    peer.sources.join('+'),
    peer.result.replaceAll('-', ' '),
    peer.progress === null ? '-' : formatShare(peer.progress),
    peer.unchoked === null ? '-' : peer.unchoked ? 'yes' : 'not yet',
    peer.rttMs === null ? '-' : `${peer.rttMs} ms`,
    peer.encrypted === null ? '-' : peer.encrypted ? 'yes' : 'no',
    peer.client === null ? '-' : sanitise(peer.client, MAX_CLIENT),
  ]);
  const widths = HEAD.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)));
  // The last column is the only one whose width may surprise.
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === HEAD.length - 1 ? cell : cell.padEnd(widths[column]))).join('  ');
  return [style.faint(line(HEAD)), ...rows.map(line)];
}

/** How often each way of failing was seen, the most frequent first: `3 refused, 1 no answer`. */
export function countFailures(peers: readonly PeerJson[]): string {
  const counts = new Map<string, number>();
  for (const { result } of peers) if (result !== 'connected') counts.set(result, (counts.get(result) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([result, count]) => `${count} ${result.replaceAll('-', ' ')}`)
    .join(', ');
}
