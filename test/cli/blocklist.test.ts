// `--blocklist` from the command line, on loopback: nobody on the list is dialled or let in, the user is told why nothing comes, and
// what the user names in person is dialled all the same.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const payload = fixturePayload(17, 300_000);
const LISTS = {
  'loopback.p2p': 'This host: all of it:127.0.0.0-127.255.255.255\n',
  'loopback.dat.gz': gzipSync('nonsense\n127.000.000.000 - 127.255.255.255 , 000 , this host\n'),
  'other.txt': '# elsewhere\n192.0.2.0/24\n',
  'empty.txt': '# nothing yet\n',
};

/** A folder with the lists, and a torrent whose tracker names a seeder that runs, on 127.0.0.1. */
async function prepare(): Promise<{ cwd: string; port: string }> {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), payload);
  for (const [name, content] of Object.entries(LISTS)) await writeFile(path.join(cwd, name), content);
  expect((await cli.run(['create', 'seed/data.bin', '-o', 'plain.torrent'], { cwd })).code).toBe(0);
  const seeder = cli.start(['seed', 'plain.torrent', '--data', 'seed', '--no-trackers'], { cwd });
  const [, port] = await seeder.outputMatching(/seeding data\.bin on port (\d+)/);
  const tracker = await startStaticTracker([{ host: '127.0.0.1', port: Number(port) }]);
  const made = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent', '--tracker', tracker.url], { cwd });
  expect(made.code, made.stderr).toBe(0);
  return { cwd, port };
}

test('what a tracker names is not dialled, and the reason is said; what --peer names is; other ranges are no matter', async () => {
  const { cwd, port } = await prepare();
  const download = ['download', 'data.torrent', '-o', 'out', '--no-listen'];
  const lists = ['--blocklist', 'loopback.dat.gz', '--blocklist', 'other.txt'];
  const blocked = await cli.run([...download, ...lists, '--no-peers-timeout', '1s'], { cwd });
  expect(blocked.code, blocked.stderr).toBe(5);
  expect(blocked.stderr).toContain(
    'blocklist loopback.dat.gz: 1 of 2 lines not understood and skipped, the first is line 1: nonsense\n' +
      'blocklist: 2 ranges of addresses from 2 files\n',
  );
  expect(blocked.stderr).toMatch(/named 1 peer; .*0 addresses known; no peer is connected; 1 address is on the blocklist/);
  const other = await cli.run([...download, '--blocklist', 'other.txt'], { cwd });
  expect(other.code, other.stderr).toBe(0);
  const named = [...download.with(3, 'named'), ...lists, '--no-trackers', '--peer', `127.0.0.1:${port}`];
  const end = await cli.run(named, { cwd });
  expect(end.code, end.stderr).toBe(0);
  expect(Buffer.compare(await readFile(path.join(cwd, 'named/data.bin')), payload)).toBe(0);
});

test('a peer that a magnet link names is not named by the user', async () => {
  const { cwd, port } = await prepare();
  const { stdout } = await cli.run(['info', 'plain.torrent', '--json'], { cwd });
  const { infoHash } = JSON.parse(stdout) as { infoHash: string };
  const link = `magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${port}`;
  const args = ['info', link, '--blocklist', 'loopback.p2p', '--metadata-timeout', '1s'];
  const blocked = await cli.run(args, { cwd });
  expect(blocked.code, blocked.stderr).toBe(4);
  expect(blocked.stderr).toContain('1 address is on the blocklist');
  expect((await cli.run([...args, '--peer', `127.0.0.1:${port}`], { cwd })).code).toBe(0);
});

test('a seed hangs up on who is on the list before a word is said', async () => {
  const { cwd } = await prepare();
  const args = ['seed', 'plain.torrent', '--data', 'seed', '--no-trackers', '--blocklist', 'loopback.p2p'];
  const seeder = cli.start(args, { cwd });
  const [, port] = await seeder.outputMatching(/seeding data\.bin on port (\d+)/);
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'close');
  expect(socket.bytesRead).toBe(0);
});

test.each([
  ['none.txt', 'cannot read the blocklist none.txt: there is no such file (ENOENT). Name another file'],
  ['empty.txt', 'the blocklist empty.txt holds nothing usable: it is empty. Name another file'],
])('%s ends with 3', async (list, message) => {
  const { cwd } = await prepare();
  const end = await cli.run(['download', 'data.torrent', '--blocklist', list], { cwd });
  expect(end).toMatchObject({ code: 3, stdout: '' });
  expect(end.stderr).toContain(message);
});
