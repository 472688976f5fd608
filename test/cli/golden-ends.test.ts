// How runs end that are stopped, that meet a fault of effusion itself, or that find no way to the network, word for word, each from its real cause.
// The other ends are in golden.test.ts.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { type GoldenEnd, GoldenRig } from '../support/golden-rig.js';

let rig: GoldenRig;
beforeAll(async () => {
  rig = await GoldenRig.open();
});
afterAll(() => rig.close());

const NOBODY = '--no-trackers --no-dht --no-listen';
const LINK = 'magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056&dn=It';
const DOWNLOAD = `download data.torrent -o out ${NOBODY} --peer {miser}`;

const by = (signal: NodeJS.Signals, when = /data\.bin/): GoldenEnd => ({ when, signal });
const key = (keys: string): GoldenEnd => ({ when: /data\.bin/, keys });

describe('stopped', () => {
  test.each<[name: string, line: string, end: GoldenEnd]>([
    ['interrupted', DOWNLOAD, by('SIGINT')],
    ['terminated', DOWNLOAD, by('SIGTERM')],
    ['hung-up', DOWNLOAD, by('SIGHUP')],
    ['quit-by-key', DOWNLOAD, key('q')],
    ['keys', DOWNLOAD, key('p?-q')],
    ['several-interrupted', `download data.torrent album.torrent -o out -j 1 ${NOBODY} --peer {miser}`, by('SIGINT')],
    ['link-interrupted', `download ${LINK} -o out ${NOBODY} --peer {miser} --progress line`, by('SIGINT', /It: /)],
    ['seed-interrupted', 'seed data.torrent --data seed --no-trackers --no-dht', by('SIGTERM', /seeding data\.bin on/)],
    [
      'seed-after-interrupted',
      'download data.torrent -o seed --no-trackers --no-dht --seed --peer 127.0.0.1:9',
      by('SIGINT', /seeding data\.bin on/),
    ],
    [
      'info-interrupted',
      `info ${LINK} ${NOBODY.replace(' --no-listen', '')} --peer {miser} --progress line`,
      by('SIGINT', /It: /),
    ],
    ['scrape-interrupted', 'info data.torrent --scrape --no-dht --tracker {silentTracker}', by('SIGINT', /asking/)],
    [
      'doctor-interrupted',
      'doctor data.torrent --no-dht --no-listen --tracker {silentTracker} --progress none',
      by('SIGINT', /looking/),
    ],
    [
      'peers-interrupted',
      'peers data.torrent --no-dht --no-listen --tracker {silentTracker} --progress none',
      by('SIGTERM', /looking/),
    ],
    ['stream-interrupted', `stream data.torrent ${NOBODY} --peer {miser}`, by('SIGINT', /http:/)],
    ['player-stays', `stream data.torrent ${NOBODY} --peer {miser} --open 'sh more/stubborn.sh'`, by('SIGTERM', /begun/)],
    ['swarm-terminated', 'swarm seed/data.bin --random-seed 7 --seeders 1', by('SIGTERM', /serving/)],
    [
      'hook-interrupted',
      `download data.torrent -o seed ${NOBODY} --peer 127.0.0.1:9 --exec 'sh more/hook.sh'`,
      by('SIGTERM', /begun/),
    ],
  ])('%s', (name, line, end) => rig.expect(name, line, { end }));
});

describe('a fault of effusion', () => {
  const broken = (code: string): { env: Record<string, string> } => ({
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` },
  });

  test('bug', () => {
    const clock = "process.hrtime = () => { throw new TypeError('the clock is broken'); }";
    return rig.expect('bug', `download data.torrent -o out ${NOBODY} --peer 127.0.0.1:9`, broken(clock));
  });

  test('session-crashes', () => {
    const core = `const { max } = Math;
      Math.max = (...numbers) => {
        if (new Error().stack.includes('at Session.handle')) throw new TypeError('the core is broken');
        return max(...numbers);
      };`;
    return rig.expect('session-crashes', `download data.torrent -o out ${NOBODY} --peer 127.0.0.1:9`, broken(core));
  });
});

describe('no way to the network', () => {
  const asked = `download data.torrent -o out --no-trackers --peer seed.test:1`;
  test.each([
    ['proxy-dead', `${asked} --proxy {deadProxy}`],
    ['proxy-wants-login', `${asked} --proxy {loginProxy}`],
    ['proxy-is-none', `${asked} --proxy {noProxy}`],
    ['no-interface', `download data.torrent -o out ${NOBODY} --peer 127.0.0.1:9 --interface nosuch0`],
    ['port-taken', 'download data.torrent -o out --no-trackers --no-dht --port {takenPort}'],
    ['seed-port-taken', 'seed data.torrent --data seed --no-trackers --no-dht --port {takenPort}'],
    ['stream-port-taken', `stream data.torrent ${NOBODY} --peer {seeder} --port {takenPort}`],
    ['swarm-port-taken', 'swarm seed/data.bin --seeders 1 --port {takenPort}'],
  ])('%s', (name, line) => rig.expect(name, line));
});
