// The client's side of SOCKS5, against the bytes of RFC 1928 and 1929.

import { describe, expect, test } from 'vitest';
import type { ProxyError } from '../../../../src/io/proxy/proxy-error.js';
import type { HandshakeStep } from '../../../../src/io/proxy/proxy-handshake.js';
import { Socks5Handshake, type Socks5Request } from '../../../../src/io/proxy/socks5-handshake.js';
import type { ProxyLogin, ProxyServer } from '../../../../src/model/proxy-server.js';

const LOGIN = { user: 'me', password: 'secret' };
const server = (login: ProxyLogin | null): ProxyServer => ({ kind: 'socks5h', host: 'proxy.example', port: 1080, login });
const connectTo = (host: string, port = 80): Socks5Request => ({ type: 'connect', target: { host, port } });
const begin = (login: ProxyLogin | null = null, request: Socks5Request = connectTo('a.example')): Socks5Handshake =>
  new Socks5Handshake(server(login), request);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const ascii = (text: string): number[] => Array.from(new TextEncoder().encode(text));
const errorOf = (step: HandshakeStep): ProxyError => {
  if (step.type !== 'failed') throw new Error(`it ${step.type} instead of failing`);
  return step.error;
};
const GRANTED = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

describe('what is said', () => {
  test('without a login one method is offered, with one both', () => {
    expect(begin().start()).toEqual(bytes(5, 1, 0));
    expect(begin(LOGIN).start()).toEqual(bytes(5, 2, 0, 2));
  });

  test.each<[string, number[]]>([
    ['a.example', [5, 1, 0, 3, 9, ...ascii('a.example'), 0, 80]],
    ['1.2.3.4', [5, 1, 0, 1, 1, 2, 3, 4, 0, 80]],
    ['2001:db8::1', [5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80]],
  ])('a request to %s', (host, expected) => {
    const step = begin(null, connectTo(host)).receive(bytes(5, 0));
    expect(step).toEqual({ type: 'more', send: Uint8Array.from(expected) });
  });

  test('a login, and the request once it is taken', () => {
    const handshake = begin(LOGIN);
    expect(handshake.receive(bytes(5, 2))).toEqual({ type: 'more', send: bytes(1, 2, ...ascii('me'), 6, ...ascii('secret')) });
    expect(handshake.isAccepted).toBe(false);
    expect(handshake.receive(bytes(1, 0))).toMatchObject({
      type: 'more',
      send: bytes(5, 1, 0, 3, 9, ...ascii('a.example'), 0, 80),
    });
    expect(handshake.isAccepted).toBe(true);
  });

  test('an association is asked for from wherever we will send', () => {
    expect(begin(null, { type: 'associate' }).receive(bytes(5, 0))).toEqual({
      type: 'more',
      send: bytes(5, 3, 0, 1, 0, 0, 0, 0, 0, 0),
    });
  });
});

describe('the reply', () => {
  const answered = (...reply: number[]): HandshakeStep => {
    const handshake = begin();
    handshake.receive(bytes(5, 0));
    return handshake.receive(Uint8Array.from(reply));
  };

  test('says where we stand, and what follows is the target', () => {
    expect(answered(5, 0, 0, 1, 9, 8, 7, 6, 0x1f, 0x90, 1, 2, 3)).toEqual({
      type: 'done',
      bound: { host: '9.8.7.6', port: 8080 },
      rest: bytes(1, 2, 3),
    });
    expect(answered(5, 0, 0, 3, 2, ...ascii('ab'), 0, 1)).toEqual({ type: 'done', bound: null, rest: bytes() });
    expect(answered(5, 0, 0, 4, ...Array<number>(16).fill(0), 0, 7)).toMatchObject({ bound: { host: '::', port: 7 } });
  });

  test.each([
    [1, 'target_unreachable', 'general failure'],
    [2, 'proxy_denied', 'rules'],
    [3, 'target_unreachable', 'network'],
    [4, 'target_unreachable', 'host'],
    [5, 'target_refused', 'refused'],
    [6, 'target_timeout', 'TTL'],
    [7, 'proxy_unsupported', 'command'],
    [8, 'proxy_unsupported', 'kind'],
    [99, 'target_unreachable', '99'],
  ])('code %i has its own words', (code, kind, words) => {
    const error = errorOf(answered(5, code));
    expect(error.code).toBe(kind);
    expect(error.message).toContain(words);
    expect(error.message).toContain('socks5h://proxy.example:1080');
  });

  test('a proxy without datagrams says so', () => {
    const handshake = begin(null, { type: 'associate' });
    handshake.receive(bytes(5, 0));
    expect(errorOf(handshake.receive(bytes(5, 7))).message).toContain('carries no UDP');
  });
});

describe('what fails before', () => {
  test.each<[string, ProxyLogin | null, number[][], string, string]>([
    ['no method without a login', null, [[5, 0xff]], 'proxy_login', 'wants a login'],
    ['no method with one', LOGIN, [[5, 0xff]], 'proxy_login', 'takes no login'],
    ['a method that was not offered', null, [[5, 2]], 'proxy_protocol', 'not offered'],
    ['another one', LOGIN, [[5, 1]], 'proxy_protocol', 'not offered'],
    [
      'a wrong login',
      LOGIN,
      [
        [5, 2],
        [1, 1],
      ],
      'proxy_login',
      'refuses the login',
    ],
    ['HTTP', null, [ascii('HTTP/1.1 400')], 'proxy_protocol', 'no SOCKS5'],
    ['SOCKS4', null, [[0, 90]], 'proxy_protocol', 'no SOCKS5'],
    ['an answer before the question', null, [[5, 0, ...GRANTED]], 'proxy_protocol', 'before it is asked'],
    [
      'a reply of another version',
      null,
      [
        [5, 0],
        [4, 0],
      ],
      'proxy_protocol',
      'no SOCKS5',
    ],
    [
      'an address of no type',
      null,
      [
        [5, 0],
        [5, 0, 0, 9, 0, 0],
      ],
      'proxy_protocol',
      'type 9',
    ],
  ])('%s', (_, login, answers, code, words) => {
    const handshake = begin(login);
    let step: HandshakeStep = { type: 'more', send: bytes() };
    for (const answer of answers) step = handshake.receive(Uint8Array.from(answer));
    const error = errorOf(step);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(JSON.stringify([error.message, error.detail])).not.toMatch(/secret/);
  });

  test('a name that is too long is not sent', () => {
    expect(errorOf(begin(null, connectTo('a'.repeat(256))).receive(bytes(5, 0))).code).toBe('target_unreachable');
  });
});
