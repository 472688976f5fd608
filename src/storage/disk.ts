// The part of node:fs that storage/ uses, as a port: tests pass one that fails on purpose (a full disk, no descriptors),
// everybody else passes nothing. Mostly the synchronous calls: for small files they cost half of the asynchronous ones.

import fs from 'node:fs';

export type Disk = Pick<
  typeof fs,
  | 'accessSync'
  | 'chmodSync'
  | 'closeSync'
  | 'copyFile'
  | 'existsSync'
  | 'fsync'
  | 'fsyncSync'
  | 'ftruncateSync'
  | 'linkSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'open'
  | 'openSync'
  | 'read'
  | 'readFileSync'
  | 'readSync'
  | 'readdirSync'
  | 'renameSync'
  | 'rmdirSync'
  | 'statSync'
  | 'statfsSync'
  | 'unlinkSync'
  | 'write'
  | 'writeFileSync'
  | 'writeSync'
>;

export const REAL_DISK: Disk = fs;

/** Windows has no O_NOFOLLOW and needs none of it for regular files. */
const NO_FOLLOW: number = (fs.constants as Partial<typeof fs.constants>).O_NOFOLLOW ?? 0;

/** For data that is to be written (and read back): created where absent, never through a symbolic link. */
export const OPEN_WRITABLE: number = fs.constants.O_RDWR | fs.constants.O_CREAT | NO_FOLLOW;

export const OPEN_READABLE: number = fs.constants.O_RDONLY | NO_FOLLOW;
