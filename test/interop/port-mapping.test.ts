// Port mapping with miniupnpd, the daemon of most home routers, in a network of namespaces: by each of its three protocols, and by the
// command, whichever of them is first.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runEffusion } from '../support/effusion-command.js';
import { describeWith } from '../support/real-peers.js';
import { canMakeNetworks, ROUTER_ADDRESS, runBehindRouter } from '../support/router-network.js';
import { makeTempFolder } from '../support/temp-folder.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** As nft prints what miniupnpd sets: the protocol by its name or, in rules that it does not recognise, as a number. */
const ruleOf = (protocol: string, port: number): RegExp =>
  new RegExp(`${protocol} th dport ${port} dnat ip to 10\\.99\\.0\\.2:${port}`);

describeWith(['miniupnpd'], 'behind miniupnpd', () => {
  test.skipIf(!canMakeNetworks()).each([
    ['NAT-PMP', 'enable_natpmp=yes'],
    ['PCP', 'enable_natpmp=yes'],
    ['UPnP', 'enable_natpmp=no'],
  ])('a port is mapped by %s, and given back', { timeout: 70_000 }, async (protocol, settings) => {
    const command = [process.execPath, '--import', 'tsx', path.join(project, 'test/support/map-port.ts'), protocol, '7000'];
    const run = await runBehindRouter(command, settings);
    expect(run.output).toContain(`port 7000 is reachable as ${ROUTER_ADDRESS}:7000 by ${protocol}\n`);
    expect(run.during).toMatch(ruleOf('(tcp|0x6)', 7000));
    expect(run.during).toMatch(ruleOf('(udp|0x11)', 7000));
    expect(run.after).not.toContain('dnat');
    expect(run.code).toBe(0);
  });

  test.skipIf(!canMakeNetworks()).each([
    ['seed', '--data', 'seed'],
    ['download', '--output', 'out'],
  ])('effusion %s --portmap, of two torrents', { timeout: 70_000 }, async (command, option, place) => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'seed'));
    const torrents = ['data', 'more'].map((name) => path.join(folder, `${name}.torrent`));
    for (const [index, torrent] of torrents.entries()) {
      const file = path.join(folder, `seed/${index}.bin`);
      await writeFile(file, `some data: ${index}`);
      expect((await runEffusion(['create', file, '-o', torrent])).code).toBe(0);
    }
    const places = [option, path.join(folder, place), '--no-trackers', '--no-dht', '--no-lsd'];
    const args = [command, ...torrents, ...places, '--port', '7001', '--portmap'];
    const run = await runBehindRouter([process.execPath, path.join(project, 'bin/effusion.js'), ...args], 'enable_natpmp=yes');
    expect(run.output.match(/^port 7001 .*$/gm), 'once').toEqual([
      expect.stringMatching(new RegExp(`^port 7001 is reachable as ${ROUTER_ADDRESS}:7001 by (NAT-PMP|PCP|UPnP)$`)),
    ]);
    expect(run.during).toMatch(ruleOf('(tcp|0x6)', 7001));
    expect(run.after).not.toContain('dnat');
    expect(run.code).toBe(143);
  });
});
