// What a node says to those that ask, byte for byte as they would read it, and what strangers can't do to it.

import { describe, expect, test } from 'vitest';
import { DhtNode } from '../../../../../src/discovery/dht/protocol/dht-node.js';
import type { DhtAction, DhtSettings } from '../../../../../src/discovery/dht/protocol/dht-terms.js';
import { decodeKrpc } from '../../../../../src/discovery/dht/protocol/krpc-decoder.js';
import { encodeError, encodeQuery, encodeReply, MAX_SENT_BYTES } from '../../../../../src/discovery/dht/protocol/krpc-encoder.js';
import type { KrpcMessage, Query, Reply } from '../../../../../src/discovery/dht/protocol/krpc-message.js';
import { fitsAddress, type NodeContact } from '../../../../../src/discovery/dht/protocol/node-id.js';
import { CONFIG } from '../../../../../src/engine/config.js';
import type { Address } from '../../../../../src/model/address.js';
import { createRandom } from '../../../../../src/model/random.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const HASH = new Uint8Array(20).fill(7);
const TRANSACTION = Uint8Array.of(1, 2);
const GET_PEERS: Query = { method: 'get_peers', infoHash: HASH, want: null, noSeeds: false, scrape: false };

function idOf(i: number): Uint8Array {
  return new Uint8Array(20).fill(i);
}

class Rig {
  readonly node: DhtNode;
  now = 0;

  constructor(changes: Partial<DhtSettings> = {}, limits: Partial<DhtSettings['limits']> = {}) {
    const random = createRandom(11);
    const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
    this.node = new DhtNode(
      {
        family: 4,
        id: null,
        ownAddress: null,
        limits: { ...CONFIG.dht.node, ...limits },
        isBrief: false,
        hasTwin: false,
        randomBytes,
        twinNodes: () => [],
        ...changes,
      },
      0,
    );
  }

  receive(from: Address, bytes: Uint8Array): readonly DhtAction[] {
    return this.node.handle({ type: 'datagram', from, bytes }, this.now);
  }

  /** The answer to that query; null where there is none. */
  ask(from: Address, query: Query, id = idOf(1), isReadOnly = true): KrpcMessage | null {
    const actions = this.receive(from, encodeQuery({ transaction: TRANSACTION, id }, query, isReadOnly));
    const messages = actions.flatMap((action) => (action.type === 'send' ? decodeKrpc(action.bytes) : []));
    return messages.find(({ type }) => type !== 'query') ?? null;
  }

  reply(from: Address, query: Query): Reply {
    const message = this.ask(from, query);
    if (message?.type !== 'response') throw new Error(`no answer but ${message?.type}`);
    expect(message.transaction).toEqual(TRANSACTION);
    expect(message.id).toEqual(this.node.id);
    expect(message.seenAs).toEqual(from);
    return message.reply;
  }

  announce(from: Address, changes: Partial<Extract<Query, { method: 'announce_peer' }>> = {}): KrpcMessage | null {
    const { token } = this.reply(from, GET_PEERS);
    if (token === undefined) throw new Error('no token');
    return this.ask(from, { method: 'announce_peer', infoHash: HASH, port: 7000, token, isSeed: false, ...changes });
  }

  /** Answers every question that is open, as nodes with that id would. */
  know(...contacts: NodeContact[]): void {
    for (const { id, address } of contacts) {
      const actions = this.node.handle({ type: 'contacts', addresses: [address], isLast: true }, this.now);
      this.answerAll(actions, () => id, {});
    }
  }

  answerAll(actions: readonly DhtAction[], idAt: (to: Address) => Uint8Array, reply: Reply, seenAs?: Address): DhtAction[] {
    return actions.flatMap((action) => {
      if (action.type !== 'send') return [];
      const message = decodeKrpc(action.bytes);
      if (message.type !== 'query') return [];
      const bytes = encodeReply({ transaction: message.transaction, id: idAt(action.to) }, reply, seenAs ?? action.to);
      return [...this.receive(action.to, bytes)];
    });
  }
}

