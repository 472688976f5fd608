import { describe, expect, test } from 'vitest';
import {
  parseCount,
  parseDuration,
  parseHostPort,
  parseMinSpeed,
  parsePieceLength,
  parsePort,
  parsePortRange,
  parseRate,
  parseSize,
  parseTier,
  parseUrl,
} from '../../../src/cli/options.js';
import { UsageError } from '../../../src/cli/usage-error.js';

describe('parseDuration', () => {
  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['2d', 172_800_000],
    ['30', 30_000],
    ['0.5', 500],
    ['0', 0],
    ['0s', 0],
    [' 5M ', 300_000],
  ])('%s is %i ms', (text, ms) => expect(parseDuration(text, '--timeout')).toBe(ms));

  test.each(['', 'x', '-5', '5x', 's', '1m30', '1e3', 'NaN', 'Infinity', '5 m'])('%j is refused', (text) => {
    expect(() => parseDuration(text, '--timeout')).toThrow(UsageError);
    expect(() => parseDuration(text, '--timeout')).toThrow(/--timeout/);
  });

  test('what a timer cannot hold is refused, not turned into nothing', () => {
    expect(parseDuration('24d', '--timeout')).toBe(24 * 86_400_000);
    expect(() => parseDuration('25d', '--timeout')).toThrow(/too long/);
  });
});

describe('parseSize and parseRate', () => {
  test.each([
    ['50K', 51_200],
    ['1.5M', 1_572_864],
    ['2G', 2_147_483_648],
    ['1T', 1_099_511_627_776],
    ['7', 7],
    ['16KiB', 16_384],
    ['16kb', 16_384],
    ['100B', 100],
    ['0', 0],
  ])('%s is %i bytes', (text, bytes) => expect(parseSize(text, '--max-upload')).toBe(bytes));

  test.each(['', '-1', '5X', 'K', '1,5M', '99999999T', '0x10'])('%j is refused', (text) => {
    expect(() => parseSize(text, '--max-upload')).toThrow(UsageError);
  });

  test('a rate may say per second', () => {
    expect(parseRate('1.5M/s', '--max-upload')).toBe(1_572_864);
    expect(parseRate('50K', '--max-upload')).toBe(51_200);
  });
});

describe('parsePort', () => {
  test('the ends of the range', () => {
    expect(parsePort('1', '--port')).toBe(1);
    expect(parsePort('65535', '--port')).toBe(65_535);
    expect(parsePort('0', '--port', 0)).toBe(0);
  });
  test.each(['0', '65536', '-1', '6881x', '', '1.5', '000001'])('%j is refused', (text) => {
    expect(() => parsePort(text, '--port')).toThrow(/--port/);
  });
});

describe('parseHostPort', () => {
  test.each([
    ['10.0.0.1:6881', '10.0.0.1', 6881],
    ['seed.example:1', 'seed.example', 1],
    ['[2001:db8::1]:6881', '2001:db8::1', 6881],
    ['[::ffff:10.0.0.1]:80', '::ffff:10.0.0.1', 80],
  ])('%s', (text, host, port) => expect(parseHostPort(text, '--peer')).toEqual({ host, port }));

  test.each(['10.0.0.1', '2001:db8::1:6881', ':6881', 'a b:1', 'host:0', 'host:70000', '[host]:1', 'u@h:1', 'http://h:1'])(
    '%j is refused',
    (text) => expect(() => parseHostPort(text, '--peer')).toThrow(UsageError),
  );
});

describe('parsePieceLength', () => {
  test('powers of two from 16 KiB to 64 MiB', () => {
    expect(parsePieceLength('16K', '--piece-length')).toBe(16_384);
    expect(parsePieceLength('64M', '--piece-length')).toBe(67_108_864);
  });
  test.each(['8K', '128M', '17K', '0', '100000'])('%s is refused', (text) => {
    expect(() => parsePieceLength(text, '--piece-length')).toThrow(UsageError);
  });
});

describe('URLs', () => {
  test('commas join a tier', () => {
    expect(parseTier('http://a/announce, udp://b:80,', '--tracker')).toEqual(['http://a/announce', 'udp://b:80']);
  });
  test('other schemes are refused', () => {
    expect(() => parseTier('ftp://a/', '--tracker')).toThrow(/--tracker/);
    expect(() => parseUrl('not a url', '--web-seed', ['http:'])).toThrow(/--web-seed/);
  });
});

describe('parseCount', () => {
  test.each([
    ['0', 0],
    ['5', 5],
    [' 12 ', 12],
    ['999999', 999_999],
  ])('%j is %i', (text, count) => expect(parseCount(text, '--max-peers')).toBe(count));

  test.each(['', '-1', '1.5', '1e3', '5K', 'all', '1000000'])('%j is refused', (text) => {
    expect(() => parseCount(text, '--max-peers')).toThrow(UsageError);
    expect(() => parseCount(text, '--max-peers')).toThrow(/--max-peers/);
  });
});

describe('parsePortRange', () => {
  test.each([
    ['6881', { first: 6881, last: 6881 }],
    ['0', { first: 0, last: 0 }],
    ['6881-6889', { first: 6881, last: 6889 }],
    ['7000-7000', { first: 7000, last: 7000 }],
    [' 1-65535 ', { first: 1, last: 65_535 }],
  ])('%j', (text, range) => expect(parsePortRange(text, '--port')).toEqual(range));

  test.each(['', '-', '1-', '-5', '5-4', '0-10', '1-65536', '1-2-3', 'a-b', '1.5', '1e3-2e3'])('%j is refused', (text) => {
    expect(() => parsePortRange(text, '--port')).toThrow(UsageError);
    expect(() => parsePortRange(text, '--port')).toThrow(/--port/);
  });

  test.each(['6881:6889', '6881,6889', 'any'])('how a range is written is told for %j', (text) => {
    expect(() => parsePortRange(text, '--port')).toThrow(/neither a port nor a range/);
  });
});

describe('parseMinSpeed', () => {
  test.each([
    ['100K', { bytesPerSecond: 102_400, overMs: 60_000 }],
    ['100K:60s', { bytesPerSecond: 102_400, overMs: 60_000 }],
    ['1.5M/s:2m', { bytesPerSecond: 1_572_864, overMs: 120_000 }],
    ['1:5', { bytesPerSecond: 1, overMs: 5000 }],
    ['0', null],
    ['100K:0', null],
  ])('%j', (text, speed) => expect(parseMinSpeed(text, '--min-speed')).toEqual(speed));

  test.each(['', ':60s', '100K:', '100K:60s:1', 'fast', '100K:soon', '60s:100K'])('%j is refused', (text) => {
    expect(() => parseMinSpeed(text, '--min-speed')).toThrow(UsageError);
    expect(() => parseMinSpeed(text, '--min-speed')).toThrow(/--min-speed/);
  });
});
