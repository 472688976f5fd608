// The DHT over real sockets on loopback: its way in, its port, its saved nodes, and its end.

import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DhtService, type DhtServiceOptions } from '../../src/discovery/dht/dht-service.js';
import type { SearchOutcome } from '../../src/discovery/dht/protocol/dht-terms.js';
import { readTable } from '../../src/discovery/dht/table-file.js';
import { CONFIG } from '../../src/engine/config.js';
import { formatAddress } from '../../src/model/address.js';
import { makeTempFolder } from '../support/temp-folder.js';

/** Who is gone is given up sooner. */
const LIMITS = { ...CONFIG.dht.node, queryTimeoutMs: 800, slowAnswerMs: 200 };
const HASH = new Uint8Array(20).fill(5);

async function open(changes: Partial<DhtServiceOptions> = {}): Promise<DhtService> {
  const service = await DhtService.open({
    port: 0,
    host: '127.0.0.1',
    routers: [],
    tableFile: null,
    limits: LIMITS,
    isBrief: false,
    resolver: { resolve: () => Promise.resolve([]) },
    now: () => performance.now(),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    enoughSaved: 2,
    savedAnswerMs: 200,
    saveIntervalMs: 0,
    maxHints: 5,
    ...changes,
  });
  if (service === null) throw new Error('no UDP');
  onTestFinished(() => service.close());
  return service;
}

function hint(service: DhtService, host = '127.0.0.1'): { host: string; port: number } {
  return { host, port: service.port(host.includes(':') ? 6 : 4) ?? 0 };
}

/** Nodes that came one after the other, each by the first. */
async function openRing(count: number, changes: Partial<DhtServiceOptions> = {}): Promise<DhtService[]> {
  const first = await open(changes);
  const ring = [first];
  while (ring.length < count) {
    const next = await open({ routers: [hint(first)], ...changes });
    await vi.waitFor(() => expect(next.nodes).toBe(ring.length), 10_000);
    ring.push(next);
  }
  return ring;
}

function search(service: DhtService, port: number | null = null): Promise<{ peers: string[]; outcome: SearchOutcome }> {
  const peers: string[] = [];
  const announce = port === null ? null : { port, isSeed: false };
  return new Promise((resolve) => {
    const listener = {
      onPeers: (addresses: readonly Parameters<typeof formatAddress>[0][]) => peers.push(...addresses.map(formatAddress)),
      onDone: (outcome: SearchOutcome) => resolve({ peers, outcome }),
    };
    service.search({ infoHash: HASH, announce, scrape: false }, listener);
  });
}

test('who announced himself is found by another, through nodes that both know', async () => {
  const ring = await openRing(6);
  const announced = await search(ring[1], 7001);
  expect(announced.outcome.announced).toBeGreaterThanOrEqual(4);
  const found = await search(ring[4]);
  expect(found.peers).toEqual(['127.0.0.1:7001']);
  expect(found.outcome).toMatchObject({ peers: 1, announced: 0 });
});

test('over IPv6 too, and nodes of one family name those of the other', async () => {
  const both = { host: undefined as unknown as string };
  const first = await open(both);
  if (first.port(6) === null) return;
  const others = await Promise.all([1, 2].map(() => open({ ...both, routers: [hint(first, '::1')] })));
  await search(others[0], 7002);
  const { peers } = await search(others[1]);
  expect(peers).toContain('[::1]:7002');
});

test('names are looked up, all at once, and one that nobody knows holds up no other', async () => {
  const first = await open();
  const second = await open({
    routers: [
      { host: 'dead.example', port: 1 },
      { host: 'live.example', port: hint(first).port },
    ],
    resolver: { resolve: (host) => (host === 'live.example' ? Promise.resolve(['127.0.0.1']) : new Promise(() => {})) },
  });
  await vi.waitFor(() => expect(second.nodes).toBe(1));
});

test('the nodes are kept, and the next run needs no router', async () => {
  const tableFile = path.join(await makeTempFolder(), 'effusion/dht.json');
  const ring = await openRing(5);
  const saving = await open({ routers: [hint(ring[0])], tableFile });
  await search(saving);
  expect(readTable(tableFile)?.ipv4.nodes.length).toBeGreaterThanOrEqual(4);
  saving.close();
  const next = await open({ tableFile });
  await search(ring[2], 7003);
  expect((await search(next)).peers).toEqual(['127.0.0.1:7003']);
});

test('a broken file of nodes is as good as none', async () => {
  const tableFile = path.join(await makeTempFolder(), 'dht.json');
  writeFileSync(tableFile, '{"version":1,"ipv4":');
  const first = await open();
  const second = await open({ routers: [hint(first)], tableFile });
  await vi.waitFor(() => expect(second.nodes).toBe(1));
});

test('where the saved nodes are gone, the routers are asked', async () => {
  const tableFile = path.join(await makeTempFolder(), 'dht.json');
  const ring = await openRing(4);
  const saving = await open({ routers: [hint(ring[0])], tableFile });
  await search(saving);
  for (const service of [...ring, saving]) service.close();
  const fresh = await open();
  const next = await open({ routers: [hint(fresh)], tableFile });
  await vi.waitFor(() => expect(next.nodes).toBe(1), 10_000);
});

test('takes the port it is given, and any where that is taken', async () => {
  const taken = createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => taken.close(resolve)));
  const { port } = taken.address();
  const other = await open({ port });
  expect(other.port(4)).not.toBe(port);
  expect(other.port(6), 'not of the host that it was given').toBeNull();
  other.close();
  await new Promise<void>((resolve) => setImmediate(resolve));
  const free = other.port(4) ?? 0;
  expect((await open({ port: free })).port(4)).toBe(free);
});

test('a search that was given up, and one of a closed service, say nothing', async () => {
  const ring = await openRing(3);
  await search(ring[0], 7004);
  const heard: unknown[] = [];
  const listener = { onPeers: (addresses: unknown) => heard.push(addresses), onDone: (outcome: unknown) => heard.push(outcome) };
  ring[1].search({ infoHash: HASH, announce: null, scrape: false }, listener)();
  ring[2].search({ infoHash: HASH, announce: null, scrape: false }, listener);
  ring[2].close();
  ring[2].close();
  // What they keep themselves they say at once.
  heard.length = 0;
  expect((await search(ring[1])).peers).toEqual(['127.0.0.1:7004']);
  expect(heard).toEqual([]);
});
