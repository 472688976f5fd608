// `--checksum` and `--checksums`: what somebody else than the torrent says of its files. Matched against the torrent before anything is
// fetched, and looked at when the data is whole: a file that differs ends the run with 11, and stays where it is.

import { createReadStream } from 'node:fs';
import path from 'node:path';
import { CONFIG } from '../engine/config.js';
import { digestFile } from '../engine/file-digest.js';
import type { Metainfo, MetainfoFile } from '../metainfo/metainfo.js';
import type { DigestKind } from '../model/digest-kind.js';
import { MetainfoError } from '../model/error.js';
import { ChecksumUse } from './checksum-use.js';
import { openCheckProgress } from './check-progress.js';
import { type ChoiceOptions, chooseFiles, readOnce } from './chosen-files.js';
import { type ChecksumList, parseChecksumList, type WantedChecksum } from './checksum-list.js';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { findNearestName } from './edit-distance.js';
import { fileReason } from './file-reason.js';
import { formatCount } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';
import type { TorrentItem } from './torrent-list.js';
import { UsageError } from './usage-error.js';

export interface ChecksumOptions {
  readonly checksum?: readonly WantedChecksum[];
  /** Files that are lists of them. */
  readonly checksums?: readonly string[];
}

/** All that the options name; null where they name nothing. */
export interface WantedChecksums {
  readonly single: readonly WantedChecksum[];
  readonly lists: readonly ChecksumList[];
  /** Of several torrents: a list need not name each of them, as long as it names some (checksum-use.ts). */
  readonly isShared?: boolean;
}

/** What the checksums mean for one torrent. */
export interface MatchedChecksums {
  /** That are to be looked at. */
  readonly files: CheckedFile[];
  /** What is left over, for people. */
  readonly notes: string[];
  /** Lines of the lists that name a file of it, whether it is chosen or not. */
  readonly named: readonly WantedChecksum[];
}

export interface CheckedFile {
  readonly file: MetainfoFile;
  /** Of the torrent's files. */
  readonly index: number;
  readonly wanted: readonly WantedChecksum[];
}

export interface ChecksumResult {
  /** Below the folder. */
  readonly path: string;
  readonly algorithm: DigestKind;
  readonly expected: string;
  readonly found: string;
}

/** The names of so many files are told. */
const MAX_NAMED = 5;
const MAX_NAME = 300;
/** Names that are compared for "did you mean". */
const MAX_COMPARED = 5000;

/** Reads the lists. Throws UsageError. */
async function loadChecksums(options: ChecksumOptions): Promise<WantedChecksums | null> {
  const { checksum: single = [], checksums: names = [] } = options;
  if (single.length === 0 && names.length === 0) return null;
  const lists: ChecksumList[] = [];
  for (const name of names) lists.push(parseChecksumList(await readList(name), name));
  return { single, lists };
}

/**
 * The same, with what can be refused before anything is opened: a torrent that lies in a file is looked at. What else is wrong with it
 * is told when its turn comes.
 */
export async function loadChecksumsFor(
  items: readonly TorrentItem[],
  options: ChecksumOptions & ChoiceOptions,
): Promise<WantedChecksums | null> {
  const wanted = await loadChecksums(options);
  if (wanted === null) return null;
  if (items.length > 1 && wanted.single.length > 0) {
    throw new UsageError(`--checksum is for one torrent: ${items.length} were named`, 'Use a list with --checksums.');
  }
  const [{ argument }] = items;
  if (items.length > 1) {
    const shared = { ...wanted, isShared: true };
    await expectUse(items, options, shared);
    return shared;
  }
  if (argument instanceof MetainfoError || argument.kind !== 'file') return wanted;
  const loaded = await readOnce(argument).catch(() => null);
  if (loaded !== null) matchChecksums(loaded.metainfo, wanted, chooseFiles(loaded.metainfo, options, null).session.files);
  return wanted;
}

