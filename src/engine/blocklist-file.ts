// Blocklists from where they lie to one filter for all of them: read in pieces, unpacked where they are gzip'd, with a bound on what
// may come out of them. A bad line costs itself, a file that can't be used the whole run: nobody should believe to be behind one.

import { promises } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { AddressFilter } from '../model/address-filter.js';
import { BlocklistParser, type BadLine } from '../model/blocklist-parser.js';
import { EffusionError } from '../model/error.js';
import { RangeBuilder } from '../model/range-builder.js';
import { CONFIG } from './config.js';

/** A blocklist is at fault, or the way to it. */
export class BlocklistError extends EffusionError<{ path: string }> {
  readonly code = 'invalid_blocklist';
}

export interface BlocklistReport {
  readonly path: string;
  /** Lines that were understood. */
  readonly goodLines: number;
  /** Lines that were skipped. */
  readonly badLines: number;
  /** Its text is as it came, and may be anything. */
  readonly firstBad: BadLine | null;
}

export interface LoadedBlocklists {
  /** For the options of `Client.open`. */
  readonly filter: AddressFilter;
  /** Ranges of addresses in it, those that overlap or touch counted once. */
  readonly rangeCount: number;
  readonly reports: readonly BlocklistReport[];
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  Z_BUF_ERROR: 'its gzip is cut short',
  Z_DATA_ERROR: 'its gzip is broken',
};

/** Rejects with BlocklistError: unreadable, no line that is understood, or too much. */
export async function loadBlocklists(paths: readonly string[]): Promise<LoadedBlocklists> {
  const ranges = new RangeBuilder();
  const reports: BlocklistReport[] = [];
  for (const path of paths) reports.push(await loadInto(ranges, path));
  const filter = ranges.build();
  return { filter, rangeCount: filter.size, reports };
}

async function loadInto(ranges: RangeBuilder, path: string): Promise<BlocklistReport> {
  const parser = new BlocklistParser(ranges, CONFIG.blocklist);
  try {
    await readInto(path, boundedReader(parser, ranges, path));
  } catch (error) {
    if (error instanceof BlocklistError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
    throw new BlocklistError(`cannot read the blocklist ${path}: ${reason} (${code})`, { path }, { cause: error });
  }
  parser.end();
  const { goodCount: goodLines, badCount: badLines, firstBad } = parser;
  if (goodLines > 0) return { path, goodLines, badLines, firstBad };
  const why =
    firstBad === null ? 'it is empty' : `no line of it is understood, such as line ${firstBad.number}: ${firstBad.text}`;
  throw new BlocklistError(`the blocklist ${path} holds nothing usable: ${why}`, { path });
}

function boundedReader(parser: BlocklistParser, ranges: RangeBuilder, path: string): (chunk: Uint8Array) => void {
  const { maxBytes, maxRanges } = CONFIG.blocklist;
  let size = 0;
  return (chunk) => {
    size += chunk.length;
    if (size > maxBytes) throw new BlocklistError(`the blocklist ${path} is larger than ${maxBytes} bytes, unpacked`, { path });
    parser.push(chunk);
    if (ranges.count > maxRanges)
      throw new BlocklistError(`the blocklist ${path} has too many ranges: at most ${maxRanges}`, { path });
  };
}

async function readInto(path: string, read: (chunk: Uint8Array) => void): Promise<void> {
  const handle = await promises.open(path, 'r');
  try {
    const chunks = readChunks(handle);
    const first = await chunks.next();
    if (first.done === true) return;
    const isPacked = first.value[0] === 0x1f && first.value[1] === 0x8b;
    if (isPacked) {
      await unpack(first.value, chunks, read);
      return;
    }
    read(first.value);
    for await (const chunk of chunks) read(chunk);
  } finally {
    await handle.close();
  }
}

/** Not by the size that the system tells: a pipe has none. */
async function* readChunks(handle: FileHandle): AsyncGenerator<Buffer, undefined> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CONFIG.blocklist.readBytes));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function unpack(first: Buffer, rest: AsyncIterable<Buffer>, read: (chunk: Uint8Array) => void): Promise<void> {
  const { pipeline } = await import('node:stream/promises');
  const { createGunzip } = await import('node:zlib');
  const packed = async function* (): AsyncGenerator<Buffer> {
    yield first;
    yield* rest;
  };
  await pipeline(packed, createGunzip({ chunkSize: CONFIG.blocklist.readBytes }), async (unpacked: AsyncIterable<Buffer>) => {
    for await (const chunk of unpacked) read(chunk);
  });
}
