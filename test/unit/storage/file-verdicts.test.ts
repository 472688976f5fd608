// What can be said of files by the pieces that are right: against a reading of the rules that remembers nothing, in any order of questions;
// and that thousands of files in one piece don't ask one another.

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FileLayout, type FileSlice } from '../../../src/metainfo/file-layout.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import { createRandom, type Random, shuffle } from '../../../src/model/random.js';
import type { FoundFile } from '../../../src/storage/file-scan.js';
import { FileVerdicts, type VerdictFacts } from '../../../src/storage/file-verdicts.js';
import { storedTorrent } from '../../support/stored-torrent.js';

const NOTHING: FoundFile = { name: null, part: null };

function named(size: number): FoundFile {
  return { name: { size, mtimeNs: '1' }, part: null };
}

function growing(size: number): FoundFile {
  return { name: null, part: { size, mtimeNs: '1' } };
}

/** Files of these lengths, all of them there under their names, and no piece right. */
function facts(pieceLength: number, lengths: readonly number[]): VerdictFacts & { found: FoundFile[] } {
  const files = lengths.map((length, index) => [`file ${index}`, length] as const);
  const { metainfo } = storedTorrent({ pieceLength, files });
  return { metainfo, found: lengths.map(named), have: new Bitfield(metainfo.geometry.pieceCount) };
}

describe('a file', () => {
  test('of another size, or with a wrong piece of its own, is wrong', () => {
    const known = facts(100, [150, 250, 100]);
    // Pieces: 0 of the first, 1 of both, 2 and 3 of the second, 4 of the third.
    for (const piece of known.metainfo.geometry.pieces()) if (piece !== 2) known.have.set(piece);
    known.found[2] = named(99);
    const verdicts = new FileVerdicts(known);
    expect([0, 1, 2].map((file) => verdicts.isWrong(file))).toEqual([false, true, true]);
  });

  test('that is not there under its name, or still grows, is not wrong, and not unproven', () => {
    const known = facts(100, [150, 250]);
    known.found[0] = NOTHING;
    known.found[1] = growing(250);
    const verdicts = new FileVerdicts(known);
    for (const file of [0, 1]) {
      expect([verdicts.isWrong(file), verdicts.isUnproven(file, true)]).toEqual([false, false]);
    }
  });

  test('is unproven where only a piece is missing that its neighbour keeps from being checked', () => {
    const known = facts(100, [150, 250]);
    for (const piece of known.metainfo.geometry.pieces()) if (piece !== 1) known.have.set(piece);
    expect(new FileVerdicts(known).isUnproven(1, false)).toBe(false);
    for (const neighbour of [NOTHING, growing(150), named(120)]) {
      known.found[0] = neighbour;
      expect(new FileVerdicts(known).isUnproven(1, false)).toBe(true);
    }
  });

  test('and where the neighbour is wrong itself, if that is to count; it is not its own excuse', () => {
    const known = facts(100, [150, 250]);
    // The piece they share is wrong, and so is one that lies in the first alone.
    for (const piece of known.metainfo.geometry.pieces()) if (piece > 1) known.have.set(piece);
    const verdicts = new FileVerdicts(known);
    expect([verdicts.isUnproven(1, false), verdicts.isUnproven(1, true)]).toEqual([false, true]);
    expect(verdicts.isUnproven(0, true)).toBe(false);
  });
});

/** The rules, read one by one and slowly. */
function judge({ metainfo, found, have }: VerdictFacts): {
  readonly isWrong: (file: number) => boolean;
  readonly isUnproven: (file: number, blamesOthers: boolean) => boolean;
} {
  const { files, geometry } = metainfo;
  const pieces = [...geometry.pieces()];
  const inPiece = (piece: number): number[] =>
    [...files.keys()].filter((file) => {
      const { offset, length, isPadding } = files[file];
      const start = piece * geometry.standardPieceLength;
      return !isPadding && length > 0 && offset < start + geometry.standardPieceLength && offset + length > start;
    });
  const missingOf = (file: number): number[] => pieces.filter((piece) => !have.has(piece) && inPiece(piece).includes(file));
  const isWrong = (file: number): boolean => {
    const { name, part } = found[file];
    if (part !== null || name === null) return false;
    return name.size !== files[file].length || missingOf(file).some((piece) => inPiece(piece).length === 1);
  };
  const isBeyondChecking = (piece: number): boolean =>
    inPiece(piece).some((file) => {
      const { name, part } = found[file];
      const { offset, length } = files[file];
      const end = Math.min(offset + length, (piece + 1) * geometry.standardPieceLength) - offset;
      return part !== null || name === null || name.size < end;
    });
  const isUnproven = (file: number, blamesOthers: boolean): boolean => {
    const { name, part } = found[file];
    const missing = missingOf(file);
    if (part !== null || name?.size !== files[file].length || missing.length === 0) return false;
    const isExcused = (piece: number): boolean =>
      isBeyondChecking(piece) || (blamesOthers && inPiece(piece).some((other) => other !== file && isWrong(other)));
    return missing.every(isExcused);
  };
  return { isWrong, isUnproven };
}

