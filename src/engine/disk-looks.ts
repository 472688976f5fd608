// What is there of a torrent before it begins, beyond what its own files hold: files that are to be passed over, and data in other folders.
// Used where a session opens its disk, and where nothing but a plan is wanted. What is only served is looked at with other eyes.

import type { Metainfo } from '../metainfo/metainfo.js';
import { checkExisting, type CheckResult } from '../storage/checker.js';
import { completeFiles } from '../storage/file-progress.js';
import type { FilePaths } from '../storage/file-paths.js';
import { countingStamp, type FoundFile, scanFiles } from '../storage/file-scan.js';
import type { HashPool } from '../storage/hash-pool.js';
import type { ResumeState } from '../storage/resume-file.js';
import { copyReusable, findReusable } from '../storage/reuse.js';
import { CONFIG } from './config.js';

export interface LookOptions {
  readonly metainfo: Metainfo;
  readonly paths: FilePaths;
  readonly resume: ResumeState | null;
  readonly overwrite: 'verify' | 'never' | 'always';
  readonly hashPool: HashPool;
  /** Of files that are to be there; default all. The others may be anything, and are only read. */
  readonly isChosen?: (file: number) => boolean;
  readonly onProgress: (checkedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Looks at the torrent's own files, as a download does. Only reads. */
export async function lookAtFiles(options: LookOptions): Promise<CheckResult> {
  const { metainfo, paths, resume, overwrite, isChosen = () => true } = options;
  const scanned = scanFiles({ metainfo, paths, findsSpares: true, isLenient: (file) => !isChosen(file) });
  return checkExisting({ ...options, found: overwrite === 'always' ? passOver(scanned, resume) : scanned });
}

/**
 * Looks at what is to be served and stays as it is. A seed has every file under its name; where a part is served, what a download has under part
 * names counts too, and what is in the way is as good as nothing.
 */
export async function lookToServe(options: Omit<LookOptions, 'overwrite'>, servesPart: boolean): Promise<CheckResult> {
  const { metainfo, paths, isChosen = () => true } = options;
  const isLenient = (file: number): boolean => servesPart || !isChosen(file);
  return checkExisting({
    ...options,
    found: scanFiles({ metainfo, paths, namesOnly: !servesPart, findsSpares: servesPart, isLenient }),
  });
}

/** Files of that name are not looked at, but for those that an interrupted run of the same kind has brought. */
function passOver(found: readonly FoundFile[], resume: ResumeState | null): FoundFile[] {
  return found.map((file, index) =>
    file.name === null || (file.part === null && resume?.isTrusted(index, file.name) === true)
      ? file
      : { ...file, name: null, isPassedOver: true },
  );
}

/**
 * Copies what is found in the folders to where files grow, and looks again: what was there is believed, what was copied is read. With
 * `never` nothing is copied where a file is there that is not known to be whole: that run may be refused.
 */
export async function takeReusable(
  looked: CheckResult,
  folders: readonly string[],
  options: LookOptions & { readonly onStep: () => void },
): Promise<CheckResult> {
  const { metainfo, paths, overwrite, onStep, isChosen = () => true } = options;
  const { have, found } = looked;
  if (folders.length === 0 || have.isFull) return looked;
  const whole = completeFiles(metainfo.files, metainfo.geometry, have);
  if (overwrite === 'never' && found.some((file, index) => file.name !== null && isChosen(index) && !whole.has(index)))
    return looked;
  const { files } = await findReusable({ ...options, found, have, folders, limits: CONFIG.storage.reuse });
  if (files.length === 0) return looked;
  await copyReusable(files, { ...options, stepBytes: CONFIG.storage.copyStepBytes });
  const copied = new Set(files.map(({ file }) => file));
  const scanned = scanFiles({ metainfo, paths, isLenient: (file) => !isChosen(file) });
  const again = found.map((file, index) => (copied.has(index) ? { ...file, part: scanned[index].part } : file));
  const isTrusted = (file: number): boolean => !copied.has(file) && countingStamp(found[file]) !== null;
  const second = await checkExisting({ ...options, found: again, resume: { have, isTrusted } });
  onStep();
  return { ...second, resumed: looked.resumed, checkedBytes: looked.checkedBytes + second.checkedBytes };
}
