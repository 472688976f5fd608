// What people and scripts read, word for word: every command's messages on a terminal of 40, 80 and 200 columns and in a pipe. The files in
// golden/ are read by people when they change (`npx vitest run test/cli/golden -u`), so each holds what one situation shows. What is refused
// before it begins is in golden-refused.test.ts, what is stopped or fails otherwise in golden-ends.test.ts.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli } from '../support/cli-build.js';
import { COMMAND_NAMES } from '../support/command-names.js';
import { GoldenRig } from '../support/golden-rig.js';
import { openProgramRig } from '../support/program-rig.js';
import { makeTempFolder } from '../support/temp-folder.js';

let rig: GoldenRig;
beforeAll(async () => {
  rig = await GoldenRig.open();
});
afterAll(() => rig.close());

const LINK = 'magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056&dn=It';
const DATA_LINK = 'magnet:?xt=urn:btih:db5e6a109f5658c91365b140e846b4b096fab0b8&dn=data.bin';
const NOBODY = '--no-trackers --no-dht --no-listen';
/** Of somebody who is not needed. */
const UNUSED = '--peer 127.0.0.1:9';
const ZEROS = '0'.repeat(64);

/** A name, and the arguments as in a shell; what stands for `{word}` is in golden-place.ts. */
const SITUATIONS: readonly (readonly [name: string, line: string])[] = [
  ['download', `download data.torrent -o out ${NOBODY} --peer {seeder}`],
  ['download-verbose', `download data.torrent -v -o out ${NOBODY} --peer {seeder}`],
  ['download-json', `download data.torrent --json -o out ${NOBODY} --peer {seeder}`],
  ['download-again', `download data.torrent -o seed ${NOBODY} ${UNUSED}`],
  ['download-several', `download -j 1 data.torrent none.torrent bad.torrent -o seed ${NOBODY} ${UNUSED}`],
  ['download-two', `download -j 1 data.torrent album.torrent -o seed ${NOBODY} ${UNUSED}`],
  ['download-twice', `download -j 1 data.torrent data.torrent -o seed ${NOBODY} ${UNUSED}`],
  ['download-list', `download -j 1 -i more/torrents -o seed ${NOBODY} ${UNUSED}`],
  ['download-one-name', `download -j 1 data.torrent other.torrent -o seed ${NOBODY} ${UNUSED}`],
  ['download-repairs', `download data.torrent -o nearly ${NOBODY} --peer {seeder}`],
  ['download-link', `download ${LINK} -o out ${NOBODY} --peer {refused} --metadata-timeout 1s`],
  ['link-late', `download ${LINK} -o out ${NOBODY} --peer {refused} --timeout 1s`],
  ['link-selects-nothing', `download ${DATA_LINK}&so=7 -o out ${NOBODY} --peer {seeder} --progress none`],
  ['download-seeds', `download data.torrent -o seed --no-trackers --no-dht ${UNUSED} --seed=1s`],
  ['download-serves-nothing', `download data.torrent -o seed ${NOBODY} ${UNUSED} --seed-time=0 --seed-ratio=2`],
  ['download-blocklist', `download data.torrent -o seed ${NOBODY} ${UNUSED} --blocklist more/addresses.p2p`],
  ['dry-run', `download album.torrent -o out ${NOBODY} ${UNUSED} --dry-run`],
  ['dry-run-link', `download ${DATA_LINK} -o out ${NOBODY} --peer {seeder} --dry-run --progress none`],
  ['dry-run-json', `download data.torrent none.torrent -o nearly ${NOBODY} ${UNUSED} --dry-run --json`],
  ['dead-tracker', 'download data.torrent -o out --no-dht --tracker {deadTracker} --no-peers-timeout 1s'],
  ['empty-tracker', 'download data.torrent -v -o out --no-dht --tracker {tracker} --no-peers-timeout 1s'],
  ['warning-tracker', 'download data.torrent -o out --no-dht --tracker {warningTracker} --no-peers-timeout 1s'],
  ['rude-peer', `download data.torrent -v -o out ${NOBODY} --peer {rude} --encryption off --timeout 1s`],
  ['refused-peer', `download data.torrent -o out ${NOBODY} --peer {refused} --no-peers-timeout 1s`],
  ['dead-web-seed', 'download {deadWebTorrent} -o out --no-trackers --no-dht --no-listen --no-peers-timeout 1s'],
  ['lacking-web-seed', `download {lackingWebTorrent} -o out ${NOBODY} --webseeds only`],
  ['web-seed', `download {webTorrent} -o out ${NOBODY}`],
  ['lying-web-seed', `download {lyingWebTorrent} -o out ${NOBODY} --webseeds only`],
  ['part-of-a-web-seed', `download {partWebTorrent} -o out ${NOBODY} --webseeds only`],
  ['only-liars', `download data.torrent -o out ${NOBODY} --peer {liar}`],
  ['stalled', `download data.torrent -o out ${NOBODY} --peer {miser} --stall-timeout 1s`],
  ['too-slow', `download data.torrent -o out ${NOBODY} --peer {miser} --min-speed 10M:1s`],
  ['time-is-up', 'download data.torrent -o out --no-dht --no-trackers --timeout 1s'],
  ['name-taken', `download data.torrent -o other --overwrite never ${NOBODY} ${UNUSED}`],
  ['folder-is-file', `download data.torrent -o data.torrent ${NOBODY} ${UNUSED}`],
  ['one-place', `download album.torrent -o out --rename 1=album/two.bin ${NOBODY} ${UNUSED}`],
  ['no-torrent', 'download none.torrent'],
  ['no-url', 'download {lackingUrl}'],
  ['no-server', 'download {deadUrl}'],
  ['bad-torrent', 'info bad.torrent'],
  ['bad-blocklist', `download data.torrent ${NOBODY} ${UNUSED} --blocklist more/broken.toml`],
  ['nobody-left', `download data.torrent ${NOBODY}`],
  ['no-such-file', 'download data.torrent --files data.bim'],
  ['checksum-wrong', `verify data.torrent seed --checksum sha256:${ZEROS}`],
  ['download-checksum-wrong', `download data.torrent -o seed ${NOBODY} ${UNUSED} --checksum sha256:${ZEROS}`],
  ['checksum-list', 'verify data.torrent seed --checksums more/some-sums'],
  ['checksum-list-of-others', 'verify data.torrent album.torrent --data seed --checksums more/sums'],
  ['hook-fails', `download data.torrent -o seed ${NOBODY} ${UNUSED} --exec false`],
  ['hook-is-late', `download data.torrent -o seed ${NOBODY} ${UNUSED} --exec 'sleep 20' --exec-timeout 500ms`],
  ['hook-out-of-time', `download data.torrent -o seed ${NOBODY} ${UNUSED} --exec 'sleep 20' --timeout 1s`],
  ['error-hook-fails', 'download none.torrent --exec-error false'],
  ['no-log-file', `download data.torrent --log-file none/log ${NOBODY} ${UNUSED}`],
  ['no-receipt', `download data.torrent --receipt none/receipt ${NOBODY} ${UNUSED}`],
  ['no-events', `download data.torrent --events=none/events ${NOBODY} ${UNUSED}`],
  ['info', 'info data.torrent'],
  ['info-several', 'info data.torrent album.torrent'],
  ['info-json', 'info data.torrent --json'],
  ['info-json-several', 'info data.torrent album.torrent --json'],
  ['info-scrape', 'info data.torrent --scrape --no-dht --tracker {deadTracker} --timeout 2s'],
  ['info-saves', `info data.torrent --save kept.torrent`],
  ['info-save-exists', `info data.torrent --save album.torrent`],
  ['all-files', 'files data.torrent'],
  ['files-tree', 'files album.torrent --tree'],
  ['files-missing', 'files none.torrent'],
  ['verify', 'verify data.torrent seed'],
  ['verify-bad', 'verify data.torrent other'],
  ['verify-json', 'verify data.torrent other --json'],
  ['verify-missing', 'verify data.torrent empty'],
  ['verify-several', 'verify data.torrent album.torrent none.torrent --data seed'],
  ['verify-no-folder', 'verify data.torrent nowhere'],
  ['create', 'create seed/data.bin -o new.torrent --tracker https://tracker.example/announce'],
  ['create-json', 'create seed/data.bin -o new.torrent --json'],
  ['create-exists', 'create seed/data.bin -o data.torrent'],
  ['create-leaves-out', 'create more/litter -o new.torrent --magnet'],
  ['create-nowhere', 'create seed/data.bin -o none/new.torrent'],
  ['create-of-nothing', 'create none'],
  ['edit', 'edit data.torrent -o new.torrent --comment hello --add-tracker https://tracker.example/announce'],
  ['edit-new-hash', 'edit data.torrent -o new.torrent --private'],
  ['edit-allowed', 'edit data.torrent -o new.torrent --private --allow-new-hash'],
  ['edit-changes-nothing', "edit data.torrent --in-place --comment '' --remove-tracker 'http://*'"],
  ['magnet', 'magnet data.torrent'],
  ['magnet-secret', 'magnet keyed.torrent'],
  ['magnet-json', 'magnet data.torrent --json'],
  ['magnet-missing', 'magnet none.torrent'],
  ['metadata', `metadata data.torrent -o new.torrent`],
  ['metadata-of-link', `metadata ${DATA_LINK} --no-dht --no-trackers --peer {seeder}`],
  ['no-metadata', `metadata ${LINK} --no-dht --no-trackers --peer {refused} --metadata-timeout 1s`],
  ['seed-content', 'seed other --no-trackers --no-dht --seed-time 1s'],
  ['seed', 'seed data.torrent --data seed --no-trackers --no-dht --seed-time 1s --seed-ratio 2'],
  ['seed-dead-tracker', 'seed private.torrent --data seed --seed-time 2s'],
  ['seed-super', 'seed data.torrent --data seed --no-trackers --no-dht --super-seeding --peer {seeder} --seed-time 2s'],
  ['seed-part', 'seed data.torrent --data nearly --no-trackers --no-dht --seed-time 1s --partial'],
  ['seed-bad', 'seed data.torrent --data nearly --no-trackers --no-dht'],
  ['seed-missing', 'seed data.torrent --data empty'],
  ['seed-nowhere', 'seed nothing'],
  ['cat-nothing', 'cat data.torrent --range 30000-'],
  ['cat-unclear', `cat album.torrent ${NOBODY} ${UNUSED}`],
  ['cat-stalls', `cat data.torrent ${NOBODY} --peer {miser} --stall-timeout 1s`],
  ['cat-late', `cat data.torrent ${NOBODY} --peer {miser} --timeout 1s`],
  ['stream-no-player', 'stream data.torrent --open no-such-player'],
  ['stream-player-fails', `stream data.torrent ${NOBODY} --peer {seeder} --open false`],
  ['stream-unclear', `stream album.torrent ${NOBODY} ${UNUSED} --open true`],
  ['swarm', 'swarm seed/data.bin --timeout 1s --random-seed 7 --seeders 1 --corrupt 5%'],
  ['swarm-of-nothing', 'swarm none'],
  ['config', 'config magnet --no-config'],
  ['config-json', 'config completion --json --no-config'],
];

