// Downloads through a proxy: peers, trackers over HTTP and UDP, magnets, each by number and by a name that only the proxy knows. Whatever
// did not go through it would not arrive: the names exist nowhere else.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MetadataFetcher } from '../../src/engine/metadata-fetcher.js';
import { explainStall } from '../../src/engine/stall-report.js';
import { createTorrent } from '../../src/engine/torrent-files.js';
import { scrapeTrackers } from '../../src/engine/tracker-scrape.js';
import { sha1 } from '../../src/hash/digest.js';
import type { ProxyServer } from '../../src/model/proxy-server.js';
import {
  expectWhole,
  nextNotice,
  openClient,
  peerHint,
  startSeeder,
  startSession,
  startTracker,
  withTrackers,
} from '../support/engine-rig.js';
import { startHttpProxy, type HttpProxyOptions } from '../support/http-proxy.js';
import { pseudoRandomBytes } from '../support/payload.js';
import { startSocks5Proxy, type Socks5Proxy, type Socks5ProxyOptions } from '../support/socks5-proxy.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startAlone } from '../support/web-seed-rig.js';
import { startWebServer, webTorrent } from '../support/web-server.js';
import { UdpTrackerServer } from '../support/udp-tracker-server.js';

const TOTAL = 500_001;
const torrent = storedTorrent({ pieceLength: 32_768, files: [['', TOTAL]] });
const infoHash = torrent.metainfo.infoHash.v1 ?? new Uint8Array();
const HOSTS = { 'seed.test': '127.0.0.1', 'tracker.test': '127.0.0.1', localhost: '127.0.0.1' };

async function socksProxy(options: Socks5ProxyOptions = {}): Promise<Socks5Proxy & { server: ProxyServer }> {
  const proxy = await startSocks5Proxy({ hosts: HOSTS, ...options });
  onTestFinished(() => proxy.close());
  const login = options.login ?? null;
  return { ...proxy, server: { kind: 'socks5h', host: '127.0.0.1', port: proxy.port, login } };
}

async function httpProxy(options: HttpProxyOptions = {}): Promise<{ asked: readonly string[]; server: ProxyServer }> {
  const proxy = await startHttpProxy({ hosts: HOSTS, ...options });
  onTestFinished(() => proxy.close());
  return { asked: proxy.asked, server: { kind: 'http', host: '127.0.0.1', port: proxy.port, login: null } };
}

const byName = (url: string): string => url.replace('127.0.0.1', 'tracker.test');

test('behind a proxy nothing is listened for, and whoever asks is told that nothing may go around it', async () => {
  const proxy = await socksProxy();
  const client = await openClient({ proxy: proxy.server, listen: true, lsd: true, dht: { bootstrap: [] } });
  expect([client.port, client.dht, client.localDiscovery]).toEqual([null, null, null]);
  expect(client.egress.allowsDirect).toBe(false);
  expect((await openClient({ listen: false })).egress.allowsDirect).toBe(true);
});

describe('peers', () => {
  test.each([
    ['with a login, plain', { login: { user: 'me', password: 'secret' } }, 'off' as const],
    ['byte by byte, encrypted', { drips: true }, 'require' as const],
  ])('by name through socks5h: %s', async (_, options, encryption) => {
    const proxy = await socksProxy(options);
    const seeder = await startSession(torrent.metainfo, null, { seed: true, peers: [peerHint(await startSeeder(torrent))] });
    await nextNotice(seeder, 'completed');
    const client = await openClient({ proxy: proxy.server, encryption });
    const folder = await makeTempFolder();
    const session = await startSession(torrent.metainfo, folder, {
      client,
      peers: [{ host: 'seed.test', port: seeder.port ?? 0 }],
    });
    expect(await session.done()).toMatchObject({ status: 'complete', downloadedBytes: TOTAL });
    await expectWhole(folder, torrent);
    expect(new Set(proxy.asked)).toEqual(new Set([`connect seed.test:${seeder.port}`]));
  });

  test('by CONNECT through an http proxy, where it allows that', async () => {
    const proxy = await httpProxy();
    const seeder = await startSeeder(torrent);
    const client = await openClient({ proxy: proxy.server });
    const folder = await makeTempFolder();
    const session = await startSession(torrent.metainfo, folder, { client, peers: [{ host: 'seed.test', port: seeder.port }] });
    expect(await session.done()).toMatchObject({ status: 'complete' });
    await expectWhole(folder, torrent);
    expect(proxy.asked).toContain(`CONNECT seed.test:${seeder.port}`);
  });

  test.each([
    ['forbids', 2, 'not allowed by the proxy'],
    ['is refused', 5, 'refused the connection'],
  ])('a proxy that %s is why nothing comes, and they are not dialled around it', async (_, replyCode, words) => {
    const proxy = await socksProxy({ replyCode });
    const seeder = await startSeeder(torrent);
    const client = await openClient({ proxy: proxy.server });
    const session = await startSession(torrent.metainfo, null, { client, peers: [peerHint(seeder)] });
    await nextNotice(session, 'dial-failed');
    expect(explainStall(session.snapshot())).toContain(words);
    expect(seeder.connectionCount).toBe(0);
    expect(client.egress.lost.aborted).toBe(false);
  });
});

