// Reading a torrent in order through real sockets: exact bytes of files and ranges, from peers and web servers, no more in memory and no
// more received than the window, several readers, jumps, and the ends of it.

import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { InvalidArgumentError, NotRunningError } from '../../src/engine/session-error.js';
import { supervisor } from '../../src/engine/supervisor.js';
import { TorrentReader } from '../../src/engine/torrent-reader.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { brokenTransport } from '../support/broken-transport.js';
import { openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { startWebServer, webTorrent, withWebSeeds } from '../support/web-server.js';
import { storedTorrent, type StoredTorrent, type TorrentShape } from '../support/stored-torrent.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SEVERAL: TorrentShape = {
  pieceLength: 32 * KIB,
  files: [
    ['empty', 0],
    ['a', 10_000],
    ['sub/b', 300_000],
    ['sub/c', 1],
    ['padding', 6383],
    ['d', 700_001],
  ],
};

/** A session that reads from one seeder. */
async function open(torrent: StoredTorrent, windowBytes = 256 * KIB): Promise<{ reader: TorrentReader; server: SessionServer }> {
  const seeder = await startSeeder(torrent);
  const reader = new TorrentReader(torrent.metainfo, windowBytes);
  const server = await startSession(torrent.metainfo, null, { reader, peers: [peerHint(seeder)] });
  return { reader, server };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('what is read', () => {
  test('every file, one after the other, is what the torrent says', async () => {
    const torrent = storedTorrent(SEVERAL);
    const { reader } = await open(torrent);
    for (const [index, file] of torrent.metainfo.files.entries()) {
      if (file.isPadding) continue;
      expect((await collect(reader.read(index))).equals(torrent.fileBytes(index)), file.path.join('/')).toBe(true);
    }
  });

  test('files read as one come in the order given, and the same again', async () => {
    const torrent = storedTorrent(SEVERAL);
    const { reader } = await open(torrent);
    const expected = Buffer.concat([1, 2, 5].map((index) => torrent.fileBytes(index)));
    expect((await collect(reader.readFiles([1, 2, 5]))).equals(expected)).toBe(true);
    expect((await collect(reader.readFiles([1, 2, 5]))).equals(expected)).toBe(true);
    expect(reader.deliveredBytes).toBe(2 * expected.length);
  });

  test('also where that is not the order of the torrent, and one is named twice', async () => {
    const torrent = storedTorrent(SEVERAL);
    const { reader } = await open(torrent, 64 * KIB);
    const order = [5, 1, 2, 2, 0, 3];
    const expected = Buffer.concat(order.map((index) => torrent.fileBytes(index)));
    expect((await collect(reader.readFiles(order))).equals(expected)).toBe(true);
  });

  test.each([
    [0, 1],
    [1, 300_000],
    [32_768 - 10_000, 32_768 - 10_000],
    [22_767, 22_769],
    [299_999, 300_000],
    [100_000, 250_001],
  ])('bytes %i to %i of a file', async (start, end) => {
    const torrent = storedTorrent(SEVERAL);
    const { reader } = await open(torrent);
    expect((await collect(reader.read(2, { start, end }))).equals(torrent.fileBytes(2).subarray(start, end))).toBe(true);
  });

  test('pieces larger than half of the memory for pieces in flight', async () => {
    const torrent = storedTorrent({ pieceLength: 17 * MIB, files: [['', 40 * MIB]] });
    const { reader } = await open(torrent, 1);
    expect((await collect(reader.read(0))).equals(torrent.fileBytes(0))).toBe(true);
  });

  test('what was handed out stays as it was when its piece has gone', async () => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 2 * MIB]] });
    const { reader } = await open(torrent, 64 * KIB);
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader.read(0)) chunks.push(chunk);
    await setImmediate();
    expect(reader.heldBytes).toBe(0);
    expect(Buffer.concat(chunks).equals(torrent.fileBytes(0))).toBe(true);
  });
});

