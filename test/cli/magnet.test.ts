// Torrents named otherwise than by a file: magnet links, info hashes, URLs and stdin, with every end that they can come to.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(9, 1_000_000);
const FIXTURES = fileURLToPath(new URL('../../fixtures/torrents', import.meta.url));
const UNKNOWN = 'a'.repeat(40);

interface Origin {
  readonly cwd: string;
  readonly infoHash: string;
}

async function prepare(): Promise<Origin> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const end = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent', '--json'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return { cwd, infoHash: (JSON.parse(end.stdout) as { infoHash: string }).infoHash };
}

async function seed(cwd: string): Promise<string> {
  const child = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers'], { cwd });
  const [, port] = await child.outputMatching(/seeding data\.bin on port (\d+)/);
  return `127.0.0.1:${port}`;
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a magnet link with a peer in it: metadata, then the data, and no escape in what is said', async () => {
  const { cwd, infoHash } = await prepare();
  const peer = await seed(cwd);
  const link = `magnet:?xt=urn:btih:${infoHash.toUpperCase()}&dn=A%1Bname&x.pe=${peer}`;
  const end = await cli.run(['download', link, '-o', 'out'], { cwd });
  expect(end).toMatchObject({ code: 0, stdout: 'out/data.bin\n' });
  expect(Buffer.compare(await readFile(path.join(cwd, 'out/data.bin')), payload)).toBe(0);
  expect(end.stderr.split('\n')[0]).toMatch(/^A.?name: fetching metadata from peers; gives up after 2m \(--metadata-timeout\)$/);
  expect(end.stderr).not.toContain('\u001B');
});

test('info of a bare hash keeps the torrent file, which names the same torrent, and replaces none', async () => {
  const { cwd, infoHash } = await prepare();
  const peer = await seed(cwd);
  const args = ['info', infoHash, '--peer', peer, '--tracker', 'http://127.0.0.1:9/announce', '--save', 'kept.torrent', '--json'];
  const end = await cli.run(args, { cwd });
  expect(end.code, end.stderr).toBe(0);
  const kept = await cli.run(['info', 'kept.torrent', '--json'], { cwd });
  expect(JSON.parse(kept.stdout)).toEqual(JSON.parse(end.stdout));
  expect(JSON.parse(kept.stdout)).toMatchObject({ infoHash, name: 'data.bin' });
  const again = await cli.run(args, { cwd });
  expect(again.code).toBe(9);
  expect(again.stderr).toContain('kept.torrent: it exists (EEXIST)');
});

test('stdin and a URL hold a torrent file as well as a path does', async () => {
  const { cwd, infoHash } = await prepare();
  const bytes = await readFile(path.join(cwd, 'data.torrent'));
  const base = await serve((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/data.torrent?passkey=0123456789abcdef0123' }).end();
    else if (request.url?.startsWith('/data.torrent') === true) response.end(bytes);
    else response.writeHead(404).end('nothing');
  });
  const piped = await cli.shell('info --json - < data.torrent', { cwd });
  const fetched = await cli.run(['info', '--json', `${base}/moved`], { cwd });
  for (const end of [piped, fetched]) expect(JSON.parse(end.stdout)).toMatchObject({ infoHash });
  const missing = await cli.run(['download', `${base}/other?passkey=0123456789abcdef0123`], { cwd });
  expect(missing.code).toBe(3);
  expect(missing.stderr).toMatch(/cannot fetch http:\/\/127\.0\.0\.1:\d+\/other\?passkey=\*\*\*: HTTP status 404/);
});

