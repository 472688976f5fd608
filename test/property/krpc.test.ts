// Any datagram is a bounded message of the DHT or a KrpcError; and what is encoded is decoded.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, type Encodable } from '../../src/bencode/encode.js';
import { decodeKrpc, MAX_RECEIVED_BYTES } from '../../src/discovery/dht/protocol/krpc-decoder.js';
import { encodeQuery, encodeReply } from '../../src/discovery/dht/protocol/krpc-encoder.js';
import { KrpcError } from '../../src/discovery/dht/protocol/krpc-error.js';
import { createAddress, type Address } from '../../src/model/address.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const address = (family: 4 | 6): fc.Arbitrary<Address> =>
  fc
    .tuple(family === 4 ? fc.ipV4() : fc.ipV6(), fc.integer({ min: 1, max: 65_535 }))
    .map(([host, port]) => createAddress(host, port))
    .filter((made): made is Address => made?.family === family);
const envelope = fc.record({ transaction: fc.uint8Array({ minLength: 1, maxLength: 32 }), id: bytes(20) });

const value: fc.Arbitrary<Encodable> = fc.oneof(
  fc.integer(),
  fc.constantFrom('ping', 'find_node', 'get_peers', 'announce_peer', 'q', 'r', 'e', 'n4'),
  ...[0, 1, 6, 18, 20, 25, 26, 38, 52, 256].map((length) => bytes(length)),
  fc.array(fc.oneof(fc.integer(), bytes(6), bytes(18), bytes(7)), { maxLength: 4 }),
);
const key = fc.constantFrom(
  'id',
  'target',
  'info_hash',
  'want',
  'port',
  'implied_port',
  'token',
  'nodes',
  'nodes6',
  'values',
  'BFpe',
  'BFsd',
);
const likely = fc.oneof({ weight: 5, arbitrary: bytes(20) }, { weight: 1, arbitrary: value });
const inner = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(likely, fc.dictionary(key, value, { maxKeys: 3 })).map(([id, rest]) => ({ ...rest, id })) },
  { weight: 1, arbitrary: value },
);
const method = fc.oneof(fc.constantFrom('ping', 'find_node', 'get_peers', 'announce_peer'), value);
/** Looks like a message from afar, and is sometimes one. */
const almost = fc
  .record(
    {
      t: fc.oneof(bytes(2), value),
      y: fc.constantFrom('q', 'r', 'e', 'x'),
      q: method,
      a: inner,
      r: inner,
      e: fc.oneof(fc.tuple(fc.integer(), fc.string({ maxLength: 9 })), inner),
      ip: value,
      ro: value,
    },
    { requiredKeys: ['t', 'y'] },
  )
  .map((message) => encode(message));

test('any bytes are a bounded message or a KrpcError', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), almost), (datagram) => {
      const before = datagram.slice();
      try {
        const message = decodeKrpc(datagram);
        kinds.add(message.type);
        if (message.type === 'response') {
          const { nodes = [], nodes6 = [], values = [] } = message.reply;
          expect(nodes.length + nodes6.length + values.length).toBeLessThan(MAX_RECEIVED_BYTES / 6);
          for (const { port } of [...values, ...[...nodes, ...nodes6].map((node) => node.address)])
            expect(port).toBeGreaterThan(0);
        }
        if (message.type === 'error') expect(message.text).toMatch(/^[ -~]{0,100}$/);
      } catch (error) {
        expect(error).toBeInstanceOf(KrpcError);
        kinds.add('refused');
      }
      expect(datagram).toEqual(before);
    }),
    { numRuns: 5000 },
  );
  expect([...kinds].toSorted()).toEqual(['error', 'query', 'refused', 'response']);
});

test('one byte changed in a message is a message or a KrpcError', () => {
  const message = fc.tuple(envelope, address(4)).map(([head, to]) => encodeReply(head, { values: [to], token: head.id }, to));
  fc.assert(
    fc.property(message, fc.nat(), fc.nat(255), (datagram, at, byte) => {
      datagram[at % datagram.length] = byte;
      try {
        expect(['query', 'response', 'error']).toContain(decodeKrpc(datagram).type);
      } catch (error) {
        expect(error).toBeInstanceOf(KrpcError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('what is encoded is decoded', () => {
  const contact = (family: 4 | 6): fc.Arbitrary<{ id: Uint8Array; address: Address }> =>
    fc.record({ id: bytes(20), address: address(family) });
  const reply = fc.record({
    nodes: fc.array(contact(4), { maxLength: 8 }),
    nodes6: fc.array(contact(6), { maxLength: 8 }),
    values: fc.array(fc.oneof(address(4), address(6)), { maxLength: 20 }),
    token: fc.uint8Array({ maxLength: 128 }),
  });
  fc.assert(
    fc.property(envelope, reply, address(6), (head, sent, to) => {
      expect(decodeKrpc(encodeReply(head, sent, to))).toEqual({ type: 'response', ...head, reply: sent, seenAs: to, skipped: 0 });
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(envelope, bytes(20), fc.integer({ min: 1, max: 65_535 }), fc.boolean(), (head, infoHash, port, isSeed) => {
      const query = { method: 'announce_peer', infoHash, port, token: head.id, isSeed } as const;
      expect(decodeKrpc(encodeQuery(head, query, isSeed))).toEqual({ type: 'query', ...head, query, isReadOnly: isSeed });
    }),
    { numRuns: 200 },
  );
});