describe('what is lent', () => {
  test('is the same bytes, in memory that is used again and again', async () => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 2 * MIB]] });
    const { reader } = await open(torrent, 128 * KIB);
    const memories = new Set<ArrayBufferLike>();
    const copies: Uint8Array[] = [];
    for await (const chunk of reader.read(0, { isLent: true })) {
      memories.add(chunk.buffer);
      copies.push(Uint8Array.from(chunk));
    }
    expect(Buffer.concat(copies).equals(torrent.fileBytes(0))).toBe(true);
    expect(memories.size).toBeLessThanOrEqual(8);
  });

  test('stays as it was for whom an end caught in the middle of it', async () => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 2 * MIB]] });
    const { reader } = await open(torrent, 128 * KIB);
    const reading = reader.read(0, { isLent: true });
    const { value: chunk } = await reading.next();
    await reading.return();
    for await (const other of reader.read(0, { start: MIB, isLent: true })) expect(other.buffer).not.toBe(chunk?.buffer);
    expect(Buffer.from(chunk ?? []).equals(torrent.fileBytes(0).subarray(0, 32 * KIB))).toBe(true);
  });
});

describe('web servers', () => {
  test('are read from alone, nearest first, with nothing fetched twice', async () => {
    const torrent = webTorrent({ pieceLength: 32 * KIB, files: [['', 3 * MIB]] });
    const web = await startWebServer(torrent);
    const metainfo = withWebSeeds(torrent, web.url);
    const reader = new TorrentReader(metainfo, 512 * KIB);
    const server = await startSession(metainfo, null, { reader, webSeedMode: 'only' });
    expect((await collect(reader.read(0))).equals(torrent.fileBytes(0))).toBe(true);
    expect(server.snapshot()).toMatchObject({ downloadedBytes: 3 * MIB, wastedBytes: 0 });
  });

  test('are jumped in, and what they were sending is given up', async () => {
    const torrent = webTorrent({ pieceLength: 32 * KIB, files: [['', 16 * MIB]] });
    const web = await startWebServer(torrent);
    const metainfo = withWebSeeds(torrent, web.url);
    const reader = new TorrentReader(metainfo, 512 * KIB);
    const server = await startSession(metainfo, null, { reader, webSeedMode: 'only' });
    for (const start of [0, 12 * MIB, 4 * MIB]) {
      const bytes = await collect(reader.read(0, { start, end: start + 100_000 }));
      expect(bytes.equals(torrent.fileBytes(0).subarray(start, start + 100_000))).toBe(true);
    }
    expect(server.snapshot().downloadedBytes).toBeLessThan(8 * MIB);
  });

  test('without ranges are of no use, which is said', async () => {
    const torrent = webTorrent({ pieceLength: 32 * KIB, files: [['', MIB]] });
    const web = await startWebServer(torrent, { hasRanges: false });
    const metainfo = withWebSeeds(torrent, web.url);
    const reader = new TorrentReader(metainfo, 256 * KIB);
    const server = await startSession(metainfo, null, { reader, webSeedMode: 'only' });
    const reading = expect(collect(reader.read(0))).rejects.toThrow(NotRunningError);
    await expect(server.done()).rejects.toThrow(/no web seed/);
    await reading;
  });

  test.each([
    ['all of which is lacked, end it at once, whatever else they have', true],
    ['are kept where something else of them may be read one day', false],
  ])('that lack the file to be read, %s', async (_, isAll) => {
    const torrent = webTorrent({
      pieceLength: 32 * KIB,
      files: [
        ['a', 300_000],
        ['b', 300_000],
      ],
    });
    const web = await startWebServer(torrent, {
      answer: (request, response) => {
        if (request.url !== '/album/b') return false;
        response.writeHead(404, { 'content-length': 0 }).end();
        return true;
      },
    });
    const metainfo = withWebSeeds(torrent, web.url);
    const parts = isAll ? [{ index: 1, start: 0, end: 300_000 }] : null;
    const reader = new TorrentReader(metainfo, 256 * KIB, 0, parts);
    const server = await startSession(metainfo, null, { reader, webSeedMode: 'only' });
    const reading = reader.read(1);
    const first = reading.next().then(
      () => 'came',
      () => 'ended',
    );
    if (isAll) {
      await expect(server.done()).rejects.toThrow(/no web seed.*HTTP status 404/);
      expect(await first).toBe('ended');
      return;
    }
    await until(() => server.snapshot().webSeeds.at(0)?.lacking !== undefined);
    const other = await collect(reader.read(0, { end: 100_000 }));
    expect(other.equals(torrent.fileBytes(0).subarray(0, 100_000))).toBe(true);
  });
});

