// The web seeds of a simulated session: servers that send the bytes of a run in order, at their speed, or lie, break off, stall, refuse
// and know no ranges. They lead each block the way that the engine's feeder does, so that the session's rules are checked on it.

import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import { toPeerKey, type PeerKey, type PieceIndex } from '../../../src/model/ids.js';
import type { SessionAction } from '../../../src/session/actions.js';
import type { SessionEvent } from '../../../src/session/events.js';
import type { Session } from '../../../src/session/session.js';
import { contentRange, type Content } from './content.js';
import type { SimDisk } from './sim-disk.js';
import { must } from './violation.js';
import type { World } from './world.js';

export interface SimWebSeed {
  readonly bytesPerSecond: number;
  readonly latencyMs: number;
  /** Share of blocks that are wrong. */
  readonly corrupt: number;
  readonly hasRanges: boolean;
  /** A request ends after so many blocks; 0: it does not. */
  readonly breaksAfter: number;
  /** The same, but nothing more is heard. */
  readonly stallsAfter: number;
  /** Share of requests that get a 503. */
  readonly busy: number;
}

export const HONEST_WEB_SEED: SimWebSeed = {
  bytesPerSecond: 1_000_000,
  latencyMs: 20,
  corrupt: 0,
  hasRanges: true,
  breaksAfter: 0,
  stallsAfter: 0,
  busy: 0,
};

type FetchRun = Extract<SessionAction, { type: 'fetch-run' }>;

interface Stream {
  readonly run: FetchRun;
  readonly seed: SimWebSeed;
  position: number;
  piece: number;
  blocks: number;
  isWaiting: boolean;
}

export interface SimWebSeedsOptions {
  readonly world: World;
  readonly content: Content;
  readonly disk: SimDisk;
  readonly seeds: readonly SimWebSeed[];
  readonly session: () => Session;
  readonly onEvent: (event: SessionEvent) => void;
}

const FIRST_KEY = 1_000_000;
const LINKS = 3;

export class SimWebSeeds {
  readonly #options: SimWebSeedsOptions;
  readonly #byLink = new Map<PeerKey, SimWebSeed>();
  readonly #streams = new Map<PeerKey, Stream>();
  /** Requests made: what a session asks again and again without an end is a loop. */
  requests = 0;

  constructor(options: SimWebSeedsOptions) {
    this.#options = options;
  }

  start(): void {
    const { seeds, onEvent } = this.#options;
    let key = FIRST_KEY;
    const found = seeds.map((seed, index) => {
      const links = Array.from({ length: LINKS }, () => toPeerKey(key++));
      for (const link of links) this.#byLink.set(link, seed);
      return { name: `web-seed-${index}`, links };
    });
    if (found.length > 0) onEvent({ type: 'web-seeds-found', seeds: found });
  }

  banned(name: string): void {
    const seed = this.#options.seeds[Number(name.replace('web-seed-', ''))];
    must(seed.corrupt > 0, 'no honest web seed is banned', () => ({ name }));
  }

