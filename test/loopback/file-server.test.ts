// The file server over raw sockets: what clients really send, old and new ones, several requests over one connection, and who goes away in the
// middle of an answer. The bytes are made up here, so that a test knows who reads them and how far.

import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FileServer } from '../../src/io/file-server/file-server.js';
import type { ServedFile } from '../../src/io/file-server/served-file.js';

const CHUNK = 65_536;
/** More than all sockets of a connection hold. */
const LENGTH = 512 * CHUNK;

const file = (number: number, length: number): ServedFile => ({
  number,
  path: `${number}.bin`,
  length,
  tag: `t-${number}`,
  shown: { path: `${number}.bin`, size: `${length} B` },
});

interface Rig {
  readonly server: FileServer;
  /** Of each reading: where it began and ended, the bytes that it gave, and whether it is over. */
  readonly readings: { start: number; end: number; given: number; isOver: boolean }[];
  close(): Promise<void>;
}

/** `1.bin` is long, `2.bin` has ten bytes; each byte is the last digit of its place. */
async function open(): Promise<Rig> {
  const readings: Rig['readings'] = [];
  async function* read(_: ServedFile, start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const reading = { start, end, given: 0, isOver: false };
    readings.push(reading);
    try {
      for (let at = start; at < end; at += CHUNK) {
        signal.throwIfAborted();
        const length = Math.min(CHUNK, end - at);
        reading.given += length;
        yield Uint8Array.from({ length }, (__, i) => 48 + ((at + i) % 10));
      }
    } finally {
      reading.isOver = true;
    }
  }
  const files = [file(1, LENGTH), file(2, 10)];
  const server = await FileServer.open({
    files,
    page: { title: 'files', summary: '' },
    port: 0,
    maxReaders: 2,
    maxConnections: 8,
    read,
  });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= server.close());
  onTestFinished(close);
  return { server, readings, close };
}

/** What comes back until the other side ends the connection, or until there are so many answers. */
class Line {
  readonly socket: Socket;
  text = '';
  #wake: () => void = () => {};

