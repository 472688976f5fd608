// The file server over real sockets, fed by a session that reads from a real seeder: whole files, jumps, readers that stop, that leave, and too
// many of them.

import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CONFIG } from '../../src/engine/config.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { serveTorrentFiles } from '../../src/engine/torrent-file-server.js';
import { TorrentReader } from '../../src/engine/torrent-reader.js';
import { peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { storedTorrent, type StoredTorrent } from '../support/stored-torrent.js';

const KIB = 1024;
const MIB = 1024 * KIB;

interface Streamed {
  readonly url: string;
  readonly reader: TorrentReader;
  readonly server: SessionServer;
}

async function open(torrent: StoredTorrent, windowBytes: number, lingerMs = 0): Promise<Streamed> {
  const { metainfo } = torrent;
  const seeder = await startSeeder(torrent);
  const reader = new TorrentReader(metainfo, windowBytes, lingerMs);
  const server = await startSession(metainfo, null, { reader, peers: [peerHint(seeder)] });
  const files = metainfo.files.map(({ path, length }, index) => {
    const name = path.join('/');
    return { number: index + 1, index, path: name, length, shown: { path: name, size: `${length} B` } };
  });
  const served = await serveTorrentFiles(metainfo, reader, files, { title: metainfo.name, summary: '' }, 0);
  onTestFinished(() => served.close());
  return { url: served.url, reader, server };
}

function ask(url: string, range?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent: false, ...(range === undefined ? {} : { headers: { range } }) }, resolve);
    asked.on('error', reject);
  });
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}

const single = storedTorrent({ pieceLength: 32 * KIB, files: [['', 24 * MIB]], name: 'film.mp4' });

describe('a file', () => {
  test('is sent whole, and from anywhere, by the URL that is named', async () => {
    const { url } = await open(single, MIB);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/1\/film\.mp4$/);
    const whole = await ask(url);
    expect(whole.headers).toMatchObject({ 'content-type': 'video/mp4', 'content-length': String(24 * MIB) });
    expect((await bytesOf(whole)).equals(single.fileBytes(0))).toBe(true);
    for (const [range, start, end] of [
      ['bytes=20000000-20100000', 20_000_000, 20_100_001],
      ['bytes=5-9', 5, 10],
      ['bytes=-100000', 24 * MIB - 100_000, 24 * MIB],
    ] as const) {
      const part = await ask(url, range);
      expect(part.statusCode).toBe(206);
      expect((await bytesOf(part)).equals(single.fileBytes(0).subarray(start, end))).toBe(true);
    }
  });

  test('of several has its page, and each its own bytes', async () => {
    const torrent = storedTorrent({
      pieceLength: 32 * KIB,
      files: [
        ['a.txt', 100_000],
        ['b & c.srt', 50_000],
      ],
    });
    const { url } = await open(torrent, MIB);
    const page = (await bytesOf(await ask(url))).toString();
    const links = Array.from(page.matchAll(/<a href="([^"]+)"/g), ([, link]) => link);
    expect(links).toEqual(['/1/a.txt', '/2/b%20%26%20c.srt']);
    for (const [index, link] of links.entries()) {
      const response = await ask(new URL(link, url).href);
      expect((await bytesOf(response)).equals(torrent.fileBytes(index)), link).toBe(true);
    }
  });

  test('is read by several at once, each at its own place, within one window', async () => {
    const { url, reader } = await open(single, MIB);
    const starts = [0, 8 * MIB, 16 * MIB];
    let most = 0;
    const parts = starts.map(async (start) => {
      const response = await ask(url, `bytes=${start}-${start + 4 * MIB - 1}`);
      const chunks: Buffer[] = [];
      for await (const chunk of response) {
        chunks.push(chunk as Buffer);
        most = Math.max(most, reader.heldBytes);
      }
      return Buffer.concat(chunks);
    });
    const got = await Promise.all(parts);
    for (const [index, start] of starts.entries()) {
      expect(got[index].equals(single.fileBytes(0).subarray(start, start + 4 * MIB))).toBe(true);
    }
    expect(most).toBeLessThanOrEqual(MIB);
  });
});

describe('a player', () => {
  test('that stops reading stops the download', async () => {
    const torrent = storedTorrent({ pieceLength: 256 * KIB, files: [['', 64 * MIB]], name: 'film.mp4' });
    const windowBytes = 2 * MIB;
    const { url, reader, server } = await open(torrent, windowBytes);
    const response = await ask(url);
    response.pause();
    // What the sockets of this machine hold is not ours to bound; when they are full it stands.
    await until(() => server.snapshot().isThrottled && reader.heldBytes === windowBytes);
    for (let still = 0, last = -1; still < 300; still++) {
      await setImmediate();
      const { downloadedBytes } = server.snapshot();
      if (downloadedBytes !== last) still = 0;
      last = downloadedBytes;
    }
    expect(server.snapshot().downloadedBytes - reader.deliveredBytes).toBeLessThanOrEqual(windowBytes);
    expect(server.snapshot().downloadedBytes).toBeLessThan(32 * MIB);
    response.resume();
    await once(response, 'end');
    expect(reader.deliveredBytes).toBe(64 * MIB);
  });

  test('that jumps is given what it wants next, and what it left is given up', async () => {
    const { url, reader, server } = await open(single, MIB);
    const first = await ask(url);
    await once(first, 'readable');
    const second = await ask(url, `bytes=${20 * MIB}-${20 * MIB + 99_999}`);
    first.destroy();
    expect((await bytesOf(second)).equals(single.fileBytes(0).subarray(20 * MIB, 20 * MIB + 100_000))).toBe(true);
    await until(() => reader.readerCount === 0 && reader.heldBytes === 0);
    expect(server.snapshot().downloadedBytes).toBeLessThan(16 * MIB);
  });

  test('that comes again where it left finds what was fetched ahead', async () => {
    const { url, reader, server } = await open(single, MIB, 60_000);
    const first = await ask(url, `bytes=0-${MIB - 1}`);
    expect((await bytesOf(first)).length).toBe(MIB);
    const begun = await ask(url, `bytes=${4 * MIB}-`);
    await until(() => reader.heldBytes >= MIB / 2 && server.snapshot().isThrottled);
    begun.destroy();
    await until(() => reader.readerCount === 0);
    expect(reader.heldBytes).toBeGreaterThan(0);
    expect(reader.heldBytes).toBeLessThanOrEqual(MIB);
  });

  test('too many at once are asked to come again', async () => {
    const { url, reader } = await open(single, MIB);
    const readers: IncomingMessage[] = [];
    for (let i = 0; i < CONFIG.reading.maxReaders; i++) {
      const response = await ask(url);
      response.pause();
      readers.push(response);
    }
    await until(() => reader.readerCount === CONFIG.reading.maxReaders);
    const refused = await ask(url);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
    refused.resume();
    for (const response of readers) response.destroy();
    await until(() => reader.readerCount === 0);
    expect((await bytesOf(await ask(url, 'bytes=0-9'))).length).toBe(10);
  });
});

test('who was led here under another name, or wants to write, is refused', async () => {
  const { url, reader } = await open(single, MIB);
  const answerTo = async (options: object): Promise<number | undefined> => {
    const asked = request(url, { agent: false, ...options }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect(await answerTo({ headers: { host: 'rebound.example' } })).toBe(403);
  expect(await answerTo({ method: 'POST' })).toBe(405);
  expect(await answerTo({ method: 'HEAD' })).toBe(200);
  expect(reader.deliveredBytes).toBe(0);
});
