// Where a torrent's files go instead of where it says: another name for the whole, leading components left out (as tar does it, the
// torrent's name counts as the first), single files placed by hand. A pure function from paths to paths: whatever stores, looks for or
// serves the data is given the placed torrent, and knows of nothing else. What the user names is never changed silently, but refused.
// Of a choice of files only those count that are chosen: another one that would have no place, or theirs, is nowhere, and never made.

import { EffusionError, MetainfoError } from '../model/error.js';
import type { Metainfo, MetainfoFile } from './metainfo.js';
import { checkPathLength, safeComponent } from './safe-path.js';

/** Nothing named: the torrent's own paths. */
export interface Placement {
  /** The torrent's file or folder is called so; one component. */
  readonly name?: string;
  /**
   * So many leading components are left out of every path; not with `name`, which would be among them. The torrent of a single file has no
   * folder to leave out: it keeps its name.
   */
  readonly stripComponents?: number;
  /**
   * 1-based position among the torrent's files (padding left out) → where that file goes, below the output folder, with slashes. The
   * rest of the placement does not count for it.
   */
  readonly renames?: ReadonlyMap<number, string>;
}

/** What was asked for can't be done with this torrent, or would put data where it must not be. Nothing was touched. Exit 2. */
export class PlacementError extends EffusionError<{ paths: readonly string[] }> {
  readonly code = 'bad_placement';
}

type Placed<T> = T & { readonly files: readonly MetainfoFile[] };

/** A folder that nothing is ever in: no torrent may have a name that begins so (`safeComponent`), and nothing of ours is called so. */
const NOWHERE = '.effusion-nowhere';

/**
 * The torrent with the paths of its files placed; the same object where nothing is asked for. `chosen`: indices of the files that are to be
 * made, left out or null: all of them. What a file is refused for makes one that was not chosen a file without a place (see `hasPlace`).
 * Throws PlacementError.
 */
export function placeFiles<T extends Pick<Metainfo, 'files' | 'isSingleFile'>>(
  metainfo: T,
  placement: Placement,
  chosen?: Iterable<number> | null,
): Placed<T> {
  if (!isPlaced(placement)) return metainfo;
  checkPlacement(placement);
  const { renames = new Map<number, string>() } = placement;
  const wanted = chosen == null ? null : new Set(chosen);
  const isWanted = (index: number): boolean => wanted?.has(index) !== false;
  let position = 0;
  const files = metainfo.files.map((file, index) => {
    if (file.isPadding) return file;
    const renamed = renames.get(++position);
    if (renamed !== undefined) return { ...file, path: renamed.split('/') };
    try {
      return { ...file, path: placeOf(file.path, placement, metainfo.isSingleFile) };
    } catch (error) {
      if (isWanted(index)) throw error;
      return withoutPlace(file, index);
    }
  });
  for (const index of renames.keys()) {
    if (index > position) throw refuse(`there is no file ${index}: the torrent has ${position}`);
  }
  return { ...metainfo, files: settleCollisions(metainfo.files, files, isWanted) };
}

/** False of a file that was not chosen and has no place by this placement: its path leads to where nothing is. */
export function hasPlace({ path }: Pick<MetainfoFile, 'path'>): boolean {
  return path[0] !== NOWHERE;
}

/** What can be said against it whatever the torrent is. Throws PlacementError. */
export function checkPlacement({ name, stripComponents = 0, renames = new Map() }: Placement): void {
  const isCount = Number.isSafeInteger(stripComponents) && stripComponents >= 0;
  if (!isCount) throw refuse(`${stripComponents} is no number of leading folders to leave out`);
  if (name !== undefined) {
    if (stripComponents > 0) throw refuse(`the torrent can't be called ${quote(name)} where its own folder is left out`);
    if (name.includes('/')) throw refuse(`the name ${quote(name)} has a slash in it: choose the folder with --output`);
    checkUserPath(name, `call it ${quote(name)}`);
  }
  for (const [position, path] of renames) checkUserPath(path, `place file ${position} as ${quote(path)}`);
}

export function isPlaced({ name, stripComponents = 0, renames }: Placement): boolean {
  return name !== undefined || stripComponents !== 0 || (renames !== undefined && renames.size > 0);
}

/**
 * What the torrent puts right into the output folder: one file or folder, more where it was placed so. `chosen`: indices of the files that are
 * made, left out or null: all of them.
 */
export function rootNames({ files }: Pick<Metainfo, 'files'>, chosen?: Iterable<number> | null): string[] {
  const names = new Set<string>();
  const wanted = chosen == null ? null : new Set(chosen);
  let last: string | null = null;
  for (let index = 0; index < files.length; index++) {
    const file = files[index];
    // Mostly the one of the file before.
    if (file.path[0] === last || file.isPadding || !hasPlace(file) || wanted?.has(index) === false) continue;
    last = file.path[0];
    names.add(last);
  }
  return [...names];
}

/**
 * Where the torrent as a whole is, below the output folder: its file, or its folder; empty, the output folder itself, where the placement
 * leaves its folder out or puts a file elsewhere. The same for every choice of its files.
 */
