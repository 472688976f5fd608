// `effusion cat` from a libtorrent seeder, to which it is a peer that never has anything: byte-exact, with nearly nothing sent twice, and
// of one file no more than its pieces. A seeder that super-seeds, and is alone, shows others when it hears of those that it has sent.

import { expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder } from '../support/libtorrent-peer.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm } from '../support/swarm-of-two.js';

const COMMAND = fileURLToPath(new URL('../../bin/effusion.js', import.meta.url));

/** Its exit code and the digest of all that came out. */
function digestOf(args: readonly string[]): Promise<{ code: number | null; sha256: string; bytes: number; stderr: string }> {
  const child = spawn(process.execPath, [COMMAND, '-q', 'cat', ...args], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const hash = createHash('sha256');
  let bytes = 0;
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, sha256: hash.digest('hex'), bytes, stderr }));
  });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describeWith(['libtorrent'], 'cat from libtorrent', () => {
  test('all files in order, byte-exact, and nearly nothing twice', async () => {
    const swarm = await prepareSwarm();
    const address = `127.0.0.1:${await freePort()}`;
    const seeder = await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address);
    const end = await digestOf([swarm.torrent.path, '--files', '*', '--only-peers', '--peer', address]);
    const whole = Buffer.concat(payload.files.map((file) => file.bytes));
    expect(end).toEqual({ code: 0, bytes: whole.length, sha256: sha256(whole), stderr: '' });
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    const uploaded = Number(/uploaded (\d+)/.exec(stdout)?.[1]);
    expect(uploaded).toBeGreaterThanOrEqual(whole.length);
    expect(uploaded).toBeLessThan(whole.length * 1.1);
  });

  test('that super-seeds: all that fits into the window comes, once', { timeout: 60_000 }, async () => {
    const swarm = await prepareSwarm();
    const address = `127.0.0.1:${await freePort()}`;
    const seeder = await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address, { superSeeds: true });
    const end = await digestOf([swarm.torrent.path, '--files', '*', '--only-peers', '--peer', address]);
    const whole = Buffer.concat(payload.files.map((file) => file.bytes));
    expect(end).toEqual({ code: 0, bytes: whole.length, sha256: sha256(whole), stderr: '' });
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    expect(Number(/uploaded (\d+)/.exec(stdout)?.[1])).toBeLessThan(whole.length * 1.1);
  });

  test('one file of several: little more than its pieces is asked for', async () => {
    const swarm = await prepareSwarm();
    const address = `127.0.0.1:${await freePort()}`;
    const seeder = await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address);
    const [, , , , file] = payload.files;
    const end = await digestOf([swarm.torrent.path, '--files', file.path, '--only-peers', '--peer', address]);
    expect(end).toEqual({ code: 0, bytes: file.bytes.length, sha256: sha256(file.bytes), stderr: '' });
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    const uploaded = Number(/uploaded (\d+)/.exec(stdout)?.[1]);
    expect(uploaded).toBeLessThan(file.bytes.length + 3 * 65_536);
  });
});
