// What tests of the engine have in common: a torrent of any shape, sessions that don't outlive their test, seeders on
// loopback, waiting for a notice, and the verdict on a folder.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { Client, type ClientOptions } from '../../src/engine/client.js';
import type { SessionOptions } from '../../src/engine/session-options.js';
import type { ServerNotice } from '../../src/engine/server-snapshot.js';
import { SessionServer } from '../../src/engine/session-server.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import type { SeederFaults } from '../../src/swarm/seeder-faults.js';
import { startTrackerServer, type TrackerServer, type TrackerServerOptions } from '../../src/swarm/tracker-server.js';
import { expectSameBytes, type StoredTorrent } from './stored-torrent.js';

/** A session on loopback, without trackers unless the options say otherwise; stopped when the test ends. */
export async function startSession(
  metainfo: Metainfo,
  folder: string | null,
  options: SessionOptions = {},
): Promise<SessionServer> {
  const server = await SessionServer.start(metainfo, { host: '127.0.0.1' }, folder, { useTrackers: false, ...options });
  if (server === null) throw new Error('the session is disabled');
  keepUntilTestEnds(server);
  return server;
}

export function keepUntilTestEnds(server: SessionServer): void {
  // Tests that expect a failure look at it themselves; the others would fail by waiting.
  server.done().catch(() => undefined);
  onTestFinished(() => server.stop());
}

export async function openClient(options: ClientOptions = {}): Promise<Client> {
  const client = await Client.open({ host: '127.0.0.1', ...options });
  onTestFinished(() => client.close());
  return client;
}

export async function startSeeder(torrent: StoredTorrent, faults: SeederFaults = {}, host?: string): Promise<FaultySeeder> {
  const { metainfo, content } = torrent;
  const seeder = await FaultySeeder.open({ metainfo, content, faults, ...(host === undefined ? {} : { host }) });
  onTestFinished(() => seeder.close());
  return seeder;
}

export function peerHint(seeder: { readonly port: number | null; readonly host?: string }): { host: string; port: number } {
  return { host: seeder.host ?? '127.0.0.1', port: seeder.port ?? 0 };
}

export async function startTracker(options: TrackerServerOptions = {}): Promise<TrackerServer> {
  const tracker = await startTrackerServer(options);
  onTestFinished(() => tracker.close());
  return tracker;
}

export function withTrackers(metainfo: Metainfo, ...urls: string[]): Metainfo {
  return { ...metainfo, announceTiers: [urls] };
}

/** The first notice of that kind from now on; rejects where the session ends without one. */
export async function nextNotice<T extends ServerNotice['type']>(
  server: SessionServer,
  type: T,
  test: (notice: Extract<ServerNotice, { type: T }>) => boolean = () => true,
): Promise<Extract<ServerNotice, { type: T }>> {
  for await (const notice of server.notices()) {
    if (notice.type === type && test(notice as Extract<ServerNotice, { type: T }>)) {
      return notice as Extract<ServerNotice, { type: T }>;
    }
  }
  throw new Error(`the session ended without the notice ${type}`);
}

/** `folder` holds every file of the torrent, byte for byte, and nothing else. */
export async function expectWhole(folder: string, torrent: StoredTorrent): Promise<void> {
  const { metainfo } = torrent;
  const expected = metainfo.files.filter((file) => !file.isPadding).map((file) => file.path.join('/'));
  expect(await filesBelow(folder)).toEqual(expected.toSorted());
  for (const [index, file] of metainfo.files.entries()) {
    if (!file.isPadding) expectSameBytes(await readFile(path.join(folder, ...file.path)), torrent.fileBytes(index));
  }
}

/** Every file below the folder, sorted, ours included. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}
