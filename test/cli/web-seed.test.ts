// Web seeds on the command line: a torrent from a web server alone, magnet links that name one, what is said of those that fail, and no
// secret in any of it.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(19, 1_000_000);
const good: RequestListener = (request, response) => {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (match === null) {
    response.end(payload);
    return;
  }
  const [from, to] = [Number(match[1]), Number(match[2])];
  response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${payload.length}` }).end(payload.subarray(from, to + 1));
};

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** `seed/data.bin`, and `data.torrent` that names these web seeds. */
async function prepare(...webSeeds: string[]): Promise<{ cwd: string; infoHash: string }> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  const named = webSeeds.flatMap((url) => ['--web-seed', url]);
  const end = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent', '--json', ...named], { cwd });
  expect(end.code, end.stderr).toBe(0);
  return { cwd, infoHash: (JSON.parse(end.stdout) as { infoHash: string }).infoHash };
}

async function expectData(cwd: string): Promise<void> {
  expect(Buffer.compare(await readFile(path.join(cwd, 'out/data.bin')), payload)).toBe(0);
}

test('a torrent with a web seed and nobody else', async () => {
  const { cwd } = await prepare(`http://${await serve(good)}/`);
  const end = await cli.run(['download', 'data.torrent', '-o', 'out', '--no-listen'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  expect(end.stdout).toBe('out/data.bin\n');
  await expectData(cwd);
});

test('--webseed with a login, which is not shown', async () => {
  const { cwd } = await prepare();
  const host = await serve((request, response) => {
    if (request.headers.authorization === `Basic ${Buffer.from('me:hunter2').toString('base64')}`) good(request, response);
    else response.writeHead(401).end();
  });
  const right = await cli.run(
    ['download', 'data.torrent', '-o', 'out', '--webseeds', 'only', '--webseed', `http://me:hunter2@${host}/`],
    { cwd },
  );
  expect(right.code, right.stderr).toBe(0);
  await expectData(cwd);
  const wrong = await cli.run(
    ['download', 'data.torrent', '-o', 'no', '--webseeds', 'only', '--webseed', `http://me:hunter3@${host}/`],
    { cwd },
  );
  expect(wrong.code, wrong.stderr).toBe(5);
  expect(wrong.stderr).toContain(`gave up web seed http://${host}/: HTTP status 401`);
  expect(wrong.stderr).toMatch(
    /no web seed can be used: .*\. Name another with --webseed URL, or leave out --webseeds only\. \(exit 5\)/,
  );
  expect(right.stderr + wrong.stderr).not.toMatch(/hunter|me:/);
});

test('bad data: banned, told, 10', async () => {
  const host = await serve((_, response) => response.end(payload.map((byte) => byte ^ 1)));
  const { cwd } = await prepare(`http://user:pw@${host}/data.bin`);
  const end = await cli.run(['download', 'data.torrent', '-o', 'out', '--no-trackers', '--no-listen'], { cwd });
  expect(end.code, end.stderr).toBe(10);
  expect(end.stderr).toContain(`banned web seed http://${host}/data.bin: bad data for piece`);
  expect(end.stderr).toMatch(/came only from sources that sent bad data: http:.*\/data\.bin/);
  expect(end.stderr).not.toContain('user:pw');
});

test("a magnet link's web seed, once the metadata came from a peer", async () => {
  const { cwd, infoHash } = await prepare();
  const seeder = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers'], { cwd });
  const [, port] = await seeder.outputMatching(/seeding data\.bin on port (\d+)/);
  const requests: string[] = [];
  const host = await serve((request, response) => {
    requests.push(request.url ?? '');
    good(request, response);
  });
  const link = `magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${port}&ws=${encodeURIComponent(`http://${host}/`)}`;
  const end = await cli.run(['download', link, '-o', 'out', '--webseeds', 'only'], { cwd });
  expect(end.code, end.stderr).toBe(0);
  await expectData(cwd);
  expect(new Set(requests)).toEqual(new Set(['/data.bin']));
});

test('why nothing comes names the web seed', async () => {
  const { cwd } = await prepare('http://127.0.0.1:1/');
  const end = await cli.run(['download', 'data.torrent', '-o', 'out', '--webseeds', 'only', '--no-peers-timeout', '2s'], { cwd });
  expect(end.code, end.stderr).toBe(5);
  expect(end.stderr).toMatch(/web seed http:\/\/127\.0\.0\.1:1\/ is asked again in \d+ s \(it can not be reached\)/);
});

test('what makes no sense is refused', async () => {
  const { cwd } = await prepare();
  const none = await cli.run(['download', 'data.torrent', '--webseeds', 'only'], { cwd });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('the torrent names no web seed') as string });
  const scheme = await cli.run(['download', 'data.torrent', '--webseed', 'ftp://host/'], { cwd });
  expect(scheme.code).toBe(2);
  const mode = await cli.run(['download', 'data.torrent', '--webseeds', 'sometimes'], { cwd });
  expect(mode.code).toBe(2);
  const nobody = await cli.run(['download', 'data.torrent', '--no-trackers', '--no-dht', '--no-listen'], { cwd });
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('leave nobody to download from') as string });
});