describe('web seeds', () => {
  const what = webTorrent({ pieceLength: 32_768, files: [['', TOTAL]] });

  test('go through it by number, and by a name that only the proxy knows', async () => {
    const proxy = await socksProxy();
    const web = await startWebServer(what);
    const client = await openClient({ proxy: proxy.server });
    for (const url of [web.url, byName(web.url)]) {
      const { server, folder } = await startAlone(what, [url], { client });
      expect(await server.done()).toMatchObject({ status: 'complete' });
      await expectWhole(folder, what);
    }
    expect(web.requests.length).toBeGreaterThan(1);
    expect(client.egress.lost.aborted).toBe(false);
  });

  test('are asked of an HTTP proxy by their whole URL', async () => {
    const proxy = await httpProxy();
    const web = await startWebServer(what);
    const { server, folder } = await startAlone(what, [byName(web.url)], { client: await openClient({ proxy: proxy.server }) });
    expect(await server.done()).toMatchObject({ status: 'complete' });
    await expectWhole(folder, what);
    expect(proxy.asked.length).toBeGreaterThan(0);
  });

  test('may not redirect from somewhere to this host', async () => {
    const proxy = await socksProxy();
    const inner = await startWebServer(what);
    const outer = await startWebServer(what, {
      answer: (_, response) => {
        response.writeHead(302, { location: `${inner.url}album` }).end();
        return true;
      },
    });
    const { server } = await startAlone(what, [byName(outer.url)], { client: await openClient({ proxy: proxy.server }) });
    await expect(server.done()).rejects.toMatchObject({ code: 'no_peers' });
    expect(inner.requests).toEqual([]);
  });
});