const asker = addressAt('10.0.0.1', 4001);

describe('answers', () => {
  test('ping, and who asks is asked whether he is a node, unless he is read-only', () => {
    const rig = new Rig();
    expect(rig.reply(asker, { method: 'ping' })).toEqual({});
    const actions = rig.receive(asker, encodeQuery({ transaction: TRANSACTION, id: idOf(3) }, { method: 'ping' }, false));
    expect(actions).toHaveLength(2);
    expect(rig.node.nodes()).toEqual([]);
    rig.answerAll(actions, () => idOf(3), {});
    expect(rig.node.nodes()).toMatchObject([{ address: asker }]);
  });

  test('find_node: the nodes that are known, of the families that are wanted', () => {
    const twin = { id: idOf(9), address: addressAt('fd00::1', 6) };
    const rig = new Rig({ twinNodes: () => [twin] });
    const known = { id: idOf(2), address: addressAt('10.0.0.2', 1) };
    rig.know(known);
    const want = (n4: boolean, n6: boolean): Reply => rig.reply(asker, { method: 'find_node', target: HASH, want: { n4, n6 } });
    expect(rig.reply(asker, { method: 'find_node', target: HASH, want: null })).toEqual({ nodes: [known] });
    expect(want(true, true)).toEqual({ nodes: [known], nodes6: [twin] });
    expect(want(false, true)).toEqual({ nodes6: [twin] });
    expect(want(false, false)).toEqual({});
  });

  test('nobody on the internet is told of local nodes and peers', () => {
    const rig = new Rig();
    rig.know({ id: idOf(2), address: addressAt('10.0.0.2', 1) });
    rig.announce(asker);
    const { nodes, values } = rig.reply(addressAt('8.8.8.8', 1), GET_PEERS);
    expect(nodes).toEqual([]);
    expect(values).toBeUndefined();
    expect(rig.reply(addressAt('10.0.0.9', 1), GET_PEERS).values).toEqual([addressAt('10.0.0.1', 7000)]);
  });
});

describe('announces', () => {
  test('need a token that was given to that host, for that torrent, a short while ago', () => {
    const rig = new Rig();
    expect(rig.announce(asker)?.type).toBe('response');
    // From another port of the same host, with the port of the datagram.
    const other = addressAt('10.0.0.1', 4002);
    expect(rig.announce(other, { port: null })?.type).toBe('response');
    const { values = [] } = rig.reply(asker, GET_PEERS);
    expect(values.map(({ port }) => port).toSorted((a, b) => a - b)).toEqual([4002, 7000]);

    const { token = new Uint8Array() } = rig.reply(asker, GET_PEERS);
    const query: Query = { method: 'announce_peer', infoHash: HASH, port: 7000, token, isSeed: false };
    expect(rig.ask(addressAt('10.0.0.2', 4001), query)).toMatchObject({ type: 'error', number: 203 });
    expect(rig.ask(asker, { ...query, infoHash: idOf(8) })?.type).toBe('error');
    expect(rig.ask(asker, { ...query, token: token.subarray(1) })?.type).toBe('error');
    rig.now = CONFIG.dht.node.tokenLifeMs;
    expect(rig.ask(asker, query)?.type).toBe('response');
    rig.now *= 2;
    expect(rig.ask(asker, query)?.type).toBe('error');
    expect(rig.node.counters.badTokens).toBe(4);
  });

  test('filters for who asks for them, and seeds left out for who wants none; no answer is too long', () => {
    const rig = new Rig({
      family: 6,
      twinNodes: () => Array.from({ length: 8 }, (_, i) => ({ id: idOf(i), address: addressAt(`10.0.1.${i}`, 1) })),
    });
    const peers = Array.from({ length: 60 }, (_, i) => addressAt(`fd00::${(i + 1).toString(16)}`, 4000));
    for (const [i, peer] of peers.entries()) {
      rig.now += 1000;
      expect(rig.announce(peer, { isSeed: i < 20 })?.type).toBe('response');
    }
    rig.know(...Array.from({ length: 12 }, (_, i) => ({ id: idOf(i * 20), address: addressAt(`fd00::a:${i + 1}`, 1) })));
    const want = { n4: true, n6: true };
    const bytesOf = (query: Query): number => {
      const [action] = rig.receive(peers[0], encodeQuery({ transaction: TRANSACTION, id: idOf(1) }, query, true));
      return action.type === 'send' ? action.bytes.length : 0;
    };
    for (const scrape of [false, true]) {
      rig.now += 1000;
      const query: Query = { ...GET_PEERS, want, noSeeds: true, scrape };
      expect(bytesOf(query)).toBeGreaterThan(300);
      expect(bytesOf(query)).toBeLessThanOrEqual(MAX_SENT_BYTES);
      const { filters, values = [], nodes6 = [] } = rig.reply(peers[0], query);
      expect(filters === undefined).toBe(!scrape);
      expect(nodes6).toHaveLength(8);
      expect(values.length).toBeGreaterThan(0);
      const seeds = new Set(peers.slice(0, 20).map(({ host }) => host));
      expect(values.every(({ host }) => !seeds.has(host))).toBe(true);
    }
  });
});

