// Changes to a torrent file that is there (BEP 3, 12, 19, 27). What is not changed stays byte for byte, unknown keys and the order of an unsorted
// file's nested values too; the info dictionary is touched by the three fields alone that lie in it (name, private, source), since
// its raw bytes are the torrent's identity.

import type { BencodeDict } from '../bencode/bencode-dict.js';
import { decode } from '../bencode/decode.js';
import { encode } from '../bencode/encode.js';
import { matchesGlob } from '../model/glob.js';
import { decodeText, decodeUtf8, expectDict, fieldError } from './fields.js';
import { INFO_DEFAULTS } from './info-dict.js';
import type { Metainfo } from './metainfo.js';
import { RawDict } from './raw-dict.js';
import { parseTorrentFile } from './torrent-file.js';
import { editTrackers, type TrackerEdits } from './tracker-edits.js';

/** What is left out stays; null removes. */
export interface TorrentEdits extends TrackerEdits {
  readonly addWebSeeds?: readonly string[];
  /** Patterns with `*`. */
  readonly removeWebSeeds?: readonly string[];
  readonly comment?: string | null;
  readonly createdBy?: string | null;
  /** Seconds since 1970. */
  readonly creationDate?: number | null;
  /** From here on they are part of the info hash. One safe component. */
  readonly name?: string;
  readonly isPrivate?: boolean;
  readonly source?: string | null;
}

export type EditedField = 'trackers' | 'webSeeds' | 'comment' | 'createdBy' | 'creationDate' | 'name' | 'private' | 'source';

type FieldValue = string | number | boolean | null | readonly string[] | readonly (readonly string[])[];

export interface TorrentChange {
  readonly field: EditedField;
  readonly from: FieldValue;
  readonly to: FieldValue;
}

export interface EditedTorrent {
  /** The input itself where nothing changed. */
  readonly bytes: Uint8Array;
  readonly metainfo: Metainfo;
  readonly changes: readonly TorrentChange[];
  /** Patterns that matched nothing, as they were given. */
  readonly unmatched: readonly string[];
}

function decodeDict(bytes: Uint8Array, path: string): BencodeDict {
  return expectDict(decode(bytes, { maxNodes: INFO_DEFAULTS.maxNodes }), path);
}

/** A text and its twin in UTF-8, which readers prefer and which would say something else. */
function setText(dict: RawDict, key: string, text: string | null): void {
  if (text === null) dict.remove(key);
  else dict.set(key, encode(text));
  dict.remove(`${key}.utf-8`);
}

function announceOf(root: BencodeDict): string {
  const value = root.get('announce');
  return value instanceof Uint8Array ? (decodeUtf8(value)?.trim() ?? '') : '';
}

function sourceOf(info: BencodeDict): string | null {
  const value = info.get('source');
  return value instanceof Uint8Array ? decodeText(value) : null;
}

function isSame(a: FieldValue, b: FieldValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Throws MetainfoError where the torrent is none, or would be none afterwards. */
export function editTorrent(bytes: Uint8Array, edits: TorrentEdits): EditedTorrent {
  const before = parseTorrentFile(bytes);
  const rootDict = decodeDict(bytes, 'torrent');
  const root = new RawDict(bytes, rootDict);
  const changes: TorrentChange[] = [];
  const note = (field: EditedField, from: FieldValue, to: FieldValue): void => {
    changes.push({ field, from, to });
  };
  const unmatched = [...changeTrackers(root, rootDict, before, edits, note), ...changeWebSeeds(root, before, edits, note)];
  for (const [field, key] of [
    ['comment', 'comment'],
    ['createdBy', 'created by'],
  ] as const) {
    const wanted = edits[field];
    if (wanted === undefined || wanted === before[field]) continue;
    const isThere = root.has(key) || root.has(`${key}.utf-8`);
    setText(root, key, wanted);
    if (isThere || wanted !== null) note(field, before[field] ?? null, wanted);
  }
  const { creationDate } = edits;
  if (creationDate !== undefined && creationDate !== before.creationDate) {
    if (root.has('creation date') || creationDate !== null) note('creationDate', before.creationDate ?? null, creationDate);
    if (creationDate === null) root.remove('creation date');
    else root.set('creation date', encode(creationDate));
  }
  const info = changeInfo(before, edits, note);
  if (info !== null) root.set('info', info);
  if (!root.isChanged) return { bytes, metainfo: before, changes: [], unmatched };
  const edited = root.toBytes();
  const metainfo = parseTorrentFile(edited);
  if (edits.name !== undefined && metainfo.name !== edits.name) {
    throw fieldError('info.name', `"${metainfo.name}" would be written instead`);
  }
  return { bytes: edited, metainfo, changes, unmatched };
}

type Note = (field: EditedField, from: FieldValue, to: FieldValue) => void;

function changeTrackers(
  root: RawDict,
  rootDict: BencodeDict,
  before: Metainfo,
  edits: TrackerEdits,
  note: Note,
): readonly string[] {
  const announce = announceOf(rootDict);
  const { announceTiers } = before;
  const edited = editTrackers({ announce, tiers: announceTiers }, edits);
  const { tiers } = edited;
  const isChanged = !isSame(announceTiers, tiers);
  if (edited.announce !== announce && (isChanged || announce !== '' || edited.announce === '')) {
    if (edited.announce === '') root.remove('announce');
    else root.set('announce', encode(edited.announce));
    if (!isChanged) note('trackers', [[announce], ...announceTiers], tiers);
  }
  if (!isChanged) return edited.unmatched;
  // One tracker needs no list, but what has one keeps it.
  if (tiers.flat().length > 1 || (root.has('announce-list') && tiers.length > 0)) root.set('announce-list', encode(tiers));
  else root.remove('announce-list');
  note('trackers', announceTiers, tiers);
  return edited.unmatched;
}

function changeWebSeeds(root: RawDict, before: Metainfo, edits: TorrentEdits, note: Note): readonly string[] {
  const { addWebSeeds = [], removeWebSeeds = [] } = edits;
  const unmatched = removeWebSeeds.filter((glob) => !before.webSeeds.some((url) => matchesGlob(glob, url)));
  const kept = before.webSeeds.filter((url) => !removeWebSeeds.some((glob) => matchesGlob(glob, url)));
  const webSeeds = [...new Set([...kept, ...addWebSeeds])];
  if (isSame(webSeeds, before.webSeeds)) return unmatched;
  if (webSeeds.length === 0) root.remove('url-list');
  else root.set('url-list', encode(webSeeds));
  note('webSeeds', before.webSeeds, webSeeds);
  return unmatched;
}

/** The new info dictionary; null where it stays. */
function changeInfo(before: Metainfo, edits: TorrentEdits, note: Note): Uint8Array | null {
  const { name, isPrivate, source } = edits;
  if (name === undefined && isPrivate === undefined && source === undefined) return null;
  const dict = decodeDict(before.infoBytes, 'info');
  const info = new RawDict(before.infoBytes, dict);
  if (name !== undefined && name !== before.name) {
    setText(info, 'name', name);
    note('name', before.name, name);
  }
  if (isPrivate !== undefined && isPrivate !== before.isPrivate) {
    if (isPrivate) info.set('private', encode(1));
    else info.remove('private');
    note('private', before.isPrivate, isPrivate);
  }
  const known = sourceOf(dict);
  if (source !== undefined && source !== known) {
    if (source === null) info.remove('source');
    else info.set('source', encode(source));
    note('source', known, source);
  }
  return info.isChanged ? info.toBytes() : null;
}