export function ownPlace(
  { files, isSingleFile }: Pick<Metainfo, 'files' | 'isSingleFile'>,
  placement: Placement,
): readonly string[] {
  const { name, stripComponents = 0, renames = new Map<number, string>() } = placement;
  const first = files.find((file) => !file.isPadding);
  if (first === undefined) return [];
  if (isSingleFile) return renames.get(1)?.split('/') ?? [name ?? first.path[0]];
  const root = name ?? first.path[0];
  const staysIn = [...renames.values()].every((path) => path.startsWith(`${root}/`));
  return stripComponents === 0 && staysIn ? [root] : [];
}

/** Throws a PlacementError where nothing is left of it, or more than a path may have. */
function placeOf(path: readonly string[], { name, stripComponents = 0 }: Placement, isSingleFile: boolean): readonly string[] {
  if (name === undefined && isSingleFile) return path;
  if (path.length <= stripComponents) {
    throw refuse(
      `without ${stripComponents} leading ${stripComponents === 1 ? 'component' : 'components'} nothing is left of ${quote(path.join('/'))}`,
      path.join('/'),
    );
  }
  const placed = name === undefined ? path.slice(stripComponents) : [name, ...path.slice(1)];
  checkLength(placed);
  return placed;
}

function withoutPlace(file: MetainfoFile, index: number): MetainfoFile {
  return { ...file, path: [NOWHERE, String(index)] };
}

/** Refuses what would have to be changed to be safe. `action`: what can't be done with it. */
function checkUserPath(text: string, action: string): void {
  if (text.startsWith('/'))
    throw refuse(`cannot ${action}: it is to be a path inside the output folder, without a slash at its begin`);
  const components = text.split('/');
  for (const part of components) {
    let safe;
    try {
      safe = safeComponent(part, '', { windows: false });
    } catch (error) {
      throw error instanceof MetainfoError ? refuse(`cannot ${action}: ${withoutField(error)}`) : error;
    }
    if (safe !== part) throw refuse(`cannot ${action}: ${quote(part)} is too long or has characters that no name may have`);
  }
  checkLength(components);
}

/** The messages of safe-path begin with a field, which the user's text is not. */
function withoutField({ message }: MetainfoError): string {
  return message.replace(/^: /, '');
}

function checkLength(path: readonly string[]): void {
  try {
    checkPathLength(path, '');
  } catch (error) {
    throw error instanceof MetainfoError ? refuse(`cannot place ${quote(path.join('/'))}: ${withoutField(error)}`) : error;
  }
}

/**
 * Two files at one place, or a file where another needs a folder: refused, or the one that is not wanted is nowhere. Names that differ by case
 * or by their Unicode form alone are one name to some file systems: these count too, unless the torrent itself already has them so.
 */
function settleCollisions(
  before: readonly MetainfoFile[],
  after: readonly MetainfoFile[],
  isWanted: (index: number) => boolean,
): readonly MetainfoFile[] {
  const settled = [...after];
  // Wanted ones first: none of the others stands in their way.
  const order = [...after.keys()].toSorted((a, b) => Number(isWanted(b)) - Number(isWanted(a)));
  for (const fold of [(path: string) => path, foldName]) {
    /** Who first has a path as a file, and who first needs it as a folder. */
    const fileAt = new Map<string, number>();
    const folderOf = new Map<string, number>();
    for (const index of order) {
      const file = settled[index];
      if (file.isPadding || !hasPlace(file)) continue;
      const folders = ancestors(file.path).map(fold);
      const own = fold(file.path.join('/'));
      const rivals = [fileAt.get(own), folderOf.get(own), ...folders.map((folder) => fileAt.get(folder))];
      const rival = rivals.find(
        (other) => other !== undefined && !(fold === foldName && didCollide(before[other].path, before[index].path)),
      );
      if (rival !== undefined && !isWanted(index)) {
        settled[index] = withoutPlace(file, index);
        continue;
      }
      if (rival !== undefined) {
        const places = [rival, index].toSorted((a, b) => a - b).map((one) => before[one].path.join('/'));
        throw refuse(
          `${quote(places[0])} and ${quote(places[1])} would both be placed as ${quote(file.path.join('/'))}`,
          ...places,
        );
      }
      if (!fileAt.has(own)) fileAt.set(own, index);
      for (const folder of folders) if (!folderOf.has(folder)) folderOf.set(folder, index);
    }
  }
  return settled;
}

function didCollide(a: readonly string[], b: readonly string[]): boolean {
  const [first, second] = [foldName(a.join('/')), foldName(b.join('/'))];
  return first === second || first.startsWith(`${second}/`) || second.startsWith(`${first}/`);
}

function ancestors(path: readonly string[]): string[] {
  return path.slice(1).map((_, depth) => path.slice(0, depth + 1).join('/'));
}

function foldName(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function refuse(message: string, ...paths: readonly string[]): PlacementError {
  return new PlacementError(message, { paths });
}
