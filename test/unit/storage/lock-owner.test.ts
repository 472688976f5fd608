// Who may be judged by his process number, and who by his silence: machines of one name, containers, the time before a restart. The
// systems are made up; the folder and its clock are real.

import { readdirSync } from 'node:fs';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { FolderLock, lockFileName } from '../../../src/storage/folder-lock.js';
import { type LockIdentity, ownIdentity, parseOwner } from '../../../src/storage/lock-owner.js';
import { readMachineId, readStartTicks } from '../../../src/storage/process-identity.js';
import { TorrentLocks } from '../../../src/storage/torrent-locks.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** A process number that no system hands out. */
const DEAD_PID = 2 ** 30;
const DAY_MS = 86_400_000;

const HERE: LockIdentity = {
  pid: process.pid,
  startTicks: readStartTicks(process.pid),
  host: 'nas-client',
  machineId: 'machine 1',
  bootId: 'boot 1',
  pidNamespace: 'pid:[4026531836]',
  uptimeMs: DAY_MS,
};
/** Killed, or so it looks from another machine. */
const GONE = { pid: DEAD_PID, startTicks: '1' };

function acquire(folder: string, identity: LockIdentity, name = 'album'): FolderLock {
  return FolderLock.acquire({ folder, name, startedAt: 'today', command: 'effusion download', identity });
}

const IN_USE = expect.objectContaining({ detail: expect.objectContaining({ errno: 'EINUSE' }) as unknown }) as Error;

/** The lock was touched so many seconds ago, by the folder's clock; less than none: its clock was ahead. */
async function age(folder: string, seconds: number, name = 'album'): Promise<void> {
  await writeFile(path.join(folder, 'clock'), '');
  const at = (await stat(path.join(folder, 'clock'))).mtimeMs / 1000 - seconds;
  await utimes(path.join(folder, lockFileName(name)), at, at);
}

async function holder(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(folder, lockFileName('album')), 'utf8'));
}

/** The next one to come, and the reason he is given. */
function refusalOf(folder: string, identity: LockIdentity): { message: string; advice?: string } {
  try {
    acquire(folder, identity);
  } catch (error) {
    return error as Error & { advice?: string };
  }
  throw new Error('the lock was free');
}

describe('a lock of another system under the same name of a host', () => {
  test.each<[string, Partial<LockIdentity>]>([
    ['another machine', { machineId: 'machine 2', bootId: 'boot 2' }],
    ['another machine without an id', { machineId: null, bootId: 'boot 2' }],
    ['a copy of this machine', { bootId: 'boot 2' }],
    ['another container on this machine', { pidNamespace: 'pid:[4026532999]' }],
  ])('%s: held while it is touched, though no such process is here', async (_what, other) => {
    const folder = await makeTempFolder();
    const lock = acquire(folder, { ...HERE, ...GONE, ...other });
    await age(folder, 25);
    expect(() => acquire(folder, HERE)).toThrow(IN_USE);
    await age(folder, 90);
    lock.touch();
    expect(() => acquire(folder, HERE)).toThrow(IN_USE);
    await age(folder, 90);
    acquire(folder, HERE);
    expect(await holder(folder)).toMatchObject({ pid: process.pid, bootId: 'boot 1' });
  });

  test('whose process number is one of ours is not taken for that one', async () => {
    const folder = await makeTempFolder();
    acquire(folder, { ...HERE, machineId: 'machine 2', bootId: 'boot 2', startTicks: null });
    await age(folder, 90);
    acquire(folder, HERE);
    expect(await holder(folder)).toMatchObject({ bootId: 'boot 1' });
  });

  test('is not swept by who does not need its name, however long it was silent', async () => {
    const folder = await makeTempFolder();
    acquire(folder, { ...HERE, ...GONE, machineId: 'machine 2', bootId: 'boot 2' }, 'other');
    await age(folder, 3600, 'other');
    const names = { folders: [folder], names: ['album'], ownName: 'album (1)', maxLockedNames: 9 };
    TorrentLocks.acquire({ ...names, startedAt: 'today', command: 'effusion download', identity: HERE }).releaseSync();
    expect(readdirSync(folder)).toContain(lockFileName('other'));
  });

  test('is told as such, and how long it counts', async () => {
    const folder = await makeTempFolder();
    acquire(folder, { ...HERE, ...GONE, bootId: 'boot 2', machineId: 'machine 2' });
    const { message, advice } = refusalOf(folder, HERE);
    expect(message).toContain(`process ${DEAD_PID} on another machine or in another container that is called nas-client too`);
    expect(advice).toMatch(/not touched for a minute: try again then, or remove .*\.lock\.$/);
  });
});