test('what comes as a file is kept as it is, with all that we do not know', async () => {
  const cwd = await makeTempFolder();
  const end = await cli.run(['info', path.join(FIXTURES, 'hybrid.torrent'), '--save', 'kept.torrent'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  expect(
    Buffer.compare(await readFile(path.join(cwd, 'kept.torrent')), await readFile(path.join(FIXTURES, 'hybrid.torrent'))),
  ).toBe(0);
});

test('a peer in the link is enough, without trackers and without listening', async () => {
  const { cwd, infoHash } = await prepare();
  const link = `magnet:?xt=urn:btih:${infoHash}&x.pe=${await seed(cwd)}`;
  const end = await cli.run(['download', link, '-o', 'out', '--no-trackers', '--no-listen'], { cwd });
  expect(end).toMatchObject({ code: 0, stdout: 'out/data.bin\n' });
});

test.each([
  ['a hash that is too short', 'magnet:?xt=urn:btih:aaaa', /magnet\.xt/],
  ['no hash', 'magnet:?dn=x', /magnet\.xt/],
  ['a v2 link', `magnet:?xt=urn:btmh:1220${'a'.repeat(64)}`, /not yet supported/],
  ['a selection beyond reason', `magnet:?xt=urn:btih:${UNKNOWN}&so=9-0`, /magnet\.so/],
])('3: %s', async (_, link, message) => {
  const cwd = await makeTempFolder();
  const end = await cli.run(['download', link, '-o', 'out'], { cwd });
  expect(end.code).toBe(3);
  expect(end.stderr).toMatch(message);
  expect(existsSync(path.join(cwd, 'out'))).toBe(false);
});

test('4: no metadata came, and why; nothing is created', async () => {
  const cwd = await makeTempFolder();
  const args = [UNKNOWN, '--peer', '127.0.0.1:1', '--no-dht', '--metadata-timeout', '200ms', '-o', 'out'];
  const end = await cli.run(args, { cwd });
  expect(end.code).toBe(4);
  expect(end.stderr).toContain(
    `effusion: error: ${UNKNOWN}: no metadata came within 0.2 s: no tracker to ask; 1 address known: 1 refused the connection`,
  );
  expect(existsSync(path.join(cwd, 'out'))).toBe(false);
});

test('a bare hash, and a DHT in which nobody answers: said so', async () => {
  const end = await cli.run([UNKNOWN, '--metadata-timeout', '500ms'], { cwd: await makeTempFolder() });
  expect(end.code).toBe(4);
  expect(end.stderr).toMatch(/no tracker to ask; no node of the DHT (has answered yet|answers); 0 addresses known/);
});

test('a bare hash on an empty machine, by the DHT alone, and a network of its own is not kept', async () => {
  const { cwd, infoHash } = await prepare();
  const home = { XDG_CACHE_HOME: path.join(cwd, 'cache') };
  // A node that is nothing else: it seeds other data.
  await writeFile(path.join(cwd, 'seed/other.bin'), fixturePayload(3, 100_000));
  expect((await cli.run(['create', 'seed/other.bin', '-o', 'other.torrent'], { cwd })).code).toBe(0);
  const node = cli.start(['seed', 'other.torrent', '--data', 'seed', '--no-trackers'], { cwd });
  const [, port] = await node.outputMatching(/seeding other\.bin on port (\d+)/);
  const bootstrap = ['--dht-bootstrap', `127.0.0.1:${port}`];
  const seeder = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers', ...bootstrap], { cwd });
  await seeder.outputMatching(/seeding data\.bin on port/);
  const args = ['download', infoHash, '-o', 'out', '--no-listen', '--metadata-timeout', '25s'];
  const end = await cli.run([...args, ...bootstrap], { cwd, env: home });
  expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'out/data.bin\n' });
  expect(existsSync(path.join(cwd, 'cache')), 'a network of its own is not kept').toBe(false);
});

test('124: --timeout counts the fetch of the metadata too', async () => {
  const end = await cli.run([UNKNOWN, '--peer', '127.0.0.1:1', '--timeout', '200ms'], { cwd: await makeTempFolder() });
  expect(end.code).toBe(124);
  expect(end.stderr).toContain('--timeout are up: no metadata came');
});

test('130: stopped while it waits for metadata', async () => {
  const child = cli.start([UNKNOWN, '--peer', '127.0.0.1:1'], { cwd: await makeTempFolder() });
  await child.outputMatching(/fetching metadata/);
  child.kill('SIGINT');
  expect(await child.ended).toMatchObject({ code: 130, stdout: '' });
});

test.each([
  ['neither trackers nor peers nor the DHT', [UNKNOWN, '--no-dht'], /names no tracker and no peer/],
  [
    'no tracker allowed',
    [`magnet:?xt=urn:btih:${UNKNOWN}&tr=http://127.0.0.1:9/`, '--no-trackers', '--no-dht'],
    /no peer is named/,
  ],
])('2: a link with %s', async (_, args, message) => {
  const end = await cli.run(args, { cwd: await makeTempFolder() });
  expect(end.code).toBe(2);
  expect(end.stderr).toMatch(message);
});

