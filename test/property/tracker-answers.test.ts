// Whatever a tracker sends is a bounded value or a TrackerError, and whatever we send is read back as it was meant.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, type Encodable } from '../../src/bencode/encode.js';
import { buildAnnounceUrl } from '../../src/discovery/tracker/protocol/announce-request.js';
import { decodeAnnounceResponse, MAX_PEERS_PER_ANSWER } from '../../src/discovery/tracker/protocol/announce-response.js';
import { decodeScrapeResponse } from '../../src/discovery/tracker/protocol/scrape.js';
import { TrackerError } from '../../src/discovery/tracker/protocol/tracker-error.js';
import { toHex } from '../../src/model/ids.js';
import { redactText, redactUrl } from '../../src/model/redact-url.js';
import { parseAnnounceQuery } from '../../src/swarm/announce-query.js';

const OWN = { peerId: new Uint8Array(20), port: 6881 };

function expectValueOrTrackerError(bytes: Uint8Array): void {
  try {
    const { addresses, names, intervalSeconds, warning } = decodeAnnounceResponse(bytes, OWN);
    expect(addresses.length + names.length).toBeLessThanOrEqual(MAX_PEERS_PER_ANSWER);
    expect(intervalSeconds ?? 1).toBeGreaterThan(0);
    expect(warning?.length ?? 0).toBeLessThanOrEqual(400);
    for (const { port } of [...addresses, ...names]) {
      expect(port).toBeGreaterThan(0);
      expect(port).toBeLessThan(65_536);
    }
  } catch (error) {
    if (!(error instanceof TrackerError)) throw error;
    expect(error.message).not.toMatch(/[\p{Cc}\n]/u);
  }
}

const bytes = fc.uint8Array({ maxLength: 60 });

test('garbage is a value or a TrackerError', () => {
  fc.assert(fc.property(bytes, expectValueOrTrackerError), { numRuns: 2000 });
});

test('and so is a dictionary with the right names and the wrong things in it', () => {
  const { value } = fc.letrec<{ value: Encodable }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      bytes,
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('ip', 'port', 'peer id', 'x'), tie('value'), { maxKeys: 4 }),
    ),
  }));
  const name = fc.constantFrom(
    'peers',
    'peers6',
    'interval',
    'min interval',
    'tracker id',
    'complete',
    'incomplete',
    'warning message',
    'external ip',
    'failure reason',
    'retry in',
  );
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 6 }), fc.nat(), fc.nat(255), (answer, at, byte) => {
      const encoded = encode(answer);
      expectValueOrTrackerError(encoded);
      encoded[at % encoded.length] = byte;
      expectValueOrTrackerError(encoded);
    }),
    { numRuns: 2000 },
  );
});

test('what we ask is what a tracker reads', () => {
  const twenty = fc.uint8Array({ minLength: 20, maxLength: 20 });
  const event = fc.constantFrom('started' as const, 'completed' as const, 'stopped' as const, null);
  const amount = fc.nat(10 ** 15 - 1);
  fc.assert(
    fc.property(twenty, twenty, fc.integer({ min: 1, max: 65_535 }), amount, event, (infoHash, peerId, port, left, event) => {
      const url = new URL(
        buildAnnounceUrl('http://t.example/a', { infoHash, peerId, port, uploaded: 1, downloaded: 2, left, numwant: 3, event }),
      );
      expect(parseAnnounceQuery(url.search.slice(1), '127.0.0.1')).toMatchObject({
        infoHash: toHex(infoHash),
        peerId,
        address: { host: '127.0.0.1', port, family: 4 },
        left,
        event,
        isCompact: true,
      });
    }),
  );
});

test('no text makes redaction throw, and no passkey survives it', () => {
  const hex = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 16, maxLength: 64 });
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => typeof redactUrl(text) === 'string' && typeof redactText(text) === 'string',
    ),
  );
  fc.assert(
    fc.property(hex, hex, (a, b) => {
      expect(redactUrl(`http://u:${a}@t.example/${b}/announce?x=${a}&passkey=1#${b}`)).toBe(
        'http://t.example/***/announce?x=***&passkey=***',
      );
    }),
  );
});

test('the answer to a scrape is three counts or a TrackerError, whatever it is', () => {
  const infoHash = new Uint8Array(20).fill(0x61);
  const expectCountsOrError = (bytes: Uint8Array): void => {
    try {
      for (const count of Object.values(decodeScrapeResponse(bytes, infoHash))) expect(count ?? 0).toBeGreaterThanOrEqual(0);
    } catch (error) {
      if (!(error instanceof TrackerError)) throw error;
      expect(error.message).not.toMatch(/[\p{Cc}\n]/u);
    }
  };
  const { value } = fc.letrec<{ value: Encodable }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      bytes,
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('complete', 'incomplete', 'downloaded', 'a'.repeat(20), 'x'), tie('value'), { maxKeys: 5 }),
    ),
  }));
  const name = fc.constantFrom('files', 'failure reason', 'flags');
  fc.assert(fc.property(bytes, expectCountsOrError), { numRuns: 1000 });
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 3 }), fc.nat(), fc.nat(255), (answer, at, byte) => {
      const encoded = encode(answer);
      expectCountsOrError(encoded);
      encoded[at % encoded.length] = byte;
      expectCountsOrError(encoded);
    }),
    { numRuns: 2000 },
  );
});
