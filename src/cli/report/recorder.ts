// What a report tells of one torrent's download, gathered while it runs: speed over time, when each piece came, what was said. Bounded
// however long it takes: where there are too many samples, each two neighbours become one.

import type { ServerNotice, ServerSnapshot } from '../../engine/server-snapshot.js';
import { formatAddress } from '../../model/address.js';
import { sanitise } from '../render/sanitise.js';

/** Rates between the sample before and this one. */
export interface SpeedSample {
  /** Since the start, milliseconds. */
  readonly atMs: number;
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
}

export interface SourceRow {
  /** Address, or URL without secrets. */
  readonly name: string;
  readonly client: string;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Sent bad data, and was not asked again. */
  readonly isBanned: boolean;
}

export interface TrackerRow {
  readonly url: string;
  readonly state: string;
  readonly peers: number | null;
  readonly latencyMs: number | null;
  readonly error: string | null;
}

export interface EventRow {
  readonly atMs: number;
  readonly text: string;
}

export interface RecordedRun {
  readonly elapsedMs: number;
  readonly samples: readonly SpeedSample[];
  /** For each piece when it was there, milliseconds since the start: 0 where it was before, NaN where it never came. */
  readonly pieceTimes: Float64Array;
  readonly sources: readonly SourceRow[];
  readonly trackers: readonly TrackerRow[];
  readonly events: readonly EventRow[];
  /** Events that were not kept. */
  readonly eventsLeftOut: number;
  /** The last look at it; null where it never began. */
  readonly snapshot: ServerSnapshot | null;
}

const MAX_SAMPLES = 600;
const MAX_EVENTS = 300;
const MAX_SOURCES = 500;
const MAX_TEXT = 500;

interface Sample {
  atMs: number;
  downloaded: number;
  uploaded: number;
}

export class RunRecorder {
  readonly #startedAt: number;
  readonly #sources = new Map<string, Omit<SourceRow, 'isBanned'>>();
  readonly #banned = new Set<string>();
  /** Of peers that are connected. */
  readonly #clients = new Map<string, string>();
  readonly #events: EventRow[] = [];
  #eventsLeftOut = 0;
  /** Totals at each look. */
  #samples: Sample[] = [];
  /** A look is kept when so many have passed since the last one that was. */
  #stride = 1;
  #skipped = 0;
  #pieceTimes: Float64Array | null = null;
  #snapshot: ServerSnapshot | null = null;

  /** `now`: monotonic, milliseconds. */
  constructor(now: number) {
    this.#startedAt = now;
  }

