// What requests for files are answered with: ranges, conditions, names that mean harm, other hosts, other methods.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type FileResponse, respondTo } from '../../../../src/io/file-server/file-response.js';
import { pathOf, type ServedFile } from '../../../../src/io/file-server/served-file.js';

const PORT = 8080;

function served(number: number, path: string, length: number, size: string): ServedFile {
  return { number, path, length, tag: `abc-${number - 1}`, shown: { path, size } };
}

const film = served(1, 'films/größe "1\'(x)*.mkv', 1000, '1000 B');
const hostile = served(7, '<script>alert(1)</script>&\r\nSet-Cookie: a', 5_242_880, '5.0 MiB"><script>');
const empty = served(8, 'empty.txt', 0, '0 B');
const tiny = served(9, 'tiny.txt', 1, '1 B');
const files = [film, hostile, empty, tiny];
const HEAD = { title: 'A & <title>', summary: '4 files, <5.0> MiB' };

function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): FileResponse {
  return respondTo({ method, url, headers: { host: `127.0.0.1:${PORT}`, ...headers } }, files, HEAD, PORT);
}

describe('a file', () => {
  test('is sent whole, with its type, its length and a name that any header can hold', () => {
    expect(ask(pathOf(film))).toEqual({
      status: 200,
      headers: {
        'X-Content-Type-Options': 'nosniff',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'X-Frame-Options': 'DENY',
        'Accept-Ranges': 'bytes',
        'Content-Type': 'video/matroska',
        'Content-Disposition': "inline; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%27%28x%29%2A.mkv",
        'Content-Length': '1000',
        ETag: '"abc-0"',
      },
      body: { file: film, range: { start: 0, end: 1000 } },
    });
  });

  test('is found by its number, whatever name a player makes of it', () => {
    for (const url of ['/1', '/1/', '/1/x.mkv', '/1/x.mkv?t=3']) expect(ask(url).body, url).toMatchObject({ file: film });
    for (const url of ['/2', '/01', '/0', '/1/x/y', '/one', '//1', '/..', '/1000000000', '*', 'http://127.0.0.1:8080/1', '']) {
      expect(ask(url).status, url).toBe(404);
    }
  });

  test.each([
    ['bytes=0-99', 206, 'bytes 0-99/1000', '100'],
    ['bytes=900-', 206, 'bytes 900-999/1000', '100'],
    ['bytes=-1', 206, 'bytes 999-999/1000', '1'],
    ['bytes=0-5000', 206, 'bytes 0-999/1000', '1000'],
    ['bytes=-5000', 206, 'bytes 0-999/1000', '1000'],
    ['bytes=999-999', 206, 'bytes 999-999/1000', '1'],
    // Several: a server may send all (RFC 9110, 14.2), and one that makes parts of them can be made to send more than all.
    ['bytes=0-1,5-6', 200, undefined, '1000'],
    ['bytes=0-,0-,0-', 200, undefined, '1000'],
    ['bytes=5-4', 200, undefined, '1000'],
    ['bytes=', 200, undefined, '1000'],
    ['bytes=-', 200, undefined, '1000'],
    ['bytes=0x1-', 200, undefined, '1000'],
    ['pages=1', 200, undefined, '1000'],
  ])('Range %s: %i', (range, status, contentRange, length) => {
    const answer = ask('/1', { range });
    expect([answer.status, answer.headers['Content-Range'], answer.headers['Content-Length']]).toEqual([
      status,
      contentRange,
      length,
    ]);
  });

  test('a range without a byte of it is 416, and says how long it is', () => {
    for (const range of ['bytes=1000-', 'bytes=1000-1001', `bytes=${'9'.repeat(30)}-`, 'bytes=-0'])
      expect(ask('/1', { range })).toMatchObject({ status: 416, headers: { 'Content-Range': 'bytes */1000' } });
    expect(ask('/8', { range: 'bytes=0-' })).toMatchObject({ status: 416, headers: { 'Content-Range': 'bytes */0' } });
    expect(ask('/8')).toMatchObject({ status: 200, headers: { 'Content-Length': '0' }, body: null });
  });

  test('If-Range wants these very bytes, If-None-Match none of them', () => {
    const range = 'bytes=0-9';
    expect(ask('/1', { range, 'if-range': '"abc-0"' }).status).toBe(206);
    for (const other of ['"abc-1"', 'W/"abc-0"', 'Wed, 21 Oct 2015 07:28:00 GMT'])
      expect(ask('/1', { range, 'if-range': other }).status).toBe(200);
    for (const known of ['"abc-0"', '"x", W/"abc-0"', '*'])
      expect(ask('/1', { 'if-none-match': known })).toMatchObject({ status: 304, body: null });
    expect(ask('/1', { 'if-none-match': '"abc-1"' }).status).toBe(200);
  });

  test('If-Match wants these very bytes, and its word is before that of If-None-Match', () => {
    for (const wanted of ['"abc-0"', '"x", "abc-0"', '*']) expect(ask('/1', { 'if-match': wanted }).status, wanted).toBe(200);
    for (const wanted of ['"abc-1"', 'W/"abc-0"', '']) {
      const refused = ask('/1', { 'if-match': wanted, 'if-none-match': '*' });
      expect(refused, wanted).toMatchObject({ status: 412, headers: { ETag: '"abc-0"' } });
    }
  });

  test('HEAD has the headers of GET and no body', () => {
    const { body, ...rest } = ask('/1');
    expect(body).not.toBeNull();
    expect(ask('/1', {}, 'HEAD')).toEqual({ ...rest, body: null });
  });

  test('HEAD knows no ranges (RFC 9110, 14.2): it is told that there are some, and how long the whole is', () => {
    for (const range of ['bytes=5-9', 'bytes=1000-', 'bytes=-1', 'bytes=0-1,5-6', 'pages=1']) {
      for (const condition of [{}, { 'if-range': '"abc-0"' }, { 'if-range': '"abc-1"' }]) {
        const answer = ask('/1', { range, ...condition }, 'HEAD');
        expect(answer, range).toEqual(ask('/1', {}, 'HEAD'));
        expect(answer).toMatchObject({ status: 200, headers: { 'Accept-Ranges': 'bytes', 'Content-Length': '1000' } });
      }
    }
  });
});

