// A DHT of a thousand nodes in virtual time, each the machine that the program runs: what a search costs, and what comes of it.

import { describe, expect, test } from 'vitest';
import { compareDistance, fitsAddress } from '../../src/discovery/dht/protocol/node-id.js';
import { CONFIG } from '../../src/engine/config.js';
import { formatAddress } from '../../src/model/address.js';
import { addressAt } from '../support/scripted-trackers.js';
import { DhtNetwork, type SimNode } from '../support/sim/dht-network.js';

const SIZE = 1000;
/** Of nodes that share log2(1000 / 8) bits with the target by chance; each answer brings at least one bit, and mostly three. */
const MAX_HOPS = 7;
const MAX_QUERIES = 30;
/** Nobody looks after his table beyond what the way into the DHT has brought: less than nodes know that have been there for long. */
const NEW = { keepUpMs: 3_600_000 };

function nearest(network: DhtNetwork, target: Uint8Array, count: number): SimNode[] {
  return network.nodes.toSorted((a, b) => compareDistance(target, a.node.id, b.node.id)).slice(0, count);
}

describe.each([1, 2, 3])('a thousand nodes, seed %i', (seed) => {
  test('an announce is found by others, in few questions and steps', { timeout: 120_000 }, () => {
    const network = new DhtNetwork({ seed, limits: NEW });
    network.populate(SIZE);
    let most = { queries: 0, hops: 0 };
    for (let i = 0; i < 30; i++) {
      const infoHash = network.randomBytes(20);
      const announcer = network.nodes[network.random.below(SIZE)];
      const asker = network.nodes[network.random.below(SIZE)];
      const before = new Map(network.nodes.map((sim) => [sim, sim.node.storedPeers]));
      const announce = network.search(announcer, infoHash, { port: 7000 + i });
      const search = network.search(asker, infoHash);
      for (const { outcome } of [announce, search]) {
        most = { queries: Math.max(most.queries, outcome.queries), hops: Math.max(most.hops, outcome.hops) };
      }
      expect(announce.outcome.announced).toBe(8);
      expect(search.peers.map((peer) => formatAddress(peer))).toEqual([`${announcer.address.host}:${7000 + i}`]);
      // Those that keep it are the nearest there are, but for one or two that nobody near knows.
      const keepers = nearest(network, infoHash, 10).filter((sim) => sim.node.storedPeers > (before.get(sim) ?? 0));
      expect(keepers.length).toBeGreaterThanOrEqual(8);
    }
    expect(most.queries).toBeLessThanOrEqual(MAX_QUERIES);
    expect(most.hops).toBeLessThanOrEqual(MAX_HOPS);
  });
});

const INFO_HASH = Uint8Array.from({ length: 20 }, (_, i) => i * 11);

test('with a third of the nodes gone and datagrams lost, what was announced is found', { timeout: 60_000 }, () => {
  const network = new DhtNetwork({ seed: 4, loss: 0.02, limits: NEW });
  network.populate(300);
  network.search(network.nodes[7], INFO_HASH, { port: 7000 });
  for (const sim of network.nodes) if (sim !== network.nodes[9] && network.random.below(3) === 0) sim.isGone = true;
  const { outcome, peers } = network.search(network.nodes[9], INFO_HASH);
  expect(peers.map((peer) => peer.host)).toEqual([network.nodes[7].address.host]);
  expect(outcome.queries).toBeLessThanOrEqual(60);
});

test('a newcomer that knows one node finds what there is, before he has found his place', () => {
  const network = new DhtNetwork({ seed: 5, limits: NEW });
  network.populate(200);
  network.search(network.nodes[7], INFO_HASH, { port: 7000 });
  const sim = network.add({ isBrief: true });
  network.dispatch(sim, { type: 'start', nodes: [], expectsContacts: true });
  network.dispatch(sim, { type: 'contacts', addresses: [network.nodes[0].address], isLast: true });
  const { peers, elapsedMs } = network.search(sim, INFO_HASH);
  expect(peers).toHaveLength(1);
  expect(elapsedMs).toBeLessThan(3000);
  // He is read-only: nobody keeps him.
  for (const { node } of network.nodes) expect(node.nodes().map(({ address }) => address.host)).not.toContain(sim.address.host);
});

test('the nodes of the last run are enough, without any contact, though half of them are gone', () => {
  const network = new DhtNetwork({ seed: 6, limits: NEW });
  network.populate(200);
  network.search(network.nodes[7], INFO_HASH, { port: 7000 });
  const saved = network.nodes[3].node.nodes();
  for (const [i, { address }] of saved.entries()) {
    const sim = network.nodes.find((other) => other.address.host === address.host);
    if (sim !== undefined && i % 2 === 0) sim.isGone = true;
  }
  const sim = network.add();
  network.dispatch(sim, { type: 'start', nodes: saved, expectsContacts: false });
  expect(network.search(sim, INFO_HASH).peers).toHaveLength(1);
});

