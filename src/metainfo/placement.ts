// Where a torrent's files go instead of where it says: another name for the whole, leading components left out (as tar does it, the
// torrent's name counts as the first), single files placed by hand. A pure function from paths to paths: whatever stores, looks for or
// serves the data is given the placed torrent, and knows of nothing else. What the user names is never changed silently, but refused.

import { EffusionError, MetainfoError } from '../model/error.js';
import type { Metainfo, MetainfoFile } from './metainfo.js';
import { checkPathLength, safeComponent } from './safe-path.js';

/** Nothing named: the torrent's own paths. */
export interface Placement {
  /** The torrent's file or folder is called so; one component. */
  readonly name?: string;
  /** So many leading components are left out of every path; not with `name`, which would be among them. */
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

/** The torrent with the paths of its files placed; the same object where nothing is asked for. Throws PlacementError. */
export function placeFiles<T extends Pick<Metainfo, 'files'>>(metainfo: T, placement: Placement): Placed<T> {
  if (!isPlaced(placement)) return metainfo;
  checkPlacement(placement);
  const { name, stripComponents = 0, renames = new Map<number, string>() } = placement;
  const used = new Set<number>();
  let position = 0;
  const files = metainfo.files.map((file) => {
    if (file.isPadding) return file;
    position++;
    const renamed = renames.get(position);
    if (renamed !== undefined) {
      used.add(position);
      return { ...file, path: renamed.split('/') };
    }
    if (file.path.length <= stripComponents) {
      throw refuse(
        `without ${stripComponents} leading ${stripComponents === 1 ? 'component' : 'components'} nothing is left of ${quote(file.path.join('/'))}`,
        file.path.join('/'),
      );
    }
    const path = name === undefined ? file.path.slice(stripComponents) : [name, ...file.path.slice(1)];
    checkLength(path);
    return { ...file, path };
  });
  for (const index of renames.keys()) {
    if (!used.has(index)) throw refuse(`there is no file ${index}: the torrent has ${position}`);
  }
  refuseCollisions(metainfo.files, files);
  return { ...metainfo, files };
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

/** What the torrent puts right into the output folder: one file or folder, more where it was placed so. */
export function rootNames({ files }: Pick<Metainfo, 'files'>): string[] {
  const names = new Set<string>();
  for (const file of files) if (!file.isPadding) names.add(file.path[0]);
  return [...names];
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
 * Two files at one place, or a file where another needs a folder. Names that differ by case or by their Unicode form alone are one name to
 * some file systems: these are refused too, unless the torrent itself already has them so.
 */
function refuseCollisions(before: readonly MetainfoFile[], after: readonly MetainfoFile[]): void {
  for (const fold of [(path: string) => path, foldName]) {
    /** Who first has a path as a file, and who first needs it as a folder. */
    const fileAt = new Map<string, number>();
    const folderOf = new Map<string, number>();
    for (const [index, file] of after.entries()) {
      if (file.isPadding) continue;
      const folders = ancestors(file.path).map(fold);
      const own = fold(file.path.join('/'));
      for (const other of [fileAt.get(own), folderOf.get(own), ...folders.map((folder) => fileAt.get(folder))]) {
        if (other === undefined || (fold === foldName && didCollide(before[other].path, before[index].path))) continue;
        const places = [before[other].path.join('/'), before[index].path.join('/')];
        throw refuse(
          `${quote(places[0])} and ${quote(places[1])} would both be placed as ${quote(file.path.join('/'))}`,
          ...places,
        );
      }
      if (!fileAt.has(own)) fileAt.set(own, index);
      for (const folder of folders) if (!folderOf.has(folder)) folderOf.set(folder, index);
    }
  }
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
