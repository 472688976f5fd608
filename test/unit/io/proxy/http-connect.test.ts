// A tunnel through an HTTP proxy, as text.

import { describe, expect, test } from 'vitest';
import { HttpConnect } from '../../../../src/io/proxy/http-connect.js';
import type { HandshakeStep } from '../../../../src/io/proxy/proxy-handshake.js';
import type { ProxyServer } from '../../../../src/model/proxy-server.js';

const PROXY: ProxyServer = { kind: 'http', host: 'proxy.example', port: 3128, login: null };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const answer = (text: string): HandshakeStep => new HttpConnect(PROXY, { host: 'a.example', port: 443 }).receive(encode(text));

test('asks for the target, by name or number', () => {
  const asked = (host: string): string => decode(new HttpConnect(PROXY, { host, port: 443 }).start());
  expect(asked('a.example')).toBe('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n');
  expect(asked('::1')).toBe('CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n');
});

test('the login goes in a header', () => {
  const login = { user: 'mé', password: 'se:cret' };
  const text = decode(new HttpConnect({ ...PROXY, login }, { host: 'a', port: 1 }).start());
  expect(text).toContain(`\r\nProxy-Authorization: Basic ${Buffer.from('mé:se:cret').toString('base64')}\r\n`);
});

test.each(['a b', 'a\r\nX: y', 'a/b', '', 'a'.repeat(256)])('no target that ends the line: %j', (host) => {
  expect(() => new HttpConnect(PROXY, { host, port: 1 })).toThrow(RangeError);
});

describe('the answer', () => {
  test.each([
    ['HTTP/1.1 200 Connection established\r\n\r\n', ''],
    ['HTTP/1.0 200\r\nVia: x\r\n\r\nrest', 'rest'],
    ['HTTP/1.1 299 odd\n\nrest', 'rest'],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nrest', 'rest'],
  ])('%j opens', (text, rest) => {
    expect(answer(text)).toEqual({ type: 'done', rest: expect.any(Uint8Array), bound: null });
    expect(decode((answer(text) as { rest: Uint8Array }).rest)).toBe(rest);
  });

  test.each([
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'proxy_denied', '403'],
    ['HTTP/1.1 405 No\r\n\r\n', 'proxy_unsupported', '405'],
    ['HTTP/1.1 407 Login\r\n\r\n', 'proxy_login', 'wants a login'],
    ['HTTP/1.1 502 Bad\r\n\r\n', 'target_unreachable', '502'],
    ['HTTP/1.1 504 Late\r\n\r\n', 'target_timeout', '504'],
    ['HTTP/1.1 302 Elsewhere\r\n\r\n', 'target_unreachable', '302'],
    ['HTTP/1.1 xyz\r\n\r\n', 'proxy_protocol', 'status'],
    ['\u0005\u0000', 'proxy_protocol', 'not HTTP'],
    [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}`, 'proxy_protocol', 'without an end'],
  ])('%j fails', (text, code, words) => {
    const step = answer(text);
    expect(step).toMatchObject({ type: 'failed', error: { code } });
    expect((step as { error: Error }).error.message).toContain(words);
  });

  test('half a header is waited for', () => {
    expect(answer('HTTP/1.1 200 OK\r\nVia: x\r\n')).toMatchObject({ type: 'more' });
  });
});