describe('trackers', () => {
  test.each(['http', 'udp'] as const)('over %s, by name, name a peer', async (scheme) => {
    const proxy = await socksProxy();
    const url = scheme === 'udp' ? (await UdpTrackerServer.open()).url : (await startTracker()).url;
    const metainfo = withTrackers(torrent.metainfo, url);
    const seeder = await startSession(metainfo, null, {
      useTrackers: true,
      seed: true,
      peers: [peerHint(await startSeeder(torrent))],
    });
    await nextNotice(seeder, 'completed');
    const client = await openClient({ proxy: proxy.server });
    const folder = await makeTempFolder();
    const named = withTrackers(torrent.metainfo, url.replace('127.0.0.1', 'localhost'));
    const session = await startSession(named, folder, { client, useTrackers: true });
    expect(await session.done()).toMatchObject({ status: 'complete' });
    await expectWhole(folder, torrent);
    const port = new URL(url).port;
    expect(proxy.asked).toContain(scheme === 'udp' ? `udp localhost:${port}` : `connect localhost:${port}`);
    expect(proxy.asked).toContain(`connect 127.0.0.1:${seeder.port}`);
  });

  test("of which only the proxy knows where it is, names nobody on the proxy's own host", async () => {
    const proxy = await socksProxy();
    const { url } = await startTracker();
    const seeder = await startSession(withTrackers(torrent.metainfo, url), null, { useTrackers: true, seed: true });
    await nextNotice(seeder, 'tracker-answered');
    const client = await openClient({ proxy: proxy.server });
    const session = await startSession(withTrackers(torrent.metainfo, byName(url)), null, { client, useTrackers: true });
    expect(await nextNotice(session, 'tracker-answered')).toMatchObject({ peers: 0 });
    expect(session.snapshot().trackers).toMatchObject([{ outOfScope: 1 }]);
    expect(explainStall(session.snapshot())).toContain('1 address that is not reachable from it, which we leave alone');
    expect(proxy.asked).toEqual([`connect tracker.test:${new URL(url).port}`]);
  });

  test('an association that the proxy ends is made again, and noise of the relay is passed over', async () => {
    const proxy = await socksProxy();
    const tracker = await UdpTrackerServer.open();
    const client = await openClient({ proxy: proxy.server });
    const first = client.egress.openDatagrams;
    if (first === null) throw new Error('no datagrams');
    const heard: string[] = [];
    const datagrams = first((from, bytes) => heard.push(`${from.host}:${from.port} ${bytes.length}`));
    onTestFinished(() => datagrams.close());
    const connect = Uint8Array.of(0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0, 1, 2, 3, 4);
    const port = Number(new URL(tracker.url).port);
    const to = { host: '127.0.0.1', port, family: 4 } as const;
    const send = (): Promise<unknown> => new Promise((resolve) => datagrams.send(to, connect, resolve));
    expect(await send()).toBeNull();
    await expect.poll(() => heard).toEqual([`127.0.0.1:${port} 16`]);
    for (const noise of [[], [0, 0, 1, 1, 1, 2, 3, 4, 0, 5, 9], [1, 2, 3], [0, 0, 0, 7, 1]]) proxy.inject(Uint8Array.from(noise));
    proxy.endAssociations();
    await expect
      .poll(async () => {
        await send();
        return heard.length;
      })
      .toBeGreaterThan(1);
    expect(new Set(heard)).toEqual(new Set([`127.0.0.1:${port} 16`]));
    expect(proxy.asked.filter((asked) => asked === 'associate').length).toBeGreaterThan(1);
  });

  test('are scraped through it, each failure in the words of what failed', async () => {
    const proxy = await socksProxy({ isTcpOnly: true });
    const spoken = await startTracker();
    const udp = await UdpTrackerServer.open();
    const tiers = [[byName(spoken.url)], [byName(udp.url)]];
    expect(await scrapeTrackers(tiers, infoHash, { proxy: proxy.server })).toMatchObject([
      { counts: { seeds: 0 } },
      { error: { code: 'proxy', message: expect.stringContaining('carries no UDP') as string } },
    ]);
    expect(udp.received).toEqual([]);
    const http = await httpProxy();
    expect(await scrapeTrackers(tiers, infoHash, { proxy: http.server })).toMatchObject([
      { counts: { seeds: 0 } },
      { error: { code: 'proxy', message: expect.stringContaining('an http proxy carries no UDP') as string } },
    ]);
    expect(udp.received).toEqual([]);
  });
});

test('the metadata of a magnet link comes through it, and then the data', async () => {
  const proxy = await socksProxy();
  const source = await makeTempFolder();
  await writeFile(path.join(source, 'data.bin'), pseudoRandomBytes('proxy', TOTAL));
  const { metainfo } = await createTorrent(path.join(source, 'data.bin'), { threads: 0, pieceLength: 32_768 });
  const seeder = await startSession(metainfo, source, { seed: true, isReadOnly: true });
  await nextNotice(seeder, 'checked');
  const client = await openClient({ proxy: proxy.server });
  const fetched = await new MetadataFetcher({
    infoHash: sha1(metainfo.infoBytes),
    client,
    announceTiers: [],
    webSeeds: [],
    peers: [{ host: 'seed.test', port: seeder.port ?? 0 }],
    timeoutMs: 20_000,
  }).fetch();
  expect(fetched.metainfo.name).toBe('data.bin');
  // The same client knows the peer's name still.
  const session = await startSession(fetched.metainfo, await makeTempFolder(), { client, peers: fetched.peers });
  expect(await session.done()).toMatchObject({ status: 'complete', downloadedBytes: TOTAL });
});

test('a proxy that refuses the login ends everything, with its words', async () => {
  const proxy = await socksProxy({ login: { user: 'me', password: 'secret' } });
  const client = await openClient({ proxy: { ...proxy.server, login: { user: 'me', password: 'wrong' } } });
  await startSession(torrent.metainfo, null, { client, peers: [{ host: 'seed.test', port: 1 }] });
  await new Promise((resolve) => client.egress.lost.addEventListener('abort', resolve));
  expect(client.egress.lost.reason).toMatchObject({
    code: 'proxy_login',
    message: expect.stringContaining('refuses the login') as string,
  });
});