describe('a lock of this machine from before its restart', () => {
  const before = { ...HERE, ...GONE, bootId: 'boot 0' };

  test.each([
    ['it has been up for an hour', 3_600_000, 61],
    ['it was up again within a minute', 40_000, 41],
    ['its clock did not run meanwhile', 20_000, -7200],
  ])('is nobody’s where %s', async (_what, uptimeMs, seconds) => {
    const folder = await makeTempFolder();
    acquire(folder, before);
    await age(folder, seconds);
    acquire(folder, { ...HERE, uptimeMs });
    expect(await holder(folder)).toMatchObject({ bootId: 'boot 1' });
  });

  test.each([
    ['it was touched since: a copy of this machine lives', 40_000, 30],
    ['a copy may have had no time yet to touch it', 5000, 25],
  ])('counts where %s', async (_what, uptimeMs, seconds) => {
    const folder = await makeTempFolder();
    acquire(folder, before);
    await age(folder, seconds);
    const { message, advice } = refusalOf(folder, { ...HERE, uptimeMs });
    expect(message).toContain('of this machine before its last start, or of a copy of this machine');
    expect(advice).toContain('not touched for a minute');
  });

  test('is swept with the rest', async () => {
    const folder = await makeTempFolder();
    acquire(folder, before, 'other');
    await age(folder, 3600, 'other');
    const names = { folders: [folder], names: ['album'], ownName: 'album (1)', maxLockedNames: 9 };
    TorrentLocks.acquire({ ...names, startedAt: 'today', command: 'effusion download', identity: HERE }).releaseSync();
    expect(readdirSync(folder)).not.toContain(lockFileName('other'));
  });
});

test('a clock that is ahead does not make a lock from elsewhere nobody’s', async () => {
  const folder = await makeTempFolder();
  acquire(folder, { ...HERE, ...GONE, host: 'elsewhere', machineId: 'machine 2', bootId: 'boot 2' });
  await age(folder, -7200);
  expect(() => acquire(folder, HERE)).toThrow(IN_USE);
});

describe('a lock without the ids of a system, as older versions wrote it', () => {
  const old = { host: HERE.host, startedAt: 'then', command: 'effusion download' };
  const put = (folder: string, owner: object): Promise<void> =>
    writeFile(path.join(folder, lockFileName('album')), JSON.stringify(owner));

  test('is judged by its host and process number', async () => {
    const folder = await makeTempFolder();
    await put(folder, { ...old, pid: process.pid, startTicks: HERE.startTicks });
    expect(() => acquire(folder, HERE)).toThrow(IN_USE);
    await put(folder, { ...old, ...GONE });
    acquire(folder, HERE);
    expect(await holder(folder)).toMatchObject({ bootId: 'boot 1' });
  });

  test('and so is a new one by whom the system tells no ids', async () => {
    const folder = await makeTempFolder();
    acquire(folder, { ...HERE, ...GONE });
    acquire(folder, { ...HERE, machineId: null, bootId: null, pidNamespace: null });
    expect(await holder(folder)).toMatchObject({ pid: process.pid, bootId: null });
  });

  test.each([
    ['of the wrong kind', { machineId: 5, bootId: {}, pidNamespace: [] }],
    ['that are null', { machineId: null, bootId: null, pidNamespace: null }],
  ])('ids %s are none', (_what, ids) => {
    const owner = parseOwner(JSON.stringify({ ...old, ...GONE, ...ids }));
    expect(owner).toMatchObject({ machineId: null, bootId: null, pidNamespace: null });
  });
});

test('two that come at a time under one process number, as in containers, don’t share a draft', async () => {
  const folder = await makeTempFolder();
  const drafts = new Set<string>();
  const linkSync = (from: unknown): never => {
    drafts.add(path.basename(String(from)));
    throw Object.assign(new Error('somebody was quicker'), { code: 'EEXIST' });
  };
  for (const bootId of ['boot 1', 'boot 2']) {
    // Each as in a process of its own, which counts its locks from one.
    vi.resetModules();
    const fresh = await import('../../../src/storage/folder-lock.js');
    const options = { folder, name: 'album', startedAt: 'today', command: 'effusion download' };
    const identity = { ...HERE, pid: 7, bootId };
    expect(() => fresh.FolderLock.acquire({ ...options, identity, disk: { ...REAL_DISK, linkSync } })).toThrow('is in use');
  }
  expect(drafts.size).toBe(2);
});

test('what identifies this system is written, but not the machine’s id itself', async () => {
  const folder = await makeTempFolder();
  const lock = acquire(folder, ownIdentity());
  const { machineId, bootId, pidNamespace, host } = ownIdentity();
  expect(await holder(folder)).toMatchObject({ machineId, bootId, pidNamespace, host });
  expect(await holder(folder)).not.toHaveProperty('uptimeMs');
  const raw = await readFile('/etc/machine-id', 'latin1').catch(() => '');
  if (raw.trim() !== '') expect(await readFile(lock.path, 'latin1')).not.toContain(raw.trim());
  expect(readMachineId()).toBe(machineId);
  lock.releaseSync();
});