describe('what fits into the window together', () => {
  const shape: TorrentShape = {
    pieceLength: 32 * KIB,
    files: [
      ['a', 160 * KIB],
      ['b', 160 * KIB],
    ],
  };

  test('stays when it was read, so that nothing is fetched twice', async () => {
    const torrent = storedTorrent(shape);
    const seeder = await startSeeder(torrent);
    const parts = [{ index: 0, start: 0, end: 160 * KIB }];
    const reader = new TorrentReader(torrent.metainfo, 160 * KIB, 0, parts);
    expect(reader.holdsAll).toBe(true);
    const server = await startSession(torrent.metainfo, null, { reader, peers: [peerHint(seeder)] });
    for (let times = 0; times < 2; times++) {
      expect((await collect(reader.read(0))).equals(torrent.fileBytes(0))).toBe(true);
      expect(reader.heldBytes).toBe(160 * KIB);
    }
    expect(server.snapshot().downloadedBytes).toBe(160 * KIB);
  });

  test('is alone in staying: whatever else is read all the same goes as ever', async () => {
    const torrent = storedTorrent(shape);
    const reader = new TorrentReader(torrent.metainfo, 160 * KIB, 0, [{ index: 0, start: 0, end: 160 * KIB }]);
    await startSession(torrent.metainfo, null, { reader, peers: [peerHint(await startSeeder(torrent))] });
    for (const index of [0, 1]) await collect(reader.read(index));
    expect(reader.heldBytes).toBe(160 * KIB);
  });

  test('is not what trackers take for a seed, be it all of the torrent', async () => {
    const torrent = storedTorrent(shape);
    const seeder = await startSeeder(torrent);
    const parts = [0, 1].map((index) => ({ index, start: 0, end: 160 * KIB }));
    const reader = new TorrentReader(torrent.metainfo, MIB, 0, parts);
    const server = await startSession(torrent.metainfo, null, { reader, peers: [peerHint(seeder)] });
    for (const index of [0, 1]) await collect(reader.read(index));
    expect(server.snapshot()).toMatchObject({ leftBytes: 0, announcedLeftBytes: 320 * KIB, isComplete: false });
  });

  test.each([
    [
      'more than fits',
      160 * KIB,
      [
        { index: 0, start: 0, end: 160 * KIB },
        { index: 1, start: 0, end: 1 },
      ],
    ],
    ['anything', 10 * MIB, null],
  ])('%s does not', (_, windowBytes, parts) => {
    const { metainfo } = storedTorrent(shape);
    expect(new TorrentReader(metainfo, windowBytes, 0, parts).holdsAll).toBe(false);
  });
});

describe('the window', () => {
  test('a reader that stops stops the download, and holds no more than its window', async () => {
    const windowBytes = 512 * KIB;
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 8 * MIB]] });
    const { reader, server } = await open(torrent, windowBytes);
    const reading = reader.read(0);
    const first = await reading.next();
    expect(first.value?.length).toBe(32 * KIB);
    // Full: whatever may be asked for has come. Silence of ours is no stall.
    await until(() => reader.heldBytes >= windowBytes && server.snapshot().isThrottled);
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    expect(reader.heldBytes).toBe(windowBytes);
    expect(server.snapshot().downloadedBytes).toBe(windowBytes);
    let most = 0;
    const rest: Uint8Array[] = [first.value ?? new Uint8Array()];
    for await (const chunk of reading) {
      rest.push(chunk);
      most = Math.max(most, reader.heldBytes);
    }
    expect(most).toBeLessThanOrEqual(windowBytes);
    expect(Buffer.concat(rest).equals(torrent.fileBytes(0))).toBe(true);
    expect(server.snapshot().downloadedBytes).toBe(8 * MIB);
    expect(server.snapshot().uploadedBytes).toBe(0);
  });

  test('readers at different places share it, and who leaves gives up what it held', async () => {
    const windowBytes = 512 * KIB;
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 8 * MIB]] });
    const { reader } = await open(torrent, windowBytes);
    const starts = [0, 3 * MIB, 6 * MIB];
    const readings = starts.map((start) => reader.read(0, { start, end: start + 2 * MIB }));
    const parts = await Promise.all(readings.map((reading) => collect(reading)));
    for (const [index, start] of starts.entries()) {
      expect(parts[index].equals(torrent.fileBytes(0).subarray(start, start + 2 * MIB))).toBe(true);
    }
    const one = reader.read(0);
    await one.next();
    expect(reader.readerCount).toBe(1);
    await one.return();
    expect(reader.readerCount).toBe(0);
    await until(() => reader.heldBytes === 0);
  });

  test('a jump far ahead costs no more than the windows', async () => {
    const windowBytes = 256 * KIB;
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 32 * MIB]] });
    const { reader, server } = await open(torrent, windowBytes);
    for (const start of [0, 30 * MIB, 5 * MIB]) {
      const bytes = await collect(reader.read(0, { start, end: start + 100_000 }));
      expect(bytes.equals(torrent.fileBytes(0).subarray(start, start + 100_000))).toBe(true);
    }
    expect(server.snapshot().downloadedBytes).toBeLessThanOrEqual(3 * (windowBytes + 100_000));
  });

  test('readers that jump away from pieces too large for the memory leave none of them behind', async () => {
    const pieceLength = 512 * KIB;
    const torrent = storedTorrent({ pieceLength, files: [['', 16 * MIB]] });
    const seeder = await startSeeder(torrent, { rateBytesPerSecond: 4 * MIB });
    // Pieces of more than half of this go to the storage run by run, before they are verified.
    const client = await openClient({ pieceBudgetBytes: pieceLength });
    const reader = new TorrentReader(torrent.metainfo, 1);
    await startSession(torrent.metainfo, null, { client, reader, peers: [peerHint(seeder)] });
    for (let jump = 0; jump < 12; jump++) {
      const stop = new AbortController();
      const start = ((jump * 5) % 30) * pieceLength;
      const reading = reader.read(0, { start, signal: stop.signal });
      const waiting = reading.next();
      // A run of it is there.
      await until(() => reader.heldBytes > 0);
      stop.abort(new Error('elsewhere'));
      await waiting.catch(() => undefined);
      await reading.return();
      // What was whole by then is hashed first.
      for (let turn = 0; turn < 500 && reader.heldBytes > 0; turn++) await setImmediate();
      expect(reader.heldBytes, `jump ${jump}`).toBe(0);
    }
  });
});