  constructor({ server }: Rig) {
    this.socket = connect(server.port, '127.0.0.1');
    this.socket.setEncoding('latin1').on('data', (data: string) => {
      this.text += data;
      this.#wake();
    });
    this.socket.on('close', () => this.#wake());
    this.socket.on('error', () => {});
    onTestFinished(() => void this.socket.destroy());
  }

  /** Lines of a request, without the empty one. */
  send(...lines: string[]): void {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  async until(isSo: (text: string) => boolean): Promise<string> {
    while (!isSo(this.text) && !this.socket.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.text;
  }

  ended(): Promise<string> {
    return this.until(() => false);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => void setImmediate(resolve));
}

const statusOf = (answer: string): string => answer.slice(0, answer.indexOf('\r\n'));

describe('one request', () => {
  test('HEAD with a range: 200, the length of the whole, and nothing behind the headers', async () => {
    const rig = await open();
    const line = new Line(rig);
    line.send('HEAD /2 HTTP/1.1', `Host: 127.0.0.1:${rig.server.port}`, 'Range: bytes=2-3', 'Connection: close');
    const answer = await line.ended();
    expect(statusOf(answer)).toBe('HTTP/1.1 200 OK');
    expect(answer).toMatch(/\r\nContent-Length: 10\r\n/);
    expect(answer).toMatch(/\r\nAccept-Ranges: bytes\r\n/);
    expect(answer).not.toContain('Content-Range');
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
    expect(rig.readings).toEqual([]);
  });

  test('of HTTP/1.0, which names no host: the file, and the end of the connection', async () => {
    const rig = await open();
    const line = new Line(rig);
    line.send('GET /2/x HTTP/1.0', 'Range: bytes=-3');
    const answer = await line.ended();
    expect(statusOf(answer)).toMatch(/^HTTP\/1\.[01] 206 /);
    expect(answer).toMatch(/\r\nContent-Range: bytes 7-9\/10\r\n/);
    expect(answer.endsWith('\r\n\r\n789')).toBe(true);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  test('of HTTP/1.1 without a host, or with another one, gets nothing', async () => {
    const rig = await open();
    for (const [host, status] of [
      [[], '400'],
      [['Host: rebound.example'], '403'],
    ] as const) {
      const line = new Line(rig);
      line.send('GET /2 HTTP/1.1', ...host, 'Connection: close');
      expect(statusOf(await line.ended())).toContain(` ${status} `);
    }
    expect(rig.readings).toEqual([]);
  });

  test.each(['POST /1', 'OPTIONS /1', 'OPTIONS *', 'PUT /', 'DELETE /2'])('%s: 405, and what is allowed', async (what) => {
    const rig = await open();
    const line = new Line(rig);
    const body = what.startsWith('P') ? ['Content-Length: 5'] : [];
    line.send(`${what} HTTP/1.1`, `Host: localhost:${rig.server.port}`, ...body, 'Connection: close');
    line.socket.write(body.length > 0 ? 'hello' : '');
    const answer = await line.ended();
    expect(statusOf(answer)).toBe('HTTP/1.1 405 Method Not Allowed');
    expect(answer).toMatch(/\r\nAllow: GET, HEAD\r\n/);
  });
});

describe('a connection', () => {
  test('takes one request after the other, also while the answer to the first is on its way', async () => {
    const rig = await open();
    const line = new Line(rig);
    const host = `Host: 127.0.0.1:${rig.server.port}`;
    line.send('GET /2 HTTP/1.1', host, 'Range: bytes=0-1');
    await line.until((text) => text.endsWith('01'));
    line.send('HEAD /1 HTTP/1.1', host, 'Range: bytes=5-');
    line.send('GET /2 HTTP/1.1', host, 'Range: bytes=10-');
    line.send('GET /2 HTTP/1.1', host, 'If-Range: "t-2"', 'Range: bytes=4-5', 'Connection: close');
    const answers = (await line.ended()).split('HTTP/1.1 ').slice(1);
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(['206', '200', '416', '206']);
    expect(answers[2]).toContain('Content-Range: bytes */10');
    expect(answers[3].endsWith('\r\n\r\n45')).toBe(true);
  });

  test('that goes away in the middle of an answer ends its reading, and makes room for the next', async () => {
    const rig = await open();
    const host = `Host: 127.0.0.1:${rig.server.port}`;
    const leaving = [new Line(rig), new Line(rig)];
    for (const line of leaving) {
      line.send('GET /1 HTTP/1.1', host);
      await line.until((text) => text.length > CHUNK);
      line.socket.pause();
    }
    const refused = new Line(rig);
    refused.send('GET /2 HTTP/1.1', host, 'Connection: close');
    expect(statusOf(await refused.ended())).toContain(' 503 ');
    for (const [index, { socket }] of leaving.entries()) {
      // One resets the connection, the other says good-bye.
      if (index === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    await until(() => rig.readings.every(({ isOver }) => isOver));
    for (const { given } of rig.readings) expect(given).toBeLessThan(LENGTH);
    const next = new Line(rig);
    next.send('GET /2 HTTP/1.1', host, 'Connection: close');
    expect((await next.ended()).endsWith('0123456789')).toBe(true);
  });

  test('that is open when the server is closed sees its end, and so does its reading', async () => {
    const rig = await open();
    const line = new Line(rig);
    line.send('GET /1 HTTP/1.1', `Host: 127.0.0.1:${rig.server.port}`);
    await line.until((text) => text.length > CHUNK);
    line.socket.pause();
    await rig.close();
    line.socket.resume();
    await line.ended();
    await until(() => rig.readings.every(({ isOver }) => isOver));
    expect(line.text.length).toBeLessThan(LENGTH);
  });
});
