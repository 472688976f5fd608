// Web servers for tests of web seeds: node:http on loopback with the files of a torrent, with or without ranges, and a hook to do anything
// else with a request. What was asked is kept.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { encode } from '../../src/bencode/encode.js';
import { storedTorrent, type StoredTorrent, type TorrentShape } from './stored-torrent.js';

export interface SeenRequest {
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

export interface WebServerOptions {
  /** Default true. */
  readonly hasRanges?: boolean;
  readonly host?: string;
  /** Changes what is sent of a file. */
  readonly change?: (bytes: Uint8Array, path: string) => Uint8Array;
  /** True: the request was dealt with. `serial` counts from 0. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse, serial: number) => boolean;
}

export interface WebServer {
  /** Ends in a slash. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
}

/** With the info dictionary that its names are read from. */
export function webTorrent(shape: TorrentShape): StoredTorrent {
  const torrent = storedTorrent(shape);
  const { name, geometry, pieceHashes, isSingleFile, files } = torrent.metainfo;
  const common = { name, 'piece length': geometry.standardPieceLength, pieces: pieceHashes };
  const entries = files.map(({ path, length, isPadding }) =>
    isPadding ? { attr: 'p', length, path: ['.pad', String(length)] } : { length, path: path.slice(1) },
  );
  const infoBytes = encode(isSingleFile ? { ...common, length: files[0].length } : { ...common, files: entries });
  return { ...torrent, metainfo: { ...torrent.metainfo, infoBytes } };
}

export function withWebSeeds(torrent: StoredTorrent, ...webSeeds: string[]): StoredTorrent['metainfo'] {
  return { ...torrent.metainfo, webSeeds };
}

export async function startWebServer(torrent: StoredTorrent, options: WebServerOptions = {}): Promise<WebServer> {
  const { hasRanges = true, host = '127.0.0.1', change = (bytes: Uint8Array) => bytes } = options;
  const bodies = new Map<string, Uint8Array>();
  for (const [index, file] of torrent.metainfo.files.entries()) {
    const path = `/${file.path.join('/')}`;
    if (!file.isPadding) bodies.set(path, change(torrent.fileBytes(index), path));
  }
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    const { range, authorization } = request.headers;
    requests.push({ path, range: range ?? null, authorization: authorization ?? null });
    response.on('error', () => undefined);
    if (options.answer?.(request, response, requests.length - 1) === true) return;
    const body = bodies.get(path);
    if (body === undefined) response.writeHead(404).end('not here');
    else sendBody(response, body, hasRanges ? range : undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}/`, port, requests };
}

function sendBody(response: ServerResponse, body: Uint8Array, range: string | undefined): void {
  const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
  if (match === null) {
    response.writeHead(200, { 'content-length': body.length }).end(body);
    return;
  }
  const [from, to] = [Number(match[1]), Math.min(Number(match[2]), body.length - 1)];
  response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${body.length}`, 'content-length': to + 1 - from });
  response.end(body.subarray(from, to + 1));
}
