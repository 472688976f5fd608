// Through Debian's SOCKS5 servers to libtorrent and opentracker, from a network namespace whose packets are counted: everything goes to the
// proxy, and nothing, look-ups included, goes anywhere else.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Child, ChildEnd } from '../support/child-process.js';
import { leftovers, payloadDifferences } from '../support/payload.js';
import {
  canMakeNetworks,
  makeProxiedNetwork,
  OUTSIDE_HOST,
  PROXY_HOST,
  startDante,
  startMicrosocks,
  startOutsideTracker,
  type ProxiedNetwork,
} from '../support/proxied-network.js';
import { describeWith, PYTHON } from '../support/real-peers.js';
import { payload, prepareSwarm, type SwarmOfTwo } from '../support/swarm-of-two.js';

const COMMAND = fileURLToPath(new URL('../../bin/effusion.js', import.meta.url));
const LIBTORRENT = fileURLToPath(new URL('../support/peers/libtorrent_peer.py', import.meta.url));
const [PROXY_PORT, TRACKER_PORT, SEEDER_PORT] = [1080, 6969, 6881];

interface Rig {
  readonly network: ProxiedNetwork;
  readonly swarm: SwarmOfTwo;
  /** Runs effusion inside. */
  readonly run: (...args: readonly string[]) => Promise<ChildEnd>;
}

async function prepare(): Promise<Rig> {
  const swarm = await prepareSwarm();
  const network = await makeProxiedNetwork();
  const { path: torrent, infoHash } = swarm.torrent;
  const listen = `${OUTSIDE_HOST}:${SEEDER_PORT}`;
  const args = [LIBTORRENT, 'seed', torrent, swarm.seedFolder, listen, '--upload-limit', '0'];
  const seeder: Child = network.outside(PYTHON, args, { timeoutMs: 110_000 });
  await seeder.outputMatching(/^ready$/m);
  await startOutsideTracker(network, infoHash, TRACKER_PORT, SEEDER_PORT);
  const run = (...words: readonly string[]): Promise<ChildEnd> =>
    network.inside(process.execPath, [COMMAND, ...words], { env: { NO_COLOR: '1' } }).ended;
  return { network, swarm, run };
}

async function expectWhole({ swarm }: Rig, end: ChildEnd): Promise<void> {
  expect(end.code, `${end.stdout}${end.stderr}`).toBe(0);
  expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  expect(await leftovers(swarm.leechFolder)).toEqual([]);
}

const isPossible = canMakeNetworks();
const programs = ['libtorrent', 'opentracker', 'microsocks', 'dante', 'nftables'] as const;

// Where the superuser's rights are missing there is no way to count packets.
describe.runIf(isPossible)('in a namespace whose packets are counted', () => {
  describeWith(programs, 'a download through a proxy', () => {
    test.each([
      ['dante', 'udp', 'outside.test'],
      ['dante', 'udp', OUTSIDE_HOST],
      ['dante', 'http', 'outside.test'],
      ['microsocks', 'http', 'outside.test'],
    ] as const)('%s: a tracker over %s at %s, and the peers that it names', { timeout: 90_000 }, async (proxy, scheme, host) => {
      const rig = await prepare();
      const { network, swarm, run } = rig;
      const login = proxy === 'dante' ? '' : 'me:pass%3Aword@';
      await (proxy === 'dante' ? startDante(network, PROXY_PORT) : startMicrosocks(network, PROXY_PORT, 'me', 'pass:word'));
      const tracker = `${scheme}://${host}:${TRACKER_PORT}/announce`;
      const route = ['--proxy', `socks5h://${login}${PROXY_HOST}:${PROXY_PORT}`];
      const end = await run('download', swarm.torrent.path, '-o', swarm.leechFolder, '--tracker', tracker, ...route);
      await expectWhole(rig, end);
      expect(end.stderr).not.toMatch(/pass/);
      const { proxied, around } = await network.packets();
      expect(around).toBe(0);
      expect(proxied).toBeGreaterThan(50);
    });

    test('dante: a magnet link whose peer is a name', { timeout: 90_000 }, async () => {
      const rig = await prepare();
      const { network, swarm, run } = rig;
      await startDante(network, PROXY_PORT);
      const link = `magnet:?xt=urn:btih:${swarm.torrent.infoHash}`;
      const peer = ['--peer', `outside.test:${SEEDER_PORT}`, '--encryption', 'require'];
      const end = await run(
        'download',
        link,
        '-o',
        swarm.leechFolder,
        ...peer,
        '--proxy',
        `socks5h://${PROXY_HOST}:${PROXY_PORT}`,
      );
      await expectWhole(rig, end);
      expect(await network.packets()).toMatchObject({ around: 0 });
    });

    test('without a proxy the counter counts', { timeout: 90_000 }, async () => {
      const { network, swarm, run } = await prepare();
      const tracker = `udp://${OUTSIDE_HOST}:${TRACKER_PORT}/announce`;
      const end = await run('info', swarm.torrent.path, '--scrape', '--no-dht', '--tracker', tracker);
      expect([end.code, end.stdout]).toEqual([0, expect.stringContaining('1 of 1 tracker answered')]);
      const { proxied, around } = await network.packets();
      // A connection id and the numbers.
      expect(around).toBeGreaterThanOrEqual(2);
      expect(proxied).toBe(0);
    });

    test('a proxy without UDP says so, one with another login ends with 6, and so does none', { timeout: 90_000 }, async () => {
      const { network, swarm, run } = await prepare();
      await startMicrosocks(network, PROXY_PORT, 'me', 'password');
      const scrape = ['info', swarm.torrent.path, '--scrape', '--tracker', `udp://outside.test:${TRACKER_PORT}/announce`];
      const noUdp = await run(...scrape, '--proxy', `socks5h://me:password@${PROXY_HOST}:${PROXY_PORT}`);
      expect([noUdp.code, noUdp.stdout]).toEqual([6, expect.stringContaining('carries no UDP')]);
      const download = ['download', swarm.torrent.path, '-o', swarm.leechFolder, '--peer', `${OUTSIDE_HOST}:${SEEDER_PORT}`];
      const refused = await run(...download, '--proxy', `socks5h://me:guess@${PROXY_HOST}:${PROXY_PORT}`);
      expect([refused.code, refused.stderr]).toEqual([6, expect.stringMatching(/error: the proxy .* refuses the login: check/)]);
      expect(refused.stderr).not.toMatch(/guess/);
      const dead = await run(...download, '--proxy', `socks5h://${PROXY_HOST}:${PROXY_PORT + 1}`);
      expect([dead.code, dead.stderr]).toEqual([
        6,
        expect.stringMatching(/error: the proxy .* refuses connections: is it running/),
      ]);
      expect(await network.packets()).toMatchObject({ around: 0 });
    });
  });
});
