// Whether a torrent fits into a folder: its space, its speed, and whether its file system takes the names. All that is written is gone
// again afterwards, and nothing is made where nothing was: of a folder that is not there its nearest parent is looked at.

import { mkdtemp, open, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CONFIG } from './config.js';
import { monotonicNow } from './monotonic-clock.js';

export interface DiskFinding {
  /** That was looked at. */
  readonly folder: string;
  /** Bytes that we may use. */
  readonly freeBytes: number;
  /** Bytes a second, as far as the disk has them; null where nothing can be written. */
  readonly writeBytesPerSecond: number | null;
  /** The system's word for why nothing can be written; null where it can. */
  readonly errno: string | null;
  /** Names that it does not take, each with the system's word. */
  readonly refusedNames: readonly { readonly name: string; readonly errno: string }[];
  /** It tells `A` from `a`. */
  readonly isCaseSensitive: boolean | null;
}

const STEP_BYTES = 1_048_576;

/** `names`: parts of paths. Rejects with what kept it from the folder. */
export async function checkDisk(wanted: string, names: readonly string[]): Promise<DiskFinding> {
  const folder = await nearestFolder(path.resolve(wanted));
  const { bavail, bsize } = await statfs(folder);
  const facts = { folder, freeBytes: bavail * bsize };
  let own: string;
  try {
    own = await mkdtemp(path.join(folder, '.effusion-doctor-'));
  } catch (error) {
    return { ...facts, writeBytesPerSecond: null, errno: errnoOf(error), refusedNames: [], isCaseSensitive: null };
  }
  try {
    const refusedNames = await tryNames(own, names);
    const isCaseSensitive = await tellsCases(own);
    const speed = await writeSpeed(path.join(own, 'speed'), facts.freeBytes);
    return { ...facts, ...speed, refusedNames, isCaseSensitive };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function nearestFolder(wanted: string): Promise<string> {
  for (let folder = wanted; ; folder = path.dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    if (found?.isDirectory() === true || folder === path.dirname(folder)) return folder;
  }
}

async function tryNames(own: string, names: readonly string[]): Promise<DiskFinding['refusedNames']> {
  const refused: { name: string; errno: string }[] = [];
  for (const [index, name] of [...new Set(names)].slice(0, CONFIG.probe.maxNames).entries()) {
    // A folder each: names that are one to the file system are another question.
    const file = path.join(await mkdtemp(path.join(own, `${index}-`)), name);
    await writeFile(file, '').catch((error: unknown) => refused.push({ name, errno: errnoOf(error) }));
  }
  return refused;
}

async function tellsCases(own: string): Promise<boolean> {
  await writeFile(path.join(own, 'case'), '');
  return stat(path.join(own, 'CASE')).then(
    () => false,
    () => true,
  );
}

async function writeSpeed(file: string, freeBytes: number): Promise<Pick<DiskFinding, 'writeBytesPerSecond' | 'errno'>> {
  const { diskBytes, diskMs } = CONFIG.probe;
  // What is nearly full is not filled up for a look.
  const limit = Math.min(diskBytes, freeBytes / 4);
  const step = new Uint8Array(STEP_BYTES).map((_, i) => (i * 31) ^ (i >> 8));
  try {
    const handle = await open(file, 'w');
    try {
      const startedAt = monotonicNow();
      let bytes = 0;
      while (bytes === 0 || (bytes < limit && monotonicNow() - startedAt < diskMs)) {
        await handle.write(step, 0, step.length, bytes);
        bytes += step.length;
      }
      await handle.datasync();
      return { writeBytesPerSecond: bytes / Math.max(0.001, (monotonicNow() - startedAt) / 1000), errno: null };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { writeBytesPerSecond: null, errno: errnoOf(error) };
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
}
