// The web seeds of a simulated session: servers that send the bytes of a run in order, at their speed, or lie, break off, stall, refuse
// know no ranges or lack files. They lead each block the way that the engine's feeder does, so that the session's rules are checked on it.

import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import { createRandom } from '../../../src/model/random.js';
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
  /** Share of the torrent's files that it has not got. */
  readonly lacks: number;
}

export const HONEST_WEB_SEED: SimWebSeed = {
  bytesPerSecond: 1_000_000,
  latencyMs: 20,
  corrupt: 0,
  hasRanges: true,
  breaksAfter: 0,
  stallsAfter: 0,
  busy: 0,
  lacks: 0,
};

type FetchRun = Extract<SessionAction, { type: 'fetch-run' }>;

/** A run of the torrent's bytes, `from` to `to`, that begins with a block. */
interface SimFile {
  readonly from: number;
  readonly to: number;
}

/** A web seed, and what is known of it. */
interface Server {
  readonly seed: SimWebSeed;
  readonly lacked: ReadonlySet<SimFile>;
  readonly told: Set<SimFile>;
}

interface Stream {
  readonly run: FetchRun;
  readonly server: Server;
  readonly seed: SimWebSeed;
  file: SimFile | null;
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

/** About eight files, the same for every web seed. */
function cutFiles({ geometry }: Content): SimFile[] {
  const random = createRandom(geometry.totalLength);
  const starts = [0];
  for (const piece of geometry.pieces()) {
    for (let block = 0; block < geometry.blockCount(piece); block++) {
      const at = geometry.pieceOffset(piece) + block * BLOCK_LENGTH;
      if (at > 0 && random.below(geometry.totalLength) < geometry.blockLength(piece, block) * 8) starts.push(at);
    }
  }
  return starts.map((from, index) => ({ from, to: starts[index + 1] ?? geometry.totalLength }));
}

export class SimWebSeeds {
  readonly #options: SimWebSeedsOptions;
  readonly #files: readonly SimFile[];
  readonly #byLink = new Map<PeerKey, Server>();
  readonly #streams = new Map<PeerKey, Stream>();
  /** Requests made: what a session asks again and again without an end is a loop. */
  requests = 0;

  constructor(options: SimWebSeedsOptions) {
    this.#options = options;
    this.#files = cutFiles(options.content);
  }

  start(): void {
    const { seeds, onEvent } = this.#options;
    let key = FIRST_KEY;
    const found = seeds.map((seed, index) => {
      const random = createRandom(this.#options.content.geometry.totalLength ^ (index + 1));
      const server = { seed, lacked: new Set(this.#files.filter(() => random.next() < seed.lacks)), told: new Set<SimFile>() };
      const links = Array.from({ length: LINKS }, () => toPeerKey(key++));
      for (const link of links) this.#byLink.set(link, server);
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
    const server = this.#byLink.get(run.link);
    must(server !== undefined && !this.#streams.has(run.link), 'a link has one run at a time', () => ({ ...run }));
    must(run.first < run.end && run.end <= content.geometry.pieceCount, 'a run has pieces', () => ({ ...run }));
    must(run.isWholeFiles || !disk.have.has(run.first), 'a run begins with what is missing', () => ({ ...run }));
    if (!run.isWholeFiles) for (const file of server.told) this.#checkClear(run, file);
    this.requests++;
    const { seed } = server;
    const position = run.isWholeFiles ? 0 : content.geometry.pieceOffset(run.first) + run.begin;
    const stream: Stream = { run, server, seed, file: null, position, piece: -1, blocks: 0, isWaiting: false };
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
      } else if (server.lacked.has(this.#fileAt(position))) {
        this.#step(stream);
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

  #fileAt(position: number): SimFile {
    const file = this.#files.find(({ from, to }) => position >= from && position < to);
    must(file !== undefined, 'every byte is in a file', () => ({ position }));
    return file;
  }

  #piecesOf({ from, to }: SimFile): PieceIndex[] {
    const { geometry } = this.#options.content;
    const [first, last] = [from, to - 1].map((at) => Math.floor(at / geometry.standardPieceLength));
    return Array.from({ length: last - first + 1 }, (_, index) => (first + index) as PieceIndex);
  }

  #mayBring(link: PeerKey, file: SimFile): boolean {
    return this.#piecesOf(file).some((piece) => this.#options.session().mayBring(link, piece));
  }

  #checkClear(run: FetchRun, file: SimFile): void {
    const asked = this.#piecesOf(file).find((piece) => piece >= run.first && piece < run.end);
    must(asked === undefined, 'nothing that is lacked is asked for', () => ({ ...run, asked }));
  }

  #tellLacking({ run: { link }, server }: Stream, file: SimFile): void {
    must(!server.told.has(file), 'a file that is lacked is asked for once', () => ({ link, ...file }));
    server.told.add(file);
    const pieces = this.#piecesOf(file);
    this.#options.onEvent({
      type: 'run-lacks',
      link,
      file: this.#files.indexOf(file),
      fileCount: this.#files.length,
      first: pieces[0],
      last: pieces[pieces.length - 1],
      failure: { reason: 'refused', status: 404, isFinal: true },
    });
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
    const file = this.#fileAt(stream.position);
    if (file !== stream.file) {
      const isOver = session().verdict(link, piece, 0, geometry.blockLength(piece, 0)) === 'over';
      if (isOver && !stream.run.isWholeFiles) {
        done();
        return;
      }
      stream.file = file;
      if (stream.server.lacked.has(file)) {
        if (this.#mayBring(link, file)) this.#tellLacking(stream, file);
        if (!this.#isLive(stream)) return;
        stream.position = file.to;
        world.after(0, () => {
          if (this.#isLive(stream)) this.#step(stream);
        });
        return;
      }
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
