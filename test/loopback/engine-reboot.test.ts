// The machine is started again between two runs: what the kernel had accepted may be lost then. After an end in order nothing is
// hashed again, as that was flushed; after any other end everything is. The boot's id is the test's own here.

import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NoPeersError, StalledError } from '../../src/engine/session-error.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { expectWhole, nextNotice, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const torrent = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 100_000],
    ['sub/b', 900_000],
  ],
});
const { metainfo } = torrent;

let bootId = '';
beforeEach(() => {
  bootId = 'first';
  const real = fs.readFileSync;
  vi.spyOn(fs, 'readFileSync').mockImplementation((file: fs.PathOrFileDescriptor, ...rest: []) =>
    String(file).endsWith('/boot_id') ? bootId : real(file, ...rest),
  );
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A run that has some pieces and would go on. */
async function startPartly(folder: string, stallTimeoutMs = 0): Promise<SessionServer> {
  const seeder = await startSeeder(torrent, { rateBytesPerSecond: 400_000 });
  const server = await startSession(metainfo, folder, { peers: [peerHint(seeder)], stallTimeoutMs });
  await nextNotice(server, 'piece-stored', ({ have }) => have >= 9);
  if (stallTimeoutMs > 0) await seeder.close();
  return server;
}

async function runAfterReboot(folder: string): Promise<{ resumed: boolean; havePieces: number; checkedBytes: number }> {
  bootId = 'second';
  const server = await startSession(metainfo, folder);
  const { resumed, havePieces } = await nextNotice(server, 'checked');
  const { checkedBytes } = server.snapshot();
  await server.stop();
  return { resumed, havePieces, checkedBytes };
}

describe('after a restart of the machine', () => {
  test('nothing is hashed again where the run was stopped in order', async () => {
    const folder = await makeTempFolder();
    const first = await startPartly(folder);
    await first.stop();
    const { havePieces } = first.snapshot();
    expect(havePieces).toBeGreaterThanOrEqual(9);
    expect(await runAfterReboot(folder)).toEqual({ resumed: true, havePieces, checkedBytes: 0 });
    bootId = 'third';
    const seeder = await startSeeder(torrent);
    const last = await startSession(metainfo, folder, { peers: [peerHint(seeder)] });
    expect(await nextNotice(last, 'checked')).toMatchObject({ resumed: true, havePieces });
    expect(await last.done()).toMatchObject({ status: 'complete' });
    await expectWhole(folder, torrent);
  });

  test('nor where a time-out or an error ended it', async () => {
    const folder = await makeTempFolder();
    const stalled = await startPartly(folder, 600);
    await expect(stalled.done()).rejects.toThrow(StalledError);
    const { havePieces } = stalled.snapshot();
    expect(await runAfterReboot(folder)).toEqual({ resumed: true, havePieces, checkedBytes: 0 });
    bootId = 'third';
    const lonely = await startSession(metainfo, folder, { noPeersTimeoutMs: 100 });
    await expect(lonely.done()).rejects.toThrow(NoPeersError);
    expect(await runAfterReboot(folder)).toEqual({ resumed: true, havePieces, checkedBytes: 0 });
  });

  test('everything is where it was killed, or ended by a second ^C', async () => {
    const folder = await makeTempFolder();
    const first = await startPartly(folder, 60_000);
    // What lies on the disk now is what a kill after the timer's last save leaves.
    first.abandon();
    await first.stop();
    const sameBoot = await startSession(metainfo, folder);
    expect(await nextNotice(sameBoot, 'checked')).toMatchObject({ resumed: true });
    sameBoot.abandon();
    await sameBoot.stop();
    const { resumed, havePieces, checkedBytes } = await runAfterReboot(folder);
    expect(resumed).toBe(false);
    expect(havePieces).toBeGreaterThanOrEqual(9);
    expect(checkedBytes).toBeGreaterThanOrEqual(9 * 16_384);
  });
});
