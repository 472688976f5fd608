// The files of a torrent that the options choose, and how they are to come: from `--files`, else from the magnet link (`so=`, BEP 53),
// with `--priority`, `--sequential` and `--first-last`. What a session is told, and what a person is.

import { promises } from 'node:fs';
import path from 'node:path';
import type { SessionOptions } from '../engine/session-options.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { FileRange } from '../metainfo/magnet-selection.js';
import { MetainfoError } from '../model/error.js';
import { cacheFolder } from './dht-options.js';
import { type FileSpec, filesOfSpec, type PrioritySpec, selectFiles } from './file-spec.js';
import { formatCount } from './render/human-numbers.js';
import { type LoadedTorrent, readTorrentFile } from './torrent-file-argument.js';
import type { TorrentItem } from './torrent-list.js';
import { UsageError } from './usage-error.js';

/** Options of commands that choose files to download. */
export interface ChoiceOptions {
  readonly files?: readonly FileSpec[];
  readonly priority?: readonly PrioritySpec[];
  readonly sequential?: boolean;
  readonly firstLast?: boolean;
  readonly interactive?: boolean;
}

export interface ChosenFiles {
  readonly session: Pick<SessionOptions, 'files' | 'priorities' | 'order' | 'edgesFirst'>;
  /** Of the chosen files. */
  readonly bytes: number;
  /** `3 files`, or `2 of 3 files`. */
  readonly count: string;
}

/**
 * `selection`: of the magnet link; null: it makes none. `picked`: chosen by hand, which goes before all. Throws UsageError where a spec
 * names nothing.
 */
export function chooseFiles(
  metainfo: Pick<Metainfo, 'files' | 'isSingleFile'>,
  options: ChoiceOptions,
  selection: readonly FileRange[] | null,
  picked: readonly number[] | null = null,
): ChosenFiles {
  const { files: specs = [], priority = [], sequential = false, firstLast = false } = options;
  const real: number[] = [];
  let realBytes = 0;
  for (let index = 0; index < metainfo.files.length; index++) {
    const { isPadding, length } = metainfo.files[index];
    if (isPadding) continue;
    real.push(index);
    realBytes += length;
  }
  const named = specs.length > 0 ? selectFiles(specs, metainfo) : selection !== null ? filesOfLink(real, selection) : null;
  const files = picked ?? named;
  const priorities = new Map<number, 'high' | 'low'>();
  for (const { spec, level } of priority) for (const index of filesOfSpec(spec, metainfo)) priorities.set(index, level);
  const chosen = files ?? real;
  return {
    session: {
      ...(files === null ? {} : { files }),
      ...(priorities.size === 0 ? {} : { priorities }),
      ...(sequential ? { order: 'sequential' } : {}),
      ...(firstLast ? { edgesFirst: true } : {}),
    },
    bytes: files === null ? realBytes : files.reduce((sum, index) => sum + metainfo.files[index].length, 0),
    count:
      chosen.length === real.length
        ? formatCount(real.length, 'file')
        : `${chosen.length} of ${formatCount(real.length, 'file')}`,
  };
}

/** Numbers of a link that name no file, or padding, are left out, unless nothing else is there. */
function filesOfLink(real: readonly number[], selection: readonly FileRange[]): number[] {
  const files = real.filter((index) => selection.some(({ first, last }) => index >= first && index <= last));
  if (files.length > 0) return files;
  throw new UsageError(
    'the link selects files (so=) that the torrent does not have',
    'Choose with --files, which goes before it.',
  );
}

/** Before anything is opened: a spec that names nothing in a torrent file is a slip of the keyboard. Other torrents are looked at when they come. */
export async function checkChoice(items: readonly TorrentItem[], options: ChoiceOptions): Promise<void> {
  const { files = [], priority = [] } = options;
  const argument = items.length === 1 ? items[0].argument : null;
  if (files.length + priority.length === 0 || argument === null || argument instanceof MetainfoError || argument.kind !== 'file')
    return;
  const loaded = await readOnce(argument).catch(() => null);
  if (loaded !== null) chooseFiles(loaded.metainfo, options, null);
}

/** Null where it is a pipe, which can't be read again. What can't be read at all is told when its turn comes. */
export async function readOnce(argument: { readonly kind: 'file'; readonly path: string }): Promise<LoadedTorrent | null> {
  return (await promises.stat(argument.path)).isFile() ? readTorrentFile(argument) : null;
}

/** Where it is noted which chosen files are whole; nowhere for a user without a home. */
export function notesFolder(environment: Readonly<Record<string, string | undefined>>): Pick<SessionOptions, 'notesFolder'> {
  const cache = cacheFolder(environment);
  return cache === null ? {} : { notesFolder: path.join(cache, 'chosen') };
}