function drawFacts(random: Random): VerdictFacts {
  const count = 1 + random.below(12);
  const files = Array.from({ length: count }, (_, index): readonly [string, number] => [
    random.next() < 0.1 ? 'padding' : `file ${index}`,
    random.next() < 0.1 ? 0 : 1 + random.below(random.next() < 0.6 ? 30 : 300),
  ]);
  files[0] = ['first', 1 + random.below(200)];
  const { metainfo } = storedTorrent({ pieceLength: [10, 64, 100][random.below(3)], files });
  const found = metainfo.files.map(({ length, isPadding }): FoundFile => {
    const chance = random.next();
    if (isPadding || chance < 0.15) return NOTHING;
    if (chance < 0.25) return growing(random.below(length + 5));
    return named(chance < 0.4 ? random.below(length + 10) : length);
  });
  const have = new Bitfield(metainfo.geometry.pieceCount);
  const share = random.next();
  for (const piece of metainfo.geometry.pieces()) if (random.next() < share) have.set(piece);
  return { metainfo, found, have };
}

test.each(Array.from({ length: 300 }, (_, seed) => seed))(
  'what is remembered changes no answer, in whatever order is asked, seed %i',
  (seed) => {
    const random = createRandom(seed);
    const known = drawFacts(random);
    const truth = judge(known);
    const verdicts = new FileVerdicts(known);
    const real = [...known.metainfo.files.keys()].filter((file) => !known.metainfo.files[file].isPadding);
    const questions = real.flatMap((file) => [0, 1, 2].map((kind) => ({ file, kind })));
    for (const { file, kind } of shuffle([...questions, ...questions], random)) {
      const [answer, expected] =
        kind === 0
          ? [verdicts.isWrong(file), truth.isWrong(file)]
          : [verdicts.isUnproven(file, kind === 2), truth.isUnproven(file, kind === 2)];
      expect([file, kind, answer]).toEqual([file, kind, expected]);
    }
  },
);

/** How often anybody looks at a file that lies in a piece, from now on. */
function countLooks(): () => number {
  let looks = 0;
  const real: (offset: number, length: number) => FileSlice[] = Reflect.get(FileLayout.prototype, 'slices');
  vi.spyOn(FileLayout.prototype, 'slices').mockImplementation(function slices(this: FileLayout, offset, length): FileSlice[] {
    return real.call(this, offset, length).map(({ file, ...rest }) => ({
      ...rest,
      get file(): number {
        looks++;
        return file;
      },
    }));
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  return () => looks;
}

describe('thousands of files in one piece', () => {
  const COUNT = 1500;
  /** Each file looked at a few times, where each asking all others would be a thousand times as much. */
  const ENOUGH = 10 * COUNT;

  test.each([
    ['none of which is wrong', (): FoundFile => named(10)],
    ['of which the last is not there', (index: number): FoundFile => (index === COUNT - 1 ? NOTHING : named(10))],
    ['of which the last is wrong', (index: number): FoundFile => named(index === COUNT - 1 ? 11 : 10)],
  ])('%s: each is looked at a few times', (_what, find) => {
    const known = {
      ...facts(16_384, Array<number>(COUNT).fill(10)),
      found: Array.from({ length: COUNT }, (_, index) => find(index)),
    };
    const verdicts = new FileVerdicts(known);
    const looks = countLooks();
    for (let file = 0; file < COUNT; file++) {
      verdicts.isWrong(file);
      verdicts.isUnproven(file, true);
      verdicts.isUnproven(file, false);
    }
    expect(looks()).toBeGreaterThan(COUNT);
    expect(looks()).toBeLessThan(ENOUGH);
  });
});
