// Makes a torrent of a file or folder (BEP 3). Reproducible: the same content and options give the same bytes, so no date,
// no program name and no padding unless asked for. Pieces are hashed on all cores.

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { SHA1_BYTES } from '../hash/digest.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { encodeTorrent } from '../metainfo/torrent-encoder.js';
import { INFO_DEFAULTS } from '../metainfo/info-dict.js';
import { MAX_TORRENT_BYTES, parseTorrentFile } from '../metainfo/torrent-file.js';
import { MetainfoError, StorageError } from '../model/error.js';
import { checkUnchanged, findContent, refuseContent } from './content-walk.js';
import type { Content, ContentFilter } from './content-walk.js';
import { CreateOptionError } from './create-option-error.js';
import { HashPool, type HashPoolLimits } from './hash-pool.js';
import { refuse } from './storage-failure.js';

export interface CreateOptions {
  /** Bytes: a power of two from 16 KiB to 256 MiB. Default: 16 KiB to 16 MiB, for 1000 to 2000 pieces where that allows it. */
  readonly pieceLength?: number;
  /** Tiers of tracker URLs (BEP 12), the first of the first being `announce`. */
  readonly trackers?: readonly (readonly string[])[];
  /** URLs (BEP 19). */
  readonly webSeeds?: readonly string[];
  /** BEP 27. */
  readonly isPrivate?: boolean;
  readonly comment?: string;
  readonly createdBy?: string;
  /** Of the file or folder in the torrent; default its own. */
  readonly name?: string;
  /** Seconds since 1970; default none, for reproducible bytes. */
  readonly creationDate?: number;
  /** Goes into the info dictionary, so that the info hash differs from the same content's elsewhere. */
  readonly source?: string;
  /** Files and folders below `location` that do not go in; default: all go. */
  readonly isLeftOut?: ContentFilter;
  /** Hashing threads at most; default one for each core, 0 for none. */
  readonly threads?: number;
  /** While its files are looked for: how many, and of how many bytes. */
  readonly onFound?: (files: number, bytes: number) => void;
  readonly onProgress?: (hashedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface CreatedTorrent {
  /** The .torrent file. */
  readonly bytes: Uint8Array;
  readonly metainfo: Metainfo;
}

const MIN_PIECE_LENGTH = 16_384;
const MAX_PIECE_LENGTH = 268_435_456;
const MAX_CHOSEN_PIECE_LENGTH = 16_777_216;
const MAX_CHOSEN_PIECES = 2000;

/** The smallest power of two that makes at most 2000 pieces, within 16 KiB … 16 MiB. */
export function choosePieceLength(totalLength: number): number {
  let pieceLength = MIN_PIECE_LENGTH;
  while (pieceLength < MAX_CHOSEN_PIECE_LENGTH && totalLength / pieceLength > MAX_CHOSEN_PIECES) pieceLength *= 2;
  return pieceLength;
}

function checkPieceLength(pieceLength: number): number {
  const isPower = Number.isInteger(Math.log2(pieceLength));
  if (isPower && pieceLength >= MIN_PIECE_LENGTH && pieceLength <= MAX_PIECE_LENGTH) return pieceLength;
  const message = `a piece length must be a power of two from 16 KiB to 256 MiB, not ${pieceLength}`;
  throw new CreateOptionError(message, { option: 'pieceLength' });
}

function checkDate(creationDate: number | undefined): void {
  if (creationDate === undefined || (Number.isSafeInteger(creationDate) && creationDate >= 0)) return;
  throw new CreateOptionError('a creation date must be whole seconds since 1970', { option: 'creationDate' });
}

async function hashContent(
  content: Content,
  totalLength: number,
  pieceLength: number,
  options: CreateOptions,
  hashing: HashPoolLimits,
): Promise<Uint8Array> {
  const pieceCount = Math.ceil(totalLength / pieceLength);
  const pieceHashes = new Uint8Array(pieceCount * SHA1_BYTES);
  const files = content.files.map(({ location, length }) => ({ path: location, length, isPadding: false }));
  const pool = new HashPool(options.threads ?? availableParallelism(), hashing);
  const job = { files, totalLength, pieceLength, firstPiece: 0, lastPiece: pieceCount - 1 };
  let hashed = 0;
  for await (const batch of pool.hash(job, options.signal)) {
    if (batch.failure !== null) {
      throw refuse(batch.failure.operation, batch.failure.path, batch.failure.errno);
    }
    if (batch.present.includes(0)) {
      await checkUnchanged(content);
      throw refuseContent(content.root, 'ECHANGED', 'its data changed while it was read: run it again');
    }
    pieceHashes.set(batch.digests, batch.firstPiece * SHA1_BYTES);
    const start = batch.firstPiece * pieceLength;
    hashed += Math.min(totalLength, start + batch.pieceCount * pieceLength) - start;
    options.onProgress?.(hashed, totalLength);
  }
  return pieceHashes;
}

/** The torrent with these hashes, read back by our own parser: what it would refuse or rename is refused here. */
function assemble(content: Content, pieceLength: number, pieceHashes: Uint8Array, options: CreateOptions): CreatedTorrent {
  const { root, isSingleFile, files } = content;
  const name = options.name ?? path.basename(root);
  const bytes = encodeTorrent({ ...options, name, isSingleFile, files, pieceLength, pieceHashes });
  let metainfo: Metainfo;
  try {
    metainfo = parseTorrentFile(bytes, { maxPieceLength: MAX_PIECE_LENGTH });
  } catch (error) {
    if (!(error instanceof MetainfoError)) throw error;
    const index = /^info\.files\[([0-9]+)\]/.exec(error.detail.path)?.[1];
    const location = index === undefined ? root : files[Number(index)].location;
    throw new StorageError(
      `cannot make a torrent of ${location}: ${error.message}`,
      { operation: 'create', path: location, errno: 'EINVAL' },
      { cause: error },
    );
  }
  if (metainfo.name !== name) {
    throw new CreateOptionError(`the name "${metainfo.name}" would be written instead: choose another one`, { option: 'name' });
  }
  for (const [index, file] of metainfo.files.entries()) {
    const wanted = isSingleFile ? [name] : [name, ...files[index].path];
    if (file.isPadding || file.path.join('/') !== wanted.join('/')) {
      throw refuseContent(files[index].location, 'EINVAL', 'other clients would not get it by its name: rename it');
    }
  }
  return { bytes, metainfo };
}

/**
 * Makes a torrent of `location`. Empty files are in it, empty folders, symbolic links, special files and names that begin with
 * `.effusion` are not; a `.part` file is a file like any other. Throws StorageError (EEMPTY: no files, ECHANGED: written to
 * meanwhile, EILSEQ and EINVAL: a name that can't be shared), CreateOptionError, or the signal's reason.
 */
export async function createTorrent(location: string, options: CreateOptions, hashing: HashPoolLimits): Promise<CreatedTorrent> {
  if (options.pieceLength !== undefined) checkPieceLength(options.pieceLength);
  checkDate(options.creationDate);
  const name = options.name ?? path.basename(path.resolve(location));
  if (name === '')
    throw new CreateOptionError(`${location} has no name that a torrent could have: name a folder in it`, { option: 'name' });
  const bounds = {
    maxTorrentBytes: MAX_TORRENT_BYTES,
    maxNodes: INFO_DEFAULTS.maxNodes,
    pieceLength: options.pieceLength ?? MAX_CHOSEN_PIECE_LENGTH,
  };
  const { signal, isLeftOut, onFound } = options;
  const content = await findContent(location, { signal, isLeftOut, onFound, bounds });
  let totalLength = 0;
  for (const file of content.files) totalLength += file.length;
  const pieceLength = options.pieceLength ?? choosePieceLength(totalLength);
  // Names are checked before hours of hashing, not after.
  assemble(content, pieceLength, new Uint8Array(Math.ceil(totalLength / pieceLength) * SHA1_BYTES), options);
  const pieceHashes = await hashContent(content, totalLength, pieceLength, options, hashing);
  await checkUnchanged(content);
  return assemble(content, pieceLength, pieceHashes, options);
}
