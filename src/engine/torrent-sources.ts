// The web addresses at which a magnet link says that its torrent file is (BEP 9: `xs`, exact source, and `as`, acceptable source). A
// few at a time; the first file whose info dictionary has the right hash is it, and whatever else comes is as good as nothing.

import { parseTorrentFile } from '../metainfo/torrent-file.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { EffusionError, MetainfoError } from '../model/error.js';
import { equalBytes } from '../model/ids.js';
import { redactUrl } from '../model/redact-url.js';
import type { FetchedFile } from './torrent-fetch.js';

/** How they stand, for people. */
export interface TorrentSourceFacts {
  readonly urls: number;
  readonly failed: number;
  /** Why the last one failed, without secrets. */
  readonly lastFailure: string | null;
}

export interface SourcedTorrent extends FetchedFile {
  readonly metainfo: Metainfo;
}

export interface TorrentSourcesOptions {
  /** Of http or https. */
  readonly urls: readonly string[];
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Rejects with an EffusionError. */
  readonly fetch: (url: string, signal: AbortSignal) => Promise<FetchedFile>;
  /** `maxUrls`: those after it are not asked; `parallel`: at a time, each of which may be as large as a torrent file may. */
  readonly limits: { readonly maxUrls: number; readonly parallel: number };
}

export class TorrentSources {
  readonly #options: TorrentSourcesOptions;
  readonly #waiting: string[];
  readonly #stop = new AbortController();
  readonly #urls: number;
  #failed = 0;
  #lastFailure: string | null = null;

  constructor(options: TorrentSourcesOptions) {
    this.#options = options;
    this.#waiting = options.urls.slice(0, options.limits.maxUrls);
    this.#urls = this.#waiting.length;
  }

  facts(): TorrentSourceFacts {
    return { urls: this.#urls, failed: this.#failed, lastFailure: this.#lastFailure };
  }

  /** The first right one; null where all failed, or after `stop`. Rejects with nothing but what is a bug. To be called once. */
  async find(): Promise<SourcedTorrent | null> {
    let found: SourcedTorrent | null = null;
    const askNext = async (): Promise<void> => {
      for (let url = this.#waiting.shift(); url !== undefined && !this.#stop.signal.aborted; url = this.#waiting.shift()) {
        const torrent = await this.#ask(url);
        if (torrent === null) continue;
        found ??= torrent;
        this.stop();
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.limits.parallel, this.#urls) }, askNext));
    return found;
  }

  /** Requests under way are given up. */
  stop(): void {
    this.#stop.abort();
  }

  async #ask(url: string): Promise<SourcedTorrent | null> {
    const { infoHash, fetch } = this.#options;
    try {
      const file = await fetch(url, this.#stop.signal);
      const metainfo = parseTorrentFile(file.bytes);
      if (metainfo.infoHash.v1 !== undefined && equalBytes(metainfo.infoHash.v1, infoHash)) return { ...file, metainfo };
      return this.#fail(`${redactUrl(url)} is another torrent`);
    } catch (error) {
      if (error instanceof MetainfoError) return this.#fail(`${redactUrl(url)} is not a usable torrent`);
      if (error instanceof EffusionError) return this.#fail(error.message);
      throw error;
    }
  }

  #fail(why: string): null {
    if (this.#stop.signal.aborted) return null;
    this.#failed++;
    this.#lastFailure = why;
    return null;
  }
}
