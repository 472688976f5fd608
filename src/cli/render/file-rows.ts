// The files of a torrent as a person reads them and as a script does: in columns that fit the terminal, as a tree with the sums of its folders,
// or a line each of NUMBER, bytes and path with tabs between them. Numbers count from 1, in the torrent's own order; what is not on the disk
// (padding, symbolic links) has none.

import type { Metainfo, MetainfoFile } from '../../metainfo/metainfo.js';
import { symlinksOf } from '../../metainfo/symlinks.js';
import type { Style } from './color-level.js';
import { formatBytes, formatCount } from './human-numbers.js';
import { sanitise } from './sanitise.js';
import { loadWidthFor, truncateToWidth, type WidthOf } from './text-width.js';
import { dataBytes } from './torrent-text.js';

/** Characters of one name, before the terminal's width cuts it. */
const MAX_NAME = 1000;
/** Columns that a path gets at least, however narrow the terminal is. */
const MIN_PATH = 12;

interface ListedFile {
  /** From 1. */
  readonly number: number;
  /** Among all files of the metainfo. */
  readonly index: number;
  readonly file: MetainfoFile;
}

export interface RowOptions {
  readonly style: Style;
  /** Of the terminal; null: nothing is cut. */
  readonly columns: number | null;
  readonly isUnicode: boolean;
}

/** Those that end up on the disk. */
export function listedFiles({ files }: Pick<Metainfo, 'files'>): ListedFile[] {
  return files
    .map((file, index) => ({ number: 0, index, file }))
    .filter(({ file }) => !file.isPadding)
    .map((listed, at) => ({ ...listed, number: at + 1 }));
}

/** For scripts: `NUMBER TAB BYTES TAB PATH`. Names have no tabs and line feeds: safe-path.ts replaced them. */
export function formatPlainRows(metainfo: Metainfo): string[] {
  return listedFiles(metainfo).map(({ number, file }) => `${number}\t${file.length}\t${file.path.join('/')}`);
}

function markOf({ attributes = '' }: MetainfoFile): string {
  const marks = [...(attributes.includes('x') ? ['executable'] : []), ...(attributes.includes('h') ? ['hidden'] : [])];
  return marks.length === 0 ? '' : ` [${marks.join(', ')}]`;
}

/** The beginning goes: the end of a path tells the most. */
function cutStart(text: string, columns: number, widthOf: WidthOf): string {
  if (widthOf(text) <= columns) return text;
  const reversed = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment).toReversed();
  let kept = '';
  let width = 1;
  for (const cluster of reversed) {
    width += widthOf(cluster);
    if (width > columns) break;
    kept = cluster + kept;
  }
  return `…${kept}`;
}

interface Row {
  /** Null: a folder, or a symbolic link. */
  readonly number: number | null;
  readonly size: string;
  /** What stands before the text, such as branches of a tree: never cut, and a column for each character. */
  readonly lead: string;
  readonly text: string;
  readonly mark: string;
  readonly isFolder: boolean;
}

function aligned(rows: readonly Row[], { style, columns }: RowOptions, widthOf: WidthOf): string[] {
  let numberWidth = 0;
  let sizeWidth = 0;
  for (const { number, size } of rows) {
    numberWidth = Math.max(numberWidth, String(number ?? '').length);
    sizeWidth = Math.max(sizeWidth, size.length);
  }
  return rows.map(({ number, size, lead, text, mark, isFolder }) => {
    const head = `  ${String(number ?? '').padStart(numberWidth)}  ${size.padStart(sizeWidth)}  ${lead}`;
    const room = columns === null ? Infinity : Math.max(MIN_PATH, columns - head.length - mark.length);
    const shown = lead === '' ? cutStart(text, room, widthOf) : truncateToWidth(text, room, widthOf);
    return `${head}${isFolder ? style.strong(shown) : shown}${style.faint(mark)}`;
  });
}

