// `effusion swarm`: what it prints, what it serves under each fault, and that it ends as it says and leaves nothing behind.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Child, ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

interface Ready {
  readonly torrent: string;
  readonly magnet: string;
  readonly tracker: string;
  readonly infoHash: string;
  readonly peers: readonly string[];
  readonly name: string;
  readonly totalBytes: number;
  readonly randomSeed: number;
  readonly pid: number;
}

const payload = fixturePayload(31, 1_500_000);

async function makeFolder(): Promise<string> {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'data.bin'), payload);
  await mkdir(path.join(folder, 'tmp'));
  return folder;
}

async function startSwarm(folder: string, args: readonly string[]): Promise<{ child: Child; ready: Ready }> {
  const child = cli.start(['swarm', 'data.bin', ...args], { cwd: folder, env: { TMPDIR: path.join(folder, 'tmp') } });
  const [line] = await child.outputMatching(/^\{.*\}$/m);
  return { child, ready: JSON.parse(line) as Ready };
}

async function expectGone(folder: string): Promise<void> {
  expect(await readdir(path.join(folder, 'tmp'))).toEqual([]);
}

function download(folder: string, torrent: string, args: readonly string[] = []): Promise<ChildEnd> {
  return cli.run(['download', torrent, '-o', 'out', '--no-dht', ...args], { cwd: folder });
}

async function expectWhole(folder: string): Promise<void> {
  expect(Buffer.compare(await readFile(path.join(folder, 'out/data.bin')), payload)).toBe(0);
}

test('one line of JSON when all is ready; it ends after the downloads that were asked for', async () => {
  const folder = await makeFolder();
  const { child, ready } = await startSwarm(folder, ['--seeders', '3', '--exit-after', '2', '--random-seed', '9']);
  expect(ready).toEqual({
    torrent: path.join(path.dirname(ready.torrent), 'data.bin.torrent'),
    magnet: `magnet:?xt=urn:btih:${ready.infoHash}&dn=data.bin&tr=${encodeURIComponent(ready.tracker)}`,
    tracker: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/announce$/) as string,
    infoHash: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    peers: Array(3).fill(expect.stringMatching(/^127\.0\.0\.1:\d+$/)) as string[],
    name: 'data.bin',
    totalBytes: payload.length,
    randomSeed: 9,
    pid: child.pid,
  });
  expect(new Set(ready.peers).size).toBe(3);
  expect(existsSync(ready.torrent)).toBe(true);

  const first = await download(folder, ready.torrent);
  expect(first.code, first.stderr).toBe(0);
  await expectWhole(folder);
  const second = await cli.run(['download', ready.magnet, '-o', 'out2', '--no-dht'], { cwd: folder });
  expect(second.code, second.stderr).toBe(0);
  const end = await child.ended;
  expect(end.code, end.stderr).toBe(0);
  expect(end.stdout).toBe(`${JSON.stringify(ready)}\n`);
  expect(end.stderr).toMatch(/^2 downloads completed of 2$/m);
  await expectGone(folder);
});

test('only downloads of its own torrent count, and its line tells it from others of its name', async () => {
  const folder = await makeFolder();
  const { child, ready } = await startSwarm(folder, ['--exit-after', '1']);
  await child.outputMatching(new RegExp(`^serving data\\.bin \\(${ready.infoHash.slice(0, 8)}\\) by 2 seeders`, 'm'));
  const announce = (infoHash: string): Promise<Response> => {
    const raw = infoHash.replaceAll(/../g, '%$&');
    const rest = 'peer_id=-XX0001-abcdefghijkl&port=1234&uploaded=0&downloaded=9&left=0&event=completed&compact=1';
    return fetch(`${ready.tracker}?info_hash=${raw}&${rest}`);
  };
  expect((await announce('ab'.repeat(20))).status).toBe(200);
  expect((await announce(ready.infoHash)).status).toBe(200);
  const end = await child.ended;
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr.match(/^\d+ downloads? completed of 1$/gm)).toEqual(['1 download completed of 1']);
});

