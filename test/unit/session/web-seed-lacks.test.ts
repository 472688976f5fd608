// Files that a web seed lacks: what is asked of it then, what runs under way do, when it is dropped, and what is told.

import { describe, expect, test } from 'vitest';
import { planPieces } from '../../../src/session/piece-plan.js';
import { Geometry } from '../../../src/model/geometry.js';
import { toPeerKey, type PeerKey, type PieceIndex } from '../../../src/model/ids.js';
import { OpenPiece } from '../../../src/session/open-piece.js';
import type { Notice } from '../../../src/session/notices.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';

const LINK = toPeerKey(1001);
const OTHER = toPeerKey(1002);
const GONE = { reason: 'refused', status: 404, isFinal: true } as const;
const FILES = 10;

type Options = ConstructorParameters<typeof SessionDriver>[1];

class Rig {
  readonly driver: SessionDriver;

  constructor(pieces: number, options: Options = {}, seeds: readonly (readonly PeerKey[])[] = [[LINK]]) {
    this.driver = new SessionDriver(pieces, { ...options, limits: { webSeedRunBytes: 8 * BLOCK, ...options.limits } });
    const named = seeds.map((links, index) => ({ name: `http://${index}/`, links }));
    this.driver.handle({ type: 'web-seeds-found', seeds: named });
  }

  /** `link first..end`, so far. */
  get runs(): string[] {
    return this.driver.actions.flatMap((action) =>
      action.type === 'fetch-run' ? [`${action.link} ${action.first}..${action.end}${action.isWholeFiles ? ' whole' : ''}`] : [],
    );
  }

  get aborted(): PeerKey[] {
    return this.driver.actions.flatMap((action) => (action.type === 'abort-run' ? [action.link] : []));
  }

  /** Of web seeds. */
  get told(): Notice[] {
    const notices = this.driver.actions.flatMap((action) => (action.type === 'notice' ? [action.notice] : []));
    return notices.filter(({ type }) => type === 'web-seed-lacks' || type === 'web-seed-dropped');
  }

  get seed() {
    return this.driver.session.snapshot(this.driver.now).webSeeds[0];
  }

  lack(file: number, first: number, last = first, link = LINK): void {
    const pieces = { first: first as PieceIndex, last: last as PieceIndex };
    this.driver.handle({ type: 'run-lacks', link, file, fileCount: FILES, ...pieces, failure: GONE });
  }

  arrive(piece: number, link = LINK): void {
    this.driver.handle({ type: 'run-arrived', link, piece: piece as PieceIndex });
  }

  bring(piece: number, link = LINK): void {
    this.arrive(piece, link);
    this.driver.handle({ type: 'block-received', peer: link, piece: piece as PieceIndex, begin: 0, length: BLOCK, kept: true });
    this.driver.handle({ type: 'piece-stored', piece: piece as PieceIndex });
  }

  done(link = LINK): void {
    this.driver.handle({ type: 'run-ended', link, end: { type: 'done' } });
  }

  verdict(piece: number, link = LINK): string {
    return this.driver.session.verdict(link, piece as PieceIndex, 0, BLOCK);
  }
}

describe('what is asked', () => {
  test('everything but the pieces that touch the file, at once', () => {
    const rig = new Rig(8);
    rig.lack(3, 2, 3);
    expect(rig.runs).toEqual(['1001 0..8', '1001 4..8']);
    expect(rig.aborted).toEqual([LINK]);
    for (let piece = 4; piece < 8; piece++) rig.bring(piece);
    rig.done();
    expect(rig.runs.at(-1)).toBe('1001 0..2');
    expect(rig.seed).toMatchObject({
      state: 'fetching',
      lacking: { files: 1, fileCount: FILES, reason: 'refused', status: 404 },
    });
  });

  test('of the other web seed all of it', () => {
    const rig = new Rig(4, {}, [[LINK], [OTHER]]);
    rig.lack(0, 0, 2);
    rig.bring(3);
    rig.done();
    expect(rig.runs).toEqual(['1001 0..4', '1001 3..4', '1002 0..3']);
  });

  test('of a link no half of a run that it can not bring', () => {
    const rig = new Rig(8, { limits: { webSeedSplitBytes: 2 * BLOCK } });
    rig.lack(0, 4, 7);
    rig.driver.handle({ type: 'web-seeds-found', seeds: [{ name: 'http://two/', links: [OTHER] }] });
    for (let piece = 0; piece < 3; piece++) rig.bring(piece);
    expect(rig.runs).toEqual(['1001 0..8', '1001 0..4', '1002 4..8']);
    rig.bring(3);
    rig.done();
    expect(rig.runs).toHaveLength(3);
  });

  test('of a failed piece nothing where it lacks it', () => {
    const rig = new Rig(4);
    const shared = new OpenPiece(1 as PieceIndex, 2, false, 0);
    for (const [block, peer] of [OTHER, toPeerKey(7)].entries()) {
      shared.ask(block, peer, 0);
      shared.receive(block, peer);
    }
    rig.driver.session.inspect().blame.accuse(shared, [new Uint8Array(20), new Uint8Array(20)]);
    rig.lack(0, 1);
    expect(rig.runs.slice(1)).toEqual(['1001 2..4']);
  });

  test('pieces of a lower level, where those of a higher one are lacked', () => {
    const files = [0, 1].map((index) => ({ length: 4 * BLOCK, offset: index * 4 * BLOCK, isPadding: false }));
    const geometry = new Geometry(8 * BLOCK, BLOCK);
    const plan = planPieces({ files, geometry, chosen: null, priorities: new Map([[0, 'high']]) });
    const rig = new Rig(8, { plan });
    expect(rig.runs).toEqual(['1001 0..4']);
    rig.lack(0, 0, 3);
    expect(rig.runs).toEqual(['1001 0..4', '1001 4..8']);
  });

  test('a begun piece that it lacks is for others', () => {
    const rig = new Rig(4);
    rig.arrive(0);
    rig.lack(1, 0, 1);
    expect(rig.runs.at(-1)).toBe('1001 2..4');
    const peer = rig.driver.connect(1);
    rig.driver.say(peer, { type: 'have-all' });
    rig.driver.say(peer, { type: 'unchoke' });
    expect(rig.driver.asked(peer)).toContain(0);
  });
});

