// What the demo shares: a folder of several files, 100 MiB of bytes that don't compress, made in a fraction of a second and
// the same ones each time, so that the torrent is the same too but for its tracker.

import { createCipheriv } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

export const DEMO_NAME = 'holiday';

const FILES: readonly (readonly [name: string, length: number])[] = [
  ['film.mkv', 66_234_567],
  ['music/01 harbour.flac', 14_000_001],
  ['music/02 größe – 名前.flac', 12_345_678],
  ['notes/empty.txt', 0],
  ['notes/read me.txt', 1234],
  ['photos/boats.jpg', 6_291_456],
  ['photos/evening.jpg', 5_999_999],
];
const RUN_BYTES = 1_048_576;

/** Writes `folder/holiday/…` and answers how much. Rejects with the system's error. */
export async function writeDemoPayload(folder: string): Promise<{ files: number; bytes: number }> {
  const key = new Uint8Array(16);
  const zeros = new Uint8Array(RUN_BYTES);
  let bytes = 0;
  for (const [index, [name, length]] of FILES.entries()) {
    key[0] = index;
    const stream = createCipheriv('aes-128-ctr', key, new Uint8Array(16));
    const target = path.join(folder, DEMO_NAME, name);
    await mkdir(path.dirname(target), { recursive: true });
    const file = await open(target, 'w');
    try {
      for (let at = 0; at < length; at += RUN_BYTES) {
        await file.writeFile(stream.update(zeros.subarray(0, Math.min(RUN_BYTES, length - at))));
      }
    } finally {
      await file.close();
    }
    bytes += length;
  }
  return { files: FILES.length, bytes };
}
