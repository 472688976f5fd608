// `--proxy` as a user has it: what it refuses, what it switches off, and how a run ends that can't get through.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { startTracker } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { startHttpProxy } from '../support/http-proxy.js';
import { startSocks5Proxy, type Socks5Proxy, type Socks5ProxyOptions } from '../support/socks5-proxy.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(12, 600_000);
const HOSTS = { 'web.test': '127.0.0.1', 'seed.test': '127.0.0.1', 'tracker.test': '127.0.0.1' };

/** A folder with `seed/data.bin` and `data.torrent`. */
async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const end = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return cwd;
}

/** Its port. */
async function seed(cwd: string, ...args: readonly string[]): Promise<string> {
  const child = cli.start(['seed', 'data.torrent', '--data', 'seed', ...args], { cwd });
  const [, port] = await child.outputMatching(/seeding data\.bin on port (\d+)/);
  return port;
}

async function socksProxy(options: Socks5ProxyOptions = {}): Promise<Socks5Proxy> {
  const proxy = await startSocks5Proxy({ hosts: HOSTS, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

describe('refused, before anything is opened', () => {
  test.each([
    ['socks5://me:hunter2@h:1', /'socks5:\/\/h:1' would have us look names up around the proxy\. Write socks5h:/],
    ['me:hunter2@h:1080', /--proxy: this is no URL/],
    ['https://me:hunter2@h:1', /is of a kind that is not spoken/],
    ['socks5h://me:hunter2@', /names no host/],
    ['http://me:hunter2@h:1/x', /has something behind its port/],
    ['socks5h://me:hunter2%00@h', /has a login that cannot be used/],
  ])('%s', async (proxy, words) => {
    const end = await cli.run(['download', 'x.torrent', '--proxy', proxy]);
    expect([end.code, end.stdout, end.stderr]).toEqual([2, '', expect.stringMatching(words)]);
    expect(end.stderr).not.toContain('hunter2');
  });

  test.each(['download', 'seed'])('%s with --port, which would listen around it', async (command) => {
    const end = await cli.run([command, 'x.torrent', '--proxy', 'socks5h://h', '--port', '6881']);
    expect([end.code, end.stderr]).toEqual([
      2,
      expect.stringMatching(/--port listens for peers that would come around the proxy/),
    ]);
  });

  test.each([
    ['download', ['--webseeds', 'never']],
    ['seed', []],
  ])('%s where nobody is left', async (command, more) => {
    const end = await cli.run([command, 'x.torrent', '--proxy', 'socks5h://h', '--no-trackers', ...more]);
    expect([end.code, end.stderr]).toEqual([2, expect.stringMatching(/--no-trackers and --proxy leave nobody/)]);
  });
});

describe('through it', () => {
  test('a torrent by its URL, its tracker and its peer, all by names that nobody else knows', async () => {
    const cwd = await prepare();
    const tracker = await startTracker();
    await seed(cwd, '--no-trackers');
    const torrent = await readFile(path.join(cwd, 'data.torrent'));
    const server = createServer((_, response) => response.end(torrent));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const proxy = await socksProxy({ login: { user: 'me', password: 'hunter2' } });
    const peer = await seed(cwd, '--no-trackers');
    const args = ['--tracker', tracker.url.replace('127.0.0.1', 'tracker.test'), '--peer', `seed.test:${peer}`];
    const route = ['--proxy', `socks5h://me:hunter2@127.0.0.1:${proxy.port}`];
    const end = await cli.run([`http://web.test:${port}/data.torrent`, '-o', 'out', ...args, ...route], { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(await readFile(path.join(cwd, 'out/data.bin'))).toEqual(Buffer.from(payload));
    expect(end.stderr).toContain(`everything goes through socks5h://127.0.0.1:${proxy.port}`);
    expect(end.stderr).not.toContain('hunter2');
    expect(tracker.announces.length).toBeGreaterThan(0);
    const wanted = [`web.test:${port}`, `tracker.test:${tracker.port}`, `seed.test:${peer}`].map((place) => `connect ${place}`);
    expect(proxy.asked).toEqual(expect.arrayContaining(wanted));
  });

  test('seed finds leechers by --peer', async () => {
    const cwd = await prepare();
    const proxy = await socksProxy();
    const port = await freePort();
    const leecher = cli.start(['data.torrent', '-o', 'out', '--no-trackers', '--port', String(port)], { cwd });
    const serving = ['seed', 'data.torrent', '--data', 'seed', '--no-trackers', '--peer', `seed.test:${port}`];
    const seeder = cli.start([...serving, '--proxy', `socks5h://127.0.0.1:${proxy.port}`], { cwd });
    const end = await leecher.ended;
    expect(end.code, `${end.stderr}${seeder.output()}`).toBe(0);
    await seeder.outputMatching(/without a port: it takes no connections/);
    expect(proxy.asked).toContain(`connect seed.test:${port}`);
  });

  test('an http proxy is told to carry no UDP, and is not asked for a UDP tracker', async () => {
    const cwd = await prepare();
    const proxy = await startHttpProxy({ hosts: HOSTS });
    onTestFinished(() => proxy.close());
    const peer = await seed(cwd, '--no-trackers');
    const args = ['--tracker', 'udp://tracker.test:1/', '--peer', `seed.test:${peer}`, '-v'];
    const end = await cli.run(['data.torrent', '-o', 'out', ...args, '--proxy', `http://127.0.0.1:${proxy.port}`], { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain('UDP trackers and the DHT are off');
    expect(end.stderr).toContain('an http proxy carries no UDP');
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT seed.test:${peer}`]));
  });

  test('the environment names no proxy', async () => {
    const cwd = await prepare();
    const peer = await seed(cwd, '--no-trackers');
    const dead = `socks5h://127.0.0.1:${await freePort()}`;
    const env = { ALL_PROXY: dead, all_proxy: dead, http_proxy: dead, HTTPS_PROXY: dead };
    const end = await cli.run(['data.torrent', '-o', 'out', '--no-trackers', '--peer', `127.0.0.1:${peer}`], { cwd, env });
    expect(end.code, end.stderr).toBe(0);
  });
});

describe('a proxy that is no use ends the run with 6', () => {
  const wantsLogin = { login: { user: 'me', password: 'hunter2' } };

  test('at once where it is not there, or wants another login', async () => {
    const cwd = await prepare();
    const proxy = await socksProxy(wantsLogin);
    const run = (where: string): ReturnType<CliBuild['run']> =>
      cli.run(['data.torrent', '-o', 'out', '--no-trackers', '--peer', 'seed.test:1', '--proxy', where], { cwd });
    const dead = await run(`socks5h://127.0.0.1:${await freePort()}`);
    expect([dead.code, dead.stdout]).toEqual([6, '']);
    expect(dead.stderr).toMatch(/error: the proxy \S+ refuses connections: .* nothing was sent around it\. \(exit 6\)/);
    const none = await run(`socks5h://127.0.0.1:${proxy.port}`);
    expect([none.code, none.stderr]).toEqual([6, expect.stringMatching(/wants a login: write it before the host/)]);
    const wrong = await run(`socks5h://me:guess@127.0.0.1:${proxy.port}`);
    expect([wrong.code, wrong.stderr]).toEqual([6, expect.stringMatching(/refuses the login: check user and password/)]);
    expect(wrong.stderr).not.toContain('guess');
    const strange = await run(`http://127.0.0.1:${proxy.port}`);
    expect([strange.code, strange.stderr]).toEqual([6, expect.stringMatching(/is no HTTP proxy|hung up/)]);
  });

  test('for a link, a URL and a scrape too', async () => {
    const cwd = await prepare();
    const proxy = ['--proxy', `socks5h://127.0.0.1:${await freePort()}`];
    const link = `magnet:?xt=urn:btih:${'a'.repeat(40)}`;
    for (const args of [
      ['info', link, '--peer', 'seed.test:1'],
      ['download', link, '--peer', 'seed.test:1'],
      ['info', 'http://web.test/x.torrent'],
      ['verify', 'http://web.test/x.torrent'],
      ['info', 'data.torrent', '--scrape', '--tracker', 'http://tracker.test:1/announce'],
    ]) {
      const end = await cli.run([...args, ...proxy], { cwd });
      expect([args.join(' '), end.code]).toEqual([args.join(' '), 6]);
      expect(`${end.stdout}${end.stderr}`).toContain('refuses connections');
    }
  });

  test('but not where nothing has to come through it', async () => {
    const cwd = await prepare();
    const args = ['data.torrent', '-o', 'seed', '--tracker', 'http://tracker.test:1/announce'];
    const end = await cli.run([...args, '--proxy', `socks5h://127.0.0.1:${await freePort()}`], { cwd });
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining('already complete')]);
  });
});
