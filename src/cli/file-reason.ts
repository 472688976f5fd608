// Why a file could not be read or written, in the words of the user instead of those of the system: "there is no such file (ENOENT)", where
// Node says "ENOENT: no such file or directory, open 'x'". One table for every option that names a file.

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
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
