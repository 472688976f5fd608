// Which tracker is asked what and when (BEP 3, 12), without sockets or clock. While it seeks an answer it starts one tracker every
// `nextTierMs`, untouched tiers first, and another at once for each that fails: a dead first tracker costs 3 s, not its time-out,
// and few requests are ever open. The first answer ends the seeking; later ones are still used.

import { shuffle, type Random } from '../../../model/random.js';
import type { Millis } from '../../../model/time.js';
import type { TrackerNotice, TrackerSnapshot } from '../tracker-notices.js';
import type { AnnounceEvent } from './announce-request.js';
import type { AnnounceResponse } from './announce-response.js';
import { TrackerEntry } from './tracker-entry.js';
import type { AnnounceFailure, TrackerAction, TrackerEvent, TrackerLimits } from './tracker-messages.js';
import { schemeOf } from './tracker-url.js';

/** Trackers kept of one torrent: the longest lists in use have some 150; beyond that a list is an attack or an accident. */
export const MAX_TRACKERS = 200;

const HTTP_SCHEMES: readonly string[] = ['http', 'https'];

/** The distinct trackers of each tier, in the order of the torrent; empty tiers go. */
function createEntries(tiers: readonly (readonly string[])[], schemes: readonly string[]): TrackerEntry[][] {
  const seen = new Set<string>();
  const entries: TrackerEntry[][] = [];
  for (const tier of tiers) {
    const kept: TrackerEntry[] = [];
    for (const text of tier) {
      const url = text.trim();
      if (url === '' || seen.has(url) || seen.size >= MAX_TRACKERS) continue;
      seen.add(url);
      kept.push(new TrackerEntry(url, entries.length, schemes.includes(schemeOf(url) ?? '')));
    }
    if (kept.length > 0) entries.push(kept);
  }
  return entries;
}

export class TrackerTiers {
  readonly #limits: TrackerLimits;
  /** In the torrent's order, for people. */
  readonly #entries: readonly TrackerEntry[];
  /** In the order they are asked. */
  readonly #tiers: TrackerEntry[][];
  readonly #requests = new Map<number, TrackerEntry>();
  #actions: TrackerAction[] = [];
  #phase: 'idle' | 'running' | 'stopping' = 'idle';
  #isSeeking = false;
  /** Asked since this seeking began: they come again only when everybody had a turn. */
  readonly #tried = new Set<TrackerEntry>();
  /** While seeking: trackers that work but know nobody are passed over. */
  #passesOverLonely = false;
  /** While seeking: the next tracker is started no earlier. */
  #paceAt: Millis = 0;
  /** While not seeking: when it begins again. */
  #nextSeekAt: Millis | null = null;
  #stopAt: Millis = 0;
  #isComplete = false;
  #isPartialSeed = false;
  #ownPort = 0;
  #lastOthersFound: number | null = null;
  #hasReportedUnsupported = false;
  #requestSerial = 0;

