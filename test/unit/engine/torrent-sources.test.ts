// The web addresses of a torrent file: the first right one wins, wrong ones cost nothing, and there is a bound to how many are asked.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FetchedFile } from '../../../src/engine/torrent-fetch.js';
import { TorrentSources } from '../../../src/engine/torrent-sources.js';
import { sha1 } from '../../../src/hash/digest.js';
import { parseTorrentFile } from '../../../src/metainfo/torrent-file.js';
import type { Address } from '../../../src/model/address.js';
import { EffusionError } from '../../../src/model/error.js';
import { readTorrentFixture } from '../../support/torrent-fixtures.js';

const bytes = readTorrentFixture('hybrid.torrent');
const infoHash = sha1(parseTorrentFile(bytes).infoBytes);
const LIMITS = { maxUrls: 4, parallel: 2 };

class NoFileError extends EffusionError {
  readonly code = 'torrent_unreadable';
}

const SERVER: Address = { host: '192.0.2.1', port: 80, family: 4 };

/** Answers by URL; an answer that is a promise waits for it, and for the signal. */
function fetchFrom(answers: Record<string, Uint8Array | Promise<Uint8Array>>, asked: string[] = []) {
  return async (url: string, signal: AbortSignal): Promise<FetchedFile> => {
    asked.push(url);
    const answer = answers[url];
    if (answer === undefined) throw new NoFileError(`cannot fetch ${url}: HTTP status 404`, {});
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new NoFileError('given up', {})), { once: true });
    });
    return { bytes: await Promise.race([answer, aborted]), server: SERVER };
  };
}

const never = new Promise<never>(() => {});

describe('the first right file', () => {
  test('is found behind a missing one, another torrent and garbage', async () => {
    const answers = { b: readTorrentFixture('multi-file.torrent'), c: new Uint8Array([1, 2, 3]), d: bytes };
    const sources = new TorrentSources({ urls: ['a', 'b', 'c', 'd'], infoHash, fetch: fetchFrom(answers), limits: LIMITS });
    const found = await sources.find();
    expect(found?.bytes).toEqual(bytes);
    expect(found?.metainfo.infoHash.v1).toEqual(infoHash);
    expect(sources.facts()).toMatchObject({ urls: 4, failed: 3 });
  });

  test('does not wait for one that is slow, which is given up', async () => {
    const sources = new TorrentSources({ urls: ['a', 'b'], infoHash, fetch: fetchFrom({ a: never, b: bytes }), limits: LIMITS });
    expect((await sources.find())?.bytes).toEqual(bytes);
    expect(sources.facts()).toEqual({ urls: 2, failed: 0, lastFailure: null });
  });

  test('ends the asking', async () => {
    const asked: string[] = [];
    const fetch = fetchFrom({ a: bytes, b: bytes, c: bytes }, asked);
    expect(
      await new TorrentSources({ urls: ['a', 'b', 'c'], infoHash, fetch, limits: { ...LIMITS, parallel: 1 } }).find(),
    ).not.toBe(null);
    expect(asked).toEqual(['a']);
  });
});

test('none is right: null, and why', async () => {
  const sources = new TorrentSources({ urls: ['a'], infoHash, fetch: fetchFrom({}), limits: LIMITS });
  expect(await sources.find()).toBe(null);
  expect(sources.facts()).toEqual({ urls: 1, failed: 1, lastFailure: 'cannot fetch a: HTTP status 404' });
});

test('no more are asked than the limit says', async () => {
  const asked: string[] = [];
  const urls = Array.from({ length: 100 }, (_, index) => `http://${index}.example/`);
  const sources = new TorrentSources({ urls, infoHash, fetch: fetchFrom({}, asked), limits: LIMITS });
  expect(await sources.find()).toBe(null);
  expect(asked).toHaveLength(4);
});

test('stop ends it, whatever is under way', async () => {
  const asked: string[] = [];
  const urls = ['a', 'b', 'c'];
  const sources = new TorrentSources({ urls, infoHash, fetch: fetchFrom({ a: never, b: never }, asked), limits: LIMITS });
  const found = sources.find();
  sources.stop();
  expect(await found).toBe(null);
  expect(asked).toEqual(['a', 'b']);
});

test('a bug is no failure of the address', async () => {
  const sources = new TorrentSources({
    urls: ['a'],
    infoHash,
    fetch: () => Promise.reject(new TypeError('bug')),
    limits: LIMITS,
  });
  await expect(sources.find()).rejects.toThrow('bug');
});

test('secrets in an address are not told', async () => {
  const url = 'https://user:pw@a.example/x?passkey=0123456789abcdef0123';
  const sources = new TorrentSources({
    urls: [url],
    infoHash,
    fetch: () => Promise.resolve({ bytes: new Uint8Array(3), server: SERVER }),
    limits: LIMITS,
  });
  await sources.find();
  expect(sources.facts().lastFailure).toBe('https://a.example/x?passkey=*** is not a usable torrent');
});

test('garbage is never the torrent, and never a crash', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (garbage) => {
      const fetch = (): Promise<FetchedFile> => Promise.resolve({ bytes: new Uint8Array(garbage), server: SERVER });
      const sources = new TorrentSources({ urls: ['a'], infoHash, fetch, limits: LIMITS });
      expect(await sources.find()).toBe(null);
      expect(sources.facts().failed).toBe(1);
    }),
  );
});
