// The digests of whole files, as lists of checksums have them: what a publisher says of a file beside the torrent. One pass over a file
// gives all that are wanted of it. The pieces of a torrent are another matter (storage/).

import { createHash } from 'node:crypto';
import { promises } from 'node:fs';
import type { DigestKind } from '../model/digest-kind.js';
import { StorageError } from '../model/error.js';

export interface FileDigestOptions {
  /** With the bytes read since the last call. */
  readonly onRead?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Large enough for a disk, and hashed within a millisecond: whoever serves meanwhile is not kept waiting. */
const READ_BYTES = 256 * 1024;

/** Lower-case hexadecimal digits, in the order of `algorithms`. Throws StorageError, or the signal's reason. */
export async function digestFile(
  file: string,
  algorithms: readonly DigestKind[],
  { onRead, signal }: FileDigestOptions = {},
): Promise<string[]> {
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  const buffer = new Uint8Array(READ_BYTES);
  try {
    const handle = await promises.open(file, 'r');
    try {
      for (;;) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, null);
        if (bytesRead === 0) break;
        for (const hash of hashes) hash.update(buffer.subarray(0, bytesRead));
        onRead?.(bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError(
      `cannot read ${file} for its checksum: ${reason}`,
      { operation: 'read', path: file, errno },
      { cause: error },
    );
  }
  return hashes.map((hash) => hash.digest('hex'));
}
