// `--portmap` from the command line where no gateway is to be found, in a network of its own that leads nowhere: one line, and all goes on.
// With a gateway: test/interop/port-mapping.test.ts.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { canMakeNetworks, UNSHARE } from '../support/router-network.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

test.skipIf(!canMakeNetworks())(
  'no gateway: one line that says what was tried, of two torrents too; the seed goes on, and ends in order',
  async () => {
    const cwd = await makeTempFolder();
    await mkdir(path.join(cwd, 'seed'));
    await writeFile(path.join(cwd, 'seed/data.bin'), 'some data');
    await writeFile(path.join(cwd, 'seed/more.bin'), 'more data');
    for (const name of ['data', 'more'])
      expect((await cli.run(['create', `seed/${name}.bin`, '-o', `${name}.torrent`], { cwd })).code).toBe(0);
    const args = [
      'seed',
      'data.torrent',
      'more.torrent',
      '--data',
      'seed',
      '--no-trackers',
      '--no-dht',
      '--no-lsd',
      '--port',
      '7001',
      '--portmap',
    ];
    const seeder = startChild(UNSHARE, ['-rn', process.execPath, cli.script, ...args], { cwd });
    await seeder.outputMatching(/^port 7001 .*\n/m);
    seeder.kill('SIGTERM');
    const end = await seeder.ended;
    expect(end.code).toBe(143);
    for (const name of ['data', 'more']) expect(end.stderr).toMatch(new RegExp(`^seeding ${name}\\.bin on port 7001$`, 'm'));
    expect(end.stderr.match(/^port .*$/gm)).toEqual([
      'port 7001 could not be mapped, peers may not reach it: NAT-PMP: no gateway is known; PCP: no gateway is known; ' +
        'UPnP: there is no way to the local network',
    ]);
  },
);

test.each([
  ['download', '--no-listen'],
  ['download', '--only-peers'],
  ['seed', '--no-listen'],
  ['seed', '--proxy', 'socks5h://127.0.0.1:9'],
  ['download', '--interface', 'lo'],
])('%s --portmap without a port to map, by %s, is a contradiction', async (command, option, ...values) => {
  const end = await cli.run([command, 'x.torrent', '--portmap', option, ...values, '--peer', '127.0.0.1:1']);
  expect(end.code).toBe(2);
  expect(end.stderr).toContain(`--portmap and ${option} exclude each other. Leave one of them out.`);
});
