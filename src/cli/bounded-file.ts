// A whole file into memory, up to a size that it has to prove by its bytes: pipes, devices and /proc have no size that stat would tell, and
// a file may grow while it is read.

import { open } from 'node:fs/promises';

const STEP_BYTES = 256 * 1024;

/** Null where there are more than `maxBytes`, of which nothing is kept. Rejects with the system's error. */
export async function readBoundedFile(file: string, maxBytes: number): Promise<Uint8Array | null> {
  const handle = await open(file, 'r');
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(STEP_BYTES), 0, STEP_BYTES, null);
      if (bytesRead === 0) break;
      total += bytesRead;
      if (total > maxBytes) return null;
      chunks.push(buffer.subarray(0, bytesRead));
    }
    return new Uint8Array(Buffer.concat(chunks, total));
  } finally {
    await handle.close();
  }
}
