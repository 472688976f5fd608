// The files of a torrent that is being read, over HTTP on the loopback address: joins a TorrentReader and the file server of io/. Each file's tag is
// the info hash with its place in the torrent, which stands for the very same bytes wherever it is seen again.

import type { Metainfo } from '../metainfo/metainfo.js';
import { toHex } from '../model/ids.js';
import { FileServer } from '../io/file-server/file-server.js';
import type { ServedFile } from '../io/file-server/file-response.js';
import { CONFIG } from './config.js';
import { wireInfoHash } from './session-options.js';
import type { TorrentReader } from './torrent-reader.js';

/** A file to be served, under `/NUMBER/NAME`. */
export interface StreamedFile {
  readonly number: number;
  /** In `metainfo.files`. */
  readonly index: number;
  /** With slashes: what is shown. */
  readonly path: string;
  readonly length: number;
}

export interface OpenedFileServer {
  /** Of the file where there is one, else of the page that lists them. */
  readonly url: string;
  close(): Promise<void>;
}

/** `port`: 0 is any free one. Rejects with the error of the system: EADDRINUSE where the port is taken, EACCES where it may not be used. */
export async function serveTorrentFiles(
  metainfo: Metainfo,
  reader: TorrentReader,
  files: readonly StreamedFile[],
  port: number,
): Promise<OpenedFileServer> {
  const infoHash = toHex(wireInfoHash(metainfo.infoHash));
  const indices = new Map(files.map(({ number, index }) => [number, index]));
  const served = files.map(({ number, index, path, length }): ServedFile => ({
    number,
    path,
    length,
    tag: `${infoHash}-${index}`,
  }));
  const { maxReaders, maxConnections } = CONFIG.reading;
  const server = await FileServer.open({
    files: served,
    title: metainfo.name,
    port,
    maxReaders,
    maxConnections,
    read: ({ number }, start, end, signal) => reader.read(indices.get(number) ?? -1, { start, end, signal }),
  });
  return { url: served.length === 1 ? server.url(served[0]) : server.url(), close: () => server.close() };
}