test('a torrent with its data beside it keeps its info hash, and names our tracker only', async () => {
  const folder = await makeFolder();
  const created = await cli.run(['create', 'data.bin', '--tracker', 'http://127.0.0.1:9/announce', '--json'], { cwd: folder });
  const { infoHash } = JSON.parse(created.stdout) as { infoHash: string };
  const child = cli.start(['swarm', 'data.bin.torrent', '--bind', '::1'], { cwd: folder });
  const ready = JSON.parse((await child.outputMatching(/^\{.*\}$/m))[0]) as Ready;
  expect(ready.infoHash).toBe(infoHash);
  expect(ready.peers[0]).toMatch(/^\[::1\]:\d+$/);
  const shown = await cli.run(['info', ready.torrent, '--json'], { cwd: folder });
  expect(shown.stdout).toContain(ready.tracker);
  expect(shown.stdout).not.toContain('127.0.0.1:9/');
  const end = await download(folder, ready.torrent);
  expect(end.code, end.stderr).toBe(0);
  await expectWhole(folder);
});

describe('its end', () => {
  test('a signal: in order, with its code', async () => {
    const folder = await makeFolder();
    const { child } = await startSwarm(folder, []);
    child.kill('SIGTERM');
    const end = await child.ended;
    expect(end.code, end.stderr).toBe(143);
    await expectGone(folder);
  });

  test('--timeout', async () => {
    const folder = await makeFolder();
    const { child } = await startSwarm(folder, ['--timeout', '1s']);
    const end = await child.ended;
    expect(end.code, end.stderr).toBe(124);
    expect(end.stderr).toMatch(/--timeout are up: 0 downloads completed\. Wait longer .* \(exit 124\)$/m);
    await expectGone(folder);
  });

  test('it does not outlive the script that started it in the background', async () => {
    const folder = await makeFolder();
    // The script ends when somebody reads from its pipe no more: at our word.
    const script = `${JSON.stringify(process.execPath)} ${JSON.stringify(cli.script)} swarm data.bin > ready 2> log & echo $!; read line`;
    const shell = spawn('bash', ['-c', script], {
      cwd: folder,
      env: { ...process.env, TMPDIR: path.join(folder, 'tmp') },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(() => void shell.kill('SIGKILL'));
    const pid = await new Promise<number>((resolve) =>
      shell.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
    );
    await until(async () => (await readFile(path.join(folder, 'ready'), 'utf8').catch(() => '')) !== '');
    shell.stdin.end();
    await until(() => Promise.resolve(!isAlive(pid)));
    expect(await readFile(path.join(folder, 'log'), 'utf8')).toMatch(/^stopping: whoever started this is gone$/m);
    await expectGone(folder);
  });

  test('nor a parent that is killed', async () => {
    const folder = await makeFolder();
    const script = `
      const { spawn } = require('node:child_process');
      const swarm = spawn(${JSON.stringify(process.execPath)}, [${JSON.stringify(cli.script)}, 'swarm', 'data.bin'], { stdio: ['ignore', 'pipe', 'inherit'] });
      swarm.stdout.once('data', () => console.log(swarm.pid));`;
    const parent = spawn(process.execPath, ['-e', script], {
      cwd: folder,
      env: { ...process.env, TMPDIR: path.join(folder, 'tmp') },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
    );
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => Promise.resolve(!isAlive(pid)));
    await expectGone(folder);
  });

  test('it ends when its parent closes the pipe that is its stdin', async () => {
    const folder = await makeFolder();
    const child = spawn(process.execPath, [cli.script, 'swarm', 'data.bin'], {
      cwd: folder,
      env: { ...process.env, TMPDIR: path.join(folder, 'tmp') },
      stdio: 'pipe',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let log = '';
    child.stderr.on('data', (data: Buffer) => (log += data.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdin.end('what is written does not matter\n');
    expect(await ended, log).toBe(0);
    await expectGone(folder);
  });
});

describe('our own download against each fault', () => {
  test.each([
    ['wrong bytes', ['--corrupt', '20%', '--honest', '1', '--random-seed', '1'], /banned 127\.0\.0\.1:\d+: bad data/],
    ['a slow swarm', ['--slow', '400K'], /^done: /m],
    ['lost requests and cut connections', ['--drop', '20%', '--honest', '1', '--random-seed', '1'], /^done: /m],
    ['choked half of the time', ['--choke', '50%'], /^done: /m],
    ['one that never unchokes, and one that does', ['--choke', '--honest', '1'], /^done: /m],
  ])('%s', async (_, args, line) => {
    const folder = await makeFolder();
    const { child, ready } = await startSwarm(folder, [...args, '--exit-after', '1']);
    const end = await download(folder, ready.torrent);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toMatch(line);
    await expectWhole(folder);
    expect((await child.ended).code).toBe(0);
  });

  // All at once: each waits for its second announce, a quarter of a minute.
  test('a tracker that fails the first announce: with encrypted connections, or by UDP', { timeout: 90_000 }, async () => {
    const overHttp = async (): Promise<void> => {
      const folder = await makeFolder();
      const { child, ready } = await startSwarm(folder, [
        '--flaky-tracker',
        '--drop',
        '1%',
        '--random-seed',
        '2',
        '--exit-after',
        '1',
      ]);
      const end = await download(folder, ready.torrent, ['-v', '--encryption', 'require']);
      expect(end.code, end.stderr).toBe(0);
      expect(end.stderr).toMatch(/out of order|status 500/);
      expect((await child.ended).code).toBe(0);
    };
    const overUdp = async (host: string): Promise<void> => {
      const folder = await makeFolder();
      const { child, ready } = await startSwarm(folder, [
        '--udp',
        '--bind',
        host,
        '--flaky-tracker',
        '--random-seed',
        '2',
        '--exit-after',
        '1',
      ]);
      expect(ready.tracker).toMatch(/^udp:\/\/.*:\d+\/announce$/);
      const scraped = await cli.run(['info', ready.torrent, '--scrape', '--no-dht', '--json'], { cwd: folder });
      expect(JSON.parse(scraped.stdout)).toMatchObject({ scrape: [{ seeds: 2, leechers: 0, completed: 0 }] });
      const end = await download(folder, ready.torrent, ['-v']);
      expect(end.code, end.stderr).toBe(0);
      expect(end.stderr).toMatch(/out of order/);
      expect((await child.ended).code).toBe(0);
    };
    await Promise.all([overHttp(), overUdp('127.0.0.1'), overUdp('::1')]);
  });

  test('nobody but liars: it ends with 10', async () => {
    const folder = await makeFolder();
    const { ready } = await startSwarm(folder, ['--corrupt', '100%']);
    const end = await download(folder, ready.torrent);
    expect(end.code, end.stderr).toBe(10);
  });

  test('nobody who unchokes: it ends with 7', async () => {
    const folder = await makeFolder();
    const { ready } = await startSwarm(folder, ['--choke']);
    const end = await download(folder, ready.torrent, ['--stall-timeout', '2s']);
    expect(end.code, end.stderr).toBe(7);
  });
});

test('what cannot be asked for is 2, a port that is taken 8, data that is not there 10', async () => {
  const folder = await makeFolder();
  const { ready } = await startSwarm(folder, []);
  const run = async (...args: string[]): Promise<string> => {
    const end = await cli.run(['swarm', ...args], { cwd: folder });
    expect(JSON.parse(end.stdout)).toMatchObject({ error: { exit: end.code } });
    return `${end.code} ${end.stderr}`;
  };
  expect(await run('nothing')).toMatch(/^2 .*there is no file or folder nothing/);
  expect(await run('data.bin', '--honest', '3')).toMatch(/^2 .*--honest 3 is more than there are seeders/);
  expect(await run('data.bin', '--corrupt', '120%')).toMatch(/^2 .*no share/);
  expect(await run('data.bin', '--bind', '0.0.0.0')).toMatch(/^2 .*no address that clients can dial/);
  expect(await run('data.bin', '--port', '40000')).toMatch(/^2 .*names 1 port for 2 seeders/);
  const taken = ready.tracker.replace(/\D+127\.0\.0\.1:(\d+).*/, '$1');
  expect(await run('data.bin', '--tracker-port', taken)).toMatch(/^8 .*cannot be listened on/);
  await cli.run(['create', 'data.bin', '--name', 'other'], { cwd: folder });
  expect(await run('other.torrent')).toMatch(/^10 .*there is no "other" beside other\.torrent/);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}
