// The bytes of a web seed's run, cut into blocks and led the way of all blocks (block-intake.ts). At the head of each block the
// session says what is to be done with it; where there is no memory for its piece the bytes wait where they are.

import { BLOCK_LENGTH, type Geometry } from '../model/geometry.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { BlockIntake } from './block-intake.js';
import type { SessionLoop } from './session-loop.js';

export interface RunFeederOptions {
  readonly link: PeerKey;
  readonly loop: SessionLoop;
  readonly store: Pick<PieceStore, 'revoke'>;
  readonly intake: BlockIntake;
  readonly geometry: Geometry;
}

const ZEROS = new Uint8Array(BLOCK_LENGTH);

export class RunFeeder {
  readonly #options: RunFeederOptions;
  /** Of the next byte, in the torrent's bytes laid end to end. */
  #position: number;
  #piece: PieceIndex | null = null;
  /** Bytes of the block that have not come yet; 0: between blocks. */
  #blockLeft = 0;
  #isTaken = false;
  /** Bytes of the block that are thrown away and not told yet. */
  #skipped = 0;
  /** The store did not want the block, which was told with its head. */
  #isTold = false;
  #isOver = false;

  constructor(options: RunFeederOptions, position: number) {
    this.#options = options;
    this.#position = position;
  }

  /** Nothing more of the run is wanted. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing is wanted from here on, which `feed` would find out with the next byte. */
  isAtEnd(): boolean {
    const { loop, link, geometry } = this.#options;
    const piece = geometry.validatePieceIndex(Math.floor(this.#position / geometry.standardPieceLength));
    return piece === null || loop.session.verdict(link, piece, 0, geometry.blockLength(piece, 0)) === 'over';
  }

  /** The session has ended the run. */
  stop(): void {
    this.#isOver = true;
  }

  /**
   * Takes chunk[from … to) and says up to where: less than `to` where the rest must wait, or is not wanted (`isOver`). `chunk` null: so
   * many zeros of padding (BEP 47), which nobody sent.
   */
  feed(chunk: Uint8Array | null, from: number, to: number): number {
    let at = from;
    while (at < to && !this.#isOver) {
      if (this.#blockLeft === 0 && !this.#beginBlock()) break;
      const end = at + Math.min(to - at, this.#blockLeft);
      if (this.#isTaken) {
        if (chunk === null) this.#options.intake.write(ZEROS, 0, end - at);
        else this.#options.intake.write(chunk, at, end);
      } else if (chunk !== null) this.#skipped += end - at;
      this.#position += end - at;
      this.#blockLeft -= end - at;
      at = end;
      if (this.#blockLeft === 0) this.#endBlock();
    }
    return at;
  }

  /** Bytes of the body that lie before what is wanted of the file. */
  discard(length: number): void {
    this.#options.loop.dispatch({ type: 'run-skipped', link: this.#options.link, length });
  }

  /** Because of a limit of ours nothing is read for so long. */
  pause(pauseMs: Millis): void {
    this.#options.loop.dispatch({ type: 'run-paused', link: this.#options.link, pauseMs });
  }

  /** Goes on so many bytes further: nothing in between is missing. */
  leap(length: number): void {
    if (this.#isTaken && this.#blockLeft > 0) this.#options.store.revoke(this.#options.link);
    this.#isTaken = false;
    this.#blockLeft = 0;
    this.#position += length;
  }

  /** False: the block has to wait, or the run is over. */
  #beginBlock(): boolean {
    const { loop, link, geometry, intake } = this.#options;
    const piece = geometry.validatePieceIndex(Math.floor(this.#position / geometry.standardPieceLength));
    if (piece === null || this.#position >= geometry.totalLength) {
      this.#isOver = true;
      return false;
    }
    if (piece !== this.#piece) {
      this.#piece = piece;
      loop.dispatch({ type: 'run-arrived', link, piece });
      if (this.#isOver) return false;
    }
    const inPiece = this.#position - geometry.pieceOffset(piece);
    const begin = inPiece - (inPiece % BLOCK_LENGTH);
    const length = geometry.blockLength(piece, begin / BLOCK_LENGTH);
    const verdict = loop.session.verdict(link, piece, begin, length);
    if (verdict === 'over') this.#isOver = true;
    if (verdict === 'over' || verdict === 'wait') return false;
    this.#blockLeft = length - (inPiece - begin);
    // Of a block that is entered in the middle, not all comes.
    const isWanted = verdict === 'take' && inPiece === begin;
    this.#isTaken = isWanted && intake.begin(piece, begin, length);
    this.#isTold = isWanted && !this.#isTaken;
    return true;
  }

  #endBlock(): void {
    const { loop, link, intake } = this.#options;
    const length = this.#skipped;
    this.#skipped = 0;
    if (this.#isTaken) intake.end();
    else if (length > 0 && !this.#isTold) loop.dispatch({ type: 'run-skipped', link, length });
    this.#isTaken = false;
  }
}
