// What a caller may ask of a session, and the checks that come before anything is opened.
// A wrong argument is refused before there is anything to put away (row A3 of the original: nothing is left running).

import type { AnnounceTransport } from '../discovery/tracker/announce-transport.js';
import { createAddress } from '../model/address.js';
import type { InfoHash } from '../model/ids.js';
import type { TorrentOrigin } from '../model/torrent-origin.js';
import { Client, type EncryptionPolicy } from './client.js';
import { wrongPlaceOption, type PlaceOptions } from './place-options.js';
import { InvalidArgumentError } from './session-error.js';
import type { MinSpeed } from './speed-floor.js';
import { TorrentReader } from './torrent-reader.js';

export interface PeerHint {
  /** A numeric address or a name. */
  readonly host: string;
  readonly port: number;
  /** Named by a magnet link and not by the user: a blocklist holds for it. Default false. */
  readonly isFromLink?: boolean;
}

/** Where this process is to be reached. Used for the session's own client; a client that is given has its own. */
export interface LocalServer {
  /** Numeric; without it every address, IPv4 and IPv6. */
  readonly host?: string;
  /** 0 or undefined: any free port. */
  readonly port?: number;
}

export interface SessionOptions extends PlaceOptions {
  /** Shared by several torrents; a private one is made, and closed at the end, where none is given. */
  readonly client?: Client;
  /** Of the private client; default true. */
  readonly listen?: boolean;
  /** Of the private client: how connections may begin, in and out. Default `prefer`. */
  readonly encryption?: EncryptionPolicy;
  readonly peers?: readonly PeerHint[];
  /** Default true. */
  readonly useTrackers?: boolean;
  /** Takes peers from peers and tells them of others (BEP 11); never for private torrents. Default true. */
  readonly usePex?: boolean;
  /** Looks for peers in the DHT of the client, where that has one (BEP 5); never for private torrents. Default true. */
  readonly useDht?: boolean;
  /** Looks for peers on the local network, where the client does (BEP 14); never for private torrents. Default true. */
  readonly useLsd?: boolean;
  /**
   * Web servers that have the files (BEP 19): `auto` beside peers, `only` without any peer, tracker or incoming connection, `never`.
   * Default `auto`.
   */
  readonly webSeedMode?: 'auto' | 'only' | 'never';
  /** URLs besides those of the torrent; they may lead to any address. */
  readonly webSeeds?: readonly string[];
  /**
   * Where the torrent file came from, if it is not the user's own: its trackers, web seeds and nodes of the DHT lead no deeper into our
   * network than to where its server is. Left out: they may lead anywhere.
   */
  readonly origin?: TorrentOrigin;
  /** The files to fetch, as indices into the metainfo's files; the others are never made. Left out: all. Padding is not named. */
  readonly files?: readonly number[];
  /**
   * A folder of ours, such as one in the user's cache, to note in which chosen files are whole: only by that a later session knows, as it
   * can't check the pieces that they share with others. Left out: these pieces are fetched again.
   */
  readonly notesFolder?: string;
  /** Files that come before or after the others, by index. */
  readonly priorities?: ReadonlyMap<number, 'high' | 'low'>;
  /** `sequential`: in the torrent's order within a priority, still from many peers at once. Default `rarest-first`. */
  readonly order?: 'rarest-first' | 'sequential';
  /** The first and the last piece of each file before all others. Default false. */
  readonly edgesFirst?: boolean;
  /** Goes on after completion, until stopped. Default false. */
  readonly seed?: boolean;
  /** With `seed`, for the first seed of a torrent: reveals pieces one by one until they go round (BEP 16). Default false. */
  readonly superSeeding?: boolean;
  /** Serves what is there and changes nothing on disk; rejects `done` with IncompleteDataError where it is not whole. */
  readonly isReadOnly?: boolean;
  /** With `isReadOnly`: where the data is not whole, serves the pieces that are right, as a partial seed (BEP 21); rejects where there is none. */
  readonly servesPart?: boolean;
  /** With `isReadOnly`: the caller has just hashed all of it, as who makes a torrent does. Names and sizes are looked at, nothing is read. */
  readonly isHashed?: boolean;
  /** Flushes each file to the disk before it gets its name. */
  readonly fsync?: boolean;
  /**
   * Existing files that differ: `verify` repairs them, `never` refuses to touch them, `always` does not look at them: all is fetched, and they
   * are replaced as the new ones get whole. Default `verify`.
   */
  readonly overwrite?: 'verify' | 'never' | 'always';
  /** Payload of this torrent, besides the limit of the client; 0 or undefined: no limit. */
  readonly maxDownloadBytesPerSecond?: number;
  readonly maxUploadBytesPerSecond?: number;
  /** Connected peers of this torrent, in and out; 0: as many as there are file descriptors for. Default: `CONFIG.swarm.maxPeers`. */
  readonly maxPeers?: number;
  /** Peers uploaded to at a time; 0: all. Default: those of `CONFIG.choking`. */
  readonly maxUploads?: number;
  /** 0 or undefined: off. */
  readonly noPeersTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
  /** Rejects `done` with StalledError where less than this came; not while nobody was met or a download limit holds it back. */
  readonly minSpeed?: MinSpeed;
  /** One `idle` notice when no message came for this long. */
  readonly idleTimeoutMs?: number;
  /** The session's owner: its end (signal) stops the session, the session's crash reaches it. */
  readonly owner?: { readonly signal?: AbortSignal; readonly onCrash?: (error: Error) => void };
  /** False: `start` answers null, and nothing is opened. */
  readonly enabled?: boolean;
  /**
   * Reads the torrent's bytes in order instead of downloading all of it: needs the folder null, and does not seed. Such a session is never
   * complete: it runs until it is stopped.
   */
  readonly reader?: TorrentReader;
  /** Instead of HTTP and UDP: for tests. */
  readonly announceTransport?: AnnounceTransport;
  /** Named in the folder's lock. */
  readonly command?: string;
}

