// The SHA-256 of files as they lie on the disk, one after the other and a mebibyte at a time: what a receipt vouches for is what can be
// read, not what was written.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CONFIG } from '../../engine/config.js';
import { StorageError } from '../../model/error.js';

export interface FileDigest {
  readonly path: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** `path`: what the file is called; `place`: where it is. Rejects with a StorageError, or the reason of `signal`. */
export async function digestFiles(
  files: readonly { readonly path: string; readonly place: string }[],
  signal: AbortSignal,
): Promise<FileDigest[]> {
  const digests: FileDigest[] = [];
  for (const { path, place } of files) digests.push({ path, ...(await digestFile(place, signal)) });
  return digests;
}

async function digestFile(place: string, signal: AbortSignal): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const bytes of createReadStream(place, { highWaterMark: CONFIG.results.hashReadBytes, signal })) {
      hash.update(bytes as Buffer);
      size += (bytes as Buffer).length;
    }
  } catch (error) {
    signal.throwIfAborted();
    const errno = (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';
    throw new StorageError(`cannot read ${place} (${errno})`, { operation: 'read', path: place, errno }, { cause: error });
  }
  return { size, sha256: hash.digest('hex') };
}
