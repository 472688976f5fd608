// A torrent as a person reads it, and as a program does: `info` and `create` print one or the other. Names are made safe for
// the person; the program gets them as they are, escaped by JSON. Neither gets the secrets in tracker URLs.

import type { Metainfo } from '../../metainfo/metainfo.js';
import { toHex } from '../../model/ids.js';
import { redactUrl, redactUrls, redactWebSeedUrl } from '../../model/redact-url.js';
import type { Style } from './color-level.js';
import { formatBytes, formatCount } from './human-numbers.js';
import { sanitise } from './sanitise.js';

/** Lines of files and of trackers that a person gets to see. */
const MAX_LINES = 100;
/** A path may be long and its ending tells the most, so it is allowed more than other texts. */
const MAX_PATH = 400;

/** What `--json` prints: a stable shape; sizes in bytes, dates in seconds since 1970, URLs without their secrets. */
export interface TorrentJson {
  readonly name: string;
  readonly infoHash: string;
  readonly totalBytes: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly private: boolean;
  readonly hybrid: boolean;
  readonly files: readonly { readonly path: string; readonly length: number }[];
  readonly trackers: readonly (readonly string[])[];
  readonly webSeeds: readonly string[];
  readonly comment: string | null;
  readonly createdBy: string | null;
  readonly creationDate: number | null;
}

export function infoHashText(metainfo: Metainfo): string {
  return toHex(metainfo.infoHash.v1 ?? new Uint8Array());
}

export function toTorrentJson(metainfo: Metainfo): TorrentJson {
  return {
    name: metainfo.name,
    infoHash: infoHashText(metainfo),
    totalBytes: dataBytes(metainfo),
    pieceLength: metainfo.geometry.standardPieceLength,
    pieceCount: metainfo.geometry.pieceCount,
    private: metainfo.isPrivate,
    hybrid: metainfo.isHybrid,
    files: metainfo.files.filter((file) => !file.isPadding).map((file) => ({ path: file.path.join('/'), length: file.length })),
    trackers: metainfo.announceTiers.map((tier) => tier.map(redactUrl)),
    webSeeds: metainfo.webSeeds.map(redactWebSeedUrl),
    comment: metainfo.comment === undefined ? null : redactUrls(metainfo.comment),
    createdBy: metainfo.createdBy === undefined ? null : redactUrls(metainfo.createdBy),
    creationDate: metainfo.creationDate ?? null,
  };
}

/** Lines without line feeds. */
export function formatTorrent(metainfo: Metainfo, style: Style): string[] {
  const row = (label: string, value: string): string => `${style.faint(label.padEnd(12))}${value}`;
  const { geometry } = metainfo;
  const files = metainfo.files.filter((file) => !file.isPadding);
  const lines = [
    row('name', style.strong(sanitise(metainfo.name, MAX_PATH))),
    row('info hash', infoHashText(metainfo)),
    row('size', `${formatBytes(dataBytes(metainfo))} (${dataBytes(metainfo)} B)`),
    row('pieces', `${geometry.pieceCount} of ${formatBytes(geometry.standardPieceLength)}`),
    row('private', metainfo.isPrivate ? 'yes: peers come from its trackers only' : 'no'),
  ];
  if (metainfo.isHybrid) lines.push(row('hybrid', 'yes: its v1 half is used'));
  if (metainfo.createdBy !== undefined) lines.push(row('made by', sanitise(redactUrls(metainfo.createdBy))));
  if (metainfo.creationDate !== undefined) lines.push(row('made on', formatDate(metainfo.creationDate)));
  if (metainfo.comment !== undefined) lines.push(row('comment', sanitise(redactUrls(metainfo.comment))));
  if (metainfo.announceTiers.length === 0) lines.push(row('trackers', 'none'));
  for (const [index, tier] of cap(metainfo.announceTiers, MAX_LINES).entries()) {
    lines.push(row(index === 0 ? 'trackers' : '', `tier ${index + 1}: ${tier.map((url) => sanitise(redactUrl(url))).join(' ')}`));
  }
  for (const [index, url] of cap(metainfo.webSeeds, MAX_LINES).entries()) {
    lines.push(row(index === 0 ? 'web seeds' : '', sanitise(redactWebSeedUrl(url))));
  }
  lines.push(row('files', String(files.length)));
  const sizes = cap(files, MAX_LINES).map((file) => formatBytes(file.length));
  const width = Math.max(0, ...sizes.map((size) => size.length));
  const numberWidth = String(sizes.length).length;
  for (const [index, file] of cap(files, MAX_LINES).entries()) {
    lines.push(
      `  ${String(index + 1).padStart(numberWidth)}  ${sizes[index].padStart(width)}  ${sanitise(file.path.join('/'), MAX_PATH)}`,
    );
  }
  if (files.length > MAX_LINES) lines.push(`  and ${formatCount(files.length - MAX_LINES, 'more file')}: see --json`);
  return lines;
}

/** Bytes that end up on the disk: without padding. */
export function dataBytes(metainfo: Metainfo): number {
  return metainfo.files.reduce((sum, file) => sum + (file.isPadding ? 0 : file.length), 0);
}

function cap<T>(items: readonly T[], count: number): readonly T[] {
  return items.length > count ? items.slice(0, count) : items;
}

function formatDate(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}
