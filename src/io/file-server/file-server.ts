// Serves files over HTTP on the loopback address: what each request is answered with is in file-response.ts, the bytes come from whoever made the
// server, no faster than they are read. A connection that ends ends its reading.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PageHead } from './file-page.js';
import { type FileResponse, respondTo } from './file-response.js';
import { pathOf, type ServedFile } from './served-file.js';

const HOST = '127.0.0.1';

export interface FileServerOptions {
  readonly files: readonly ServedFile[];
  /** Of the page that lists them. */
  readonly page: PageHead;
  /** 0: any free one. */
  readonly port: number;
  /** Files that are sent at a time; others are asked to come again (503). */
  readonly maxReaders: number;
  readonly maxConnections: number;
  /** The bytes from `start` up to `end`; ends when `signal` says so. */
  readonly read: (file: ServedFile, start: number, end: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

export class FileServer {
  readonly #options: FileServerOptions;
  readonly #server: Server;
  readonly #readers = new Set<AbortController>();

  private constructor(options: FileServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      // What fails has been answered, or its connection is gone.
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = options.maxConnections;
  }

  /** Rejects with the error of the system: EADDRINUSE where the port is taken, EACCES where it may not be used. */
  static async open(options: FileServerOptions): Promise<FileServer> {
    const server = new FileServer(options);
    server.#server.listen(options.port, HOST);
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Of the page that lists the files, or of a file. */
  url(file?: ServedFile): string {
    return `http://${HOST}:${this.port}${file === undefined ? '/' : pathOf(file)}`;
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    for (const reader of this.#readers) reader.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { files, page, maxReaders } = this.#options;
    const { method = '', url = '', headers } = request;
    const answer = respondTo({ method, url, headers }, files, page, this.port);
    const { body } = answer;
    if (body === null || typeof body === 'string') {
      response.writeHead(answer.status, answer.headers).end(body ?? undefined);
    } else if (this.#readers.size >= maxReaders) {
      response.writeHead(503, { 'Retry-After': '1', 'Content-Length': '0' }).end();
    } else {
      await this.#send(answer, body, response);
    }
  }

  async #send(
    answer: FileResponse,
    { file, range }: Exclude<FileResponse['body'], string | null>,
    response: ServerResponse,
  ): Promise<void> {
    const reader = new AbortController();
    const stop = (): void => reader.abort();
    this.#readers.add(reader);
    response.once('close', stop);
    try {
      response.writeHead(answer.status, answer.headers);
      // At once: a player that waits for the first piece is to know that its request was taken.
      response.flushHeaders();
      for await (const bytes of this.#options.read(file, range.start, range.end, reader.signal)) {
        if (!response.write(bytes)) await once(response, 'drain', { signal: reader.signal });
      }
      response.end();
    } finally {
      response.removeListener('close', stop);
      this.#readers.delete(reader);
    }
  }
}
