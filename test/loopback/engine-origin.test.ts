// Where the trackers of a torrent that came from elsewhere may lead: not deeper into our network than its server is. Each that is refused is
// told with a reason and never spoken to, the next one has its turn, and what the user names is asked wherever it is.

import { describe, expect, onTestFinished, test } from 'vitest';
import { SwarmProbe } from '../../src/engine/swarm-probe.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { reportSources } from '../../src/engine/source-report.js';
import { explainStall } from '../../src/engine/stall-report.js';
import { scrapeTrackers } from '../../src/engine/tracker-scrape.js';
import type { Metainfo } from '../../src/metainfo/metainfo.js';
import { redactUrl } from '../../src/model/redact-url.js';
import type { ProxyServer } from '../../src/model/proxy-server.js';
import type { TrackerServer } from '../../src/swarm/tracker-server.js';
import { nextNotice, openClient, peerHint, startSeeder, startSession, startTracker } from '../support/engine-rig.js';
import { originAt } from '../support/origin.js';
import { startSocks5Proxy, type Socks5Proxy } from '../support/socks5-proxy.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { UdpTrackerServer } from '../support/udp-tracker-server.js';

const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 100_001]] });
const infoHash = torrent.metainfo.infoHash.v1 ?? new Uint8Array();
const REFUSED = 'it leads into our own network, where a torrent that came from elsewhere may not send us';

interface Trackers {
  readonly http: TrackerServer;
  readonly udp: UdpTrackerServer;
  /** By number and by name. */
  readonly urls: readonly string[];
}

async function startTrackers(): Promise<Trackers> {
  const http = await startTracker();
  const udp = await UdpTrackerServer.open();
  const { url } = http;
  const urls = [url, url.replace('127.0.0.1', 'localhost'), url.replace('http:', 'https:')];
  return { http, udp, urls: [...urls, udp.url, udp.url.replace('127.0.0.1', 'localhost')] };
}

const naming = (...announceTiers: (readonly string[])[]): Metainfo => ({ ...torrent.metainfo, announceTiers });

function expectUntouched({ http, udp }: Trackers): void {
  expect(http.announces).toEqual([]);
  expect(udp.received).toEqual([]);
}

/** Resolves when each of these trackers has failed. */
async function failures(server: SessionServer, count: number): Promise<ReadonlyMap<string, string>> {
  const codes = new Map<string, string>();
  for await (const notice of server.notices()) {
    if (notice.type === 'tracker-failed') codes.set(notice.url, notice.code);
    if (codes.size === count) return codes;
  }
  throw new Error('the session ended');
}

async function seedAt(url: string): Promise<void> {
  const peers = [peerHint(await startSeeder(torrent))];
  const seeder = await startSession(naming([url]), null, { useTrackers: true, seed: true, peers });
  await nextNotice(seeder, 'completed');
}

describe('a session', () => {
  test('asks none of them, says why of each, and goes on with the next', async () => {
    const inner = await startTrackers();
    const server = await startSession(naming(inner.urls), null, { useTrackers: true, origin: originAt('8.8.8.8') });
    const codes = await failures(server, inner.urls.length);
    expect([...new Set(codes.values())]).toEqual(['forbidden_address']);
    expect(explainStall(server.snapshot())).toContain(`${inner.urls[0]} failed (${REFUSED})`);
    const reports = reportSources(server.snapshot()).filter(({ name }) => name.startsWith('tracker '));
    expect(reports).toEqual(inner.urls.map((url) => ({ name: `tracker ${redactUrl(url)}`, text: `failed: ${REFUSED}` })));
    expectUntouched(inner);
  });

  test.each(['http', 'udp'] as const)(
    'asks one over %s that the user names, with what it is in the torrent or besides',
    async (kind) => {
      const inner = await startTrackers();
      const { url } = await (kind === 'http' ? startTracker() : UdpTrackerServer.open());
      await seedAt(url);
      const server = await startSession(naming(inner.urls, [url]), null, { useTrackers: true, origin: originAt('8.8.8.8', url) });
      expect(await server.done()).toMatchObject({ status: 'complete' });
      expectUntouched(inner);
    },
  );

  test('asks them where the torrent came from this host', async () => {
    const { url } = await startTracker();
    await seedAt(url);
    const server = await startSession(naming([url]), null, { useTrackers: true, origin: originAt('::1') });
    expect(await server.done()).toMatchObject({ status: 'complete' });
  });

  test('bound to an interface, does the same', async () => {
    const inner = await startTrackers();
    const client = await openClient({ interface: '127.0.0.1', listen: false });
    const options = { client, useTrackers: true, origin: originAt('192.168.1.1') };
    const server = await startSession(naming(inner.urls), null, options);
    expect([...new Set((await failures(server, inner.urls.length)).values())]).toEqual(['forbidden_address']);
    expectUntouched(inner);
  });
});

