// Options on whom to meet and where to be met: which trackers are asked, which port is taken, how quick it may be.

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { startTracker } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(12, 600_000);

/** A folder with `seed/data.bin` and `data.torrent`. */
async function prepare(...trackers: readonly string[]): Promise<string> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const tiers = trackers.flatMap((url) => ['--tracker', url]);
  const end = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent', ...tiers], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return cwd;
}

async function seed(cwd: string, ...args: readonly string[]): Promise<string> {
  const child = cli.start(['seed', 'data.torrent', '--data', 'seed', ...args], { cwd });
  const [, port] = await child.outputMatching(/seeding data\.bin on port (\d+)/);
  return `127.0.0.1:${port}`;
}

describe('--exclude-tracker', () => {
  test('what matches is not asked, and * leaves those of --tracker', async () => {
    const [own, other, extra] = [await startTracker(), await startTracker(), await startTracker()];
    const cwd = await prepare(own.url, other.url);
    const peer = await seed(cwd, '--exclude-tracker', `*:${own.port}/*`);
    expect(other.announces.length).toBeGreaterThan(0);
    const args = ['data.torrent', '-o', 'out', '--exclude-tracker', '*', '--tracker', extra.url, '--peer', peer];
    const end = await cli.run(args, { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(extra.announces.length).toBeGreaterThan(0);
    expect(own.announces).toEqual([]);
    expect(other.announces.filter(({ left }) => left > 0)).toEqual([]);
  });

  test('of a link too', async () => {
    const tracker = await startTracker();
    const link = `magnet:?xt=urn:btih:${'a'.repeat(40)}&tr=${encodeURIComponent(tracker.url)}`;
    const end = await cli.run(['info', link, '--no-dht', '--exclude-tracker', 'http://127.*']);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(/names no tracker and no peer/);
    expect(tracker.announces).toEqual([]);
  });
});

describe('--only-peers', () => {
  test('downloads from --peer without a word to the tracker, and a seed does not listen', async () => {
    const tracker = await startTracker();
    const cwd = await prepare(tracker.url);
    const peer = await seed(cwd, '--no-trackers');
    const end = await cli.run(['data.torrent', '-o', 'out', '--only-peers', '--peer', peer], { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(tracker.announces).toEqual([]);
    const silent = cli.start(['seed', 'data.torrent', '--data', 'out', '--only-peers', '--peer', peer], { cwd });
    await silent.outputMatching(/seeding data\.bin without a port: it takes no connections/);
  });

  test.each([['download'], ['seed']])('%s without a peer is refused', async (command) => {
    const cwd = await prepare();
    const end = await cli.run([command, 'data.torrent', '--only-peers'], { cwd });
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/--only-peers leaves nobody to .*--peer HOST:PORT/);
  });
});

async function hold(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  return server;
}

/** Two taken ports, one after the other. */
async function holdTwo(): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const first = await freePort();
    try {
      await hold(first);
      await hold(first + 1);
      return first;
    } catch (error) {
      if (attempt > 20) throw error;
    }
  }
}

describe('--port A-B', () => {
  test('takes the first free one, in order', async () => {
    const first = await holdTwo();
    const cwd = await prepare();
    const [, port] = (await seed(cwd, '--no-trackers', '-p', `${first}-${first + 30}`)).split(':').map(Number);
    expect(port).toBeGreaterThanOrEqual(first + 2);
    expect(port).toBeLessThanOrEqual(first + 30);
  });

  test('ends with 8 and names the range where none is free', async () => {
    const first = await holdTwo();
    const cwd = await prepare();
    const end = await cli.run(['data.torrent', '-o', 'out', '--no-trackers', '--port', `${first}-${first + 1}`], { cwd });
    expect(end.code).toBe(8);
    expect(end.stderr).toContain(`none of the ports ${first} to ${first + 1} can be listened on (EADDRINUSE)`);
  });
});

test('a limited download says the speed it was allowed, and does not look stalled', async () => {
  const cwd = await prepare();
  const peer = await seed(cwd, '--no-trackers', '--max-uploads', '1', '--max-peers', '3');
  const rate = 300_000;
  const startedAt = performance.now();
  const args = [
    'data.torrent',
    '-o',
    'out',
    '--only-peers',
    '--peer',
    peer,
    '--limit-rate',
    String(rate),
    '--stall-timeout',
    '1',
  ];
  const end = await cli.run(args, { cwd });
  expect(end.code, end.stderr).toBe(0);
  expect(performance.now() - startedAt).toBeGreaterThan(((payload.length - 16_384) / rate) * 1000 - 100);
});

describe('info --scrape', () => {
  test('a table under the torrent, dead trackers in it, and no passkey anywhere', async () => {
    const tracker = await startTracker();
    const secret = '0123456789abcdef0123456789abcdef';
    const dead = `http://user:secret@127.0.0.1:1/${secret}/announce`;
    const cwd = await prepare(tracker.url, dead);
    await seed(cwd);
    const end = await cli.run(['info', 'data.torrent', '--scrape', '--no-dht'], { cwd });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout).toMatch(/^name +data\.bin$/m);
    expect(end.stdout).toMatch(/^scrape +1 of 2 trackers answered$/m);
    expect(end.stdout).toMatch(/^ +seeds +leechers +completed +latency +tracker$/m);
    expect(end.stdout).toMatch(new RegExp(`^ +1 +0 +0 +\\d+ ms +${tracker.url}$`, 'm'));
    expect(end.stdout).toMatch(/^ +- +- +- +- +http:\/\/127\.0\.0\.1:1\/\*\*\*\/announce: connection refused$/m);
    expect(end.stdout + end.stderr).not.toMatch(new RegExp(`${secret}|secret`));
    const json = await cli.run(['info', 'data.torrent', '--scrape', '--no-dht', '--json', '-q'], { cwd });
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: 'data.bin',
      scrape: [
        { url: tracker.url, seeds: 1, leechers: 0, completed: 0, error: null },
        { seeds: null, error: 'connection refused' },
      ],
    });
  });

  test('of a hash, without its metadata', async () => {
    const tracker = await startTracker();
    const end = await cli.run(['info', 'A'.repeat(40), '--tracker', tracker.url, '--scrape', '--no-dht', '--json']);
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ name: null, infoHash: 'a'.repeat(40), scrape: [{ seeds: 0, error: null }] });
    expect(tracker.announces).toEqual([]);
  });

  test('6 where nobody answers, after the table', async () => {
    const end = await cli.run([
      'info',
      'A'.repeat(40),
      '--tracker',
      'udp://127.0.0.1:1/announce',
      '--scrape',
      '--no-dht',
      '--timeout',
      '0.3',
    ]);
    expect(end.code).toBe(6);
    expect(end.stdout).toMatch(/^scrape +0 of 1 tracker answered$/m);
    expect(end.stderr).toMatch(/effusion: error: the tracker did not answer the scrape\. .*\(exit 6\)\n$/);
  });

  test('the DHT is a line of it, and does not hold up what the trackers say for long', async () => {
    const tracker = await startTracker();
    const args = ['info', 'A'.repeat(40), '--tracker', tracker.url, '--scrape', '--timeout', '1'];
    const end = await cli.run(args);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toBe('asking 1 tracker and the DHT; gives up after 1s (--timeout)\n');
    expect(end.stdout).toMatch(/^scrape +1 of 2 sources answered$/m);
    expect(end.stdout).toMatch(/^ +- +- +- +- +DHT: no (?:answer in time|node answers)$/m);
    const alone = await cli.run(['info', 'A'.repeat(40), '--scrape', '--timeout', '0.2']);
    expect(alone.code).toBe(6);
    expect(alone.stderr).toMatch(/effusion: error: the DHT did not answer the scrape\. .*\(exit 6\)\n$/);
  });

  test.each([
    ['no tracker', ['A'.repeat(40), '--scrape', '--no-dht'], /there is no tracker to ask/],
    ['no tracker allowed', ['A'.repeat(40), '--scrape', '--only-peers'], /--only-peers leaves nobody for --scrape/],
  ])('%s is refused', async (_, args, message) => {
    const end = await cli.run(['info', ...args]);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(message);
  });
});

