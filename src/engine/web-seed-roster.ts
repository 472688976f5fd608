// The web seeds of one torrent: makes them known to its session and does what that asks of their links. A link keeps its connection from
// one run to the next, and holds one of the client's places while it has a run.

import { HttpStreams } from '../io/http-streams.js';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { WebSeedPaths } from '../metainfo/web-seed-url.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { SessionAction } from '../session/actions.js';
import type { RequestPace } from '../session/limits.js';
import type { WebSeedFailure } from '../session/web-seed.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { BlockIntake } from './block-intake.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { RunFeeder } from './run-feeder.js';
import type { SessionLoop } from './session-loop.js';
import { WebSeedFetch } from './web-seed-fetch.js';
import type { WebSeedSource } from './web-seed-sources.js';

export interface WebSeedRosterOptions {
  readonly metainfo: Metainfo;
  readonly sources: readonly WebSeedSource[];
  readonly client: Client;
  readonly loop: SessionLoop;
  readonly store: PieceStore;
  /** A download limit. */
  readonly pace: RequestPace | null;
  readonly intakeFor: (link: PeerKey) => BlockIntake;
}

interface Link {
  readonly source: WebSeedSource;
  readonly streams: HttpStreams;
  readonly intake: BlockIntake;
  fetch: WebSeedFetch | null;
}

export class WebSeedRoster {
  readonly #options: WebSeedRosterOptions;
  readonly #links = new Map<PeerKey, Link>();
  readonly #layout: FileLayout;
  #paths: WebSeedPaths | null = null;

  constructor(options: WebSeedRosterOptions) {
    this.#options = options;
    this.#layout = FileLayout.of(options.metainfo.files);
  }

  /** Tells the session which web seeds there are. */
  start(): void {
    const { sources, client, loop, intakeFor } = this.#options;
    if (sources.length === 0) return;
    const seeds = sources.map((source) => {
      const links = Array.from({ length: CONFIG.webSeeds.linksPerUrl }, () => client.nextPeerKey());
      for (const key of links)
        this.#links.set(key, { source, streams: new HttpStreams(client.egress.http), intake: intakeFor(key), fetch: null });
      const failure = { reason: 'unusable-url', isFinal: true } as const;
      return { name: source.name, links, ...(source.isUsable ? {} : { failure }) };
    });
    loop.dispatch({ type: 'web-seeds-found', seeds });
  }

  fetch(run: Extract<SessionAction, { type: 'fetch-run' }>): void {
    const { client, loop, metainfo, store, pace } = this.#options;
    const link = this.#links.get(run.link);
    if (link === undefined) return;
    if (!client.takePlace()) {
      loop.dispatch({ type: 'run-ended', link: run.link, end: { type: 'failed', reason: 'out-of-descriptors', isFinal: false } });
      return;
    }
    const { geometry } = metainfo;
    const offset = geometry.pieceOffset(run.first) + run.begin;
    const end = Math.min(geometry.totalLength, run.end * geometry.standardPieceLength);
    const feeder = new RunFeeder({ link: run.link, loop, store, intake: link.intake, geometry }, offset);
    const paths = (this.#paths ??= new WebSeedPaths(metainfo));
    link.fetch = new WebSeedFetch(
      {
        metainfo,
        layout: this.#layout,
        streams: link.streams,
        feeder,
        urlOf: (file) => paths.urlOf(link.source.url, file),
        mayVisit: (address, sentBy) => link.source.mayVisit(address, sentBy),
        needsFile: (file) => this.#needsFile(run.link, file),
        onLacking: (file, failure) => this.#tellLacking(run.link, file, failure),
        isWholeFiles: run.isWholeFiles,
        pace,
        now: () => loop.now,
        onRange: () => loop.dispatch({ type: 'run-ranged', link: run.link }),
        onEnded: (outcome) => {
          this.#leave(link);
          loop.dispatch({ type: 'run-ended', link: run.link, end: outcome });
        },
        onCrash: (error) => {
          this.#leave(link);
          loop.crash(error);
        },
      },
      offset,
      end - offset,
    );
  }

  resume(key: PeerKey): void {
    this.#links.get(key)?.fetch?.resume();
  }

  abort(key: PeerKey): void {
    const link = this.#links.get(key);
    if (link !== undefined) this.#leave(link);
  }

  /** At once; nothing is heard of any of them after it. */
  close(): void {
    for (const [key, link] of this.#links) {
      this.#leave(link);
      link.streams.close();
      this.#options.store.dropSource(key);
    }
  }

  #leave(link: Link): void {
    if (link.fetch === null) return;
    link.fetch.abort();
    link.fetch = null;
    this.#options.client.leavePlace();
  }

  #tellLacking(link: PeerKey, file: number, failure: WebSeedFailure): void {
    const { metainfo, loop } = this.#options;
    const pieces = this.#layout.piecesOf(file, metainfo.geometry);
    if (pieces === null) return;
    const fileCount = metainfo.files.filter(({ isPadding }) => !isPadding).length;
    loop.dispatch({ type: 'run-lacks', link, file, fileCount, ...pieces, failure });
  }

  #needsFile(link: PeerKey, file: number): boolean {
    const pieces = this.#layout.piecesOf(file, this.#options.metainfo.geometry);
    if (pieces === null) return false;
    for (let piece = pieces.first as number; piece <= pieces.last; piece++) {
      if (this.#options.loop.session.mayBring(link, piece as PieceIndex)) return true;
    }
    return false;
  }
}