  /** `schemes`: what the transport speaks; other trackers are listed as unsupported and never asked. */
  constructor(
    tiers: readonly (readonly string[])[],
    limits: TrackerLimits,
    random: Random,
    schemes: readonly string[] = HTTP_SCHEMES,
  ) {
    this.#limits = limits;
    this.#tiers = createEntries(tiers, schemes);
    this.#entries = this.#tiers.flat();
    for (const tier of this.#tiers) shuffle(tier, random);
  }

  handle(event: TrackerEvent, now: Millis): TrackerAction[] {
    this.#actions = [];
    switch (event.type) {
      case 'start':
        this.#isPartialSeed = event.isPartialSeed === true;
        this.#start(event.isComplete, event.port, now);
        break;
      case 'sent':
        this.#noteSent(event.request);
        break;
      case 'answered':
        this.#answered(event.request, event.response, now);
        break;
      case 'failed':
        this.#failed(event.request, event.failure, now);
        break;
      case 'completed':
        this.#completed(now);
        break;
      case 'partial-seed':
        this.#becomePartialSeed(now);
        break;
      case 'more-peers':
        this.#morePeers(now);
        break;
      case 'stop':
        this.#stop(now);
        break;
      case 'timeout':
        this.#timeout(now);
        break;
    }
    return this.#actions;
  }

  /** When `timeout` is due; null where only an answer can change anything. */
  nextTimeout(): Millis | null {
    if (this.#phase === 'idle') return null;
    if (this.#phase === 'stopping') return this.#stopAt;
    if (!this.#isSeeking) return this.#nextSeekAt;
    const waiting = this.#entries.filter((entry) => entry.isSupported && entry.request === null && !this.#isPassedOver(entry));
    if (waiting.length === 0) return null;
    return Math.max(this.#paceAt, Math.min(...waiting.map((entry) => entry.notBefore)));
  }

  /** In the torrent's order, with addresses as they are: the shell redacts them. */
  snapshot(now: Millis): TrackerSnapshot[] {
    const isRunning = this.#phase === 'running';
    const nextSeekAt = this.#isSeeking ? null : this.#nextSeekAt;
    return this.#entries.map((entry) => entry.snapshot(now, isRunning, nextSeekAt));
  }

  #start(isComplete: boolean, port: number, now: Millis): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'running';
    this.#isComplete = isComplete;
    this.#ownPort = port;
    for (const entry of this.#entries) {
      entry.forgetRun();
      if (entry.isSupported || this.#hasReportedUnsupported) continue;
      const scheme = schemeOf(entry.url);
      const message = scheme === null ? 'not the address of a tracker' : `${scheme} trackers are not spoken yet`;
      this.#notice({ type: 'tracker-failed', url: entry.url, code: 'unsupported_scheme', message, retryInMs: null });
    }
    this.#hasReportedUnsupported = true;
    this.#seek(now, false);
  }

  #seek(now: Millis, passesOverLonely: boolean): void {
    this.#isSeeking = true;
    this.#passesOverLonely = passesOverLonely;
    this.#nextSeekAt = null;
    this.#paceAt = now;
    this.#tried.clear();
    this.#advance(now, null);
  }

  /** Starts the next tracker if its time has come; in `tier` where it replaces one that failed there. */
  #advance(now: Millis, tier: number | null): void {
    if (!this.#isSeeking || now < this.#paceAt) return;
    const entry = this.#pick(now, tier);
    if (entry === null) return;
    this.#tried.add(entry);
    this.#launch(entry, this.#ordinaryEvent(entry), now);
    this.#paceAt = now + this.#limits.nextTierMs;
  }

  #pick(now: Millis, tier: number | null): TrackerEntry | null {
    const isCandidate = (entry: TrackerEntry): boolean => entry.mayBeAsked(now) && !this.#isPassedOver(entry);
    const isFresh = (entry: TrackerEntry): boolean => isCandidate(entry) && !this.#tried.has(entry);
    const replacement = tier === null ? undefined : this.#tiers[tier].find(isFresh);
    if (replacement !== undefined) return replacement;
    const all = this.#tiers.flat();
    const quiet = this.#tiers.filter((entries) => entries.every((entry) => entry.request === null)).flat();
    return quiet.find(isFresh) ?? all.find(isFresh) ?? all.find(isCandidate) ?? null;
  }

  #isPassedOver(entry: TrackerEntry): boolean {
    return this.#passesOverLonely && entry.isWorking && entry.othersFound === 0;
  }

  #ordinaryEvent(entry: TrackerEntry): AnnounceEvent | null {
    if (!entry.hasStarted) return 'started';
    if (entry.owesCompleted) return 'completed';
    return this.#isPartialSeed && !entry.refusesPaused ? 'paused' : null;
  }

  #launch(entry: TrackerEntry, event: AnnounceEvent | null, now: Millis): void {
    const id = ++this.#requestSerial;
    entry.launch({ id, event, launchedAt: now, isSent: false });
    this.#requests.set(id, entry);
    const isLast = event === 'stopped' || event === 'completed';
    const timeoutMs = this.#phase === 'stopping' ? this.#stopAt - now : this.#limits.requestTimeoutMs;
    this.#actions.push({
      type: 'announce',
      request: id,
      url: entry.url,
      event,
      trackerId: entry.trackerId,
      numwant: isLast ? 0 : this.#limits.numwant,
      timeoutMs,
    });
  }

  /** The open request with that number, closed now; null where it was cancelled or never was. */
  #close(request: number): { entry: TrackerEntry; event: AnnounceEvent | null; launchedAt: Millis; isSent: boolean } | null {
    const entry = this.#requests.get(request);
    const open = entry?.request;
    if (entry === undefined || open === null || open === undefined) return null;
    this.#requests.delete(request);
    entry.request = null;
    return { entry, event: open.event, launchedAt: open.launchedAt, isSent: open.isSent };
  }

  #cancel(entry: TrackerEntry): void {
    if (entry.request === null) return;
    this.#actions.push({ type: 'cancel', request: entry.request.id });
    this.#requests.delete(entry.request.id);
    entry.request = null;
  }

  #noteSent(request: number): void {
    const open = this.#requests.get(request)?.request;
    if (open !== undefined && open !== null) open.isSent = true;
  }

  #answered(request: number, response: AnnounceResponse, now: Millis): void {
    const closed = this.#close(request);
    if (closed === null) return;
    const { entry, event } = closed;
    const intervalMs = entry.noteAnswer(response, event, this.#ownPort, this.#limits, now);
    this.#notice({
      type: 'tracker-answered',
      url: entry.url,
      peers: response.addresses.length + response.names.length,
      seeds: response.seeds,
      leechers: response.leechers,
      intervalMs,
      latencyMs: now - closed.launchedAt,
      event,
    });
    if (response.warning !== null) this.#notice({ type: 'tracker-warning', url: entry.url, message: response.warning });
    if (this.#phase === 'stopping') {
      this.#sayGoodbye(entry, event, now);
      return;
    }
    if (response.addresses.length + response.names.length > 0) this.#actions.push({ type: 'peers', response });
    const tier = this.#tiers[entry.tier];
    tier.splice(tier.indexOf(entry), 1);
    tier.unshift(entry);
    if (event !== 'completed') this.#lastOthersFound = entry.othersFound;
    const isExtra = !this.#isSeeking && this.#nextSeekAt !== null && event !== 'completed';
    this.#nextSeekAt = isExtra ? Math.min(this.#nextSeekAt ?? now, now + intervalMs) : now + intervalMs;
    this.#isSeeking = false;
    // BEP 3 wants `started` to be the first word, BEP 21 wants `paused` in every announce of a partial seed: one follows the other.
    if (this.#isPartialSeed && event === 'started') this.#owePaused(entry);
    if (entry.owesCompleted) this.#launch(entry, 'completed', now);
    else if (entry.owesPaused) this.#launch(entry, 'paused', now);
  }

  #failed(request: number, failure: AnnounceFailure, now: Millis): void {
    const closed = this.#close(request);
    if (closed === null) return;
    const { entry, event } = closed;
    const delayMs = entry.noteFailure(failure, this.#limits, now);
    const retryInMs = this.#phase === 'stopping' ? null : delayMs;
    this.#notice({ type: 'tracker-failed', url: entry.url, code: failure.code, message: failure.message, retryInMs });
    if (this.#phase === 'stopping') {
      this.#sayGoodbye(entry, event, now);
      return;
    }
    if (event === 'paused' && failure.code === 'failure_reason') entry.refusesPaused = true;
    // It learns that we are whole from its `started`.
    if (!entry.hasStarted) entry.owesCompleted = false;
    if (event === 'completed' && !closed.isSent) entry.owesCompleted = true;
    if (!this.#isSeeking) {
      if (entry.owesCompleted || event === 'paused')
        this.#nextSeekAt = Math.min(this.#nextSeekAt ?? entry.notBefore, entry.notBefore);
      return;
    }
    this.#paceAt = now;
    this.#advance(now, entry.tier);
  }

  #completed(now: Millis): void {
    if (this.#phase !== 'running' || this.#isComplete) return;
    this.#isComplete = true;
    for (const entry of this.#entries) {
      if (entry.request !== null) entry.owesCompleted = true;
      else if (entry.hasStarted) this.#launch(entry, 'completed', now);
    }
  }

  #becomePartialSeed(now: Millis): void {
    if (this.#phase !== 'running' || this.#isPartialSeed) return;
    this.#isPartialSeed = true;
    for (const entry of this.#entries) {
      if (entry.hasStarted || entry.request !== null) this.#owePaused(entry);
      if (entry.owesPaused && entry.request === null) this.#launch(entry, 'paused', now);
    }
  }

  /** Datagrams (BEP 15) can't say it: there it would be one more plain announce. */
  #owePaused(entry: TrackerEntry): void {
    entry.owesPaused = !entry.refusesPaused && HTTP_SCHEMES.includes(schemeOf(entry.url) ?? '');
  }

  /** Asks again as soon as manners allow; others than the one that works only where it knows nobody but us. */
  #morePeers(now: Millis): void {
    if (this.#phase !== 'running' || this.#isSeeking) return;
    const isLonely = this.#lastOthersFound === 0;
    const others = this.#entries.filter((entry) => !(entry.isWorking && entry.othersFound === 0));
    if (isLonely && others.some((entry) => entry.mayBeAsked(now))) {
      this.#seek(now, true);
      return;
    }
    const working = this.#entries.filter((entry) => entry.isWorking && entry.request === null);
    if (working.length === 0) return;
    const earliest = Math.min(...working.map((entry) => entry.notBefore));
    if (earliest <= now) this.#seek(now, false);
    else this.#nextSeekAt = Math.min(this.#nextSeekAt ?? earliest, earliest);
  }

  #timeout(now: Millis): void {
    if (this.#phase === 'stopping') {
      if (now < this.#stopAt) return;
      for (const entry of this.#entries) this.#cancel(entry);
      this.#finish();
    } else if (this.#phase === 'running') {
      if (this.#isSeeking) this.#advance(now, null);
      else if (this.#nextSeekAt !== null && now >= this.#nextSeekAt) this.#seek(now, false);
    }
  }

  #stop(now: Millis): void {
    if (this.#phase === 'stopping') return;
    if (this.#phase === 'running') {
      this.#phase = 'stopping';
      this.#isSeeking = false;
      this.#nextSeekAt = null;
      this.#stopAt = now + this.#limits.stoppedTimeoutMs;
      for (const entry of this.#entries) this.#leave(entry, now);
    }
    if (this.#requests.size === 0) this.#finish();
  }

  /** A tracker that counts us, or may since it has read our `started`, is told; a dead one is not waited for. */
  #leave(entry: TrackerEntry, now: Millis): void {
    const open = entry.request;
    if (open?.event === 'completed') return;
    const mayCountUs = entry.hasStarted || (open?.event === 'started' && open.isSent);
    this.#cancel(entry);
    if (mayCountUs) this.#launch(entry, entry.owesCompleted ? 'completed' : 'stopped', now);
  }

  /** Stopping: `completed` is followed by `stopped`, and that by nothing. */
  #sayGoodbye(entry: TrackerEntry, event: AnnounceEvent | null, now: Millis): void {
    if (event === 'completed' && now < this.#stopAt) this.#launch(entry, 'stopped', now);
    if (this.#requests.size === 0) this.#finish();
  }

  #finish(): void {
    this.#phase = 'idle';
    for (const entry of this.#entries) entry.forgetRun();
    this.#actions.push({ type: 'stopped' });
  }

  #notice(notice: TrackerNotice): void {
    this.#actions.push({ type: 'notice', notice });
  }
}