describe('the end', () => {
  test('a reader waits for a session that is not there yet, and is refused once it has ended', async () => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 100_000]] });
    const reader = new TorrentReader(torrent.metainfo);
    const whole = collect(reader.read(0));
    const seeder = await startSeeder(torrent);
    const server = await startSession(torrent.metainfo, null, { reader, peers: [peerHint(seeder)] });
    expect((await whole).equals(torrent.fileBytes(0))).toBe(true);
    await server.stop();
    await expect(collect(reader.read(0))).rejects.toThrow(NotRunningError);
  });

  test('who waits is rejected when the session stops, and when its own signal says so', async () => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 100_000]] });
    const reader = new TorrentReader(torrent.metainfo);
    const server = await startSession(torrent.metainfo, null, { reader });
    const own = new AbortController();
    const one = collect(reader.read(0, { signal: own.signal }));
    const other = collect(reader.read(0));
    own.abort(new Error('enough'));
    await expect(one).rejects.toThrow('enough');
    const ended = expect(other).rejects.toThrow(NotRunningError);
    await server.stop();
    await ended;
  });

  test('a session that crashed is started again where its reader is', async () => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 4 * MIB]] });
    const seeder = await startSeeder(torrent);
    let isBroken = true;
    const client = await openClient({ transport: brokenTransport(new TypeError('a bug'), 9, () => isBroken) });
    const reader = new TorrentReader(torrent.metainfo, 256 * KIB);
    const onCrash = vi.fn(() => {
      isBroken = false;
    });
    const peers = [peerHint(seeder), { host: '127.0.0.1', port: 9 }];
    const options = { client, reader, useTrackers: false, peers, owner: { onCrash } };
    const session = await supervisor.start(torrent.metainfo, {}, null, options);
    onTestFinished(() => session?.stop());
    expect((await collect(reader.read(0))).equals(torrent.fileBytes(0))).toBe(true);
    expect(onCrash).toHaveBeenCalledTimes(1);
    expect(session?.restarts).toBe(1);
  });

  test.each([
    [{ start: -1 }, 0],
    [{ start: 2, end: 1 }, 0],
    [{ end: 100_001 }, 0],
    [{ start: 0.5 }, 0],
    [{}, 1],
    [{}, -1],
  ])('%j of file %i is refused', (range, file) => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 100_000]] });
    expect(() => new TorrentReader(torrent.metainfo).read(file, range)).toThrow(InvalidArgumentError);
  });

  test('a reader with a folder, or that seeds, is refused', async () => {
    const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 100_000]] });
    const reader = new TorrentReader(torrent.metainfo);
    await expect(startSession(torrent.metainfo, '/nowhere', { reader })).rejects.toThrow(InvalidArgumentError);
    await expect(startSession(torrent.metainfo, null, { reader, seed: true })).rejects.toThrow(InvalidArgumentError);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}