describe('other runs of the web seed', () => {
  const rigOfTwo = (): Rig => {
    const rig = new Rig(16, {}, [[LINK, OTHER]]);
    rig.driver.handle({ type: 'run-ranged', link: LINK });
    expect(rig.runs).toEqual(['1001 0..8', '1002 8..16']);
    return rig;
  };

  test('end before what is lacked', () => {
    const rig = rigOfTwo();
    rig.arrive(8, OTHER);
    rig.lack(5, 10, 12);
    expect(rig.aborted).toEqual([LINK]);
    expect([rig.verdict(9, OTHER), rig.verdict(10, OTHER)]).toEqual(['skip', 'over']);
  });

  test('are over where that is what they are at', () => {
    const rig = rigOfTwo();
    rig.lack(5, 7, 8);
    expect(rig.aborted).toEqual([LINK, OTHER]);
    expect(rig.runs.slice(2)).toEqual(['1001 0..7', '1002 9..16']);
  });
});

describe('a server without ranges', () => {
  test('claims nothing that it is known to lack', () => {
    const rig = new Rig(6);
    rig.lack(4, 2, 3);
    rig.driver.handle({ type: 'run-ended', link: LINK, end: { type: 'no-ranges' } });
    expect(rig.runs.at(-1)).toBe('1001 0..6 whole');
    const { tracker } = rig.driver.session.inspect();
    expect([1, 2, 3, 4].map((piece) => tracker.claimantOf(piece as PieceIndex))).toEqual([LINK, undefined, undefined, LINK]);
  });

  test('goes on with the next file; what is lacked is skipped', () => {
    const rig = new Rig(6);
    rig.driver.handle({ type: 'run-ended', link: LINK, end: { type: 'no-ranges' } });
    expect(rig.runs.at(-1)).toBe('1001 0..6 whole');
    rig.bring(0);
    rig.arrive(1);
    rig.lack(4, 1, 2);
    expect(rig.aborted).toEqual([]);
    rig.arrive(2);
    expect(rig.verdict(2)).toBe('skip');
    expect(rig.driver.session.mayBring(LINK, 2 as PieceIndex)).toBe(false);
    for (let piece = 3; piece < 6; piece++) rig.bring(piece);
    rig.done();
    expect(rig.told).toEqual([
      { type: 'web-seed-lacks', name: 'http://0/', file: 4, lacking: 1, fileCount: FILES, reason: 'refused', status: 404 },
      { type: 'web-seed-dropped', name: 'http://0/', reason: 'refused', status: 404 },
    ]);
  });
});

describe('dropped', () => {
  test('at once where it lacks all that is missing', () => {
    const rig = new Rig(2);
    rig.lack(0, 0, 1);
    expect(rig.told).toEqual([{ type: 'web-seed-dropped', name: 'http://0/', reason: 'refused', status: 404 }]);
    expect(rig.seed).toMatchObject({ state: 'dropped', reason: 'refused', status: 404 });
  });

  test('when the rest is there', () => {
    const rig = new Rig(3);
    rig.lack(0, 0);
    rig.bring(1);
    expect(rig.seed.state).toBe('fetching');
    rig.bring(2);
    rig.done();
    expect(rig.seed).toMatchObject({ state: 'dropped', status: 404 });
    expect(rig.told).toHaveLength(2);
  });

  test('when the third file in a row is not there and it never sent anything', () => {
    const rig = new Rig(9);
    rig.lack(0, 0);
    rig.lack(1, 1);
    expect(rig.seed.state).toBe('fetching');
    rig.lack(2, 2);
    expect(rig.told.map(({ type }) => type)).toEqual(['web-seed-lacks', 'web-seed-lacks', 'web-seed-dropped']);
    expect(rig.runs).toHaveLength(3);
  });

  test('not for that where it has sent something', () => {
    const rig = new Rig(9);
    rig.bring(0);
    for (let file = 1; file < 6; file++) rig.lack(file, file);
    expect(rig.seed).toMatchObject({ state: 'fetching', lacking: { files: 5 } });
    expect(rig.runs.at(-1)).toBe('1001 6..9');
  });

  test('not for one file that several links ask for at the same time', () => {
    const rig = new Rig(16, {}, [[LINK, OTHER]]);
    rig.driver.handle({ type: 'run-ranged', link: LINK });
    rig.lack(0, 0, 3);
    rig.lack(0, 0, 3, OTHER);
    rig.lack(0, 0, 3);
    expect(rig.told).toHaveLength(1);
  });

  test('where it is a suspect of a piece that it can not bring', () => {
    const rig = new Rig(4);
    const shared = new OpenPiece(1 as PieceIndex, 2, false, 0);
    for (const [block, link] of [LINK, OTHER].entries()) {
      shared.ask(block, link, 0);
      shared.receive(block, link);
    }
    rig.driver.session.inspect().blame.accuse(shared, [new Uint8Array(20), new Uint8Array(20)]);
    rig.lack(0, 1);
    expect(rig.seed).toMatchObject({ state: 'dropped', status: 404 });
  });
});
