// The SHA-256 of files as they lie on the disk, one after the other: what a receipt vouches for is what can be read, not what was
// written. Read as for `--checksum`.

import { digestFile } from '../../engine/file-digest.js';

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
  for (const { path, place } of files) {
    let size = 0;
    const onRead = (bytes: number): void => {
      size += bytes;
    };
    const [sha256] = await digestFile(place, ['sha256'], { onRead, signal });
    digests.push({ path, size, sha256 });
  }
  return digests;
}