/** `name: 3 files, 1.0 MiB`. */
export function formatHeading(metainfo: Metainfo, style: Style): string {
  const count = formatCount(listedFiles(metainfo).length, 'file');
  return `${style.strong(sanitise(metainfo.name))}: ${count}, ${formatBytes(dataBytes(metainfo))}`;
}

/** Lines without line feeds, the heading not among them. */
export async function formatFileRows(metainfo: Metainfo, options: RowOptions): Promise<string[]> {
  const placed: { readonly index: number; readonly row: Row }[] = listedFiles(metainfo).map(({ number, index, file }) => {
    const text = sanitise(file.path.join('/'), MAX_NAME);
    return { index, row: { number, size: formatBytes(file.length), lead: '', text, mark: markOf(file), isFolder: false } };
  });
  for (const { index, path, target } of symlinksOf(metainfo)) {
    const text = sanitise(`${metainfo.name}/${path} -> ${metainfo.name}/${target}`, MAX_NAME);
    placed.push({ index, row: { number: null, size: 'link', lead: '', text, mark: ' [not made]', isFolder: false } });
  }
  const rows = placed.toSorted((a, b) => a.index - b.index).map(({ row }) => row);
  const widthOf = await loadWidthFor(rows.map(({ text }) => text).join(''));
  return aligned(rows, options, widthOf);
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: { readonly name: string; readonly listed: ListedFile }[];
  length: number;
}

const newFolder = (): Folder => ({ folders: new Map(), files: [], length: 0 });

/** Folders with the sums of what is in them, before the files beside them. */
export async function formatFileTree(metainfo: Metainfo, options: RowOptions): Promise<string[]> {
  const root = newFolder();
  for (const listed of listedFiles(metainfo)) {
    let folder = root;
    folder.length += listed.file.length;
    for (const name of listed.file.path.slice(0, -1)) {
      let next = folder.folders.get(name);
      if (next === undefined) {
        next = newFolder();
        folder.folders.set(name, next);
      }
      folder = next;
      folder.length += listed.file.length;
    }
    folder.files.push({ name: listed.file.path.at(-1) ?? '', listed });
  }
  const rows = treeRows(root, options.isUnicode);
  const widthOf = await loadWidthFor(rows.map(({ lead, text }) => lead + text).join(''));
  return aligned(rows, options, widthOf);
}

interface TreeItem {
  readonly name: string;
  readonly item: Folder | ListedFile;
  readonly lead: string;
  /** What the items of a folder begin with. */
  readonly below: string;
}

/** In the order of a stack: the last one is the first to be shown. */
function itemsOf({ folders, files }: Folder, below: string, isTop: boolean, isUnicode: boolean): TreeItem[] {
  const [branch, corner, bar] = isUnicode ? ['├── ', '└── ', '│   '] : ['|-- ', '`-- ', '|   '];
  const named: { name: string; item: Folder | ListedFile }[] = [];
  for (const [name, item] of folders) named.push({ name, item });
  for (const { name, listed } of files) named.push({ name, item: listed });
  return named
    .map(({ name, item }, index) => {
      const isLast = index === named.length - 1;
      const lead = isTop ? '' : below + (isLast ? corner : branch);
      return { name, item, lead, below: isTop ? '' : below + (isLast ? '    ' : bar) };
    })
    .toReversed();
}

/** Without recursion: a path may have a hundred folders, and a torrent a hundred thousand files. */
function treeRows(root: Folder, isUnicode: boolean): Row[] {
  const rows: Row[] = [];
  const waiting = itemsOf(root, '', true, isUnicode);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name, lead, below, item } = next;
    const text = sanitise(name, MAX_NAME);
    if ('file' in item) {
      const size = formatBytes(item.file.length);
      rows.push({ number: item.number, size, lead, text, mark: markOf(item.file), isFolder: false });
      continue;
    }
    rows.push({ number: null, size: formatBytes(item.length), lead, text: `${text}/`, mark: '', isFolder: true });
    for (const inner of itemsOf(item, below, false, isUnicode)) waiting.push(inner);
  }
  return rows;
}
