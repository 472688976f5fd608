// One tracker of a torrent, asked by itself, whatever its tier: what `effusion doctor` tells of it, and where a probe gets addresses. It
// is an announce like that of a download, taken back at the end.

import { isIP } from 'node:net';
import type { PeerSource } from '../discovery/peer-source.js';
import type { TrackerSource } from '../discovery/tracker/tracker-source.js';
import type { TrackerErrorCode } from '../discovery/tracker/protocol/tracker-error.js';
import type { Address } from '../model/address.js';
import { createRandom } from '../model/random.js';
import { redactUrl } from '../model/redact-url.js';
import type { TorrentOrigin } from '../model/torrent-origin.js';
import type { Client } from './client.js';
import { createTrackerSource } from './tracker-setup.js';

export interface TrackerFinding {
  /** Without secrets. */
  readonly url: string;
  /** Numeric, of its name; empty where there are none, and null where a proxy looks them up or it is not known yet. */
  readonly hosts: readonly string[] | null;
  /** Null as long as it has not answered. */
  readonly latencyMs: number | null;
  readonly seeds: number | null;
  readonly leechers: number | null;
  /** Addresses in its answer. */
  readonly peers: number | null;
  readonly intervalMs: number | null;
  /** Null where it has not failed. */
  readonly error: string | null;
  /** Stable; null with it. */
  readonly errorCode: TrackerErrorCode | null;
  readonly warning: string | null;
}

export interface TrackerCheckOptions {
  readonly url: string;
  /** Of the torrent that names it; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly client: Client;
  readonly onAddresses: (addresses: readonly Address[]) => void;
  readonly onChange: () => void;
}

/** What is announced as missing: a tracker that hears 0 takes us for a seed and may name none. */
const UNKNOWN_LEFT = 16_384;

export class TrackerCheck implements Pick<PeerSource, 'start' | 'stop'> {
  readonly #options: TrackerCheckOptions;
  readonly #source: TrackerSource | null;
  #finding: TrackerFinding;

  constructor(options: TrackerCheckOptions) {
    const { url, origin, infoHash, client, onAddresses } = options;
    this.#options = options;
    this.#finding = {
      url: redactUrl(url),
      hosts: null,
      latencyMs: null,
      seeds: null,
      leechers: null,
      peers: null,
      intervalMs: null,
      error: null,
      errorCode: null,
      warning: null,
    };
    this.#source = createTrackerSource({
      tiers: [[url]],
      origin,
      infoHash,
      client,
      random: createRandom(client.nextSeed()),
      numbers: () => ({ uploaded: 0, downloaded: 0, left: UNKNOWN_LEFT }),
      listener: {
        onAddresses,
        onSeenAs: (host, tracker) => client.externalAddresses.hearFromTracker(tracker, host),
        onNotice: (notice) => {
          if (notice.type === 'tracker-answered') {
            const { latencyMs, seeds, leechers, peers, intervalMs } = notice;
            this.#note({ latencyMs, seeds, leechers, peers, intervalMs, error: null, errorCode: null });
          } else if (notice.type === 'tracker-failed') this.#note({ error: notice.message, errorCode: notice.code });
          else if (notice.type === 'tracker-warning') this.#note({ warning: notice.message });
        },
      },
    });
  }

  get finding(): TrackerFinding {
    return this.#finding;
  }

  get isThrough(): boolean {
    const { latencyMs, error } = this.#finding;
    return latencyMs !== null || error !== null;
  }

  start(): void {
    this.#source?.start();
    void this.#resolve();
  }

  /** Tells the tracker that we are gone, in bounded time. Never rejects. */
  async stop(): Promise<void> {
    await this.#source?.stop();
  }

  async #resolve(): Promise<void> {
    const { url, client } = this.#options;
    if (!client.egress.allowsDirect || !URL.canParse(url)) return;
    const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
    this.#note({ hosts: isIP(host) === 0 ? await client.egress.resolver.resolve(host) : [host] });
  }

  #note(news: Partial<TrackerFinding>): void {
    this.#finding = { ...this.#finding, ...news };
    this.#options.onChange();
  }
}
