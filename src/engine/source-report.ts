// What came of each source of peers, a line for each: its name and what it did, for `-v`. Whoever adds a source adds a function to the
// list, and what that needs to the facts.

import type { TrackerSnapshot } from '../discovery/tracker/tracker-notices.js';
import type { DhtSnapshot } from '../discovery/dht/dht-notices.js';
import type { FoundAddresses, SourceCounts } from './source-tally.js';
import type { WebSeedSnapshot } from '../session/snapshot.js';
import { outOfScopeText } from './stall-report.js';
import { describeWebSeedResult } from './web-seed-words.js';

export interface SourceReport {
  /** Such as `tracker http://t.example/announce`: printable, bounded, and without secrets, as is the text. */
  readonly name: string;
  readonly text: string;
}

export interface SourceFacts {
  readonly trackers: readonly TrackerSnapshot[];
  readonly dht: DhtSnapshot | null;
  readonly sources: SourceCounts;
  readonly webSeeds?: readonly WebSeedSnapshot[];
  /** Default 0. */
  readonly blockedAddresses?: number;
  /** Then trackers alone are used (BEP 27). */
  readonly isPrivate?: boolean;
}

type Reporter = (facts: SourceFacts) => readonly SourceReport[];

/** In this order. */
const REPORTERS: readonly Reporter[] = [
  reportTrackers,
  reportDht,
  reportPex,
  reportLocal,
  reportIncoming,
  reportUser,
  reportWebSeeds,
  reportBlocked,
];

export function reportSources(facts: SourceFacts): SourceReport[] {
  return REPORTERS.flatMap((report) => report(facts));
}

function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

function addressText({ named, added }: FoundAddresses): string {
  return named === 0 ? 'no address' : `${count(named, 'address', 'addresses')}, ${added} of them new`;
}

function reportTrackers({ trackers }: SourceFacts): SourceReport[] {
  if (trackers.length === 0) return [{ name: 'trackers', text: 'none was asked' }];
  return trackers.map((tracker) => ({ name: `tracker ${tracker.url}`, text: trackerText(tracker) }));
}

function trackerText(tracker: TrackerSnapshot): string {
  const { state, lastError, peers, latencyMs } = tracker;
  if (state === 'unsupported') return 'of a kind that is not spoken';
  if (lastError !== null)
    return peers === null ? `failed: ${lastError}` : `failed: ${lastError}; before, it ${answerText(tracker)}`;
  if (peers !== null && latencyMs !== null) return answerText(tracker);
  return state === 'announcing' ? 'has not answered yet' : 'was not asked';
}

function answerText(tracker: TrackerSnapshot): string {
  const { peers, seeds, leechers, latencyMs } = tracker;
  const knows = [...(seeds === null ? [] : [count(seeds, 'seed')]), ...(leechers === null ? [] : [count(leechers, 'leecher')])];
  const swarm = knows.length === 0 ? '' : ` of ${knows.join(' and ')}`;
  return `named ${count(peers ?? 0, 'peer')}${swarm} in ${Math.round(latencyMs ?? 0)} ms${outOfScopeText(tracker)}`;
}

/** What a private torrent has no part in is off, whatever the user wants. */
function offText({ isPrivate }: SourceFacts): string {
  return isPrivate === true ? 'off: the torrent is private' : 'off';
}

function reportDht(facts: SourceFacts): SourceReport[] {
  return [{ name: 'DHT', text: facts.dht === null ? offText(facts) : dhtText(facts.dht) }];
}

function dhtText({ state, nodes, peers, searches }: DhtSnapshot): string {
  if (state === 'waiting') return 'not asked';
  if (state === 'failed') return 'no UDP socket for it';
  if (nodes === 0) return state === 'starting' ? 'no node has answered yet' : 'no node answers';
  return `named ${count(peers, 'peer')} in ${count(searches, 'search', 'searches')}, ${count(nodes, 'node')} known`;
}

function reportWebSeeds({ webSeeds = [] }: SourceFacts): SourceReport[] {
  return webSeeds.map((seed) => ({ name: `web seed ${seed.name}`, text: describeWebSeedResult(seed) }));
}

function reportPex(facts: SourceFacts): SourceReport[] {
  const { pex } = facts.sources;
  return [{ name: 'peer exchange', text: pex === null ? offText(facts) : addressText(pex) }];
}

function reportLocal(facts: SourceFacts): SourceReport[] {
  const { lsd } = facts.sources;
  return [{ name: 'local network', text: lsd === null ? offText(facts) : addressText(lsd) }];
}

function reportIncoming({ sources: { incoming } }: SourceFacts): SourceReport[] {
  return [{ name: 'incoming', text: incoming === null ? 'off' : count(incoming, 'peer') }];
}

/** Nothing where nobody was named. */
function reportUser({ sources: { user } }: SourceFacts): SourceReport[] {
  return user.named === 0 ? [] : [{ name: '--peer, the link and its metadata', text: addressText(user) }];
}

/** Of what the others named. Nothing where there is none. */
function reportBlocked({ blockedAddresses: blocked = 0 }: SourceFacts): SourceReport[] {
  const verb = blocked === 1 ? 'was' : 'were';
  return blocked === 0
    ? []
    : [{ name: 'blocklist', text: `${count(blocked, 'address', 'addresses')} of those ${verb} left out` }];
}