  /** A look at the session, once a second or so. */
  look(snapshot: ServerSnapshot, now: number): void {
    this.#snapshot = snapshot;
    this.#pieceTimes ??= timesOfStart(snapshot);
    for (const peer of snapshot.peers) {
      this.#noteSource(formatAddress(peer.address), peer.client, peer.downloadedBytes, peer.uploadedBytes);
    }
    for (const seed of snapshot.webSeeds) this.#noteSource(seed.name, 'web seed', seed.downloadedBytes, 0);
    if (++this.#skipped < this.#stride) return;
    this.#skipped = 0;
    this.#samples.push({ atMs: now - this.#startedAt, downloaded: snapshot.downloadedBytes, uploaded: snapshot.uploadedBytes });
    if (this.#samples.length < MAX_SAMPLES) return;
    this.#samples = this.#samples.filter((_, at) => at % 2 === 1);
    this.#stride *= 2;
  }

  /** Pieces that come before the first look were not missing for long enough to matter: their time is that of the look. */
  notice(notice: ServerNotice, now: number): void {
    if (notice.type === 'piece-stored') {
      const times = this.#pieceTimes;
      if (times !== null && Number.isNaN(times[notice.piece])) times[notice.piece] = now - this.#startedAt;
    } else if (notice.type === 'peer-banned' || notice.type === 'web-seed-banned') {
      const name = notice.type === 'peer-banned' ? formatAddress(notice.address) : notice.name;
      if (this.#banned.size < MAX_SOURCES) this.#banned.add(name);
    } else if (notice.type === 'peer-opened') {
      if (this.#clients.size < MAX_SOURCES) this.#clients.set(formatAddress(notice.address), notice.client);
    } else if (notice.type === 'peer-closed') {
      // No look may have seen all it gave, or it at all.
      const name = formatAddress(notice.address);
      const known = this.#sources.get(name);
      const client = known?.client ?? this.#clients.get(name) ?? '';
      this.#clients.delete(name);
      const downloadedBytes = Math.max(known?.downloadedBytes ?? 0, notice.payloadBytes);
      this.#noteSource(name, client, downloadedBytes, known?.uploadedBytes ?? 0);
    }
  }

  /** Something that was told while it ran. */
  event(text: string, now: number): void {
    if (this.#events.length >= MAX_EVENTS) {
      this.#eventsLeftOut++;
      return;
    }
    this.#events.push({ atMs: now - this.#startedAt, text: sanitise(text, MAX_TEXT) });
  }

  end(now: number): RecordedRun {
    const snapshot = this.#snapshot;
    const times = this.#pieceTimes ?? new Float64Array();
    const elapsedMs = now - this.#startedAt;
    // What the last look has and no notice told.
    if (snapshot !== null) for (const piece of snapshot.have) if (Number.isNaN(times[piece])) times[piece] = elapsedMs;
    return {
      elapsedMs,
      samples: ratesOf(this.#samples, snapshot, elapsedMs),
      pieceTimes: times,
      sources: [...this.#sources.values()]
        .toSorted(byAmount)
        .map((source) => ({ ...source, isBanned: this.#banned.has(source.name) })),
      trackers: (snapshot?.trackers ?? []).map((tracker) => ({
        url: tracker.url,
        state: tracker.state,
        peers: tracker.peers,
        latencyMs: tracker.latencyMs,
        error: tracker.lastError,
      })),
      events: this.#events,
      eventsLeftOut: this.#eventsLeftOut,
      snapshot,
    };
  }

  #noteSource(name: string, client: string, downloadedBytes: number, uploadedBytes: number): void {
    if (downloadedBytes + uploadedBytes === 0) return;
    if (!this.#sources.has(name) && this.#sources.size >= MAX_SOURCES) this.#forgetLeast();
    this.#sources.set(name, { name, client: sanitise(client, MAX_TEXT), downloadedBytes, uploadedBytes });
  }

  #forgetLeast(): void {
    const least = [...this.#sources.values()].toSorted(byAmount).at(-1);
    if (least !== undefined) this.#sources.delete(least.name);
  }
}

function byAmount(a: Omit<SourceRow, 'isBanned'>, b: Omit<SourceRow, 'isBanned'>): number {
  return b.downloadedBytes + b.uploadedBytes - (a.downloadedBytes + a.uploadedBytes);
}

function timesOfStart({ have }: ServerSnapshot): Float64Array {
  const times = new Float64Array(have.length).fill(Number.NaN);
  for (const piece of have) times[piece] = 0;
  return times;
}

/** The end counts as a look too, so that a download of less than a second has a speed. */
function ratesOf(samples: readonly Sample[], last: ServerSnapshot | null, elapsedMs: number): SpeedSample[] {
  const looks = [...samples];
  if (last !== null) looks.push({ atMs: elapsedMs, downloaded: last.downloadedBytes, uploaded: last.uploadedBytes });
  const rates: SpeedSample[] = [];
  let before: Sample = { atMs: 0, downloaded: 0, uploaded: 0 };
  for (const look of looks) {
    const seconds = (look.atMs - before.atMs) / 1000;
    if (seconds <= 0) continue;
    rates.push({
      atMs: look.atMs,
      // A session that crashed and was started again counts from 0.
      downloadBytesPerSecond: Math.max(0, look.downloaded - before.downloaded) / seconds,
      uploadBytesPerSecond: Math.max(0, look.uploaded - before.uploaded) / seconds,
    });
    before = look;
  }
  return rates;
}
