// What a file is called until its last piece is verified: NAME.part, so that a name without it is complete. The torrent may
// have a file of that very name, or the name may get too long: then it is one of our own names in the same folder.

import { toHex } from '../model/ids.js';
import type { Metainfo } from './metainfo.js';

const SUFFIX = '.part';
const MAX_NAME_BYTES = 255;
/** UTF-16 units that can't be more than MAX_NAME_BYTES, at three bytes each. */
const CERTAINLY_SHORT = 85;
const HASH_DIGITS = 8;

const utf8 = new TextEncoder();
const takenNames = new WeakMap<readonly unknown[], ReadonlySet<string>>();

/** Paths of the torrent, files and folders, that end in `.part`, by `pathKey`. */
function collectTaken(files: Metainfo['files']): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const file of files) {
    if (file.isPadding) continue;
    for (let depth = 0; depth < file.path.length; depth++) {
      if (endsInSuffix(file.path[depth])) taken.add(pathKey(file.path.slice(0, depth + 1)));
    }
  }
  return taken;
}

function endsInSuffix(name: string): boolean {
  // The dot first: of thousands of names nearly none has it there.
  return name.at(-SUFFIX.length) === SUFFIX[0] && name.slice(-SUFFIX.length).toLowerCase() === SUFFIX;
}

/** Some file systems tell neither the case of a letter nor its Unicode form. */
function pathKey(path: readonly string[]): string {
  return path.join('/').normalize('NFC').toLowerCase();
}

/** The last component of that file's path (an index into the metainfo's files) while it is incomplete; the others stay as they are. */
export function partComponent(metainfo: Pick<Metainfo, 'files' | 'infoHash'>, file: number): string {
  const { files } = metainfo;
  let taken = takenNames.get(files);
  if (taken === undefined) {
    taken = collectTaken(files);
    takenNames.set(files, taken);
  }
  const { path } = files[file];
  const name = path[path.length - 1] + SUFFIX;
  const isShort = name.length <= CERTAINLY_SHORT || utf8.encode(name).length <= MAX_NAME_BYTES;
  const isFree = taken.size === 0 || !taken.has(pathKey(path.with(path.length - 1, name)));
  return isShort && isFree ? name : spareComponent(metainfo, file);
}

/** That path, in the form of `MetainfoFile.path`. */
export function partName(metainfo: Pick<Metainfo, 'files' | 'infoHash'>, file: number): readonly string[] {
  const { path } = metainfo.files[file];
  return path.with(path.length - 1, partComponent(metainfo, file));
}

/** The name of our own, which it has too where somebody else's file has the usual one. */
export function sparePartName(metainfo: Pick<Metainfo, 'files' | 'infoHash'>, file: number): readonly string[] {
  const { path } = metainfo.files[file];
  return path.with(path.length - 1, spareComponent(metainfo, file));
}

function spareComponent({ infoHash }: Pick<Metainfo, 'infoHash'>, file: number): string {
  const digits = toHex(infoHash.v1 ?? infoHash.v2 ?? new Uint8Array(HASH_DIGITS / 2)).slice(0, HASH_DIGITS);
  return `.effusion-${digits}-${file}${SUFFIX}`;
}