function refuse(argument: string, why: string): never {
  throw new InvalidArgumentError(`cannot start a session: ${argument} ${why}`, { argument });
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}

const TIMEOUTS = ['noPeersTimeoutMs', 'stallTimeoutMs', 'idleTimeoutMs'] as const;
const RATES = ['maxDownloadBytesPerSecond', 'maxUploadBytesPerSecond'] as const;
const COUNTS = ['maxPeers', 'maxUploads'] as const;

/** Throws InvalidArgumentError. Callers may be plain JavaScript: the types prove nothing here. */
export function validateStart(metainfo: unknown, local: unknown, folder: unknown, options: SessionOptions): void {
  if (typeof options !== 'object' || options === null) refuse('options', 'must be an object');
  if (typeof metainfo !== 'object' || metainfo === null || !('geometry' in metainfo) || !('infoHash' in metainfo)) {
    refuse('metainfo', 'must come from parseTorrentFile');
  }
  if (typeof local !== 'object' || local === null) refuse('local', 'must be an object such as { port: 0 }');
  if ('port' in local && local.port !== undefined && !isPort(local.port)) refuse('local.port', 'must be 0 … 65535');
  if ('host' in local && local.host !== undefined && (typeof local.host !== 'string' || createAddress(local.host, 1) === null)) {
    refuse('local.host', 'must be a numeric address');
  }
  if (folder !== null && (typeof folder !== 'string' || folder === '')) refuse('folder', 'must be a path, or null for memory');
  if (options.client !== undefined && !(options.client instanceof Client)) refuse('options.client', 'must be a Client');
  if (options.overwrite !== undefined && !['verify', 'never', 'always'].includes(options.overwrite)) {
    refuse('options.overwrite', 'must be verify, never or always');
  }
  const wrong = wrongPlaceOption(options);
  if (wrong !== null) refuse(`options.${wrong.option}`, wrong.why);
  if (options.webSeedMode !== undefined && !['auto', 'only', 'never'].includes(options.webSeedMode)) {
    refuse('options.webSeedMode', 'must be auto, only or never');
  }
  if (options.webSeeds !== undefined && !Array.isArray(options.webSeeds)) refuse('options.webSeeds', 'must be a list');
  const { origin } = options as { origin?: Partial<TorrentOrigin> | null };
  if (origin !== undefined && !(typeof origin?.server?.host === 'string' && origin.userUrls instanceof Set))
    refuse('options.origin', 'must have a server, an address, and userUrls, a Set');
  if (options.reader !== undefined && (folder !== null || options.seed === true || !(options.reader instanceof TorrentReader)))
    refuse('options.reader', 'must be a TorrentReader, with the folder null and without options.seed');
  if (options.superSeeding === true && options.seed !== true) refuse('options.superSeeding', 'needs options.seed');
  if (options.isHashed === true && options.isReadOnly !== true) refuse('options.isHashed', 'needs options.isReadOnly');
  if (options.servesPart === true && options.isReadOnly !== true) refuse('options.servesPart', 'needs options.isReadOnly');
  for (const name of TIMEOUTS) {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      refuse(`options.${name}`, 'must be milliseconds, 0 or more');
  }
  const { minSpeed } = options as { minSpeed?: Partial<MinSpeed> | null };
  if (minSpeed !== undefined && !(Number(minSpeed?.bytesPerSecond) > 0 && Number(minSpeed?.overMs) > 0)) {
    refuse('options.minSpeed', 'must have bytesPerSecond and overMs, both above 0');
  }
  for (const name of RATES) {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      refuse(`options.${name}`, 'must be bytes per second, 0 or more');
  }
  for (const name of COUNTS) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
      refuse(`options.${name}`, 'must be a whole number, 0 or more');
  }
  validateChoice(metainfo, options);
  if (options.peers !== undefined && !Array.isArray(options.peers)) refuse('options.peers', 'must be a list');
  for (const [index, peer] of (options.peers ?? []).entries()) {
    if (typeof peer.host !== 'string' || peer.host === '' || !isPort(peer.port) || peer.port === 0) {
      refuse(`peers[${index}]`, 'must have a host and a port of 1 … 65535');
    }
  }
}