describe('of a file and a link of one torrent', () => {
  test('the first counts: effusion magnet writes what the file says', async () => {
    const { cwd, infoHash } = await prepare();
    const end = await cli.run(['magnet', 'data.torrent', infoHash], { cwd });
    expect(end).toMatchObject({ code: 0, stderr: `${infoHash}: the same torrent as data.torrent: it is taken once\n` });
    expect(end.stdout).toMatch(/^magnet:\S*dn=data\.bin\S*\n$/);
  });

  test.runIf(process.platform !== 'win32')('a link waits for no pipe that says nothing', async () => {
    const { cwd, infoHash } = await prepare();
    const peer = await seed(cwd);
    execFileSync('/bin/sh', ['-c', 'mkfifo pipe'], { cwd });
    const run = cli.start(['pipe', infoHash, '-o', 'out', '--no-trackers', '--peer', peer], { cwd });
    onTestFinished(() => run.kill('SIGKILL'));
    await run.outputMatching(/^done: \S*data\.bin/m);
    expect(Buffer.compare(await readFile(path.join(cwd, 'out/data.bin')), payload)).toBe(0);
  });
});

describe('a link that names where its torrent file is', () => {
  test('gets it there, past an address that has another one; the data then comes from peers', async () => {
    const { cwd, infoHash } = await prepare();
    const peer = await seed(cwd);
    await writeFile(path.join(cwd, 'other.bin'), fixturePayload(10, 1000));
    expect((await cli.run(['create', 'other.bin', '-o', 'other.torrent'], { cwd })).code).toBe(0);
    const files = {
      '/right': await readFile(path.join(cwd, 'data.torrent')),
      '/other': await readFile(path.join(cwd, 'other.torrent')),
    };
    const base = await serve((request, response) => response.end(files[request.url as keyof typeof files]));
    const [right, other] = ['/right', '/other'].map((file) => encodeURIComponent(base + file));
    const link = `magnet:?xt=urn:btih:${infoHash}&xs=${other}&as=${right}`;
    const saved = await cli.run(['info', link, '--save', 'kept.torrent', '--no-trackers'], { cwd });
    expect(saved.code, saved.stderr).toBe(0);
    expect(Buffer.compare(await readFile(path.join(cwd, 'kept.torrent')), files['/right'])).toBe(0);
    const end = await cli.run(['download', link, '-o', 'out', '--no-trackers', '--peer', peer], { cwd });
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: 'out/data.bin\n' });
    expect(Buffer.compare(await readFile(path.join(cwd, 'out/data.bin')), payload)).toBe(0);
  });

  test('takes its trackers too, but for those that are not to be asked', async () => {
    const { cwd, infoHash } = await prepare();
    const tracker = 'http://127.0.0.1:9/announce';
    await cli.run(['create', 'seed/data.bin', '-o', 'tracked.torrent', '--tracker', tracker], { cwd });
    const bytes = await readFile(path.join(cwd, 'tracked.torrent'));
    const base = await serve((_, response) => response.end(bytes));
    const own = ['--tracker', 'udp://127.0.0.1:9'];
    const args = ['info', `magnet:?xt=urn:btih:${infoHash}&xs=${base}/x`, '--json', '--no-dht', '--no-trackers', ...own];
    const all = await cli.run(args, { cwd });
    expect(JSON.parse(all.stdout)).toMatchObject({ infoHash, trackers: [['udp://127.0.0.1:9'], [tracker]] });
    const fewer = await cli.run([...args, '--exclude-tracker', '*:9*'], { cwd });
    expect(JSON.parse(fewer.stdout)).toMatchObject({ trackers: [['udp://127.0.0.1:9']] });
  });

  test('4, with the reason, where no address has it and there is nobody else', async () => {
    const base = await serve((_, response) => response.writeHead(404).end());
    const link = `magnet:?xt=urn:btih:${UNKNOWN}&xs=${encodeURIComponent(`${base}/x?passkey=0123456789abcdef0123`)}`;
    const end = await cli.run(['download', link, '--no-dht'], { cwd: await makeTempFolder() });
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(
      /no metadata came: .*cannot fetch http:.*\/x\?passkey=\*\*\*: HTTP status 404\)\. .* \(exit 4\)$/m,
    );
  });
});