describe('no login and no passkey is printed', () => {
  const KEY = '0123456789abcdef0123456789abcdef';
  const SECRETS = new RegExp(`${KEY}|hunter2|sesame`, 'i');

  test('by a download whose tracker repeats them, nor by info', async () => {
    const echo = createHttpServer((request, response) => {
      const words = `unknown passkey sesame in ${request.url} of joe:hunter2 (${KEY})`;
      response.end(`d14:failure reason${Buffer.byteLength(words)}:${words}e`);
    });
    await new Promise<void>((resolve) => {
      echo.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      echo.close();
    });
    const { port } = echo.address() as AddressInfo;
    const cwd = await prepare(`http://joe:hunter2@127.0.0.1:${port}/${KEY}/announce?passkey=sesame`);
    const end = await cli.run(['data.torrent', '-o', 'out', '--no-peers-timeout', '1'], { cwd });
    expect(end.code).toBe(5);
    expect(end.stderr).toContain(`http://127.0.0.1:${port}/***/announce?passkey=*** failed (unknown passkey *** in`);
    expect(end.stderr).not.toMatch(SECRETS);
    for (const args of [[], ['--json'], ['--scrape', '--no-dht'], ['--scrape', '--no-dht', '--json']]) {
      const shown = await cli.run(['info', 'data.torrent', ...args], { cwd });
      expect(shown.stdout).toContain('***');
      expect(shown.stdout + shown.stderr).not.toMatch(SECRETS);
    }
  });

  test.each([
    ['a URL that is not understood', ['info', 'x.torrent', '--tracker', `foo://joe:hunter2@t.example/${KEY}`], 2],
    ['a file that looks like one', ['info', `ftp://joe:hunter2@t.example/${KEY}.torrent`], 3],
    [
      'a link where none may be',
      ['verify', `magnet:?tr=http%3A%2F%2Ft.example%2F%3Fpasskey%3Dsesame&xt=urn:btih:${'a'.repeat(40)}`],
      2,
    ],
    ['a web server that is not there', ['info', `http://joe:hunter2@127.0.0.1:1/${KEY}/x.torrent?passkey=sesame`], 6],
    ['an argument too many', ['create', 'x', `http://t.example/?passkey=sesame`], 2],
    ['an option that is none', ['info', 'x.torrent', `--trackers=http://t.example/?passkey=sesame`], 2],
  ])('in the error about %s', async (_, args, code) => {
    const end = await cli.run(args);
    expect(end.code, end.stderr).toBe(code);
    expect(end.stderr).toMatch(/^effusion: error: /);
    expect(end.stdout + end.stderr).not.toMatch(SECRETS);
  });
});

