// A disk that is really full: a small file system in a mount namespace of the test's own, gone with the programs in it. What is taken beforehand
// is given back, and what is whole but has no room stays where it grew until there is some.

import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

/** Of util-linux. */
const UNSHARE = 'unshare';
/** Where a user may not, the superuser may; in some containers nobody. */
const canMount =
  spawnSync(UNSHARE, ['-rmpf', '--mount-proc', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore', timeout: 20_000 })
    .status === 0;

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** `small` has 2 MiB, data.bin 3 MB; each step says what is left. */
const SCRIPT = `
set -u
effusion() { "$NODE" "$CLI" "$@"; }
mkdir small
mount -t tmpfs -o size=2m none small
"$NODE" "$CLI" seed data.torrent --data seed --no-trackers > seed.out 2> seed.log &
# Of the program itself: a function in the background would be a shell around it.
seeder=$!
trap 'kill $seeder' EXIT
until grep -q 'on port' seed.log; do kill -0 $seeder || exit 99; sleep 0.1; done
port=$(sed -n 's/.*on port \\([0-9]*\\).*/\\1/p' seed.log)
step() {
  name=$1; shift
  effusion download data.torrent --no-trackers --peer "127.0.0.1:$port" "$@" > out.log 2> err.log
  echo "$name: exit $?; $(find small inc -name '*.bin*' -printf '%p %s, ' 2> /dev/null)"
  grep 'effusion: error' err.log
}
step refused -o small
step allocated -o small --allocate full --no-space-check
step moved -o small/o --incomplete-dir inc --no-space-check
mount -o remount,size=20m small
step again -o small/o --incomplete-dir inc
cmp small/o/data.bin seed/data.bin && echo same
`;

test.skipIf(!canMount)('too little room, with and without the check of it, and the same command once there is some', async () => {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), fixturePayload(3, 3_000_000));
  await writeFile(path.join(cwd, 'steps.sh'), SCRIPT);
  expect((await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent'], { cwd })).code).toBe(0);
  const env = {
    NODE: process.execPath,
    CLI: cli.script,
    EFFUSION_DHT_BOOTSTRAP: '127.0.0.1:9',
    EFFUSION_NO_LSD: '1',
    NO_COLOR: '1',
  };
  const end = await startChild(UNSHARE, ['-rmpf', '--kill-child', '--mount-proc', 'bash', 'steps.sh'], { cwd, env }).ended;
  expect(end.stdout.split('\n'), end.stderr).toEqual([
    'refused: exit 9; ',
    expect.stringMatching(/not enough space on the file system of small: 2\.9 MiB are needed, [\d.]+ MiB are free/),
    'allocated: exit 9; ',
    expect.stringMatching(/cannot take the space of small\/data\.bin\.part: no space left on the device/),
    'moved: exit 9; inc/data.bin.part 3000000, ',
    expect.stringMatching(/cannot copy small\/o\/data\.bin: no space left on the device/),
    'again: exit 0; small/o/data.bin 3000000, ',
    'same',
    '',
  ]);
});
