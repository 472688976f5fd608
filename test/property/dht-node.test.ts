// Whatever comes to its socket, in whatever order, a node of the DHT goes on, sends little, and remembers a bounded amount.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DhtNode } from '../../src/discovery/dht/protocol/dht-node.js';
import type { DhtAction } from '../../src/discovery/dht/protocol/dht-terms.js';
import { decodeKrpc } from '../../src/discovery/dht/protocol/krpc-decoder.js';
import { encodeQuery, encodeReply, MAX_SENT_BYTES } from '../../src/discovery/dht/protocol/krpc-encoder.js';
import type { Query } from '../../src/discovery/dht/protocol/krpc-message.js';
import { CONFIG } from '../../src/engine/config.js';
import { createRandom } from '../../src/model/random.js';
import { addressAt } from '../support/scripted-trackers.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const place = fc.tuple(fc.constantFrom('8.8', '10.0', '127.0', '200.3'), fc.nat(9), fc.integer({ min: 1, max: 9 }));
const address = place.map(([net, host, port]) => addressAt(`${net}.0.${host}`, port));
const infoHash = fc.nat(3).map((i) => new Uint8Array(20).fill(i));
const want = fc.constantFrom(null, { n4: true, n6: true });
const query: fc.Arbitrary<Query> = fc.oneof(
  fc.constant({ method: 'ping' as const }),
  fc.record({ method: fc.constant('find_node' as const), target: bytes(20), want }),
  fc.record({ method: fc.constant('get_peers' as const), infoHash, want, noSeeds: fc.boolean(), scrape: fc.boolean() }),
  fc.record({
    method: fc.constant('announce_peer' as const),
    infoHash,
    port: fc.constantFrom(null, 5),
    token: bytes(8),
    isSeed: fc.boolean(),
  }),
);
const contacts = fc.array(fc.record({ id: bytes(20), address }), { maxLength: 20 });
const reply = fc.record({ nodes: contacts, values: fc.array(address, { maxLength: 20 }), token: bytes(4) });

type Step =
  | { readonly kind: 'rubbish'; readonly from: ReturnType<typeof addressAt>; readonly bytes: Uint8Array }
  | { readonly kind: 'query'; readonly from: ReturnType<typeof addressAt>; readonly id: Uint8Array; readonly query: Query }
  | {
      readonly kind: 'answer';
      readonly id: Uint8Array;
      readonly reply: Parameters<typeof encodeReply>[1];
      readonly which: number;
    }
  | { readonly kind: 'search'; readonly infoHash: Uint8Array; readonly port: number }
  | { readonly kind: 'forget'; readonly search: number }
  | { readonly kind: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('rubbish' as const), from: address, bytes: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({ kind: fc.constant('query' as const), from: address, id: bytes(20), query }),
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), id: bytes(20), reply, which: fc.nat(5) }) },
  fc.record({ kind: fc.constant('search' as const), infoHash, port: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant('forget' as const), search: fc.nat(5) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(10, 1000, 6000, 400_000) }),
);

test('any events, any datagrams', () => {
  let answered = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), fc.integer(), (steps, seed) => {
      const random = createRandom(seed);
      const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
      const limits = { ...CONFIG.dht.node, maxTransactions: 20, maxStoredPeers: 5 };
      const node = new DhtNode(
        { family: 4, id: null, ownAddress: null, limits, isBrief: false, hasTwin: true, randomBytes, twinNodes: () => [] },
        0,
      );
      let now = 0;
      let open: Extract<DhtAction, { type: 'send' }>[] = [];
      const started = new Set<number>();
      let searches = 0;
      const ended: number[] = [];
      const take = (actions: readonly DhtAction[]): void => {
        for (const action of actions) {
          if (action.type === 'done') ended.push(action.search);
          if (action.type === 'want-contacts') take(node.handle({ type: 'contacts', addresses: [], isLast: true }, now));
          if (action.type !== 'send') continue;
          expect(action.bytes.length).toBeLessThanOrEqual(MAX_SENT_BYTES);
          expect(action.to.family).toBe(4);
          if (decodeKrpc(action.bytes).type === 'query') open.push(action);
        }
      };
      take(node.handle({ type: 'start', nodes: [], expectsContacts: false }, now));
      take(node.handle({ type: 'contacts', addresses: [addressAt('8.8.0.1', 1), addressAt('10.0.0.1', 1)], isLast: true }, now));
      for (const item of steps) {
        if (item.kind === 'rubbish') take(node.handle({ type: 'datagram', from: item.from, bytes: item.bytes }, now));
        if (item.kind === 'query') {
          const datagram = encodeQuery({ transaction: randomBytes(2), id: item.id }, item.query, false);
          take(node.handle({ type: 'datagram', from: item.from, bytes: datagram }, now));
        }
        if (item.kind === 'answer' && open.length > 0) {
          const [question] = open.splice(item.which % open.length, 1);
          const { transaction } = decodeKrpc(question.bytes);
          const datagram = encodeReply({ transaction, id: item.id }, item.reply, question.to);
          take(node.handle({ type: 'datagram', from: question.to, bytes: datagram }, now));
          answered++;
        }
        if (item.kind === 'search') {
          const announce = { port: item.port, isSeed: false };
          started.add(searches);
          const event = { type: 'search', search: searches++, infoHash: item.infoHash, announce, scrape: true } as const;
          take(node.handle(event, now));
        }
        if (item.kind === 'forget') {
          take(node.handle({ type: 'forget', search: item.search }, now));
          started.delete(item.search);
        }
        if (item.kind === 'wait') {
          now += item.ms;
          if ((node.nextTimeout() ?? Infinity) <= now) take(node.handle({ type: 'timeout' }, now));
        }
        open = open.slice(-50);
        expect(node.storedPeers).toBeLessThanOrEqual(5);
      }
      // With nobody answering any more, every search comes to its end, once.
      for (let i = 0; i < 2000 && [...started].some((search) => !ended.includes(search)); i++) {
        now = Math.max(now, node.nextTimeout() ?? now);
        take(node.handle({ type: 'timeout' }, now));
      }
      for (const search of started) expect(ended).toContain(search);
      expect(new Set(ended).size).toBe(ended.length);
    }),
    { numRuns: 150 },
  );
  expect(answered).toBeGreaterThan(500);
});
