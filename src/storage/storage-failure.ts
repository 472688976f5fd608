// Every error of the file system becomes a StorageError here, with a message that says what failed, on what, why, and
// what to do about it. The only place that knows the words; the rest of storage/ names an operation and a path.

import { StorageError } from '../model/error.js';

const ACTIONS: Record<string, string> = {
  open: 'open',
  compare: 'keep',
  read: 'read',
  write: 'write',
  rename: 'rename',
  mkdir: 'create the folder',
  truncate: 'shorten',
  copy: 'copy',
  stat: 'look at',
  sync: 'flush to disk',
  close: 'close',
  lock: 'lock',
  unlink: 'remove',
  allocate: 'take the space of',
};

/** By the errno, or by the operation and the errno. */
const CAUSES: Record<string, string> = {
  ENOSPC: 'no space left on the device: free some space and run it again, it goes on where it stopped',
  EDQUOT: 'the disk quota is used up: free some space and run it again, it goes on where it stopped',
  EROFS: 'the file system is read-only: choose another folder with --output',
  EACCES: 'permission denied: change the permissions or choose another folder with --output',
  EPERM: 'not permitted: change the permissions or choose another folder with --output',
  EIO: 'the device reported an input/output error: check the disk, then run it again',
  EMFILE: 'too many open files: raise `ulimit -n` and run it again',
  ENFILE: 'the system has too many open files: close some programs and run it again',
  ENOENT: 'it does not exist (any more)',
  ENOTDIR: 'a part of the path is a file, not a folder: move it away or choose another folder with --output',
  EISDIR: 'a folder of that name is in the way: move it away or choose another folder with --output',
  ELOOP: 'a part of the path is a symbolic link, and links are not followed out of the output folder: remove it',
  'rename EEXIST': 'a file of that name came while this run was under way, and is not replaced: move it away, then run it again',
  'compare EEXIST':
    'it is already there, and it or another one that shares a piece with it differs: remove that one, or let it be repaired with --overwrite',
  EEXIST: 'it is already there and differs: remove it, or let it be repaired with --overwrite',
  ENAMETOOLONG: 'the name is too long for this file system: choose another folder with --output',
  EFBIG: 'the file is too large for this file system: choose another folder with --output',
  ENOTREG: 'it is not a regular file: move it away or choose another folder with --output',
  ESHORT: 'the file is shorter than it should be: somebody else changed it; run it again',
};

/** The system's name of an error, `EUNKNOWN` where it has none. */
export function errnoOf(cause: unknown): string {
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return 'EUNKNOWN';
}

/** A refusal of our own: `errno` is one of the words above. */
export function refuse(operation: string, path: string, errno: string): StorageError {
  return new StorageError(describe(operation, path, errno, ''), { operation, path, errno });
}

/** Wraps what the file system threw; a StorageError passes unchanged. */
export function toStorageError(operation: string, path: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const errno = errnoOf(cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(describe(operation, path, errno, text), { operation, path, errno }, { cause });
}

function describe(operation: string, path: string, errno: string, fallback: string): string {
  const action = ACTIONS[operation] ?? operation;
  const cause = CAUSES[`${operation} ${errno}`] ?? CAUSES[errno] ?? (fallback === '' ? 'refused' : fallback);
  return `cannot ${action} ${path}: ${cause} (${errno})`;
}
