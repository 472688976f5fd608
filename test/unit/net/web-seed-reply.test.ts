import { describe, expect, test } from 'vitest';
import { isOfOneFile, judgeReply, parseContentRange, parseRetryAfter } from '../../../src/net/web-seed-reply.js';

const NOW = Date.UTC(2026, 0, 1);
const RANGE = { from: 100, length: 50, fileLength: 1000, isRange: true };
const WHOLE = { from: 0, length: 1000, fileLength: 1000, isRange: false };

describe('a range', () => {
  test.each([
    ['exact', { 'content-range': 'bytes 100-149/1000', 'content-length': '50' }],
    ['of unknown total', { 'content-range': 'bytes 100-149/*' }],
    ['said to be plain', { 'content-range': 'bytes 100-149/1000', 'content-encoding': 'identity' }],
  ])('%s is taken', (_, headers) => expect(judgeReply(206, headers, RANGE, NOW)).toEqual({ type: 'body', length: 50 }));

  test.each([
    ['without Content-Range', {}, 'bad-range'],
    ['that begins elsewhere', { 'content-range': 'bytes 0-49/1000' }, 'bad-range'],
    ['that is shorter', { 'content-range': 'bytes 100-148/1000' }, 'bad-range'],
    ['that is longer', { 'content-range': 'bytes 100-150/1000' }, 'bad-range'],
    ['in other units', { 'content-range': 'lines 100-149/1000' }, 'bad-range'],
    ['of a file of another length', { 'content-range': 'bytes 100-149/1001' }, 'bad-length'],
    ['that is shorter as the file is', { 'content-range': 'bytes 100-119/120' }, 'bad-length'],
    ['whose body has another length', { 'content-range': 'bytes 100-149/1000', 'content-length': '49' }, 'bad-length'],
    ['in several parts', { 'content-type': 'multipart/byteranges; boundary=x' }, 'bad-range'],
    ['that is packed', { 'content-range': 'bytes 100-149/1000', 'content-encoding': 'gzip' }, 'packed'],
  ])('%s is refused for good', (_, headers, reason) => {
    expect(judgeReply(206, headers, RANGE, NOW)).toEqual({ type: 'failed', reason, status: 206, isFinal: true });
  });

  test('answered with the whole file', () => {
    expect(judgeReply(200, { 'content-length': '1000' }, RANGE, NOW)).toEqual({ type: 'no-ranges' });
    expect(judgeReply(200, {}, RANGE, NOW)).toEqual({ type: 'no-ranges' });
    expect(judgeReply(200, { 'content-length': '999' }, RANGE, NOW)).toMatchObject({ reason: 'bad-length', isFinal: true });
  });
});

describe('a whole file', () => {
  test('is taken, with or without its length', () => {
    expect(judgeReply(200, { 'content-length': '1000' }, WHOLE, NOW)).toEqual({ type: 'body', length: 1000 });
    expect(judgeReply(200, {}, WHOLE, NOW)).toEqual({ type: 'body', length: 1000 });
  });

  test.each([
    ['of another length', 200, { 'content-length': '5' }, 'bad-length'],
    ['that is packed', 200, { 'content-encoding': 'br' }, 'packed'],
    ['as a range nobody asked for', 206, { 'content-range': 'bytes 0-999/1000' }, 'bad-range'],
  ])('%s is refused', (_, status, headers, reason) => {
    expect(judgeReply(status, headers, WHOLE, NOW)).toMatchObject({ type: 'failed', reason, isFinal: true });
  });
});

describe('other statuses', () => {
  test.each([401, 403, 404, 410, 400, 204, 304, 300])('%i is final', (status) => {
    expect(judgeReply(status, { 'retry-after': '5' }, RANGE, NOW)).toEqual({
      type: 'failed',
      reason: 'refused',
      status,
      isFinal: true,
    });
  });

  test.each([500, 502, 504, 408, 425])('%i is not', (status) => {
    expect(judgeReply(status, {}, RANGE, NOW)).toEqual({ type: 'failed', reason: 'refused', status, isFinal: false });
  });

  test.each([429, 503])('%i is busy, for as long as it says', (status) => {
    expect(judgeReply(status, { 'retry-after': '120' }, RANGE, NOW)).toEqual({
      type: 'failed',
      reason: 'busy',
      status,
      isFinal: false,
      retryAfterMs: 120_000,
    });
  });

  test('416: the file is too short', () =>
    expect(judgeReply(416, {}, RANGE, NOW)).toMatchObject({ reason: 'bad-range', isFinal: true }));
});

describe('what fails', () => {
  const verdict = (status: number, headers = {}): boolean => {
    const reply = judgeReply(status, headers, RANGE, NOW);
    return reply.type === 'failed' && isOfOneFile(reply);
  };

  test.each([403, 404, 410, 416])('with %i is that file alone', (status) => expect(verdict(status)).toBe(true));
  test.each([400, 401, 429, 500, 503, 204])('with %i is the web seed', (status) => expect(verdict(status)).toBe(false));

  test('of another length is that file alone, of another place or packed the web seed', () => {
    expect(verdict(200, { 'content-length': '5' })).toBe(true);
    expect(verdict(206, { 'content-range': 'bytes 100-149/1001' })).toBe(true);
    expect(verdict(206, { 'content-range': 'bytes 0-49/1000' })).toBe(false);
    expect(verdict(200, { 'content-encoding': 'gzip' })).toBe(false);
  });
});

test('Content-Range', () => {
  expect(parseContentRange('bytes 0-0/1')).toEqual({ from: 0, to: 0, total: 1 });
  expect(parseContentRange(' Bytes  5-9/* ')).toEqual({ from: 5, to: 9, total: null });
  const bad = [
    '',
    'bytes */100',
    'bytes 9-5/100',
    'bytes 0-100/100',
    'bytes 0-9',
    'bytes -5-9/10',
    'bytes 0-99999999999999999/*',
    'bytes 0-1/2, 3-4/5',
  ];
  expect(bad.map(parseContentRange)).toEqual(bad.map(() => null));
});

test('Retry-After', () => {
  expect(parseRetryAfter('30', NOW)).toBe(30_000);
  expect(parseRetryAfter('Thu, 01 Jan 2026 00:01:00 GMT', NOW)).toBe(60_000);
  expect(parseRetryAfter('Thu, 01 Jan 2015 00:01:00 GMT', NOW)).toBe(0);
  expect(parseRetryAfter('999999999', NOW)).toBe(24 * 3_600_000);
  expect(['', '-1', 'soon', '1.5', '2026'.repeat(10)].map((text) => parseRetryAfter(text, NOW))).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});