/** Throws UsageError where all torrents can be looked at before anything is opened, and a list names none of their files. */
async function expectUse(items: readonly TorrentItem[], options: ChoiceOptions, wanted: WantedChecksums): Promise<void> {
  const use = new ChecksumUse(wanted);
  for (const { argument } of items) {
    if (argument instanceof MetainfoError || argument.kind !== 'file') return;
    try {
      const loaded = await readOnce(argument);
      if (loaded === null) return;
      const { files } = chooseFiles(loaded.metainfo, options, null).session;
      use.add(matchChecksums(loaded.metainfo, wanted, files));
    } catch {
      // It is told when its turn comes, and its files are not known.
      return;
    }
  }
  const { error } = use.settle(true);
  if (error !== null) throw error;
}

/** `chosen`: indices of the files that will be there, all by default. Throws UsageError. */
export function matchChecksums(
  metainfo: Metainfo,
  { single, lists, isShared = false }: WantedChecksums,
  chosen?: readonly number[],
): MatchedChecksums {
  const places = placesIn(metainfo, chosen);
  const everywhere = chosen === undefined ? places : placesIn(metainfo);
  const found = new Map<MetainfoFile, WantedChecksum[]>();
  const add = (file: MetainfoFile, wanted: WantedChecksum): void => {
    const known = found.get(file);
    if (known === undefined) found.set(file, [wanted]);
    else known.push(wanted);
  };
  for (const wanted of single) add(fileOf(metainfo, places, wanted, chosen), wanted);
  const notes: string[] = [];
  const named: WantedChecksum[] = [];
  for (const { name, checksums, strangeLines } of lists) {
    const shown = sanitise(name, MAX_NAME);
    let foreign = 0;
    let unchosen = 0;
    for (const wanted of checksums) {
      const place = plainName(wanted.file ?? '');
      const file = places.get(place);
      if (file !== undefined) add(file, wanted);
      else if (everywhere.has(place)) unchosen++;
      else foreign++;
      if (everywhere.has(place)) named.push(wanted);
    }
    if (unchosen > 0 && isShared) notes.push(`${shown}: ${formatCount(unchosen, 'file')} of it not chosen: not looked at`);
    if (isShared) continue;
    if (foreign + unchosen === checksums.length) {
      const example = sanitise(checksums[0].file ?? '', MAX_NAME);
      throw new UsageError(
        `--checksums: ${shown} names no file of ${sanitise(metainfo.name)}${unchosen > 0 ? ' that is chosen' : ''}`,
        `Its names are those of the torrent's files, with or without its folder; this one begins with ${example}.`,
      );
    }
    if (unchosen > 0) notes.push(`${shown}: ${formatCount(unchosen, 'file')} of it not chosen: not looked at`);
    if (foreign > 0)
      notes.push(`${shown}: ${formatCount(foreign, 'file')} of it not in ${sanitise(metainfo.name)}: not looked at`);
    if (strangeLines > 0) notes.push(`${shown}: ${formatCount(strangeLines, 'line')} without a checksum: left out`);
  }
  if (isShared && found.size === 0) {
    const lines = lists.map(({ name }) => sanitise(name, MAX_NAME)).join(', ');
    notes.push(`${sanitise(metainfo.name)}: no checksum in ${lines} is of a file of it: none is looked at`);
  }
  const indices = new Map(metainfo.files.map((file, index) => [file, index]));
  return { files: [...found].map(([file, wanted]) => ({ file, index: indices.get(file) ?? 0, wanted })), notes, named };
}

/** A torrent, and where its files are: `placed` has them in the same order, below `folder`. */
export interface PlacedTorrent {
  readonly metainfo: Metainfo;
  readonly placed: Metainfo;
  readonly folder: string;
}

/** Reads the files. Throws StorageError, or the signal's reason. */
export async function computeChecksums(
  { placed, folder }: Pick<PlacedTorrent, 'placed' | 'folder'>,
  files: readonly CheckedFile[],
  context: CommandContext,
  signal?: AbortSignal,
): Promise<ChecksumResult[]> {
  const total = files.reduce((sum, { file }) => sum + file.length, 0);
  const progress = openCheckProgress(placed.name, context);
  const results: ChecksumResult[] = [];
  let done = 0;
  const onRead = (bytes: number): void => {
    done += bytes;
    progress.update(done, total);
  };
  try {
    for (const { file, index, wanted } of files) {
      const kinds = [...new Set(wanted.map(({ algorithm }) => algorithm))];
      const place = path.join(folder, ...placed.files[index].path);
      const digests = await digestFile(place, kinds, { onRead, ...(signal === undefined ? {} : { signal }) });
      for (const { algorithm, expected } of wanted) {
        results.push({ path: file.path.join('/'), algorithm, expected, found: digests[kinds.indexOf(algorithm)] });
      }
    }
  } finally {
    progress.close();
  }
  return results;
}

