// The proxy's half of a handshake may be anything, in pieces of any size: the end is the same as in one piece, or one of our errors.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HttpConnect } from '../../src/io/proxy/http-connect.js';
import type { HandshakeStep, ProxyHandshake } from '../../src/io/proxy/proxy-handshake.js';
import { Socks5Handshake } from '../../src/io/proxy/socks5-handshake.js';
import { decodeDatagram, encodeDatagram } from '../../src/io/proxy/socks5-messages.js';
import { parseProxy } from '../../src/model/proxy-server.js';

const LOGIN = { user: 'me', password: 'secret' };
const SOCKS = { kind: 'socks5h', host: 'p', port: 1, login: LOGIN } as const;
const HTTP = { ...SOCKS, kind: 'http' } as const;
const TARGET = { host: 'a.example', port: 80 };

/** Feeds `answers`, each in pieces; what comes of it, and what was sent. */
function run(
  handshake: ProxyHandshake,
  answers: readonly Uint8Array[],
  sizes: readonly number[],
): { end: HandshakeStep; sent: number } {
  let sent = handshake.start().length;
  let end: HandshakeStep = { type: 'more', send: new Uint8Array() };
  let turn = 0;
  for (const answer of answers) {
    for (let at = 0; at < answer.length && end.type === 'more';) {
      const piece = answer.slice(at, at + (sizes.length === 0 ? answer.length : sizes[turn++ % sizes.length]));
      at += piece.length;
      end = handshake.receive(piece);
      // The caller's buffer is its own again.
      piece.fill(0xdb);
      if (end.type === 'more') sent += end.send.length;
      if (end.type === 'done') {
        const rest = new Uint8Array(end.rest.length + answer.length - at);
        rest.set(end.rest);
        rest.set(answer.subarray(at), end.rest.length);
        end = { ...end, rest };
      }
    }
  }
  return { end, sent };
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });
const place = fc.oneof(
  fc.tuple(fc.constant(1), fc.uint8Array({ minLength: 6, maxLength: 6 })).map(([type, rest]) => [type, ...rest]),
  fc.tuple(fc.constant(4), fc.uint8Array({ minLength: 18, maxLength: 18 })).map(([type, rest]) => [type, ...rest]),
  fc.uint8Array({ minLength: 0, maxLength: 255 }).map((name) => [3, name.length, ...name, 1, 2]),
);

describe('SOCKS5', () => {
  test('a reply in any pieces is the reply in one', () => {
    fc.assert(
      fc.property(place, fc.uint8Array({ maxLength: 40 }), sizes, (where, rest, cuts) => {
        const answers = [Uint8Array.of(5, 2), Uint8Array.of(1, 0), Uint8Array.of(5, 0, 0, ...where, ...rest)];
        const make = (): Socks5Handshake => new Socks5Handshake(SOCKS, { type: 'connect', target: TARGET });
        const whole = run(make(), answers, []);
        expect(whole.end).toMatchObject({ type: 'done', rest });
        expect(run(make(), answers, cuts)).toEqual(whole);
      }),
    );
  });

  test('garbage is an error of ours or waited for, and never more than is bounded', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 6 }), sizes, fc.boolean(), (answers, cuts, isUdp) => {
        const request = isUdp ? ({ type: 'associate' } as const) : ({ type: 'connect', target: TARGET } as const);
        const { end, sent } = run(new Socks5Handshake(SOCKS, request), answers, cuts);
        expect(sent).toBeLessThan(600);
        if (end.type === 'failed') expect(end.error.message).not.toContain(LOGIN.password);
      }),
    );
  });

  test('near misses too: a right beginning with garbage behind it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), sizes, (garbage, cuts) => {
        const answers = [Uint8Array.of(5, 0), Uint8Array.of(5, ...garbage)];
        const { end } = run(new Socks5Handshake(SOCKS, { type: 'connect', target: TARGET }), answers, cuts);
        expect(['more', 'done', 'failed']).toContain(end.type);
      }),
    );
  });

  test('datagrams of an address come back as they were', () => {
    const host = fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', '::1'));
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), fc.uint8Array({ maxLength: 1500 }), (from, port, payload) => {
        expect(decodeDatagram(encodeDatagram({ host: from, port }, payload))).toMatchObject({
          from: { host: from, port },
          payload,
        });
      }),
    );
  });

  test('any datagram is one or none; fragments and names are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const read = decodeDatagram(bytes);
        if (read !== null) expect(read.payload.length).toBeLessThan(bytes.length);
      }),
    );
    expect(decodeDatagram(Uint8Array.of(0, 0, 1, 1, 1, 2, 3, 4, 0, 5, 9))).toBeNull();
    expect(decodeDatagram(encodeDatagram(TARGET, Uint8Array.of(1)))).toBeNull();
  });
});

describe('CONNECT', () => {
  test('an answer in any pieces is the answer in one', () => {
    const header = fc.stringMatching(/^[A-Za-z-]{1,10}: [ -~]{0,30}$/);
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.array(header, { maxLength: 5 }),
        fc.uint8Array({ maxLength: 40 }),
        sizes,
        (status, lines, rest, cuts) => {
          const head = new TextEncoder().encode([`HTTP/1.1 ${status} x`, ...lines, '', ''].join('\r\n'));
          const answers = [Uint8Array.of(...head, ...rest)];
          const whole = run(new HttpConnect(HTTP, TARGET), answers, []);
          expect(whole.end.type).toBe(status < 300 ? 'done' : 'failed');
          if (whole.end.type === 'done') expect(whole.end.rest).toEqual(rest);
          expect(run(new HttpConnect(HTTP, TARGET), answers, cuts)).toEqual(whole);
        },
      ),
    );
  });

  test('garbage, and what looks like HTTP, is an error of ours or waited for', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.string({ maxLength: 600 }).map((text) => new TextEncoder().encode(`HTTP/1.1 ${text}`)),
    );
    fc.assert(
      fc.property(fc.array(garbage, { maxLength: 6 }), sizes, (answers, cuts) => {
        const { end } = run(new HttpConnect(HTTP, TARGET), answers, cuts);
        if (end.type === 'failed') expect(end.error.message).not.toContain(LOGIN.password);
        else expect(['more', 'done']).toContain(end.type);
      }),
    );
  });
});

test('any text is a proxy or a reason why not', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `socks5h://${rest}`),
    fc.webUrl(),
  );
  fc.assert(
    fc.property(text, (proxy) => {
      const read = parseProxy(proxy);
      if (typeof read === 'string') return;
      expect(read.port).toBeGreaterThan(0);
      expect(read.host).not.toBe('');
    }),
  );
});