  fetch(run: FetchRun): void {
    const { world, content, disk, onEvent } = this.#options;
    const seed = this.#byLink.get(run.link);
    must(seed !== undefined && !this.#streams.has(run.link), 'a link has one run at a time', () => ({ ...run }));
    must(run.first < run.end && run.end <= content.geometry.pieceCount, 'a run has pieces', () => ({ ...run }));
    must(run.isWholeFiles || !disk.have.has(run.first), 'a run begins with what is missing', () => ({ ...run }));
    this.requests++;
    const position = run.isWholeFiles ? 0 : content.geometry.pieceOffset(run.first) + run.begin;
    const stream: Stream = { run, seed, position, piece: -1, blocks: 0, isWaiting: false };
    this.#streams.set(run.link, stream);
    world.after(2 * seed.latencyMs, () => {
      if (!this.#isLive(stream)) return;
      if (world.random.next() < seed.busy) {
        const end = {
          type: 'failed',
          reason: 'busy',
          status: 503,
          isFinal: false,
          retryAfterMs: world.random.below(3000),
        } as const;
        this.#end(stream, () => onEvent({ type: 'run-ended', link: run.link, end }));
      } else if (!seed.hasRanges && !run.isWholeFiles) {
        this.#end(stream, () => onEvent({ type: 'run-ended', link: run.link, end: { type: 'no-ranges' } }));
      } else {
        if (seed.hasRanges) onEvent({ type: 'run-ranged', link: run.link });
        if (this.#isLive(stream)) this.#step(stream);
      }
    });
  }

  resume(link: PeerKey): void {
    const stream = this.#streams.get(link);
    must(stream !== undefined && stream.isWaiting, 'only a run that waits goes on', () => ({ link }));
    stream.isWaiting = false;
    this.#options.world.after(0, () => {
      if (this.#isLive(stream)) this.#step(stream);
    });
  }

  abort(link: PeerKey): void {
    must(this.#streams.delete(link), 'only a run that runs is ended', () => ({ link }));
    this.#options.disk.dropSource(link);
  }

  #isLive(stream: Stream): boolean {
    return this.#streams.get(stream.run.link) === stream;
  }

  #end(stream: Stream, then: () => void): void {
    this.#streams.delete(stream.run.link);
    then();
    this.#options.disk.dropSource(stream.run.link);
  }

  #step(stream: Stream): void {
    const { world, content, session, disk, onEvent } = this.#options;
    const { link } = stream.run;
    const { geometry } = content;
    const piece = geometry.validatePieceIndex(Math.floor(stream.position / geometry.standardPieceLength));
    const done = (): void => this.#end(stream, () => onEvent({ type: 'run-ended', link, end: { type: 'done' } }));
    if (piece === null || stream.position >= geometry.totalLength) {
      done();
      return;
    }
    if (piece !== stream.piece) {
      stream.piece = piece;
      onEvent({ type: 'run-arrived', link, piece });
      if (!this.#isLive(stream)) return;
    }
    const begin = stream.position - geometry.pieceOffset(piece);
    const length = geometry.blockLength(piece, begin / BLOCK_LENGTH);
    const verdict = session().verdict(link, piece, begin, length);
    if (verdict === 'over') {
      done();
      return;
    }
    if (verdict === 'wait') {
      stream.isWaiting = true;
      return;
    }
    const isPadding = content.isPadding(piece, begin / BLOCK_LENGTH);
    const isTaken = verdict === 'take';
    must(!isTaken || !isPadding, 'padding is not taken', () => ({ piece, begin }));
    if (isTaken)
      must(disk.begin(link, piece, begin, length), 'what the session expects, the disk wants', () => ({ piece, begin }));
    world.after(isPadding ? 0 : Math.ceil((length * 1000) / stream.seed.bytesPerSecond), () => {
      if (this.#isLive(stream)) this.#finishBlock(stream, piece, begin, length, isTaken);
    });
  }

  #finishBlock(stream: Stream, piece: PieceIndex, begin: number, length: number, isTaken: boolean): void {
    const { world, content, disk, onEvent } = this.#options;
    const { link } = stream.run;
    stream.position += length;
    if (isTaken) {
      const bytes = Uint8Array.from(contentRange(content, piece, begin, length));
      if (world.random.next() < stream.seed.corrupt) bytes[world.random.below(length)] ^= 1 + world.random.below(255);
      onEvent({ type: 'block-received', peer: link, piece, begin, length, kept: disk.end(link, bytes) });
    } else if (!content.isPadding(piece, begin / BLOCK_LENGTH)) onEvent({ type: 'run-skipped', link, length });
    if (!this.#isLive(stream)) return;
    stream.blocks++;
    const { breaksAfter, stallsAfter } = stream.seed;
    if (breaksAfter > 0 && stream.blocks >= breaksAfter) {
      const end = { type: 'failed', reason: 'closed', isFinal: false } as const;
      this.#end(stream, () => onEvent({ type: 'run-ended', link, end }));
    } else if (stallsAfter === 0 || stream.blocks < stallsAfter) this.#step(stream);
  }
}
