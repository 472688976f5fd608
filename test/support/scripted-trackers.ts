// Trackers that answer by script, in virtual time: drives a TrackerTiers machine through its events and timeouts and keeps
// what it did, so that a test can assert who was asked what, and when.

import { createAddress, type Address } from '../../src/model/address.js';
import type { AnnounceEvent } from '../../src/discovery/tracker/protocol/announce-request.js';
import type { AnnounceResponse } from '../../src/discovery/tracker/protocol/announce-response.js';
import { TrackerTiers } from '../../src/discovery/tracker/protocol/tiers.js';
import type {
  AnnounceFailure,
  TrackerAction,
  TrackerEvent,
  TrackerLimits,
} from '../../src/discovery/tracker/protocol/tracker-messages.js';
import type { TrackerNotice } from '../../src/discovery/tracker/tracker-notices.js';
import { createRandom } from '../../src/model/random.js';

export const TRACKER_LIMITS: TrackerLimits = {
  nextTierMs: 3000,
  requestTimeoutMs: 30_000,
  stoppedTimeoutMs: 2000,
  maxResponseBytes: 2 * 1024 * 1024,
  numwant: 200,
  defaultIntervalMs: 1_800_000,
  minIntervalMs: 30_000,
  maxRedirects: 5,
  backoffMs: 15_000,
  maxBackoffMs: 3_600_000,
};

export const OWN_PORT = 6881;

export function addressAt(text: string, port: number): Address {
  const address = createAddress(text, port);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
}

/** An answer with one peer, interval 1800 s. */
export function goodAnswer(changes: Partial<AnnounceResponse> = {}): AnnounceResponse {
  return {
    intervalSeconds: 1800,
    externalHost: null,
    minIntervalSeconds: null,
    trackerId: null,
    seeds: 1,
    leechers: 0,
    warning: null,
    addresses: [addressAt('10.0.0.1', 51413)],
    names: [],
    ...changes,
  };
}

export interface Reaction {
  /** From the announce to the answer. */
  readonly afterMs: number;
  readonly response?: AnnounceResponse;
  readonly failure?: AnnounceFailure;
  /** Whether the tracker read the request, at once; an answer implies it. */
  readonly isSent?: boolean;
}

export const REFUSED: Reaction = { afterMs: 1, isSent: false, failure: { code: 'refused', message: 'connection refused' } };
/** Swallows everything: the request times out. */
export const DEAD: Reaction = { afterMs: 30_000, isSent: false, failure: { code: 'timeout', message: 'no answer in time' } };

export function answering(response: AnnounceResponse = goodAnswer(), afterMs = 10): Reaction {
  return { afterMs, response };
}

type Script = (event: AnnounceEvent | null, count: number) => Reaction;

export type AnnounceAction = TrackerAction & { type: 'announce' };

export class ScriptedTrackers {
  readonly machine: TrackerTiers;
  now = 0;
  /** `run`: how often it had stopped before. `isRead`: the tracker got it. */
  readonly announces: {
    at: number;
    run: number;
    url: string;
    event: AnnounceEvent | null;
    isRead: boolean;
    action: AnnounceAction;
  }[] = [];
  readonly notices: TrackerNotice[] = [];
  readonly peers: { at: number; response: AnnounceResponse }[] = [];
  readonly cancelled: number[] = [];
  stoppedAt: number | null = null;
  #stops = 0;
  readonly #scripts: Readonly<Record<string, Script | Reaction>>;
  readonly #pending = new Map<number, { at: number; event: TrackerEvent }>();

  constructor(
    tiers: readonly (readonly string[])[],
    scripts: Readonly<Record<string, Script | Reaction>>,
    options: { limits?: Partial<TrackerLimits>; seed?: number; schemes?: readonly string[] } = {},
  ) {
    const { limits, seed = 1, schemes } = options;
    this.machine = new TrackerTiers(tiers, { ...TRACKER_LIMITS, ...limits }, createRandom(seed), schemes);
    this.#scripts = scripts;
  }

  start(isComplete = false, isPartialSeed = false): this {
    this.send({ type: 'start', isComplete, isPartialSeed, port: OWN_PORT });
    return this;
  }

  send(event: TrackerEvent): void {
    for (const action of this.machine.handle(event, this.now)) this.#execute(action);
  }

  /** Lets everything happen that is due within `ms` from now. */
  run(ms: number): this {
    const end = this.now + ms;
    for (let steps = 0; steps < 10_000; steps++) {
      const next = [...this.#pending].toSorted(([, a], [, b]) => a.at - b.at)[0];
      const timeout = this.machine.nextTimeout();
      const answerAt = next?.[1].at ?? Number.POSITIVE_INFINITY;
      const timeoutAt = timeout === null ? Number.POSITIVE_INFINITY : Math.max(timeout, this.now);
      if (Math.min(answerAt, timeoutAt) > end) {
        this.now = end;
        return this;
      }
      if (next !== undefined && answerAt <= timeoutAt) {
        this.now = answerAt;
        this.#pending.delete(next[0]);
        this.send(next[1].event);
      } else {
        this.now = timeoutAt;
        this.send({ type: 'timeout' });
      }
    }
    throw new Error('the machine does not come to rest');
  }

  /** `0 a started`, `3000 b started`, …; a regular announce is `-`. */
  get log(): string[] {
    return this.announces.map(({ at, url, event }) => `${at} ${url.replace(/^https?:\/\//, '')} ${event ?? '-'}`);
  }

  eventsOf(url: string): (AnnounceEvent | null)[] {
    return this.announces.filter((announce) => announce.url === url).map(({ event }) => event);
  }

  #execute(action: TrackerAction): void {
    switch (action.type) {
      case 'announce':
        this.#answer(action);
        break;
      case 'cancel':
        this.cancelled.push(action.request);
        this.#pending.delete(action.request);
        break;
      case 'peers':
        this.peers.push({ at: this.now, response: action.response });
        break;
      case 'notice':
        this.notices.push(action.notice);
        break;
      case 'stopped':
        this.stoppedAt = this.now;
        this.#stops++;
        break;
    }
  }

  #answer(action: AnnounceAction): void {
    const { url, event, request } = action;
    const script = this.#scripts[url] ?? DEAD;
    const count = this.announces.filter((announce) => announce.url === url).length;
    const reaction = typeof script === 'function' ? script(event, count) : script;
    const isRead = reaction.isSent ?? true;
    this.announces.push({ at: this.now, run: this.#stops, url, event, isRead, action });
    if (isRead) this.send({ type: 'sent', request });
    const outcome: TrackerEvent =
      reaction.response === undefined
        ? { type: 'failed', request, failure: reaction.failure ?? { code: 'failed', message: 'failed' } }
        : { type: 'answered', request, response: reaction.response };
    this.#pending.set(request, { at: this.now + Math.min(reaction.afterMs, action.timeoutMs), event: outcome });
  }
}
