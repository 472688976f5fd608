// A torrent by its URL that names addresses of our own network, as a user meets it: what is not asked by any command, what is said of it,
// and that the user's own word counts. Its server is on the internet: behind a proxy by its name, and in a network namespace by its address.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startChild, type ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { startTracker } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { canMakeNetworks } from '../support/proxied-network.js';
import { startSocks5Proxy, type Socks5Proxy } from '../support/socks5-proxy.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';
import type { TrackerServer } from '../../src/swarm/tracker-server.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(12, 300_000);
const REFUSED = 'it leads into our own network, where a torrent that came from elsewhere may not send us';

interface Rig {
  readonly cwd: string;
  /** Inside; named by the torrent. */
  readonly tracker: TrackerServer;
  readonly proxy: Socks5Proxy;
  /** Of the torrent, at a server of the internet, and what leads there. */
  readonly url: string;
  readonly route: readonly string[];
}

/** `seed/data.bin`, and a torrent of it whose tracker and web seed are inside. */
async function make(cwd: string, tracker: string, webSeed: string): Promise<void> {
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const args = ['seed/data.bin', '-o', 'data.torrent', '--tracker', tracker, '--web-seed', webSeed];
  const end = await cli.run(['create', ...args], { cwd });
  expect(end.code, end.stderr).toBe(0);
}

async function prepare(): Promise<Rig> {
  const cwd = await makeTempFolder();
  const tracker = await startTracker();
  await make(cwd, tracker.url, `http://127.0.0.1:${tracker.port}/data.bin`);
  const file = await readFile(path.join(cwd, 'data.torrent'));
  const server = createServer((_, response) => response.end(file));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const proxy = await startSocks5Proxy({ hosts: { 'web.test': '127.0.0.1', 'seed.test': '127.0.0.1' } });
  onTestFinished(() => proxy.close());
  const route = ['--proxy', `socks5h://127.0.0.1:${proxy.port}`];
  return { cwd, tracker, proxy, url: `http://web.test:${port}/data.torrent`, route };
}

const LIMITS = ['--no-peers-timeout', '1s'];

