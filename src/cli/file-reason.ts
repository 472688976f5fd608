// Why a file could not be read or written, in the words of the user instead of those of the system: "there is no such file (ENOENT)", where
// Node says "ENOENT: no such file or directory, open 'x'". One table for every option that names a file.

import path from 'node:path';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the device reported an input/output error',
  EMFILE: 'too many open files',
  EFBIG: 'the file is too large for this file system',
};

/** `''` where the system gave no code. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Why, with the system's code behind it. Not sanitised: what has no words of ours is told as it is. */
export function fileReason(error: unknown): string {
  const errno = errnoOf(error);
  const known = Object.hasOwn(REASONS, errno) ? `${REASONS[errno]} (${errno})` : null;
  return known ?? (error instanceof Error ? error.message : String(error));
}

/** The same of a file that is to be written: where there is none of that name it is its folder that is missing. */
export function unwritableReason(file: string, error: unknown): string {
  return errnoOf(error) === 'ENOENT' ? `there is no folder ${path.dirname(file)} (ENOENT)` : fileReason(error);
}