test('nodes that sit around a torrent with ids of their choice keep no announce from the others', () => {
  const network = new DhtNetwork({ seed: 7, limits: NEW });
  network.populate(200);
  for (let i = 0; i < 40; i++) {
    const id = INFO_HASH.slice();
    id[19] = i;
    // They don't care what their address is.
    const sim = network.add({ id, limits: { ...CONFIG.dht.node, ...NEW, addressVotes: Infinity } });
    network.dispatch(sim, { type: 'start', nodes: [], expectsContacts: true });
    network.dispatch(sim, { type: 'contacts', addresses: [network.nodes[i].address], isLast: true });
    network.run(network.now + 300);
  }
  network.run(network.now + 20_000);
  const { outcome } = network.search(network.nodes[7], INFO_HASH, { port: 7000 });
  expect(outcome.announced).toBe(8);
  const keepers = network.nodes.filter(({ node }) => node.storedPeers > 0);
  expect(keepers.every((sim) => network.nodes.indexOf(sim) < 200)).toBe(true);
  expect(network.search(network.nodes[8], INFO_HASH).peers).toHaveLength(1);
});

test('nodes that name others who are not there, near to what is looked for, hold a search up and do not stop it', () => {
  const network = new DhtNetwork({ seed: 11, limits: NEW });
  network.populate(200);
  network.search(network.nodes[7], INFO_HASH, { port: 7000 });
  for (const [i, sim] of network.nodes.entries()) {
    if (i % 6 !== 0) continue;
    sim.lie = (query) => {
      if (query.method !== 'get_peers') return null;
      const nodes = Array.from({ length: 16 }, (_, j) => {
        const id = INFO_HASH.slice();
        id.set(network.randomBytes(3), 17);
        return { id, address: addressAt(`${90 + network.random.below(90)}.${network.random.below(256)}.${i}.${j + 1}`, 1) };
      });
      return { nodes };
    };
  }
  for (const asker of [network.nodes[8], network.nodes[31], network.nodes[121]]) {
    const { peers, outcome, elapsedMs } = network.search(asker, INFO_HASH);
    expect(peers).toHaveLength(1);
    expect(elapsedMs).toBeLessThan(15_000);
    expect(outcome.queries).toBeLessThanOrEqual(40);
  }
});

test('a node whose id does not fit its address takes one that does, as soon as it is told, and finds its place again', () => {
  const network = new DhtNetwork({ seed: 8 });
  network.populate(100);
  const sim = network.add({ id: new Uint8Array(20) });
  network.dispatch(sim, { type: 'start', nodes: [], expectsContacts: true });
  network.dispatch(sim, { type: 'contacts', addresses: [network.nodes[0].address], isLast: true });
  network.run(network.now + 20_000);
  expect(fitsAddress(sim.node.id, sim.address)).toBe(true);
  expect(sim.node.goodNodes(network.now)).toBeGreaterThan(20);
});

test('seeds and peers are estimated from the filters of many nodes', () => {
  const network = new DhtNetwork({ seed: 9, limits: NEW });
  network.populate(150);
  for (let i = 0; i < 30; i++) network.search(network.nodes[i], INFO_HASH, { port: 7000, isSeed: i < 10 });
  const { scrape } = network.search(network.nodes[99], INFO_HASH, { scrape: true }).outcome;
  expect(scrape?.seeds).toBeGreaterThanOrEqual(9);
  expect(scrape?.seeds).toBeLessThanOrEqual(11);
  expect(scrape?.peers).toBeGreaterThanOrEqual(19);
  expect(scrape?.peers).toBeLessThanOrEqual(21);
});

test('hours later the tables are alive, and what was announced is forgotten', { timeout: 120_000 }, () => {
  const network = new DhtNetwork({ seed: 10 });
  network.populate(60);
  network.search(network.nodes[7], INFO_HASH, { port: 7000 });
  const sentBefore = network.nodes.reduce((sum, { sent }) => sum + sent, 0);
  network.run(network.now + 2 * 3_600_000);
  const sent = network.nodes.reduce((sum, node) => sum + node.sent, 0) - sentBefore;
  for (const { node } of network.nodes) expect(node.goodNodes(network.now)).toBeGreaterThan(10);
  expect(network.search(network.nodes[8], INFO_HASH).peers).toEqual([]);
  // A question and an answer in ten seconds, or fewer.
  expect(sent / network.nodes.length).toBeLessThan((2 * 7200) / 10);
});
