// Which facts of a session have a line: what hurts a download always, what a stranger sent wrongly (row W11) only where more was asked for.

import { expect, test } from 'vitest';
import { describeNotice } from '../../../../src/cli/render/notice-text.js';
import { noticeRank, type ServerNotice } from '../../../../src/engine/server-snapshot.js';
import { addressAt } from '../../../support/session-driver.js';

test('a bad message is told with -v, with its bytes where they are known', () => {
  const notice = { type: 'bad-message', address: addressAt(1), bytes: '0000000304' } as const;
  expect(describeNotice(notice)).toBeNull();
  expect(describeNotice(notice, true)).toBe(
    'closed 10.0.0.1:6001: it sent a message that cannot be read or is not allowed: 0000000304',
  );
  expect(describeNotice({ ...notice, bytes: '' }, true)).toMatch(/not allowed$/);
});

const lacks = (lacking: number): string | null =>
  describeNotice({
    type: 'web-seed-lacks',
    name: 'http://w/\u001B',
    file: 0,
    lacking,
    fileCount: 3000,
    reason: 'refused',
    status: 404,
  });

test('files that a web seed lacks: the first is told, then each doubling', () => {
  expect(lacks(2)).toMatch(/^web seed http:\/\/w\/\S* lacks 2 of 3000 files \(HTTP status 404\)$/);
  expect(lacks(2)).not.toContain('\u001B');
  const told = Array.from({ length: 100 }, (_, index) => index + 1).filter((count) => lacks(count) !== null);
  expect(told).toEqual([1, 2, 4, 8, 16, 32, 64]);
});

test('what ranks as progress has no line: who writes them does not read it', () => {
  const progress = [
    { type: 'piece-stored', piece: 0 },
    { type: 'file-finished', file: 0 },
    { type: 'peer-opened', address: addressAt(1), client: 'x', incoming: true },
    { type: 'peer-closed', address: addressAt(1), reason: 'reset', payloadBytes: 0 },
    { type: 'dial-failed', address: addressAt(1), reason: 'refused' },
    { type: 'addresses-found', source: 'pex', count: 1, added: 1 },
    { type: 'tracker-answered', url: 'http://t/', peers: 1 },
    { type: 'dht-searched', peers: 1 },
    { type: 'idle' },
  ] as unknown as ServerNotice[];
  expect(progress.map(noticeRank)).toEqual(progress.map(() => 'progress'));
  expect(progress.filter((notice) => describeNotice(notice, true) !== null)).toEqual([]);
});
