// The files of a torrent that is being read, over HTTP on the loopback address: joins a TorrentReader and the file server of io/. Each file's tag is
// the info hash with its place in the torrent, which stands for the very same bytes wherever it is seen again.

import type { Metainfo } from '../metainfo/metainfo.js';
import { toHex } from '../model/ids.js';
import { FileServer } from '../io/file-server/file-server.js';
import type { PageHead } from '../io/file-server/file-page.js';
import type { ServedFile } from '../io/file-server/served-file.js';
import { CONFIG } from './config.js';
import { wireInfoHash } from './session-options.js';
import type { TorrentReader } from './torrent-reader.js';

/** A file to be served, under `/NUMBER/NAME`. */
export interface StreamedFile extends Omit<ServedFile, 'tag'> {
  /** In `metainfo.files`. */
  readonly index: number;
}

export interface OpenedFileServer {
  /** Of the file where there is one, else of the page that lists them. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `page`: what the list of them begins with. `port`: 0 is any free one. Rejects with the error of the system: EADDRINUSE where the port is
 * taken, EACCES where it may not be used.
 */
export async function serveTorrentFiles(
  metainfo: Metainfo,
  reader: TorrentReader,
  files: readonly StreamedFile[],
  page: PageHead,
  port: number,
): Promise<OpenedFileServer> {
  const infoHash = toHex(wireInfoHash(metainfo.infoHash));
  const indices = new Map(files.map(({ number, index }) => [number, index]));
  const served = files.map(({ index, ...file }): ServedFile => ({ ...file, tag: `${infoHash}-${index}` }));
  const { maxReaders, maxConnections } = CONFIG.reading;
  const server = await FileServer.open({
    files: served,
    page,
    port,
    maxReaders,
    maxConnections,
    read: ({ number }, start, end, signal) => reader.read(indices.get(number) ?? -1, { start, end, signal }),
  });
  return { url: served.length === 1 ? server.url(served[0]) : server.url(), close: () => server.close() };
}
