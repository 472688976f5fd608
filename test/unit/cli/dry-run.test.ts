// The plan of a download as lines and as JSON.

import path from 'node:path';
import { expect, test } from 'vitest';
import { describePlan, planAsJson } from '../../../src/cli/dry-run.js';
import type { DownloadPlan } from '../../../src/engine/download-plan.js';
import { storedTorrent } from '../../support/stored-torrent.js';

const PLAN: DownloadPlan = {
  files: [
    { position: 1, path: 'out/whole', length: 1024, fetchBytes: 0, state: 'whole' },
    { position: 2, path: 'out/begun', length: 2_097_152, fetchBytes: 1_048_576, state: 'part' },
    { position: 3, path: 'out/\u001B[31mred', length: 5, fetchBytes: 5, state: 'absent' },
    { position: 4, path: 'out/empty', length: 0, fetchBytes: 0, state: 'absent' },
    { position: 5, path: 'out/old', length: 10, fetchBytes: 10, state: 'other' },
    { position: 6, path: 'out/copied', length: 10, fetchBytes: 0, state: 'absent', reusedFrom: '/old/\u202Ename' },
  ],
  totalBytes: 2_098_201,
  fetchBytes: 1_048_591,
  space: [
    { folder: 'inc', neededBytes: 1_048_601, freeBytes: 1_048_600 },
    { folder: 'out', neededBytes: 1024, freeBytes: null },
    { folder: 'none', neededBytes: 0, freeBytes: 0 },
  ],
  refused: [],
};

test('a line for each file and each file system', () => {
  expect(describePlan('pics', PLAN)).toEqual([
    'pics: 2.0 MiB in 6 files, 1.0 MiB to fetch',
    '  1  1.0 KiB  out/whole: whole',
    '  2  2.0 MiB  out/begun: begun, 1.0 MiB to fetch',
    expect.stringContaining('[31mred: 5 B to fetch'),
    '  4      0 B  out/empty: made',
    '  5     10 B  out/old: there and to be replaced, 10 B to fetch',
    expect.stringContaining('name, nothing to fetch'),
    'space in inc: 1.0 MiB needed, 1.0 MiB free: too little, it would end with 9',
    'space in out: 1.0 KiB needed, how much is free is not known',
  ]);
});

test('names are made printable', () => {
  const text = describePlan('pics', PLAN).join('');
  expect(text).not.toMatch(/[\p{Cc}\u202A-\u202E]/u);
});

test('what would be refused, and what would be kept', () => {
  const kept = { position: 1, path: 'out/kept', length: 1024, fetchBytes: 100, state: 'kept' } as const;
  expect(describePlan('pics', { ...PLAN, files: [kept] })[1]).toBe(
    '  1  1.0 KiB  out/kept: there and kept, 100 B to fetch to compare it with',
  );
  const lines = describePlan('pics', { ...PLAN, refused: ['out/old'] });
  expect(lines).toContain('  5     10 B  out/old: there, and it differs');
  expect(lines.at(-1)).toBe('--overwrite never would refuse, with 9: 1 file of that name differs');
});

test('as an object: whose plan it is, and all of it, with absolute paths', () => {
  const { metainfo } = storedTorrent({ pieceLength: 16_384, files: [['a', 1]] });
  expect(planAsJson(metainfo, { ...PLAN, refused: ['out/old'] })).toEqual({
    v: 1,
    dryRun: true,
    name: 'album',
    infoHash: expect.stringMatching(/^[0-9a-f]{40}$/),
    ...PLAN,
    files: PLAN.files.map(({ position, ...file }) => ({ index: position, ...file, path: path.resolve(file.path) })),
    space: PLAN.space.map((need) => ({ ...need, folder: path.resolve(need.folder) })),
    refused: [path.resolve('out/old')],
  });
});