describe('named by a torrent that came by its URL, a tracker and a web seed of our own network are not asked', () => {
  test.each<[string, readonly string[], number, RegExp]>([
    ['download', ['-o', 'out', ...LIMITS], 5, /failed \(it leads into our own network.*on this host or network/],
    ['cat', LIMITS, 5, /failed \(it leads into our own network.*on this host or network/],
    ['stream', LIMITS, 5, /failed \(it leads into our own network/],
    ['seed', ['--data', 'seed', '--seed-time', '1s'], 0, /: failed: it leads into our own network/],
    ['info', ['--scrape', '--no-dht'], 6, /it leads into our own network/],
    ['peers', ['--timeout', '3s'], 5, /1 of 1 tracker failed/],
    ['doctor', ['--timeout', '5s'], 6, /It was not asked\. --tracker with this URL/],
  ])('%s', { timeout: 30_000 }, async (command, args, code, words) => {
    const { cwd, url, route, tracker, proxy } = await prepare();
    const end = await cli.run([command, url, '-v', ...args, ...route], { cwd });
    expect([end.code, `${end.stdout}${end.stderr}`]).toEqual([code, expect.stringMatching(words)]);
    expect(tracker.announces).toEqual([]);
    expect(new Set(proxy.asked.filter((asked) => asked !== 'associate'))).toEqual(new Set([`connect ${new URL(url).host}`]));
  });

  test('by what a magnet link says is its torrent file', async () => {
    const { cwd, url, route, tracker, proxy } = await prepare();
    const { stdout } = await cli.run(['info', 'data.torrent', '--json'], { cwd });
    const { infoHash } = JSON.parse(stdout) as { infoHash: string };
    const link = `magnet:?xt=urn:btih:${infoHash}&xs=${encodeURIComponent(url)}`;
    const end = await cli.run(['download', link, '-o', 'out', '-v', ...LIMITS, ...route], { cwd });
    expect([end.code, end.stderr]).toEqual([5, expect.stringContaining(REFUSED)]);
    expect(tracker.announces).toEqual([]);
    // The same tracker in the link is the user's own word.
    const own = `${link}&tr=${encodeURIComponent(tracker.url)}`;
    await cli.run(['download', own, '-o', 'out', ...LIMITS, ...route], { cwd });
    expect(tracker.announces).not.toEqual([]);
    // And so is a web seed.
    const before = proxy.asked.length;
    const served = `${link}&ws=${encodeURIComponent(`http://127.0.0.1:${tracker.port}/data.bin`)}`;
    await cli.run(['download', served, '-o', 'out', '--no-trackers', ...LIMITS, ...route], { cwd });
    expect(proxy.asked.slice(before)).toContain(`connect 127.0.0.1:${tracker.port}`);
  });

  test('machines get its code', async () => {
    const { cwd, url, route } = await prepare();
    const found = { error: REFUSED, errorCode: 'forbidden_address' };
    const scrape = await cli.run(['info', url, '--scrape', '--no-dht', '--json', ...route], { cwd });
    expect(JSON.parse(scrape.stdout)).toMatchObject({ scrape: [found] });
    const doctor = await cli.run(['doctor', url, '--timeout', '5s', '--json', ...route], { cwd });
    expect(JSON.parse(doctor.stdout)).toMatchObject({ trackers: [found] });
    const events = await cli.run(['download', url, '-o', 'out', '--events', ...LIMITS, ...route], { cwd });
    expect(events.stdout).toMatch(/"event":"tracker","id":[^\n]*"code":"forbidden_address"/);
  });
});

describe("the user's own word", () => {
  test('has the same tracker asked, and the web seed', async () => {
    const { cwd, url, route, tracker, proxy } = await prepare();
    const args = ['--tracker', tracker.url, '--webseed', `http://127.0.0.1:${tracker.port}/data.bin`];
    await cli.run(['download', url, '-o', 'out', ...args, ...LIMITS, ...route], { cwd });
    expect(tracker.announces.length).toBeGreaterThan(0);
    expect(proxy.asked.filter((asked) => asked === `connect 127.0.0.1:${tracker.port}`).length).toBeGreaterThan(1);
  });

  test('has it asked by seed, too, which has no other way to say it', async () => {
    const { cwd, url, route, tracker } = await prepare();
    const args = ['seed', url, '--data', 'seed', '--seed-time', '1s', '--tracker', tracker.url, ...route];
    const end = await cli.run(args, { cwd });
    expect([end.code, end.stderr]).toEqual([0, expect.not.stringContaining(REFUSED)]);
    expect(tracker.announces.map(({ event }) => event)).toContain('started');
  });

  test.each([
    ['a file of his', (rig: Rig): string => path.join(rig.cwd, 'data.torrent')],
    ['a link', ({ tracker }: Rig): string => `magnet:?xt=urn:btih:${'a'.repeat(40)}&tr=${encodeURIComponent(tracker.url)}`],
  ])('is %s', async (_, torrentOf) => {
    const rig = await prepare();
    const limits = [...LIMITS, '--metadata-timeout', '1s'];
    await cli.run(['download', torrentOf(rig), '-o', 'out', ...limits, ...rig.route], { cwd: rig.cwd });
    expect(rig.tracker.announces.length).toBeGreaterThan(0);
  });
});

/** A web server of the internet, and a tracker on this host and one on the link, which say when they are spoken to. */
const SERVERS = `
const http = require('node:http'), dgram = require('node:dgram');
const file = require('node:fs').readFileSync('data.torrent');
const say = (who) => () => console.log('SPOKEN TO ' + who);
http.createServer((_, response) => response.end(file)).listen(8000, '203.0.113.1', () => {
  http.createServer((_, response) => { say('http')(); response.writeHead(500).end(); }).listen(8001, '127.0.0.1', () => {
    const udp = dgram.createSocket('udp4').on('message', say('udp'));
    udp.bind(8002, '10.9.9.9', () => console.log('ready'));
  });
});`;

describe.runIf(canMakeNetworks())('in a network namespace', () => {
  test.each<[string, readonly string[], boolean]>([
    ['none is spoken to', [], false],
    [
      'but those that the user names',
      ['--tracker', 'http://inside.test:8001/announce', '--tracker', 'udp://10.9.9.9:8002/announce'],
      true,
    ],
  ])('%s', { timeout: 60_000 }, async (_, more, isAsked) => {
    const cwd = await makeTempFolder();
    await make(cwd, 'http://inside.test:8001/announce,udp://10.9.9.9:8002/announce', 'http://inside.test:8001/data.bin');
    await writeFile(path.join(cwd, 'servers.cjs'), SERVERS);
    await writeFile(path.join(cwd, 'hosts'), '127.0.0.1 localhost inside.test\n');
    const port = await freePort();
    const words = [
      'download',
      'http://203.0.113.1:8000/data.torrent',
      '-o',
      'out',
      '-v',
      '--no-dht',
      '--no-lsd',
      '-p',
      String(port),
    ];
    const command = [process.execPath, cli.script, ...words, '--no-peers-timeout', '3s', ...more];
    const setUp = `PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && ip address add 203.0.113.1/32 dev lo && ip address add 10.9.9.9/32 dev lo || exit 90
      mount --bind hosts /etc/hosts || exit 91
      coproc { exec "$0" servers.cjs; }
      read -r line <&"\${COPROC[0]}"; [ "$line" = ready ] || exit 92
      "$@"; code=$?
      kill "$COPROC_PID"; cat <&"\${COPROC[0]}"; exit $code`;
    const args = ['--net', '--mount', 'bash', '-c', setUp, process.execPath, ...command];
    const end: ChildEnd = await startChild('unshare', args, {
      cwd,
      timeoutMs: 50_000,
      env: { NO_COLOR: '1', PATH: process.env['PATH'] ?? '' },
    }).ended;
    expect(end.code, `${end.stdout}${end.stderr}`).toBe(5);
    const spoken = new Set(end.stdout.match(/SPOKEN TO \w+/g) ?? []);
    expect(spoken).toEqual(new Set(isAsked ? ['SPOKEN TO http', 'SPOKEN TO udp'] : []));
    if (!isAsked) expect(end.stderr.match(new RegExp(`: failed: ${REFUSED}`, 'g'))).toHaveLength(2);
  });
});