/** The same, and those that differ are an error. Throws CommandError, StorageError, or the signal's reason. */
export async function expectWanted(
  torrent: PlacedTorrent,
  wanted: WantedChecksums,
  chosen: readonly number[] | undefined,
  signal: AbortSignal,
  context: CommandContext,
): Promise<void> {
  const { files } = matchChecksums(torrent.metainfo, wanted, chosen);
  expectChecksums(await computeChecksums(torrent, files, context, signal));
}

/** Those that differ are an error. Throws CommandError. */
export function expectChecksums(results: readonly ChecksumResult[]): void {
  const failure = checksumFailure(results);
  if (failure !== null) throw failure;
}

/** Null where none differs. */
export function checksumFailure(results: readonly ChecksumResult[]): CommandError | null {
  const wrong = results.filter(({ expected, found }) => expected !== found);
  if (wrong.length === 0) return null;
  const named = wrong
    .slice(0, MAX_NAMED)
    .map(({ path: file, algorithm, expected, found }) => `${file} has ${algorithm} ${found}, and ${expected} was expected`);
  const more = wrong.length > MAX_NAMED ? [`${wrong.length - MAX_NAMED} more`] : [];
  return new CommandError(
    'checksum_mismatch',
    `${formatCount(wrong.length, 'checksum')} of ${results.length} wrong: ${[...named, ...more].join('; ')}`,
    `The data is what the torrent says, and not what the checksum says: one of the two is of something else.`,
  );
}

/** By each name that a file may have: from the output folder, and from the folder of the torrent where no other file has it. */
function placesIn({ files, isSingleFile }: Metainfo, chosen?: readonly number[]): Map<string, MetainfoFile> {
  const isChosen = new Set(chosen ?? files.keys());
  const places = new Map<string, MetainfoFile>();
  const real = files.filter((file, index) => !file.isPadding && isChosen.has(index));
  for (const file of real) places.set(plainName(file.path.join('/')), file);
  if (isSingleFile) return places;
  for (const file of real) {
    const inner = plainName(file.path.slice(1).join('/'));
    if (!places.has(inner)) places.set(inner, file);
  }
  return places;
}

function fileOf(
  metainfo: Metainfo,
  places: ReadonlyMap<string, MetainfoFile>,
  { algorithm, file }: WantedChecksum,
  chosen?: readonly number[],
): MetainfoFile {
  const name = sanitise(metainfo.name);
  if (file === null) {
    const [only, ...others] = new Set(places.values());
    if (others.length === 0) return only;
    throw new UsageError(
      `--checksum: ${name} has ${others.length + 1} files, and no one is named`,
      `Write ${algorithm}:HEX:FILE, the name as effusion info shows it.`,
    );
  }
  const found = places.get(plainName(file));
  if (found !== undefined) return found;
  const near = findNearestName(file, [...places.keys()].slice(0, MAX_COMPARED));
  const hint = near === null ? 'Name one as effusion info shows it.' : `Did you mean ${sanitise(near)}?`;
  throw new UsageError(
    `--checksum: there is no file ${JSON.stringify(file)} in ${name}${chosen === undefined ? '' : ' that is chosen'}`,
    hint,
  );
}

/** Lists are made with `./` in front as often as without, and some systems store letters with their accents apart. */
function plainName(name: string): string {
  return name.replace(/^(?:\.\/+)+/, '').normalize('NFC');
}

async function readList(name: string): Promise<Uint8Array> {
  const { maxListBytes } = CONFIG.cli;
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of createReadStream(name) as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > maxListBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new UsageError(`--checksums: cannot read ${sanitise(name)}: ${fileReason(error)}`, 'Check the path.');
  }
  if (total <= maxListBytes) return Buffer.concat(chunks, total);
  throw new UsageError(
    `--checksums: ${sanitise(name)} is larger than ${maxListBytes / 1024 / 1024} MiB`,
    'Is it really a list of checksums? One alone is named with --checksum.',
  );
}