describe('what strangers cannot do', () => {
  test('be answered more often than the rate allows, alone or as many', () => {
    const rig = new Rig({}, { askerBurst: 3, askerRate: 1, totalBurst: 5, totalRate: 1, maxAskers: 10 });
    const answers = (from: Address): number => [1, 2, 3, 4].filter(() => rig.ask(from, { method: 'ping' }) !== null).length;
    expect(answers(asker)).toBe(3);
    expect(answers(addressAt('8.8.8.8', 1))).toBe(2);
    expect(answers(addressAt('9.9.9.9', 1))).toBe(0);
    expect(rig.receive(asker, new TextEncoder().encode('d1:q3:put1:t2:aa1:y1:qe')), 'nor complaints').toEqual([]);
    rig.now = 2000;
    expect(answers(asker)).toBe(2);
    expect(rig.node.counters.rateLimited).toBe(10);
  });

  test('make us ask so much that nothing is left for a search', () => {
    const rig = new Rig({}, { maxTransactions: 20, totalBurst: 1000, askerBurst: 1000 });
    let asked = 0;
    for (let i = 0; i < 100; i++) {
      const id = Uint8Array.from(idOf(i), (byte, at) => (at === 0 ? i * 2 : byte));
      const actions = rig.receive(
        addressAt(`10.1.0.${i}`, 1),
        encodeQuery({ transaction: TRANSACTION, id }, { method: 'ping' }, false),
      );
      asked += actions.length - 1;
    }
    expect(asked).toBe(10);
    const contacts = [1, 2, 3].map((i) => addressAt(`10.2.0.${i}`, 1));
    const before = rig.node.handle({ type: 'contacts', addresses: contacts, isLast: true }, 0);
    const actions = rig.node.handle({ type: 'search', search: 1, infoHash: HASH, announce: null, scrape: false }, 0);
    expect(before.length + actions.length).toBe(6);
  });

  test('send rubbish, answers nobody asked for, or answers from elsewhere', () => {
    const rig = new Rig();
    const [question] = rig.node.handle({ type: 'contacts', addresses: [asker], isLast: true }, 0);
    if (question.type !== 'send') throw new Error('nothing asked');
    const { transaction } = decodeKrpc(question.bytes);
    const answer = encodeReply({ transaction, id: idOf(2) }, {}, asker);
    expect(rig.receive(asker, Uint8Array.of(1, 2, 3))).toEqual([]);
    expect(rig.receive(asker, encodeReply({ transaction: TRANSACTION, id: idOf(2) }, {}, asker))).toEqual([]);
    expect(rig.receive(addressAt('10.0.0.1', 4009), answer)).toEqual([]);
    expect(rig.receive(addressAt('::1', 4001), answer), 'the other family').toEqual([]);
    expect(rig.node.nodes()).toEqual([]);
    expect(rig.node.counters).toMatchObject({ malformed: 1, unsolicited: 2 });
    rig.receive(asker, answer);
    expect(rig.node.nodes()).toHaveLength(1);
  });

  test('claim our id', () => {
    const rig = new Rig();
    const actions = rig.node.handle({ type: 'contacts', addresses: [asker], isLast: true }, 0);
    rig.answerAll(actions, () => rig.node.id, {});
    expect(rig.ask(asker, { method: 'ping' }, rig.node.id)).toBeNull();
    expect(rig.node.nodes()).toEqual([]);
    expect(rig.node.counters.ownId).toBe(2);
  });

  test('name nodes and peers of a narrower scope than their own, or of another family', () => {
    const rig = new Rig();
    const global = addressAt('8.8.8.8', 1);
    const actions = [
      ...rig.node.handle({ type: 'contacts', addresses: [global], isLast: true }, 0),
      ...rig.node.handle({ type: 'search', search: 1, infoHash: HASH, announce: null, scrape: false }, 0),
    ];
    const named = ['127.0.0.1', '10.0.0.1', '169.254.0.1', '224.0.0.1', '9.9.9.9'].map((host) => addressAt(host, 1));
    const nodes = named.map((address, i) => ({ id: idOf(i + 100), address }));
    const after = rig.answerAll(actions, () => idOf(2), { nodes, values: named });
    const asked = after.flatMap((action) => (action.type === 'send' ? action.to.host : []));
    expect(new Set(asked)).toEqual(new Set(['9.9.9.9']));
    expect(after.filter(({ type }) => type === 'peers')).toEqual([{ type: 'peers', search: 1, addresses: [named[4]] }]);
    expect(rig.node.counters.badAddresses).toBe(12);
  });

  test('tell us where we are, unless many agree', () => {
    const rig = new Rig({}, { addressVotes: 3 });
    const before = rig.node.id;
    const we = addressAt('203.0.113.9', 1);
    const vote = (from: string): void => {
      const actions = rig.node.handle({ type: 'contacts', addresses: [addressAt(from, 1)], isLast: true }, rig.now);
      rig.answerAll(
        actions,
        (to) => Uint8Array.from(idOf(5), (byte, i) => (i < 4 ? Number(to.host.split('.')[i]) : byte)),
        {},
        we,
      );
    };
    for (const from of ['8.8.8.1', '8.8.8.2', '10.0.0.1', '9.9.9.9']) vote(from);
    expect(rig.node.id).toBe(before);
    vote('7.7.7.7');
    expect(rig.node.id).not.toBe(before);
    expect(rig.node.nodes().length).toBeGreaterThan(0);
  });
});