function validateChoice(metainfo: object, options: SessionOptions): void {
  const all: readonly { readonly isPadding: boolean }[] =
    'files' in metainfo && Array.isArray(metainfo.files) ? metainfo.files : [];
  const isFile = (index: unknown): boolean =>
    Number.isInteger(index) && (index as number) >= 0 && (index as number) < all.length && !all[index as number].isPadding;
  const { files, priorities, order, notesFolder } = options;
  if (notesFolder !== undefined && (typeof notesFolder !== 'string' || notesFolder === ''))
    refuse('options.notesFolder', 'must be a path');
  if (files !== undefined) {
    if (!Array.isArray(files) || files.length === 0) refuse('options.files', 'must be a list of one index or more');
    if (!files.every((index) => isFile(index))) refuse('options.files', 'must be indices of files that are not padding');
    if (options.isReadOnly === true) refuse('options.files', 'does not go with options.isReadOnly');
  }
  if (priorities !== undefined) {
    if (!(priorities instanceof Map)) refuse('options.priorities', 'must be a Map of file indices');
    for (const [index, priority] of priorities as ReadonlyMap<unknown, unknown>) {
      if (!isFile(index) || (priority !== 'high' && priority !== 'low'))
        refuse('options.priorities', 'must lead from files to high or low');
    }
  }
  if (order !== undefined && order !== 'rarest-first' && order !== 'sequential') {
    refuse('options.order', 'must be rarest-first or sequential');
  }
}

/** As handshakes and trackers carry it. */
export function wireInfoHash(infoHash: InfoHash): Uint8Array {
  return infoHash.v1 ?? infoHash.v2?.slice(0, 20) ?? refuse('metainfo', 'has no info hash');
}
