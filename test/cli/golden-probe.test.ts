// What `effusion doctor` and `effusion peers` say of swarms that are well and of those that are not, word for word, as golden.test.ts has it of the
// other commands. Times, ports, speeds and whether the machine has a way to the internet are put into fixed words.

import { afterAll, beforeAll, test } from 'vitest';
import { GoldenRig } from '../support/golden-rig.js';

let rig: GoldenRig;
beforeAll(async () => {
  rig = await GoldenRig.open();
});
afterAll(() => rig.close());

const ALONE = '--no-trackers --no-dht';
const LINK = 'magnet:?xt=urn:btih:db5e6a109f5658c91365b140e846b4b096fab0b8&dn=data.bin';

const SITUATIONS: readonly (readonly [name: string, line: string])[] = [
  ['doctor-good', 'doctor data.torrent -o empty --no-dht --no-pex --tracker {goodTracker}'],
  ['doctor-json', 'doctor data.torrent --json -o empty --no-dht --no-pex --tracker {goodTracker}'],
  ['doctor-link', `doctor ${LINK} --no-dht --no-listen --no-pex --tracker {goodTracker}`],
  ['doctor-choked', `doctor data.torrent ${ALONE} --peer {miser}`],
  ['doctor-dead-tracker', 'doctor data.torrent --no-dht --no-listen --tracker {deadTracker}'],
  ['doctor-empty-tracker', 'doctor data.torrent --no-dht --no-listen --tracker {tracker}'],
  ['doctor-refusing-tracker', 'doctor data.torrent --no-dht --no-listen --tracker {refusingTracker}'],
  ['doctor-dead-dht', 'doctor data.torrent --no-trackers --no-listen --timeout 1s'],
  ['doctor-private', 'doctor private.torrent --no-listen'],
  ['doctor-refused-peer', `doctor data.torrent ${ALONE} --no-listen --peer {refused}`],
  ['doctor-web-seed', `doctor {webTorrent} ${ALONE} --no-listen`],
  ['doctor-dead-web-seed', `doctor {deadWebTorrent} ${ALONE} --no-listen`],
  ['doctor-lacking-web-seed', `doctor {lackingWebTorrent} ${ALONE} --no-listen`],
  ['doctor-unwritable', `doctor data.torrent ${ALONE} --no-listen --peer {seeder} -o /proc/self`],
  ['doctor-dead-proxy', 'doctor data.torrent --tracker http://tracker.test/announce --proxy {deadProxy}'],
  ['doctor-port-taken', `doctor data.torrent ${ALONE} --peer {refused} --port {takenPort}`],
  ['doctor-nobody', 'doctor data.torrent --only-peers'],
  ['doctor-no-torrent', 'doctor none.torrent'],
  ['peers', 'peers data.torrent --no-dht --no-listen --no-pex --tracker {goodTracker} --peer {refused}'],
  ['peers-json', 'peers data.torrent --json --no-dht --no-listen --no-pex --tracker {goodTracker} --peer {refused}'],
  ['peers-refused', `peers data.torrent ${ALONE} --no-listen --peer {refused}`],
  ['peers-dead-tracker', 'peers data.torrent --no-dht --no-listen --tracker {deadTracker}'],
  ['peers-empty-tracker', 'peers data.torrent --no-dht --no-listen --tracker {tracker}'],
  ['peers-dead-dht', 'peers data.torrent --no-trackers --no-listen --timeout 1s'],
];

test.each(SITUATIONS)('%s', (name, line) => rig.expect(name, line));