test('an address that is known from before has an id that fits it from the start, until others agree on another', () => {
  const ownAddress = addressAt('203.0.113.9', 1);
  const rig = new Rig({ ownAddress }, { addressVotes: 1 });
  const before = rig.node.id;
  expect(fitsAddress(before, ownAddress)).toBe(true);
  const tell = (we: Address, from: Address): void => {
    const actions = rig.node.handle({ type: 'contacts', addresses: [from], isLast: true }, 0);
    rig.answerAll(actions, () => idOf(5), {}, we);
  };
  tell(addressAt('203.0.113.9', 5), addressAt('8.8.8.8', 1));
  expect(rig.node.id).toBe(before);
  tell(addressAt('198.51.100.4', 5), addressAt('9.9.9.9', 1));
  expect(fitsAddress(rig.node.id, addressAt('198.51.100.4', 1))).toBe(true);
  expect(rig.node.ownAddress?.host).toBe('198.51.100.4');
});

test('where nobody answers, contacts are asked for less and less often', () => {
  const rig = new Rig();
  const wantedAt: number[] = [];
  rig.node.handle({ type: 'start', nodes: [], expectsContacts: false }, 0);
  for (let due = rig.node.nextTimeout(); due !== null && due < 3 * 3_600_000; due = rig.node.nextTimeout()) {
    const actions = rig.node.handle({ type: 'timeout' }, due);
    if (!actions.some(({ type }) => type === 'want-contacts')) continue;
    wantedAt.push(due);
    rig.node.handle({ type: 'contacts', addresses: [], isLast: true }, due);
  }
  expect(wantedAt.slice(0, 3)).toEqual([1, 3, 7].map((times) => times * CONFIG.dht.node.contactsMs));
  expect(wantedAt.length).toBeLessThan(17);
});

