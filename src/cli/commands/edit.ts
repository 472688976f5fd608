// `effusion edit TORRENT`: another tracker, comment or date in a torrent file that is there, all the rest byte for byte. What lies in the info
// dictionary makes another torrent of it, so that has to be allowed in so many words, and both hashes are told.

import path from 'node:path';
import { type EditedTorrent, editTorrent, type TorrentChange, type TorrentEdits } from '../../metainfo/torrent-edit.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { MetainfoError } from '../../model/error.js';
import { redactUrl, redactUrls } from '../../model/redact-url.js';
import type { CommandContext } from '../command-context.js';
import { type EditOptions, toEdits } from '../edit-options.js';
import { EXIT } from '../exit-codes.js';
import { wayOut } from '../network-switches.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { infoHashText, toTorrentJson } from '../render/torrent-text.js';
import { readTorrentFile } from '../torrent-file-argument.js';
import { parseTorrentArgument } from '../torrent-argument.js';
import { isStream, refuseExistingTarget, writeTorrent } from '../torrent-output.js';
import { UsageError } from '../usage-error.js';

const EXISTS_HINT = 'Choose another name with --output, or replace it with --force.';

const LABELS: Readonly<Record<TorrentChange['field'], string>> = {
  trackers: 'trackers',
  webSeeds: 'web seeds',
  comment: 'comment',
  createdBy: 'made by',
  creationDate: 'made on',
  name: 'name',
  private: 'private',
  source: 'source',
};

export async function edit(file: string, options: EditOptions, context: CommandContext): Promise<number> {
  const edits = toEdits(options);
  const argument = parseTorrentArgument(file);
  if (argument.kind === 'magnet') {
    throw new UsageError('a torrent file is needed here, not a link', 'Save it first: effusion metadata MAGNET -o FILE.torrent.');
  }
  const target = chooseTarget(argument.kind === 'file' ? argument.path : null, options);
  const isForced = options.inPlace === true || options.force === true;
  if (!isForced) await refuseExistingTarget(target, EXISTS_HINT);
  const { metainfo: before, bytes } = await readTorrentFile(argument, wayOut(options));
  const edited = apply(bytes, edits, before);
  const hashes = { before: infoHashText(before), after: infoHashText(edited.metainfo) };
  const isOther = hashes.before !== hashes.after;
  if (isOther && options.allowNewHash !== true) {
    const fields = edited.changes.filter(({ field }) => ['name', 'private', 'source'].includes(field)).map(({ field }) => field);
    throw new UsageError(
      `the change of ${fields.join(' and ')} makes another torrent of it: info hash ${hashes.before} becomes ${hashes.after}`,
      'Say --allow-new-hash if that is meant: who shares the old one does not find the new one.',
    );
  }
  const { board, stdout } = context;
  for (const glob of edited.unmatched) board.log(`nothing is like ${sanitise(redactUrls(glob))}`);
  // A file that is not to change is not written anew either.
  if (edited.changes.length > 0 || options.inPlace !== true)
    await writeTorrent(target, edited.bytes, { isForced, hint: EXISTS_HINT });
  for (const change of edited.changes) board.log(describeChange(change));
  if (edited.changes.length === 0) board.log(`nothing to change: ${sanitise(before.name)} is so already`);
  else if (isOther) board.log(`info hash ${hashes.before} became ${hashes.after}: it is another torrent now`);
  if (options.json === true) stdout.line(formatJson(toEditJson(target, edited, before)));
  else if (!(await isStream(target))) stdout.line(target);
  return EXIT.ok;
}

/** `file`: null where the torrent has none of the user's. */
function chooseTarget(file: string | null, { output, inPlace }: EditOptions): string {
  if (inPlace === true && output !== undefined) {
    throw new UsageError('--in-place and --output are two places', 'Leave out the one or the other.');
  }
  if (output !== undefined) return output;
  if (inPlace !== true) {
    throw new UsageError('where is the changed torrent to go?', 'Name a file with --output, or change this one with --in-place.');
  }
  if (file === null) throw new UsageError('--in-place needs a torrent that is a file', 'Name another file with --output.');
  return file;
}

/** The torrent was read before, so what fails here is what was asked for. */
function apply(bytes: Uint8Array, edits: TorrentEdits, before: Metainfo): EditedTorrent {
  if (edits.name !== undefined && edits.name !== before.name && before.isHybrid && before.isSingleFile) {
    throw new UsageError(
      '--name: the v2 half of this hybrid torrent names its one file too, and is left as it is',
      'Make a new torrent of the data.',
    );
  }
  try {
    return editTorrent(bytes, edits);
  } catch (error) {
    if (error instanceof MetainfoError)
      throw new UsageError(
        `the torrent could not be read afterwards: ${error.message}`,
        'Nothing was written. Choose another value.',
      );
    throw error;
  }
}

type Value = TorrentChange['from'];

function isNested(value: Value): value is readonly (readonly string[])[] {
  return Array.isArray(value) && value.some((item) => Array.isArray(item));
}

/** Without the secrets of URLs, which anybody may look at on a screen. */
function shownValue(value: Value): Value {
  if (typeof value === 'string') return redactUrls(value);
  if (isNested(value)) return value.map((tier) => tier.map(redactUrl));
  return Array.isArray(value) ? (value as readonly string[]).map(redactUrl) : value;
}

function textOf(value: Value): string {
  const shown = shownValue(value);
  if (shown === null || (Array.isArray(shown) && shown.length === 0)) return 'none';
  if (isNested(shown)) return shown.map((tier) => tier.join(',')).join(' ');
  return Array.isArray(shown) ? shown.join(' ') : String(shown);
}

function describeChange({ field, from, to }: TorrentChange): string {
  const text = (value: Value): string => sanitise(field === 'creationDate' ? dateText(value) : textOf(value), 1000);
  return `${LABELS[field]}: ${text(from)} -> ${text(to)}`;
}

function dateText(value: Value): string {
  const date = typeof value === 'number' ? new Date(value * 1000) : null;
  return date === null || Number.isNaN(date.getTime()) ? textOf(value) : date.toISOString().replace('.000Z', 'Z');
}

function toEditJson(target: string, { metainfo, changes }: EditedTorrent, before: Metainfo): unknown {
  return {
    torrent: path.resolve(target),
    changed: changes.length > 0,
    previousInfoHash: infoHashText(before),
    changes: changes.map(({ field, from, to }) => ({ field, from: shownValue(from), to: shownValue(to) })),
    ...toTorrentJson(metainfo),
  };
}