test.each(SITUATIONS)('%s', (name, line) => rig.expect(name, line));

const HELPS = ['', ...COMMAND_NAMES];

/** Commands in examples are there to be copied: these stay whole, and a terminal of 80 columns breaks them. Every other line fits. */
const LONGER_THAN_80 = [
  '  effusion create data --tracker http://a.example/a,http://b.example/a --tracker http://c.example/a',
  "  effusion edit ubuntu.torrent --in-place --replace-tracker 'http://old.example/*=http://new.example/a'",
  "  effusion peers 'magnet:?xt=urn:btih:…' --json | jq -r 'select(.progress == 1).address'",
  '  effusion doctor ubuntu.torrent --json | jq -r \'.checks[] | select(.status != "ok").text\'',
];

test.each(HELPS)('the help of %s fits 80 columns', async (command) => {
  const { stdout, code } = await (
    await buildCli()
  ).terminal('stty cols 80 rows 300; ', `${command} --help`, { cwd: await makeTempFolder() });
  expect(code).toBe(0);
  const text = stdout.replaceAll('\r', '');
  // The width that is shown, not the bytes.
  const tooLong = text.split('\n').filter((line) => Array.from(line).length > 80);
  expect(tooLong.filter((line) => !LONGER_THAN_80.includes(line))).toEqual([]);
  await expect(text).toMatchFileSnapshot(`golden/help-${command === '' ? 'effusion' : command}.txt`);
});

test('no longer line is excused that is not there', async () => {
  const helps = await Promise.all(HELPS.slice(1).map(async (command) => openProgramRig().parse('help', command)));
  const lines = new Set(helps.join('\n').split('\n'));
  expect(LONGER_THAN_80.filter((line) => !lines.has(line))).toEqual([]);
});
