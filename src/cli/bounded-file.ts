// A whole file into memory, up to a size that it has to prove by its bytes: pipes, devices and /proc have no size that stat would tell, and
// a file may grow while it is read. A regular file is read in one go, which is quickest; where a read may wait it must not keep ^C waiting.

import { closeSync, constants, fstatSync, openSync, promises, readSync, statSync } from 'node:fs';

const STEP_BYTES = 256 * 1024;

/** Null where there are more than `maxBytes`, of which nothing is kept. Rejects with the system's error. */
export async function readBoundedFile(file: string, maxBytes: number): Promise<Uint8Array | null> {
  // Before it is opened: whoever writes into a pipe would take the end of a first look for that of its reader.
  if (!statSync(file).isFile()) return readAsItComes(file, maxBytes);
  // A pipe may be in its place by now, and would wait here for a writer.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(descriptor);
    if (found.isFile()) return readAtOnce(descriptor, found.size, maxBytes);
  } finally {
    closeSync(descriptor);
  }
  return readAsItComes(file, maxBytes);
}

function readAtOnce(descriptor: number, size: number, maxBytes: number): Uint8Array | null {
  if (size > maxBytes) return null;
  // One more than there should be, for the end to be seen.
  let bytes = new Uint8Array(size === 0 ? STEP_BYTES : size + 1);
  let total = 0;
  for (;;) {
    const bytesRead = readSync(descriptor, bytes, total, bytes.length - total, null);
    if (bytesRead === 0) return bytes.subarray(0, total);
    total += bytesRead;
    if (total > maxBytes) return null;
    if (total < bytes.length) continue;
    const larger = new Uint8Array(2 * total + STEP_BYTES);
    larger.set(bytes);
    bytes = larger;
  }
}

async function readAsItComes(file: string, maxBytes: number): Promise<Uint8Array | null> {
  const handle = await promises.open(file, 'r');
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
