// What `effusion create` writes is read by others as we meant it, and what others write by us.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { runEffusion } from '../support/effusion-command.js';
import { libtorrentShow } from '../support/libtorrent-peer.js';
import { awkwardPayload, writePayload } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { makeTempFolder } from '../support/temp-folder.js';

const payload = awkwardPayload();
const TRACKER = 'http://127.0.0.1:9/announce';

/** Makes a torrent of the payload with `effusion create`; its path, and its info hash as we state it. */
async function createTorrent(): Promise<{ torrent: string; infoHash: string; folder: string }> {
  const folder = await makeTempFolder();
  await writePayload(payload, folder);
  const torrent = join(folder, 'made.torrent');
  const end = await runEffusion(['create', join(folder, payload.name), '--output', torrent, '--tracker', TRACKER, '--json']);
  expect(end.code, end.stderr).toBe(0);
  const { infoHash } = JSON.parse(end.stdout) as { infoHash: string };
  expect(infoHash).toMatch(/^[0-9a-f]{40}$/);
  return { torrent, infoHash, folder };
}

describeWith(['libtorrent'], 'create for libtorrent', () => {
  test('libtorrent reads the same info hash, name and size', async () => {
    const { torrent, infoHash } = await createTorrent();
    expect(await libtorrentShow(torrent)).toEqual({ infoHash, name: payload.name, totalBytes: payload.totalBytes });
  });
});

describeWith(['transmission'], 'create for transmission', () => {
  test('transmission-show reads the same info hash and every file', async () => {
    const { torrent, infoHash } = await createTorrent();
    const end = await startChild('transmission-show', [torrent]).ended;
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout).toContain(infoHash);
    expect(end.stdout).toContain(TRACKER);
    for (const file of payload.files) expect(end.stdout).toContain(file.path);
  });
});

describeWith(['mktorrent', 'libtorrent'], 'a torrent of mktorrent', () => {
  test('is read by info as libtorrent reads it, and verified', async () => {
    const folder = await makeTempFolder();
    await writePayload(payload, folder);
    const torrent = join(folder, 'theirs.torrent');
    const made = await startChild('mktorrent', ['-l', '16', '-a', TRACKER, '-o', torrent, join(folder, payload.name)]).ended;
    expect(made.code, made.stdout + made.stderr).toBe(0);
    const info = await runEffusion(['info', torrent, '--json']);
    expect(info.code, info.stderr).toBe(0);
    expect(JSON.parse(info.stdout)).toMatchObject(await libtorrentShow(torrent));
    const verified = await runEffusion(['verify', torrent, folder]);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });
});
