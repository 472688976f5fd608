import { expect, test } from 'vitest';
import { NoticeQueue } from '../../../src/engine/notice-queue.js';
import type { NoticeRank } from '../../../src/engine/notice-reader.js';

interface Fact {
  readonly type: NoticeRank;
  readonly n: number;
}

function queue(limit: number): NoticeQueue<Fact> {
  return new NoticeQueue<Fact>(limit, ({ type }) => type);
}

async function drain(reader: AsyncIterable<Fact>): Promise<string[]> {
  const read: string[] = [];
  for await (const { type, n } of reader) read.push(`${type} ${n}`);
  return read;
}

test('every reader gets what was published since it came, then the end', async () => {
  const notices = queue(10);
  notices.publish({ type: 'progress', n: 0 });
  const first = notices.subscribe();
  notices.publish({ type: 'progress', n: 1 });
  const second = notices.subscribe();
  notices.publish({ type: 'end', n: 2 });
  notices.end();
  expect(await drain(first)).toEqual(['progress 1', 'end 2']);
  expect(await drain(second)).toEqual(['end 2']);
  expect(await drain(notices.subscribe())).toEqual([]);
});

test('a full queue loses its oldest progress first', async () => {
  const notices = queue(3);
  const reader = notices.subscribe();
  const facts: NoticeRank[] = ['progress', 'event', 'progress', 'event', 'progress', 'event'];
  for (const [n, type] of facts.entries()) notices.publish({ type, n });
  notices.end();
  // Progress 0, then 2, gave way; the last event found no progress but 4.
  expect(await drain(reader)).toEqual(['event 1', 'event 3', 'event 5']);
});

test('who wants no progress gets the rest', async () => {
  const notices = queue(10);
  const [all, rest] = [notices.subscribe(), notices.subscribe(false)];
  for (const [n, type] of (['progress', 'event', 'progress', 'end'] as const).entries()) notices.publish({ type, n });
  notices.end();
  expect(await drain(all)).toEqual(['progress 0', 'event 1', 'progress 2', 'end 3']);
  expect(await drain(rest)).toEqual(['event 1', 'end 3']);
});

test('progress that finds no room among better things is lost itself', async () => {
  const notices = queue(2);
  const reader = notices.subscribe();
  for (const [n, type] of (['event', 'event', 'progress'] as const).entries()) notices.publish({ type, n });
  notices.end();
  expect(await drain(reader)).toEqual(['event 0', 'event 1']);
});

test('the end is never dropped, however much follows it', async () => {
  const notices = queue(2);
  const reader = notices.subscribe();
  notices.publish({ type: 'end', n: 0 });
  notices.publish({ type: 'end', n: 1 });
  for (let n = 2; n < 100; n++) notices.publish({ type: n % 2 === 0 ? 'event' : 'progress', n });
  notices.publish({ type: 'end', n: 100 });
  notices.end();
  expect(await drain(reader)).toEqual(['end 0', 'end 1', 'end 100']);
});

test('a slow reader costs the others nothing', async () => {
  const notices = queue(1);
  notices.subscribe();
  const quick = notices.subscribe();
  for (let n = 0; n < 5; n++) {
    notices.publish({ type: 'progress', n });
    expect(await quick.next()).toEqual({ done: false, value: { type: 'progress', n } });
  }
});

test('a reader that waits is woken, also when it asked twice', async () => {
  const notices = queue(5);
  const reader = notices.subscribe();
  const both = Promise.all([reader.next(), reader.next()]);
  notices.publish({ type: 'event', n: 1 });
  notices.publish({ type: 'event', n: 2 });
  expect((await both).map(({ value }) => (value as Fact).n)).toEqual([1, 2]);
  const waiting = reader.next();
  notices.end();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a reader that leaves gets nothing more', async () => {
  const notices = queue(5);
  const reader = notices.subscribe();
  notices.publish({ type: 'event', n: 1 });
  await reader.return?.();
  notices.publish({ type: 'event', n: 2 });
  expect(await reader.next()).toEqual({ done: true, value: undefined });
});