describe('read-only (BEP 43)', () => {
  const isMarked = (actions: readonly DhtAction[]): boolean[] =>
    actions.flatMap((action) => {
      const message = action.type === 'send' ? decodeKrpc(action.bytes) : null;
      return message?.type === 'query' ? [message.isReadOnly] : [];
    });

  test('a brief run answers nobody and says so; a long one is a node as others', () => {
    const rig = new Rig({ isBrief: true });
    expect(isMarked(rig.node.handle({ type: 'contacts', addresses: [asker], isLast: true }, 0))).toEqual([true]);
    expect(rig.ask(addressAt('10.0.0.5', 1), { method: 'ping' })).toBeNull();
    expect(rig.node.counters.unanswered).toBe(1);
    rig.now = CONFIG.dht.node.briefRunMs;
    expect(rig.ask(addressAt('10.0.0.5', 1), { method: 'ping' })?.type).toBe('response');
    expect(isMarked(new Rig().node.handle({ type: 'contacts', addresses: [asker], isLast: true }, 0))).toEqual([false]);
  });

  test('whom no stranger has asked for long is taken to be unreachable, until one does', () => {
    const rig = new Rig();
    rig.know({ id: idOf(2), address: asker });
    expect(rig.node.isReadOnly(CONFIG.dht.node.unseenMs - 1)).toBe(false);
    rig.now = CONFIG.dht.node.unseenMs;
    // Whom we have written to may pass where strangers do not.
    expect(rig.ask(asker, { method: 'ping' })).toBeNull();
    expect(rig.node.isReadOnly(rig.now)).toBe(true);
    expect(rig.ask(addressAt('10.0.0.7', 1), { method: 'ping' })?.type).toBe('response');
    expect(rig.node.isReadOnly(rig.now)).toBe(false);
  });
});

test('a search among nodes that answer with errors, or not at all, ends', () => {
  const rig = new Rig();
  const actions = [
    ...rig.node.handle({ type: 'contacts', addresses: [asker, addressAt('10.0.0.2', 1)], isLast: true }, 0),
    ...rig.node.handle({ type: 'search', search: 5, infoHash: HASH, announce: { port: 9, isSeed: false }, scrape: false }, 0),
  ];
  const done: DhtAction[] = [];
  for (const action of actions) {
    if (action.type !== 'send') continue;
    const { transaction } = decodeKrpc(action.bytes);
    if (action.to.host === '10.0.0.2') done.push(...rig.node.handle({ type: 'unreachable', to: action.to }, 0));
    else done.push(...rig.receive(action.to, encodeError(transaction, 202, 'no')));
  }
  for (let due = rig.node.nextTimeout(); due !== null && due < 60_000; due = rig.node.nextTimeout()) {
    done.push(...rig.node.handle({ type: 'timeout' }, due));
    if (done.some(({ type }) => type === 'want-contacts')) break;
  }
  expect(done.filter(({ type }) => type === 'done')).toMatchObject([
    { search: 5, outcome: { nodes: 0, peers: 0, announced: 0 } },
  ]);
  expect(done.map(({ type }) => type)).toContain('want-contacts');
});