describe('-v', () => {
  test('tells at the end what came of each source, on stderr', async () => {
    const tracker = await startTracker();
    const cwd = await prepare(tracker.url, 'http://joe:hunter2@127.0.0.1:1/announce');
    const peer = await seed(cwd);
    const end = await cli.run(['data.torrent', '-v', '-o', 'out', '--peer', peer], { cwd });
    expect(end).toMatchObject({ code: 0, stdout: 'out/data.bin\n' });
    expect(end.stderr).toMatch(
      new RegExp(`^  tracker ${tracker.url}: named \\d peers? of \\d seeds? and \\d leechers? in \\d+ ms$`, 'm'),
    );
    expect(end.stderr).toMatch(/^ {2}tracker http:\/\/127\.0\.0\.1:1\/announce: (?:was not asked|failed: connection refused)$/m);
    expect(end.stderr).toMatch(/^ {2}peer exchange: (?:no address|\d+ address)/m);
    expect(end.stderr).toMatch(/^ {2}incoming: \d peers?$/m);
    expect(end.stderr).toMatch(/^ {2}--peer, the link and its metadata: 1 address, [01] of them new$/m);
    expect(end.stderr).not.toContain('hunter2');
  });

  test('where it fails too, and what is off is said to be off; -q is stronger', async () => {
    const cwd = await prepare('http://127.0.0.1:1/announce');
    const args = ['data.torrent', '-o', 'out', '--no-peers-timeout', '1', '--no-pex', '--no-listen'];
    const end = await cli.run([...args, '-v'], { cwd });
    expect(end.code).toBe(5);
    expect(end.stderr).toMatch(
      /^ {2}tracker http:\/\/127\.0\.0\.1:1\/announce: failed: connection refused\n {2}DHT: not asked\n {2}peer exchange: off\n {2}local network: off\n {2}incoming: off\n/m,
    );
    const quiet = await cli.run([...args, '-v', '-q'], { cwd });
    expect(quiet.stderr).toMatch(/^effusion: error: .*\n$/);
  });

  test('while the metadata of a link does not come', async () => {
    const tracker = await startTracker();
    const args = ['info', 'a'.repeat(40), '--tracker', tracker.url, '--metadata-timeout', '0.5', '-v'];
    const end = await cli.run(args);
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(new RegExp(`^  tracker ${tracker.url}: named 0 peers of 0 seeds and 1 leecher in \\d+ ms$`, 'm'));
  });

  test('says nothing of sources where everything was there before', async () => {
    const cwd = await prepare('http://127.0.0.1:1/announce');
    const end = await cli.run(['data.torrent', '-v', '-o', 'seed'], { cwd });
    expect(end.code).toBe(0);
    expect(end.stderr).not.toContain('tracker');
  });
});
