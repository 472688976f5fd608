// What is refused before it begins, word for word: a file for each command, with its lines one after the other, in a pipe and on terminals of
// three widths. Those that deserve a file of their own are the first.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { GoldenRig } from '../support/golden-rig.js';

let rig: GoldenRig;
beforeAll(async () => {
  rig = await GoldenRig.open();
});
afterAll(() => rig.close());

const LINK = 'magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056&dn=It';
const UNUSED = '--peer 127.0.0.1:9';
const ZEROS = '0'.repeat(64);

describe('one by one', () => {
  test.each([
    ['unknown-option', 'download data.torrent --otput here'],
    ['unknown-command', 'dowload data'],
    ['bad-value', 'download data.torrent --timeout soon'],
    ['bad-magnet', 'download magnet:?xt=urn:btih:1234'],
    ['seed-private', 'seed other --private'],
    ['seed-link', `seed ${LINK}`],
    ['no-argument', ''],
    ['events-apart', 'download data.torrent --events 3'],
    ['events-and-json', 'download data.torrent --json --events'],
    ['cat-events', 'cat data.torrent --events'],
  ])('%s', (name, line) => rig.expect(name, line));

  test('choose-nowhere', () => rig.expect('choose-nowhere', 'download album.torrent -I', { isPiped: true }));

  test('variable-is-no-switch', () =>
    rig.expect('variable-is-no-switch', 'download data.torrent', { env: { EFFUSION_FSYNC: 'perhaps' } }));
});

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  options: [
    'download data.torrent -o',
    'download data.torrent --overwrite sometimes',
    "download data.torrent --output ''",
    "download ''",
    'download data.torrent --seed-for 5m',
    'download data.torrent --keep-seeding',
    'download data.torrent --dht=false',
    'download data.torrent -O data',
    'download data.torrent --data x',
    'info a b --frob',
    'create a b',
    'info',
    'help exit-code',
    'help wonders',
    'completion foosh',
    'config dowload',
    'config --frob',
    'cat data.torrent --json',
    'list x.torrent',
    'download data.torrent --events=',
    'download data.torrent --events=0',
    'download data.torrent --events=77',
    'download data.torrent -q -v',
  ],
  values: [
    'download data.torrent --timeout 100d',
    'download data.torrent --max-download fast',
    'download data.torrent --max-peers many',
    'download data.torrent --jobs 0',
    'download data.torrent --port 70000',
    'download data.torrent --port 9-5',
    'download data.torrent --port 80:90',
    'download data.torrent --peer 10.0.0.1',
    "download data.torrent --tracker ','",
    'download data.torrent --tracker ftp://tracker.example/',
    "download data.torrent --exclude-tracker ' '",
    'download data.torrent --proxy socks5://127.0.0.1:9',
    'download data.torrent --seed-ratio much',
    'download data.torrent --seed 2x',
    'download data.torrent --seed=0',
    'download data.torrent --seed=soon',
    'swarm seed/data.bin --seeders 500',
    'swarm seed/data.bin --corrupt 200%',
    'swarm seed/data.bin --tracker-port 0',
    'swarm seed/data.bin --bind 0.0.0.0',
    'swarm seed/data.bin --bind 192.0.2.1',
    'create seed/data.bin --piece-length 17K',
  ],
  contradictions: [
    'download data.torrent --no-listen --port 6881',
    'download data.torrent --seed --seed-time 0',
    `download data.torrent --proxy socks5h://127.0.0.1:9 --port 6881`,
    'download data.torrent --portmap --no-listen',
    'download data.torrent --webseeds only --no-dht --no-trackers --no-listen',
    'info data.torrent --timeout 5s',
    'info data.torrent --scrape --no-trackers --no-dht',
    'info data.torrent --scrape --no-dht',
    'info data.torrent album.torrent --save kept.torrent',
    'files data.torrent --null --tree',
    `seed data.torrent --exclude-tracker '*' --no-dht --no-listen`,
    'seed data.torrent --no-trackers --no-listen',
    'seed data.torrent --data seed --private',
    'seed seed/data.bin --name x',
    'seed seed/data.bin seed/album --save x.torrent',
    'seed /dev/null',
    'swarm seed/data.bin --honest 5',
    'swarm seed/data.bin --port 6881-6882 --seeders 5',
  ],
  places: [
    'download data.torrent album.torrent --name x',
    "download data.torrent --name 'a/b'",
    'download album.torrent --name x --strip-components 1',
    'download data.torrent --strip-components one',
    'download data.torrent --rename x',
    'download data.torrent --rename 1=a --rename 1=b',
    'download data.torrent --rename 1=/etc/x',
    'download album.torrent --rename 7=x',
    'download data.torrent --reuse nowhere',
    'download data.torrent --exec',
    "download data.torrent --exec ' '",
    `download data.torrent --exec 'a \\'`,
    "stream data.torrent --open ' '",
    'stream data.torrent --port 70000',
    'cat data.torrent --range x',
    `cat album.torrent --files 1-2 --range 0-9 --no-trackers --no-dht --no-listen ${UNUSED}`,
  ],
  choices: [
    'download album.torrent --files !',
    'download album.torrent --files 9',
    'download album.torrent --files 0',
    'download album.torrent --files 2-1',
    'download album.torrent --files 1-x',
    "download album.torrent --files '/a/z'",
    "download album.torrent --files '/(/'",
    "download album.torrent --files '!*'",
    'download album.torrent --files three.bin',
    'download album.torrent --priority one.bin',
    'download data.torrent --checksum x',
    'download data.torrent --checksum sha256:00',
    `download data.torrent --checksum sha256:${ZEROS}:`,
    `download data.torrent --checksum sha256:${ZEROS}:x.bin`,
    `download album.torrent --checksum sha256:${ZEROS}`,
    `download data.torrent album.torrent --checksum sha256:${ZEROS}`,
    'download data.torrent --checksums more/nothing',
    'download data.torrent --checksums more/sums',
    'download data.torrent --checksums none',
    'download data.torrent --checksums /dev/zero',
    'verify data.torrent album.torrent --data seed --checksums more/sums -q',
  ],
  torrents: [
    'download -i none',
    'download -i more/nothing',
    'download -i more/binary',
    'download -i /dev/zero',
    'info - -',
    `verify ${LINK}`,
    `edit ${LINK} --comment x -o new.torrent`,
    `download ${LINK} --no-dht`,
    'doctor data.torrent --only-peers',
    'edit data.torrent',
    'edit data.torrent --comment x',
    'edit data.torrent --comment x --in-place -o new.torrent',
    'edit http://127.0.0.1:9/x.torrent --comment x --in-place',
    'edit data.torrent --in-place --clear-trackers --tracker http://a.example/a',
    'edit data.torrent --in-place --replace-tracker x',
    'edit data.torrent --in-place --creation-date soon',
    "edit data.torrent --in-place --remove-tracker ' '",
    "edit data.torrent --in-place --name 'a/b' --allow-new-hash",
    'magnet data.torrent --files x',
    'magnet data.torrent --files 9',
    `magnet ${LINK} --files 1`,
    'metadata data.torrent album.torrent -o new.torrent',
    'metadata data.torrent -o album.torrent',
    'create seed/data.bin --name a/b',
    'create none',
  ],
  configuration: [
    'info data.torrent --config none',
    'info data.torrent --config more/broken.toml',
    'info data.torrent --config more/slip.toml',
    'info data.torrent --config more/command.toml',
    'info data.torrent --config more/once.toml',
    'download data.torrent --config more/switch.toml',
    'download data.torrent --config more/value.toml',
    'download data.torrent --config more/values.toml',
    'download data.torrent --config more/choice.toml',
  ],
};

test.each(Object.keys(REFUSED))('refused: %s', (name) => rig.expectRefused(`refused-${name}`, REFUSED[name]));
