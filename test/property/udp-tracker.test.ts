// Whatever comes to the socket, an exchange with a UDP tracker goes on or ends in one of its two ways; and no URL is too odd.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PEERS_PER_ANSWER } from '../../src/discovery/tracker/protocol/announce-response.js';
import { TrackerError } from '../../src/discovery/tracker/protocol/tracker-error.js';
import { parseUdpTrackerUrl } from '../../src/discovery/tracker/protocol/tracker-url.js';
import { UdpExchange, type UdpExchangeEvent } from '../../src/discovery/tracker/protocol/udp-exchange.js';
import { decodeUdpReply } from '../../src/discovery/tracker/protocol/udp-messages.js';
import { addressAt } from '../support/scripted-trackers.js';

const TRACKER = addressAt('10.0.0.9', 6969);
const family = fc.constantFrom(4 as const, 6 as const);

/** With the right transaction id (0) and an action that exists, or without. */
const datagram = fc.oneof(
  fc.uint8Array({ maxLength: 80, size: 'max' }),
  fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 80, size: 'max' }))
    .map(([action, rest]) => Uint8Array.of(0, 0, 0, action, 0, 0, 0, 0, ...rest)),
);

test('any bytes are a bounded value or nothing', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(datagram, family, (bytes, family) => {
      const before = bytes.slice();
      const reply = decodeUdpReply(bytes, 0, family);
      kinds.add(reply?.type ?? 'nothing');
      expect(bytes).toEqual(before);
      if (reply?.type === 'connected') expect(reply.connectionId).toHaveLength(8);
      if (reply?.type === 'error') expect(reply.message).toMatch(/^[^\p{Cc}]{1,400}$/u);
      if (reply?.type === 'scraped')
        for (const count of Object.values(reply.counts)) expect(count ?? 0).toBeGreaterThanOrEqual(0);
      if (reply?.type === 'announced') {
        const { addresses, intervalSeconds } = reply.response;
        expect(addresses.length).toBeLessThanOrEqual(MAX_PEERS_PER_ANSWER);
        expect(intervalSeconds ?? 1).toBeGreaterThan(0);
        for (const { port } of addresses) expect(port).toBeGreaterThan(0);
      }
    }),
    { numRuns: 3000 },
  );
  expect(kinds).toEqual(new Set(['nothing', 'connected', 'announced', 'scraped', 'error']));
});

test('an exchange never throws, ends once at most, and always in time', () => {
  const event = fc.oneof(
    fc.record({ from: fc.constantFrom(TRACKER, addressAt('10.0.0.8', 6969)), bytes: datagram, afterMs: fc.nat(20_000) }),
    fc.nat(20_000),
  );
  const parameters = {
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
    port: 1,
    uploaded: 0,
    downloaded: 0,
    left: 0,
    numwant: 0,
    event: null,
  };
  const connection = fc.option(fc.record({ id: fc.uint8Array({ minLength: 8, maxLength: 8 }), receivedAt: fc.nat(100_000) }));
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 30 }),
      connection,
      fc.nat(60_000),
      fc.boolean(),
      (events, connection, timeoutMs, isScrape) => {
        const exchange = new UdpExchange({
          address: TRACKER,
          question: isScrape
            ? { type: 'scrape', infoHash: new Uint8Array(20) }
            : { type: 'announce', parameters, urlData: new Uint8Array() },
          connection,
          timeoutMs,
          retransmitMs: 3000,
          nextTransactionId: () => 0,
        });
        let now = 100_000;
        let ends = 0;
        const handle = (event: UdpExchangeEvent): void => {
          const actions = exchange.handle(event, now);
          ends += actions.filter(({ type }) => type === 'done' || type === 'failed').length;
          expect(exchange.nextTimeout() === null).toBe(ends === 1);
        };
        handle({ type: 'start' });
        for (const next of events) {
          now += typeof next === 'number' ? next : next.afterMs;
          handle(typeof next === 'number' ? { type: 'timeout' } : { type: 'datagram', from: next.from, bytes: next.bytes });
        }
        now = Math.max(now, 100_000 + timeoutMs);
        handle({ type: 'timeout' });
        expect(ends).toBe(1);
      },
    ),
    { numRuns: 2000 },
  );
});

test('any URL is taken apart or refused', () => {
  const url = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }).map((text) => `udp://${text}`),
    fc.string({ unit: 'binary' }).map((text) => `udp://t.example:80/${text}`),
    fc.webUrl({ withQueryParameters: true }).map((text) => text.replace(/^https?:\/\/([^/?#]*)/, 'udp://$1:6969')),
  );
  let taken = 0;
  fc.assert(
    fc.property(url, (text) => {
      try {
        const { host, port, urlData } = parseUdpTrackerUrl(text);
        taken++;
        expect(host).not.toBe('');
        expect(port).toBeGreaterThan(0);
        expect(urlData.every((byte) => byte > 31 && byte < 128)).toBe(true);
      } catch (error) {
        if (!(error instanceof TrackerError)) throw error;
        expect(error.code).toBe('invalid_url');
      }
    }),
  );
  expect(taken).toBeGreaterThan(0);
});
