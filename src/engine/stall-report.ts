// Why no data comes, in one sentence of facts: what trackers and the DHT answered, how many addresses were tried and how they ended,
// what the connected peers are doing. Printed after some seconds of silence, and part of the errors that end a stalled run.

import type { DhtSnapshot } from '../discovery/dht/dht-notices.js';
import type { TrackerSnapshot } from '../discovery/tracker/tracker-notices.js';
import type { SourceCounts } from './source-tally.js';
import type { ServerSnapshot } from './server-snapshot.js';
import type { TorrentSourceFacts } from './torrent-sources.js';
import { describeWebSeeds } from './web-seed-words.js';

type Sources = Pick<
  ServerSnapshot,
  'trackers' | 'dht' | 'dialFailures' | 'halfOpen' | 'knownAddresses' | 'bannedAddresses' | 'blockedAddresses'
>;

/** How the fetch of a magnet's metadata stands. */
export interface StallFacts extends Sources {
  readonly sources: SourceCounts;
  readonly trackers: readonly TrackerSnapshot[];
  /** Peers. */
  readonly connected: number;
  /** Those of them that say they have the metadata. */
  readonly withMetadata: number;
  /** Web addresses of the torrent file. */
  readonly files: TorrentSourceFacts;
}

const REASONS: Record<string, string> = {
  refused: 'refused the connection',
  unreachable: 'unreachable',
  'connect-timeout': 'did not answer',
  'proxy-denied': 'not allowed by the proxy',
  'proxy-failed': 'not tried, as the proxy itself failed',
  'handshake-timeout': 'connected but sent no handshake',
  'closed-in-handshake': 'hung up during the handshake',
  'closed-on-encryption': 'hung up on encryption, which is required',
  'malformed-handshake': 'speak something else',
  'info-hash-mismatch': 'have another torrent',
  'peer-id-mismatch': 'are somebody else than the tracker said',
  'self-connection': 'were ourselves',
  'duplicate-peer': 'were known already',
  banned: 'banned',
  unresolved: 'could not be resolved',
  'out-of-descriptors': 'not dialled for want of file descriptors',
};

/** Failures of which no address heard. */
const NOT_DIALLED: ReadonlySet<string> = new Set(['unresolved', 'proxy-failed', 'out-of-descriptors']);

function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** Empty where there is nothing to tell. */
export function outOfScopeText({ outOfScope: number }: TrackerSnapshot): string {
  if (!(number > 0)) return '';
  return ` and ${count(number, 'address', 'addresses')} that ${number === 1 ? 'is' : 'are'} not reachable from it, which we leave alone`;
}

function explainTrackers(snapshot: Sources): string {
  const { trackers } = snapshot;
  if (trackers.length === 0) return 'no tracker to ask';
  const words = trackers.slice(0, 3).map((tracker) => {
    if (tracker.state === 'unsupported') return `${tracker.url} is of a kind that is not spoken yet`;
    if (tracker.lastError !== null) return `${tracker.url} failed (${tracker.lastError})`;
    if (tracker.state === 'working') return `${tracker.url} named ${count(tracker.peers ?? 0, 'peer')}${outOfScopeText(tracker)}`;
    return `${tracker.url} has not answered yet`;
  });
  if (trackers.length > 3) words.push(count(trackers.length - 3, 'more tracker'));
  return words.join(', ');
}

function explainDht({ state, nodes, peers, searches }: DhtSnapshot): string {
  if (state === 'waiting') return 'the DHT is not asked yet';
  if (state === 'failed') return 'no UDP socket for the DHT';
  if (nodes === 0) return state === 'starting' ? 'no node of the DHT has answered yet' : 'no node of the DHT answers';
  const found = searches === 0 && peers === 0 ? 'no peer yet' : count(peers, 'peer');
  return `the DHT named ${found} (${count(nodes, 'node')} known)`;
}

