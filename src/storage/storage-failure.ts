// Every error of the file system becomes a StorageError here, with a message that says what failed, on what and why, and
// advice on what to do about it. The only place that knows the words; the rest of storage/ names an operation and a path.

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

/** Why, and what to do about it; by the errno, or by the operation and the errno. */
const CAUSES: Record<string, readonly [why: string, advice: string]> = {
  ENOSPC: ['no space left on the device', 'Free some space and run it again: it goes on where it stopped.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and run it again: it goes on where it stopped.'],
  EROFS: ['the file system is read-only', 'Choose another folder with --output.'],
  EACCES: ['permission denied', 'Change the permissions, or choose another folder with --output.'],
  EPERM: ['not permitted', 'Change the permissions, or choose another folder with --output.'],
  EIO: ['the device reported an input/output error', 'Check the disk, then run it again.'],
  EMFILE: ['too many open files', 'Raise `ulimit -n` and run it again.'],
  ENFILE: ['the system has too many open files', 'Close some programs and run it again.'],
  ENOENT: ['it does not exist (any more)', 'Check the path, and run it again.'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'Move it away, or choose another folder with --output.'],
  EISDIR: ['a folder of that name is in the way', 'Move it away, or choose another folder with --output.'],
  ELOOP: [
    'a part of the path is a symbolic link, and links are not followed out of the output folder',
    'Remove it, or choose the folder that it leads to with --output.',
  ],
  'rename EEXIST': [
    'a file of that name came while this run was under way, and is not replaced',
    'Move it away, then run it again.',
  ],
  'compare EEXIST': [
    'it is already there, and it or another one that shares a piece with it differs',
    'Remove that one, or let it be repaired with --overwrite.',
  ],
  EEXIST: ['it is already there and differs', 'Remove it, or let it be repaired with --overwrite.'],
  ENAMETOOLONG: [
    'the name is too long for this file system',
    'Choose another folder with --output, or another name with --rename.',
  ],
  EFBIG: ['the file is too large for this file system', 'Choose another folder with --output.'],
  ENOTREG: ['it is not a regular file', 'Move it away, or choose another folder with --output.'],
  ECHANGED: ['somebody else changed it since it was checked', 'Run it again.'],
  ESHORT: ['the file is shorter than it should be: somebody else changed it', 'Run it again.'],
};

const OTHERWISE = 'Check the path and the disk, and run it again.';

/** The system's name of an error, `EUNKNOWN` where it has none. */
export function errnoOf(cause: unknown): string {
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return 'EUNKNOWN';
}

/** A refusal of our own: `errno` is one of the words above. */
export function refuse(operation: string, path: string, errno: string): StorageError {
  return describe(operation, path, errno, '');
}

/** Wraps what the file system threw; a StorageError passes unchanged. */
export function toStorageError(operation: string, path: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const errno = errnoOf(cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  return describe(operation, path, errno, text, { cause });
}

function describe(
  operation: string,
  path: string,
  errno: string,
  fallback: string,
  options: { cause?: unknown } = {},
): StorageError {
  const action = ACTIONS[operation] ?? operation;
  const [why, advice] = CAUSES[`${operation} ${errno}`] ?? CAUSES[errno] ?? [fallback === '' ? 'refused' : fallback, OTHERWISE];
  return new StorageError(`cannot ${action} ${path}: ${why} (${errno})`, { operation, path, errno }, { ...options, advice });
}
