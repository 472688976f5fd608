// Where files grow in a folder of their own, none of them may grow where another one goes: with `OUT/a` as that folder, `a/b` of a torrent
// grows as `OUT/a/a/b.part`, which may be the place of its file `a/a/b.part`. Asked before anything is made; links are followed as far as the
// folders are there.

import { realpathSync } from 'node:fs';
import path from 'node:path';
import { PlacementError } from '../metainfo/placement.js';
import type { FilePaths } from './file-paths.js';

/** `files`: indices of those that are to be made. Throws a PlacementError. Two names of one folder are fine: then nothing is apart. */
export function expectApart(paths: FilePaths, files: Iterable<number>): void {
  const { folder, partsFolder } = paths;
  if (folder === partsFolder) return;
  const [out, parts] = [truePath(folder), truePath(partsFolder)];
  if (out === parts || (!isBelow(parts, out) && !isBelow(out, parts))) return;
  const names = new Map<string, string>();
  const growing = new Map<string, string>();
  for (const file of files) {
    const name = path.join(out, path.relative(folder, paths.name(file)));
    names.set(fold(name), paths.name(file));
    growing.set(fold(path.join(parts, path.relative(partsFolder, paths.part(file)))), paths.part(file));
  }
  for (const [from, to] of [
    [growing, names],
    [names, growing],
  ]) {
    for (const [place, shown] of from) {
      const other = to.get(place) ?? ancestorIn(place, to);
      if (other === undefined) continue;
      const text = `files can't grow in ${partsFolder}: ${shown} would be in the way of ${other}, so name another folder with --incomplete-dir`;
      throw new PlacementError(text, { paths: [shown, other] });
    }
  }
}

function isBelow(inner: string, outer: string): boolean {
  const below = path.relative(outer, inner);
  return !path.isAbsolute(below) && below.split(path.sep)[0] !== '..';
}

/** What is to be a file where that place needs a folder. */
function ancestorIn(place: string, files: ReadonlyMap<string, string>): string | undefined {
  for (let at = path.dirname(place); at !== path.dirname(at); at = path.dirname(at)) {
    const file = files.get(at);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Without links, as far as it is there. */
function truePath(folder: string): string {
  const full = path.resolve(folder);
  try {
    return realpathSync(full);
  } catch {
    const parent = path.dirname(full);
    return parent === full ? full : path.join(truePath(parent), path.basename(full));
  }
}

/** Some file systems tell neither the case of a letter nor its Unicode form. */
function fold(place: string): string {
  return place.normalize('NFC').toLowerCase();
}