describe('the page', () => {
  test('lists the files, with nothing that a browser would take for more than text', () => {
    const { status, headers, body } = ask('/');
    expect(status).toBe(200);
    expect(body).toContain('<title>A &#38; &#60;title&#62;</title>');
    expect(body).toContain('<p>4 files, &#60;5.0&#62; MiB</p>');
    expect(body).not.toContain('<script');
    expect(body).toContain(`<a href="${pathOf(hostile)}">`);
    expect(headers['Content-Length']).toBe(String(Buffer.byteLength(typeof body === 'string' ? body : '')));
    expect(ask('/', {}, 'HEAD')).toMatchObject({ status: 200, body: null });
  });

  test('shows sizes as people read them, and the exact number to who points there', () => {
    const { body } = ask('/');
    expect(body).toContain('<td class="size" title="1000 bytes">1000 B</td>');
    expect(body).toContain('<td class="size" title="5242880 bytes">5.0 MiB&#34;&#62;&#60;script&#62;</td>');
    expect(body).toContain('<td class="size" title="1 byte">1 B</td>');
  });

  test('may run and load nothing but its own style', () => {
    const { headers, body } = ask('/');
    const style = /<style>([^]*)<\/style>/.exec(typeof body === 'string' ? body : '')?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');
    expect(headers['Content-Security-Policy']).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(style).toContain('prefers-color-scheme: dark');
  });
});

describe('who is refused', () => {
  test.each(['evil.example:8080', '127.0.0.1', '127.0.0.1:8081', '127.0.0.1.evil.example:8080', 'localhost', '', '[::1]:8080'])(
    'the host %j',
    (host) => expect(ask('/1', { host })).toMatchObject({ status: 403, body: 'This server answers to its own address only.\n' }),
  );

  test('a host without its port, unless that is the one that URLs leave out', () => {
    const at = (host: string, port: number): number =>
      respondTo({ method: 'GET', url: '/1', headers: { host } }, files, HEAD, port).status;
    expect([at('127.0.0.1', 8080), at('127.0.0.1', 80), at('localhost', 80), at('localhost:80', 80)]).toEqual([
      403, 200, 200, 200,
    ]);
    expect([at('evil.example', 80), at('evil.example:80', 80), at('', 80)]).toEqual([403, 403, 403]);
  });

  test.each(['cross-site', 'same-site'])('what a page of another site loads (%s); a link there may lead here', (site) => {
    for (const mode of ['no-cors', 'cors', 'websocket'])
      expect(ask('/1', { 'sec-fetch-site': site, 'sec-fetch-mode': mode }).status).toBe(403);
    const followed = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' };
    expect(ask('/1', { ...followed, 'sec-fetch-dest': 'iframe' }).status).toBe(403);
    expect(ask('/1', { ...followed, 'sec-fetch-dest': 'document' }).status).toBe(200);
  });

  test.each(['none', 'same-origin'])('but not our own page, nor an address that was typed (%s)', (site) => {
    expect(ask('/1', { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }).status).toBe(200);
  });

  test('nobody who names no host, as old clients do: browsers always name one', () => {
    const request = { method: 'GET', url: '/1', headers: {} };
    expect(respondTo(request, files, HEAD, PORT).status).toBe(200);
  });

  test('nobody who says localhost', () => expect(ask('/1', { host: 'LocalHost:8080' }).status).toBe(200));

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'get', ''])('the method %j', (method) => {
    expect(ask('/1', {}, method)).toMatchObject({ status: 405, headers: { Allow: 'GET, HEAD' } });
  });

  test('every header of every answer can be sent, and lets no other origin in', () => {
    for (const url of ['/', '/1', '/7', '/8', '/9', `/${'x'.repeat(9000)}`]) {
      for (const [name, value] of Object.entries(ask(url).headers)) {
        expect(value, name).toMatch(/^[\x20-\x7e]+$/);
        expect(name.toLowerCase()).not.toContain('access-control');
      }
    }
  });
});