function explainDials(snapshot: Sources): string {
  const failures = Object.entries(snapshot.dialFailures);
  const words = failures.map(([reason, times]) => `${times} ${REASONS[reason] ?? reason}`);
  if (snapshot.halfOpen > 0) words.push(`${snapshot.halfOpen} being dialled`);
  const known = `${count(snapshot.knownAddresses, 'address', 'addresses')} known`;
  if (words.length === 0) return known;
  // One that is dialled again and again fails more than once.
  const tries = failures.reduce((sum, [reason, times]) => (NOT_DIALLED.has(reason) ? sum : sum + times), 0);
  const tried = tries > snapshot.knownAddresses ? `, ${count(tries, 'failed try', 'failed tries')}` : '';
  return `${known}${tried}: ${words.join(', ')}`;
}

function explainPeers(snapshot: ServerSnapshot): string {
  const { peers } = snapshot;
  if (peers.length === 0) return 'no peer is connected';
  const useful = peers.filter((peer) => peer.amInterested);
  if (useful.length === 0 && peers.some((peer) => peer.isSetAside)) {
    const others = 'but with others, as a seed has that shows its pieces one by one (super-seeding)';
    return `${count(peers.length, 'connected peer')} without a piece that is read next, ${others}: download takes them in any order`;
  }
  if (useful.length === 0) return `${count(peers.length, 'connected peer')} without a piece we need`;
  const choking = useful.filter((peer) => peer.peerChoking).length;
  const snubbing = useful.filter((peer) => peer.isSnubbed).length;
  // Not counted as silent yet, but nothing has come: what a stall's first seconds look like.
  const asked = useful.filter(
    (peer) => !peer.peerChoking && !peer.isSnubbed && peer.outstandingRequests > 0 && peer.downloadBytesPerSecond === 0,
  ).length;
  const words = [count(peers.length, 'connected peer')];
  if (choking > 0) words.push(`${choking} keeping us waiting for a slot`);
  if (snubbing > 0) words.push(`${snubbing} not answering`);
  if (asked > 0) words.push(`${asked} asked and not answered yet`);
  const sending = useful.filter((peer) => peer.downloadBytesPerSecond > 0).length;
  if (sending > 0) words.push(`${sending} sending`);
  return words.join(', ');
}

/** One line without a full stop; URLs in it are redacted, and texts from outside printable. */
export function explainStall(snapshot: ServerSnapshot): string {
  return listStallReasons(snapshot).join('; ');
}

/** The same, each reason by itself. */
export function listStallReasons(snapshot: ServerSnapshot): string[] {
  const { webSeeds, peers, trackers, knownAddresses } = snapshot;
  if (webSeeds.length === 0) return explain(snapshot, explainPeers(snapshot));
  const seeds = describeWebSeeds(webSeeds);
  // Nobody but web seeds was ever to be asked, or none came: there is nothing to say of others.
  if (peers.length === 0 && trackers.length === 0 && knownAddresses === 0 && snapshot.dht === null) return [seeds];
  return [...explain(snapshot, explainPeers(snapshot)), seeds];
}

/** The same while the metadata of a magnet link is being fetched. */
export function explainSilence(facts: StallFacts): string {
  return listSilenceReasons(facts).join('; ');
}

export function listSilenceReasons(facts: StallFacts): string[] {
  const { connected, withMetadata } = facts;
  const peers =
    connected === 0
      ? 'no peer is connected'
      : `${count(connected, 'connected peer')}, ${withMetadata === 0 ? 'none' : withMetadata} with the metadata`;
  return [...explain(facts, peers), ...explainFiles(facts.files)];
}

function explainFiles({ urls, failed, lastFailure }: TorrentSourceFacts): string[] {
  if (urls === 0) return [];
  const why = lastFailure === null ? '' : ` (${lastFailure})`;
  return [`${failed} of ${count(urls, 'address', 'addresses')} of the torrent file failed${why}`];
}

function explain(sources: Sources, peers: string): string[] {
  const dht = sources.dht === null ? [] : [explainDht(sources.dht)];
  const parts = [explainTrackers(sources), ...dht, explainDials(sources), peers];
  if (sources.bannedAddresses > 0) parts.push(`${sources.bannedAddresses} banned for bad data`);
  const { blockedAddresses: blocked } = sources;
  if (blocked > 0) parts.push(`${count(blocked, 'address', 'addresses')} ${blocked === 1 ? 'is' : 'are'} on the blocklist`);
  return parts;
}
