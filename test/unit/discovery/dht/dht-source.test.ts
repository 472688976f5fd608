import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DhtService, SearchListener, SearchRequest } from '../../../../src/discovery/dht/dht-service.js';
import { DhtSource, type DhtSourceOptions } from '../../../../src/discovery/dht/dht-source.js';
import type { SearchOutcome } from '../../../../src/discovery/dht/protocol/dht-terms.js';
import type { DiscoveryNotice } from '../../../../src/discovery/peer-source.js';
import { formatAddress } from '../../../../src/model/address.js';
import { addressAt } from '../../../support/scripted-trackers.js';

const OUTCOME: SearchOutcome = { nodes: 9, queries: 12, hops: 2, peers: 0, announced: 8, scrape: null };
const LIMITS = { checkMs: 50, searchIntervalMs: 10_000, retryMs: 100, minIntervalMs: 1000 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Rig {
  readonly searches: (SearchRequest & { listener: SearchListener; isGivenUp: boolean })[] = [];
  readonly heard: string[] = [];
  readonly notices: DiscoveryNotice[] = [];
  readonly nodes: unknown[] = [];
  saves = 0;
  opened = 0;
  isNeeded = true;
  isSeed = false;
  service: DhtService | null = {
    nodes: 20,
    isBootstrapping: false,
    addNodes: (nodes: unknown) => this.nodes.push(nodes),
    save: () => this.saves++,
    search: (request: SearchRequest, listener: SearchListener) => {
      const search = { ...request, listener, isGivenUp: false };
      this.searches.push(search);
      return () => {
        search.isGivenUp = true;
      };
    },
  } as unknown as DhtService;
  readonly source: DhtSource;

  constructor(changes: Partial<DhtSourceOptions> = {}) {
    this.source = new DhtSource({
      infoHash: new Uint8Array(20),
      nodes: [],
      open: () => {
        this.opened++;
        return Promise.resolve(this.service);
      },
      delayMs: 200,
      isNeeded: () => this.isNeeded,
      port: 6881,
      isSeed: () => this.isSeed,
      limits: LIMITS,
      now: () => Date.now(),
      listener: {
        onAddresses: (addresses) => this.heard.push(...addresses.map(formatAddress)),
        onNotice: (notice) => this.notices.push(notice),
      },
      ...changes,
    });
  }

  end(peers: number): void {
    this.searches.at(-1)?.listener.onDone({ ...OUTCOME, peers });
  }
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

test('waits, looks whether it is needed, and opens nothing while it is not', async () => {
  const rig = new Rig();
  rig.isNeeded = false;
  rig.source.start();
  await pass(1000);
  expect(rig.opened).toBe(0);
  expect(rig.source.snapshot()).toEqual({ state: 'waiting', nodes: 0, peers: 0, searches: 0 });
  rig.isNeeded = true;
  await pass(50);
  expect(rig.opened).toBe(1);
  expect(rig.searches).toMatchObject([{ announce: { port: 6881, isSeed: false }, scrape: false }]);
});

test('is opened at once where nobody else is left to ask', async () => {
  const rig = new Rig({ nodes: [{ host: '10.0.0.1', port: 1 }] });
  rig.isNeeded = false;
  rig.source.start();
  rig.source.requestPeers();
  await pass(0);
  expect(rig.searches).toHaveLength(1);
  expect(rig.nodes).toEqual([[{ host: '10.0.0.1', port: 1 }]]);
});

test('tells what it finds, searches again in a slow rhythm, and as a seed once it is one', async () => {
  const rig = new Rig({ delayMs: 0 });
  rig.source.start();
  await pass(0);
  rig.searches[0].listener.onPeers([addressAt('10.0.0.1', 5), addressAt('10.0.0.2', 5)]);
  await pass(30);
  rig.end(2);
  expect(rig.heard).toEqual(['10.0.0.1:5', '10.0.0.2:5']);
  expect(rig.notices).toEqual([{ type: 'dht-searched', nodes: 9, peers: 2, announced: 8, elapsedMs: 30 }]);
  expect(rig.source.snapshot()).toEqual({ state: 'running', nodes: 20, peers: 2, searches: 1 });
  await pass(9999);
  expect(rig.searches).toHaveLength(1);
  rig.isSeed = true;
  await pass(1);
  expect(rig.searches[1].announce).toEqual({ port: 6881, isSeed: true });
});

test('without peers it tries again sooner, and less and less often', async () => {
  const rig = new Rig({ delayMs: 0, port: null });
  rig.source.start();
  await pass(0);
  for (const waitMs of [100, 200, 400, 800]) {
    rig.end(0);
    const { length } = rig.searches;
    await pass(waitMs - 1);
    expect(rig.searches).toHaveLength(length);
    await pass(1);
    expect(rig.searches).toHaveLength(length + 1);
  }
  expect(rig.searches.every(({ announce }) => announce === null)).toBe(true);
});

test('more peers are wanted: not while it searches, nor soon after it did', async () => {
  const rig = new Rig({ delayMs: 0 });
  rig.source.start();
  await pass(0);
  rig.source.requestPeers();
  rig.end(5);
  rig.source.requestPeers();
  expect(rig.searches).toHaveLength(1);
  await pass(1000);
  rig.source.requestPeers();
  expect(rig.searches).toHaveLength(2);
});

test('after its end nothing is heard and nothing begun, and the nodes are kept', async () => {
  const rig = new Rig({ delayMs: 0 });
  rig.source.start();
  await pass(0);
  await rig.source.stop();
  expect(rig.searches[0].isGivenUp).toBe(true);
  expect(rig.saves).toBe(1);
  await pass(100_000);
  expect(rig.searches).toHaveLength(1);

  const late = new Rig({ delayMs: 0 });
  late.source.start();
  late.source.requestPeers();
  late.source.abandon();
  await pass(100_000);
  expect(late.searches).toHaveLength(0);
});

test('where there is no UDP, it says so once', async () => {
  const rig = new Rig({ delayMs: 0 });
  rig.service = null;
  rig.source.start();
  await pass(100_000);
  rig.source.requestPeers();
  expect(rig.notices).toEqual([{ type: 'dht-failed', message: 'no UDP socket could be opened' }]);
  expect(rig.source.snapshot().state).toBe('failed');
  expect(rig.opened).toBe(1);
});