test('a scrape and a probe tell it with its code', async () => {
  const inner = await startTrackers();
  const origin = originAt('8.8.8.8', inner.http.url);
  const outcomes = await scrapeTrackers([inner.urls], infoHash, { origin });
  const [own, ...others] = outcomes;
  expect(own).toMatchObject({ counts: { seeds: 0 } });
  expect(others).toMatchObject(others.map(() => ({ error: { code: 'forbidden_address', message: REFUSED } })));
  const probe = new SwarmProbe({
    client: await openClient({ listen: false }),
    infoHash,
    pieceCount: null,
    isPrivate: false,
    origin: originAt('8.8.8.8'),
    announceTiers: [inner.urls],
    nodes: [],
    peers: [],
    useTrackers: true,
    useDht: false,
    useLsd: false,
    usePex: false,
    maxDials: 1,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
  });
  const { trackers } = await probe.run();
  expect(trackers.map(({ error, errorCode }) => [error, errorCode])).toEqual(
    inner.urls.map(() => [REFUSED, 'forbidden_address']),
  );
  expectUntouched(inner);
});

describe('behind a proxy, whose network is not ours', () => {
  async function proxyOf(hosts: Readonly<Record<string, string>>): Promise<{ proxy: Socks5Proxy; server: ProxyServer }> {
    const proxy = await startSocks5Proxy({ hosts });
    onTestFinished(() => proxy.close());
    return { proxy, server: { kind: 'socks5h', host: '127.0.0.1', port: proxy.port, login: null } };
  }

  test('numbers and names that are kept for hosts nearby are refused; what another name leads to, the proxy alone knows', async () => {
    const inner = await startTrackers();
    const hosts = { localhost: '127.0.0.1', nas: '127.0.0.1', 'tracker.test': '127.0.0.1' };
    const { proxy, server: route } = await proxyOf(hosts);
    const near = [...inner.urls, ...inner.urls.map((url) => url.replace(/127\.0\.0\.1|localhost/, 'nas'))];
    const options = { client: await openClient({ proxy: route }), useTrackers: true, origin: originAt('192.0.2.1') };
    const server = await startSession(naming(near), null, options);
    const urls = new Set(near);
    expect([...new Set((await failures(server, urls.size)).values())]).toEqual(['forbidden_address']);
    expect(proxy.asked.filter((asked) => asked !== 'associate')).toEqual([]);
    expectUntouched(inner);
  });

  test.each(['http', 'udp'] as const)('a tracker over %s by another name is asked', async (kind) => {
    const { url } = await (kind === 'http' ? startTracker() : UdpTrackerServer.open());
    const { proxy, server: route } = await proxyOf({ 'tracker.test': '127.0.0.1' });
    const named = naming([url.replace('127.0.0.1', 'tracker.test')]);
    const options = { client: await openClient({ proxy: route }), useTrackers: true, origin: originAt('192.0.2.1') };
    await nextNotice(await startSession(named, null, options), 'tracker-answered');
    expect(proxy.asked).toContain(`${kind === 'http' ? 'connect' : 'udp'} tracker.test:${new URL(url).port}`);
  });
});
