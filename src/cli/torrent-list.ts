// The torrents of a run: those of the command line, then those of each list (`--input-file`), a line each. All are told apart before
// anything is opened; what is wrong with one of them is that one's failure, and what is wrong with a list is the user's.

import { createReadStream } from 'node:fs';
import { CONFIG } from '../engine/config.js';
import { MetainfoError } from '../model/error.js';
import { redactUrl } from '../model/redact-url.js';
import { fileReason } from './file-reason.js';
import { sanitise } from './render/sanitise.js';
import { parseTorrentArgument, type TorrentArgument } from './torrent-argument.js';
import { UsageError } from './usage-error.js';

export interface TorrentItem {
  /** As it was written. */
  readonly text: string;
  /** What it is called until its own name is known: printable, without secrets. */
  readonly label: string;
  /** `LIST line 3`; null where it is an argument. */
  readonly origin: string | null;
  /** The error where it is meant as a magnet link and is none. */
  readonly argument: TorrentArgument | MetainfoError;
}

/** What it names can be had without asking peers. */
export function isTorrentFile({ argument }: TorrentItem): boolean {
  return !(argument instanceof MetainfoError) && argument.kind !== 'magnet';
}

const MAX_LABEL = 100;
const { maxListBytes, maxTorrents } = CONFIG.cli;

/** At least one. Throws UsageError. `lists`: files, `-` for stdin. */
export async function gatherTorrents(texts: readonly string[], lists: readonly string[] = []): Promise<TorrentItem[]> {
  if (lists.filter((list) => list === '-').length > 1) throw stdinTwice();
  const items = texts.map((text, index) => toItem(text, null, `torrent ${index + 1} (a magnet link)`));
  for (const list of lists) {
    const bytes = await readList(list);
    for (const item of parseList(bytes, nameOf(list))) items.push(item);
    if (items.length > maxTorrents) break;
  }
  if (items.length > maxTorrents) {
    throw new UsageError(`more than ${maxTorrents} torrents were named`, 'Split them up between several runs.');
  }
  if (items.length === 0) {
    const named = lists.map((list) => sanitise(nameOf(list), MAX_LABEL)).join(', ');
    throw lists.length === 0
      ? new UsageError("missing required argument 'TORRENT'", 'Name a torrent, or a list of them with --input-file.')
      : new UsageError(`${named}: no torrent is named in it`, 'Write one a line.');
  }
  const readers = items.filter((item) => item.text === '-').length + (lists.includes('-') ? 1 : 0);
  if (readers > 1) throw stdinTwice();
  return items;
}

function stdinTwice(): UsageError {
  return new UsageError('stdin was named twice', 'It holds one torrent file, or one list of torrents.');
}

/** One item a line: blank lines and those that begin with `#` are left out. Throws UsageError where it is no text. */
export function parseList(bytes: Uint8Array, name: string): TorrentItem[] {
  const shown = sanitise(name, MAX_LABEL);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notText(shown);
  }
  const items: TorrentItem[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (/\p{Cc}/u.test(trimmed.replaceAll('\t', ''))) throw notText(`${shown} line ${index + 1}`);
    const origin = `${shown} line ${index + 1}`;
    items.push(toItem(trimmed, origin, origin));
    if (items.length > maxTorrents) break;
  }
  return items;
}

function notText(where: string): UsageError {
  return new UsageError(
    `--input-file: ${where} is no text`,
    'A list names a torrent on each line; a torrent file is named without --input-file.',
  );
}

/** `nameless`: what a link is called that can't be read. */
function toItem(text: string, origin: string | null, nameless: string): TorrentItem {
  try {
    const argument = parseTorrentArgument(text);
    return { text, label: labelOf(argument), origin, argument };
  } catch (error) {
    if (!(error instanceof MetainfoError)) throw error;
    // A link may carry passkeys anywhere: none of it is shown.
    return { text, label: nameless, origin, argument: error };
  }
}

function labelOf(argument: TorrentArgument): string {
  if (argument.kind === 'stdin') return 'stdin';
  if (argument.kind === 'url') return redactUrl(argument.url);
  return argument.kind === 'magnet' ? sanitise(argument.text, MAX_LABEL) : sanitise(argument.path);
}

function nameOf(list: string): string {
  return list === '-' ? 'stdin' : list;
}

async function readList(list: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    const stream = list === '-' ? process.stdin : createReadStream(list);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > maxListBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new UsageError(`--input-file: cannot read ${nameOf(list)}: ${fileReason(error)}`, 'Check the path.');
  }
  if (total > maxListBytes) {
    throw new UsageError(
      `--input-file: ${nameOf(list)} is larger than ${maxListBytes / 1024 / 1024} MiB`,
      'Is it really a list of torrents?',
    );
  }
  return Buffer.concat(chunks, total);
}
