// The beginning and the end of a session (rows A1 to A6, A12, A14, A17, A19, A20): what start refuses and what it leaves
// behind then, whose end ends it, what done() tells and to whom, and that one crash is nobody else's.

import fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { AlreadyStartedError, InvalidArgumentError, SessionCrashedError } from '../../src/engine/session-error.js';
import type { LocalServer, SessionOptions } from '../../src/engine/session-options.js';
import { SessionServer } from '../../src/engine/session-server.js';
import { Supervisor, supervisor } from '../../src/engine/supervisor.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { StorageError } from '../../src/model/error.js';
import { PortTakenError } from '../../src/net/port-taken-error.js';
import type { Transport } from '../../src/net/transport.js';
import {
  expectWhole,
  filesBelow,
  keepUntilTestEnds,
  nextNotice,
  openClient,
  peerHint,
  startSeeder,
  startSession,
  startTracker,
  withTrackers,
} from '../support/engine-rig.js';
import { brokenTransport } from '../support/broken-transport.js';
import { damaged, expectSameBytes, putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const torrent = storedTorrent({ pieceLength: 16_384, files: [['', 100_000]] });
const { metainfo } = torrent;
const LOCAL = { host: '127.0.0.1' };
const SOMEBODY = { host: '127.0.0.1', port: 9 };

/** Whether anything listens there. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}

describe('start', () => {
  const bad: readonly (readonly [what: string, metainfo: unknown, local: unknown, folder: unknown, options: unknown])[] = [
    ['no metainfo', null, LOCAL, null, {}],
    ['metainfo that is text', 'd4:info', LOCAL, null, {}],
    ['an object that is no metainfo', { name: 'x' }, LOCAL, null, {}],
    ['no address', metainfo, null, null, {}],
    ['a port that is none', metainfo, { port: 65_536 }, null, {}],
    ['a port that is text', metainfo, { port: '80' }, null, {}],
    ['a host that is a name', metainfo, { host: 'localhost' }, null, {}],
    ['a folder that is a number', metainfo, LOCAL, 5, {}],
    ['an empty folder', metainfo, LOCAL, '', {}],
    ['a peer without a port', metainfo, LOCAL, null, { peers: [{ host: '127.0.0.1' }] }],
    ['a negative time-out', metainfo, LOCAL, null, { stallTimeoutMs: -1 }],
    ['a time-out that is text', metainfo, LOCAL, null, { noPeersTimeoutMs: '5s' }],
    ['an unknown overwrite rule', metainfo, LOCAL, null, { overwrite: 'sometimes' }],
    ['a placement that is none', metainfo, LOCAL, null, { placement: 'elsewhere' }],
    ['renames that are no map', metainfo, LOCAL, null, { placement: { renames: { 1: 'a' } } }],
    ['an empty folder for what is not whole', metainfo, LOCAL, null, { incompleteFolder: '' }],
    ['an unknown way to allocate', metainfo, LOCAL, null, { allocate: 'half' }],
    ['folders to reuse that are no list', metainfo, LOCAL, null, { reuseFolders: 'there' }],
    ['a least speed of nothing', metainfo, LOCAL, null, { minSpeed: { bytesPerSecond: 0, overMs: 1000 } }],
    ['a least speed that is null', metainfo, LOCAL, null, { minSpeed: null }],
    ['super-seeding of one that does not seed', metainfo, LOCAL, null, { superSeeding: true }],
    ['options that are none', metainfo, LOCAL, null, null],
    ['a client that is none', metainfo, LOCAL, null, { client: {} }],
  ];
  test.each(bad)('refuses %s', async (_, ...parameters) => {
    const [given, local, folder, options] = parameters as [Metainfo, LocalServer, string | null, SessionOptions];
    await expect(SessionServer.start(given, local, folder, options)).rejects.toThrow(InvalidArgumentError);
  });

  test('a disabled session is null, and nothing is opened', async () => {
    const folder = await makeTempFolder();
    expect(await SessionServer.start(metainfo, LOCAL, folder, { enabled: false })).toBe(null);
    expect(await supervisor.start(metainfo, LOCAL, folder, { enabled: false })).toBe(null);
    expect(await filesBelow(folder)).toEqual([]);
  });

  test('resolves before anything is announced or looked at', async () => {
    const announced = vi.fn();
    const tracker = await startTracker({ onAnnounce: announced });
    const folder = await makeTempFolder();
    const server = await startSession(withTrackers(metainfo, tracker.url), folder, { useTrackers: true });
    expect(server.snapshot()).toMatchObject({ phase: 'checking', trackers: [] });
    expect(announced).not.toHaveBeenCalled();
    await nextNotice(server, 'tracker-answered');
    expect(announced).toHaveBeenCalledTimes(1);
    expect(server.snapshot().phase).toBe('announcing');
  });

  test('a folder in use is refused, with nothing announced and nothing left open', async () => {
    const announced = vi.fn();
    const tracker = await startTracker({ onAnnounce: announced });
    const folder = await makeTempFolder();
    const first = await startSession(metainfo, folder);
    const client = await openClient();
    const options = { client, useTrackers: true };
    const second = SessionServer.start(withTrackers(metainfo, tracker.url), LOCAL, folder, options);
    await expect(second).rejects.toThrow(StorageError);
    await expect(second).rejects.toMatchObject({ detail: { operation: 'lock', errno: 'EINUSE' } });
    // The client is free for another try.
    await first.stop();
    const third = await startSession(metainfo, folder, { client });
    await nextNotice(third, 'checked');
    expect(announced).not.toHaveBeenCalled();
  });

  test('a port in use is refused', async () => {
    const client = await openClient();
    const port = client.port ?? 0;
    const folder = await makeTempFolder();
    await expect(SessionServer.start(metainfo, { ...LOCAL, port }, folder)).rejects.toThrow(PortTakenError);
    expect(await filesBelow(folder)).toEqual([]);
  });

  test('a second start of a torrent is refused, the first goes on', async () => {
    const client = await openClient();
    const first = await startSession(metainfo, null, { client });
    const again = SessionServer.start(metainfo, LOCAL, null, { client });
    await expect(again).rejects.toThrow(AlreadyStartedError);
    expect(first.snapshot().phase).toBe('checking');
    await first.stop();
    await startSession(metainfo, null, { client });
  });

  test('what a refused start had opened is closed', async () => {
    const folder = await makeTempFolder();
    await startSession(metainfo, folder);
    const port = await freePort();
    await expect(SessionServer.start(metainfo, { ...LOCAL, port }, folder)).rejects.toMatchObject({ code: 'storage_failed' });
    expect(await isListening(port)).toBe(false);
  });

  test('an owner that has ended already is refused with its reason', async () => {
    const reason = new Error('too late');
    const owner = { signal: AbortSignal.abort(reason) };
    await expect(SessionServer.start(metainfo, LOCAL, null, { owner })).rejects.toBe(reason);
  });
});

describe('done', () => {
  test('is one outcome for all, also for those who ask late', async () => {
    const seeder = await startSeeder(torrent);
    const server = await startSession(metainfo, null, { peers: [peerHint(seeder)] });
    const [first, second] = await Promise.all([server.done(), server.done()]);
    expect(first).toMatchObject({ status: 'complete', alreadyComplete: false, totalBytes: 100_000, downloadedBytes: 100_000 });
    expect(second).toBe(first);
    expect(await server.done()).toBe(first);
    await server.stop('too late');
    expect(await server.done()).toBe(first);
    const { elapsedMs } = server.snapshot();
    expect(server.snapshot()).toMatchObject({ phase: 'finished', elapsedMs });
  });

  test('a signal ends the waiting alone', async () => {
    const server = await startSession(metainfo, null);
    const controller = new AbortController();
    const waiting = server.done({ signal: controller.signal });
    const reason = new Error('no patience');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(server.done({ signal: controller.signal })).rejects.toBe(reason);
    expect(server.snapshot().phase).not.toBe('stopped');
    const seeder = await startSeeder(torrent);
    server.registerConnection(seeder.peerId, { host: '127.0.0.1', port: 1 }, () => undefined);
    await server.stop();
    expect(await server.done({ signal: new AbortController().signal })).toEqual({ status: 'stopped', reason: 'stopped' });
  });

  test('a session stopped while it looks at the disk is stopped, and the folder is free', async () => {
    const folder = await makeTempFolder();
    const server = await startSession(metainfo, folder);
    await server.stop('at once');
    expect(await server.done()).toEqual({ status: 'stopped', reason: 'at once' });
    expect(await filesBelow(folder)).toEqual([]);
    await server.stop();
  });

  test('a session stopped while it copies a file for its repair leaves that file alone', async () => {
    const folder = await makeTempFolder();
    const large = storedTorrent({ pieceLength: 1_048_576, files: [['', 12_000_000]] });
    const bad = damaged(large.content, 11_999_999);
    await putFiles(folder, { album: bad });
    const failing = vi.spyOn(fs, 'copyFile').mockImplementation((...parameters: unknown[]) => {
      (parameters.at(-1) as (error: Error) => void)(new Error('no cloning'));
    });
    const real = fs.write;
    const written = vi.spyOn(fs, 'write').mockImplementation((...parameters: unknown[]) => {
      void server.stop();
      (real as (...parameters: unknown[]) => void)(...parameters);
    });
    onTestFinished(() => {
      failing.mockRestore();
      written.mockRestore();
    });
    const server = await startSession(large.metainfo, folder);
    expect(await server.done()).toEqual({ status: 'stopped', reason: 'stopped' });
    expect(written).toHaveBeenCalledTimes(1);
    expect(await filesBelow(folder)).toEqual(['album']);
    expectSameBytes(await readFile(path.join(folder, 'album')), bad);
  });

  test('finished data is already complete: no connection, no announce', async () => {
    const announced = vi.fn();
    const tracker = await startTracker({ onAnnounce: announced });
    const seeder = await startSeeder(torrent);
    const folder = await makeTempFolder();
    await putFiles(folder, { album: torrent.content });
    const server = await startSession(withTrackers(metainfo, tracker.url), folder, {
      peers: [peerHint(seeder)],
      useTrackers: true,
    });
    const notices: string[] = [];
    for await (const { type } of server.notices()) notices.push(type);
    expect(await server.done()).toMatchObject({ status: 'complete', alreadyComplete: true, downloadedBytes: 0 });
    expect(notices).toEqual(['checked', 'stopped']);
    expect(announced).not.toHaveBeenCalled();
    expect(seeder.counts.peersMet).toBe(0);
    await expectWhole(folder, torrent);
  });
});

describe('the owner', () => {
  test('stops the session by its own end', async () => {
    const owner = new AbortController();
    const server = await startSession(metainfo, null, { owner: { signal: owner.signal } });
    await nextNotice(server, 'checked');
    owner.abort();
    expect(await server.done()).toEqual({ status: 'stopped', reason: 'owner' });
  });

  test('hears of a crash, and done() rejects with its cause', async () => {
    const cause = new TypeError('a bug');
    const client = await openClient({ transport: brokenTransport(cause) });
    const folder = await makeTempFolder();
    const onCrash = vi.fn();
    const server = await startSession(metainfo, folder, { client, peers: [SOMEBODY], owner: { onCrash } });
    await expect(server.done()).rejects.toThrow(SessionCrashedError);
    await expect(server.done()).rejects.toMatchObject({ code: 'session_crashed', cause });
    expect(onCrash).toHaveBeenCalledTimes(1);
    expect(onCrash.mock.calls[0][0]).toMatchObject({ code: 'session_crashed', cause });
    // Whatever is asked of it now is answered.
    expect(server.snapshot()).toMatchObject({ phase: 'stopped', totalBytes: 100_000 });
    await server.stop();
    expect(await filesBelow(folder)).toEqual([]);
  });
});

test('a crash ends one session and not the other of the same client', async () => {
  const other = storedTorrent({ pieceLength: 16_384, files: [['', 50_000]], name: 'other' });
  const seeder = await startSeeder(other);
  const cause = new TypeError('a bug');
  const client = await openClient({ transport: brokenTransport(cause, SOMEBODY.port) });
  const broken = await startSession(metainfo, null, { client, peers: [SOMEBODY] });
  await expect(broken.done()).rejects.toThrow(SessionCrashedError);
  const sound = await startSession(other.metainfo, null, { client, peers: [peerHint(seeder)] });
  expect(await sound.done()).toMatchObject({ status: 'complete', downloadedBytes: 50_000 });
});

describe('the supervisor', () => {
  test('starts a crashed session again, over the same data, and done() spans the runs', async () => {
    const cause = new TypeError('a bug');
    const folder = await makeTempFolder();
    const seeder = await startSeeder(torrent);
    let isBroken = true;
    const transport: Transport = brokenTransport(cause, SOMEBODY.port, () => isBroken);
    const client = await openClient({ transport });
    const onCrash = vi.fn(() => {
      if (onCrash.mock.calls.length === 2) isBroken = false;
    });
    const peers = [SOMEBODY, peerHint(seeder)];
    const session = await supervisor.start(metainfo, LOCAL, folder, { client, peers, useTrackers: false, owner: { onCrash } });
    if (session === null) throw new Error('the session is disabled');
    onTestFinished(() => session.stop());
    expect(await session.done()).toMatchObject({ status: 'complete' });
    expect(session.restarts).toBe(2);
    expect(onCrash).toHaveBeenCalledTimes(2);
    await expectWhole(folder, torrent);
  });

  test('gives up after three restarts, with the last crash', async () => {
    const cause = new TypeError('a bug');
    const client = await openClient({ transport: brokenTransport(cause) });
    const started = vi.fn((...parameters: Parameters<typeof SessionServer.start>) => SessionServer.start(...parameters));
    const session = await new Supervisor(undefined, started).start(metainfo, LOCAL, null, { client, peers: [SOMEBODY] });
    if (session === null) throw new Error('the session is disabled');
    await expect(session.done()).rejects.toThrow(SessionCrashedError);
    await expect(session.done()).rejects.toMatchObject({ cause });
    expect(started).toHaveBeenCalledTimes(4);
    expect(session.restarts).toBe(3);
  });

  test('passes errors of start through, and restarts no orderly end', async () => {
    await expect(supervisor.start(metainfo, { port: -1 }, null)).rejects.toThrow(InvalidArgumentError);
    const owner = new AbortController();
    const session = await supervisor.start(metainfo, LOCAL, null, { useTrackers: false, owner: { signal: owner.signal } });
    if (session === null) throw new Error('the session is disabled');
    keepUntilTestEnds(session.current);
    owner.abort();
    expect(await session.done()).toEqual({ status: 'stopped', reason: 'owner' });
    expect(session.restarts).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const client = await openClient();
  const port = client.port ?? 0;
  await client.close();
  return port;
}
