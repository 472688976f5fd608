// From the options of a session to the plan of its pieces: which files were chosen, what that means on the disk that was found, and in which
// order they are to come. Pure.

import type { Metainfo, MetainfoFile } from '../metainfo/metainfo.js';
import { type PiecePlan, planPieces } from '../session/piece-plan.js';
import { type ChoiceFacts, type FileChoice, settleChoice } from '../storage/file-choice.js';
import type { SessionOptions } from './session-options.js';

/** Null where that is all of them: then there is nothing that others would have. */
export function chosenFiles(metainfo: Pick<Metainfo, 'files'>, files: readonly number[] | undefined): ReadonlySet<number> | null {
  if (files === undefined) return null;
  const chosen = new Set(files);
  return metainfo.files.every((file, index) => file.isPadding || chosen.has(index)) ? null : chosen;
}

/** Indices of those that will be on the disk, found as they are asked for. */
export function* madeFiles({ files }: Pick<Metainfo, 'files'>, chosen: ReadonlySet<number> | null): Iterable<number> {
  for (const file of files.keys()) if (!files[file].isPadding && chosen?.has(file) !== false) yield file;
}

/**
 * What a choice means on the disk that was found; null where it is all of the files, and none of them is taken as it is. `overwrite`: of the
 * session.
 */
export function settleOnDisk(
  facts: Omit<ChoiceFacts, 'chosen' | 'keepsExisting'> & { readonly metainfo: Metainfo },
  chosen: ReadonlySet<number> | null,
  overwrite: SessionOptions['overwrite'],
): FileChoice | null {
  const keepsExisting = overwrite === 'never';
  if (chosen === null && !keepsExisting) return null;
  const choice = settleChoice({ ...facts, chosen: chosen ?? new Set(madeFiles(facts.metainfo, null)), keepsExisting });
  return chosen === null && choice.given.size + choice.kept.size === 0 ? null : choice;
}

export function choosePlan(
  { files, geometry }: Pick<Metainfo, 'files' | 'geometry'>,
  choice: FileChoice | null,
  { priorities, order, edgesFirst = false }: Pick<SessionOptions, 'priorities' | 'order' | 'edgesFirst'>,
): PiecePlan | null {
  return planPieces({
    files,
    geometry,
    chosen: choice === null ? null : new Set([...choice.targets, ...choice.given, ...choice.kept]),
    ...(choice === null ? {} : { given: choice.given }),
    ...(priorities === undefined ? {} : { priorities }),
    isSequential: order === 'sequential',
    isEdgesFirst: edgesFirst,
  });
}

/** The files as a piece store is to see them: those that are not to be made are as good as padding. */
export function withPaddingFor(files: readonly MetainfoFile[], targets: ReadonlySet<number>): readonly MetainfoFile[] {
  return files.map((file, index) => (targets.has(index) ? file : { ...file, isPadding: true }));
}
