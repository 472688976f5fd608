// The options of `effusion edit` that say what is to change, from text to the edits of the torrent: each is read here, and what cannot be
// meant is a UsageError before anything is opened.

import type { EgressOptions } from '../engine/egress.js';
import { safeComponent } from '../metainfo/safe-path.js';
import type { TorrentEdits } from '../metainfo/torrent-edit.js';
import { MetainfoError } from '../model/error.js';
import { parseUrl } from './options.js';
import { UsageError } from './usage-error.js';

/** As commander has them. How to come to a torrent that is named by its URL is the rest of it. */
export interface EditOptions extends EgressOptions {
  readonly output?: string;
  readonly inPlace?: boolean;
  readonly force?: boolean;
  readonly allowNewHash?: boolean;
  readonly json?: boolean;
  readonly tracker?: readonly (readonly string[])[];
  readonly addTracker?: readonly (readonly string[])[];
  readonly removeTracker?: readonly string[];
  readonly replaceTracker?: readonly { readonly from: string; readonly to: string }[];
  readonly clearTrackers?: boolean;
  readonly addWebSeed?: readonly string[];
  readonly removeWebSeed?: readonly string[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970; null removes it. */
  readonly creationDate?: number | null;
  readonly name?: string;
  readonly private?: boolean;
  readonly source?: string;
}

const TRACKER_SCHEMES = ['http:', 'https:', 'udp:'];

/** `OLD=NEW`; an `=` in OLD is no border, as NEW begins with a scheme. */
export function parseReplacement(text: string): { from: string; to: string } {
  const match = /^(.+?)=([a-z][a-z0-9+.-]*:\/\/.*)$/i.exec(text.trim());
  if (match === null) {
    throw new UsageError(
      '--replace-tracker: this is no OLD=NEW',
      'Write the URL that is there, or a pattern with *, an equals sign, and the new URL.',
    );
  }
  return { from: match[1], to: parseUrl(match[2], '--replace-tracker', TRACKER_SCHEMES) };
}

const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$/i;

/** Seconds since 1970; null for `none`. A day alone is its beginning in UTC. */
export function parseCreationDate(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === 'none') return null;
  const seconds = /^[0-9]{1,12}$/.test(trimmed) ? Number(trimmed) : DATE.test(trimmed) ? Date.parse(trimmed) / 1000 : Number.NaN;
  if (Number.isSafeInteger(seconds) && seconds >= 0) return seconds;
  throw new UsageError(
    `--creation-date: '${text}' is no date`,
    'Write a day (2026-01-31), a time with its zone (2026-01-31T12:00:00Z), seconds since 1970, or none.',
  );
}

/** Empty takes it out. */
function textOrNone(text: string): string | null {
  return text === '' ? null : text;
}

/** Throws UsageError where nothing is to change, or the name can't be one. */
export function toEdits(options: EditOptions): TorrentEdits {
  const { name, comment, createdBy, creationDate, source } = options;
  if (name !== undefined) expectName(name);
  if (options.clearTrackers === true && options.tracker !== undefined) {
    throw new UsageError(
      '--clear-trackers and --tracker: the second puts others in place of all that are there',
      'Leave out the first.',
    );
  }
  const edits: TorrentEdits = {
    ...(options.clearTrackers === undefined ? {} : { clearTrackers: options.clearTrackers }),
    ...(options.tracker === undefined ? {} : { trackers: options.tracker }),
    ...(options.replaceTracker === undefined ? {} : { replaceTrackers: options.replaceTracker }),
    ...(options.removeTracker === undefined ? {} : { removeTrackers: options.removeTracker }),
    ...(options.addTracker === undefined ? {} : { addTrackers: options.addTracker }),
    ...(options.addWebSeed === undefined ? {} : { addWebSeeds: options.addWebSeed }),
    ...(options.removeWebSeed === undefined ? {} : { removeWebSeeds: options.removeWebSeed }),
    ...(comment === undefined ? {} : { comment: textOrNone(comment) }),
    ...(createdBy === undefined ? {} : { createdBy: textOrNone(createdBy) }),
    ...(creationDate === undefined ? {} : { creationDate }),
    ...(name === undefined ? {} : { name }),
    ...(options.private === undefined ? {} : { isPrivate: options.private }),
    ...(source === undefined ? {} : { source: textOrNone(source) }),
  };
  if (Object.keys(edits).length > 0) return edits;
  throw new UsageError('nothing is to be changed', 'See effusion edit --help for what can be.');
}

/** Of `--name`. Throws UsageError where no torrent can have it. */
export function expectName(name: string): void {
  let safe: string | null = null;
  let why = 'a name without special characters, of at most 255 bytes, is needed';
  try {
    safe = safeComponent(name, '--name', { windows: false });
  } catch (error) {
    if (!(error instanceof MetainfoError)) throw error;
    why = error.message.replace(/^--name: /, '');
  }
  if (safe !== name) throw new UsageError(`--name: ${why}`, 'Choose another one.');
}
