// What people and scripts read, word for word: every command's messages on a terminal of 40, 80 and 200 columns and in a pipe. The files in
// golden/ are read by people when they change (`npx vitest run test/cli/golden.test.ts -u`), so each holds what one situation shows.

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { COMMAND_NAMES } from '../support/command-names.js';
import { freePort } from '../support/free-port.js';
import { openProgramRig } from '../support/program-rig.js';
import { Screen } from '../support/screen.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

const WIDTHS = [40, 80, 200];
/** More rows than anything writes: nothing scrolls away. */
const ROWS = 300;
const LINK = 'magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056&dn=It';
const NOBODY = '--no-trackers --no-dht --no-listen';

interface Place {
  readonly cwd: string;
  /** Of a seeder, where there is one. */
  readonly peer: string;
  /** An HTTP tracker that knows nobody, and one that nobody runs. */
  readonly tracker: string;
  readonly deadTracker: string;
}

interface Situation {
  readonly name: string;
  /** The arguments, as in a shell; `{peer}`, `{tracker}` and `{dead}` are filled in. */
  readonly args: string;
  /** A peer behind `{peer}`: one that serves, that lies in every piece, or that keeps everybody waiting. */
  readonly needs?: 'seeder' | 'liar' | 'miser';
  /** Done in the folder before. */
  readonly before?: string;
}

const SITUATIONS: readonly Situation[] = [
  { name: 'download', args: `download data.torrent -o out ${NOBODY} --peer {peer}`, needs: 'seeder' },
  { name: 'download-verbose', args: `download data.torrent -v -o out ${NOBODY} --peer {peer}`, needs: 'seeder' },
  { name: 'download-again', args: `download data.torrent -o seed ${NOBODY} --peer 127.0.0.1:9` },
  { name: 'download-several', args: `download -j 1 data.torrent none.torrent bad.torrent -o seed ${NOBODY} --peer 127.0.0.1:9` },
  { name: 'dead-tracker', args: 'download data.torrent -o out --no-dht --tracker {dead} --no-peers-timeout 1s' },
  { name: 'empty-tracker', args: 'download data.torrent -v -o out --no-dht --tracker {tracker} --no-peers-timeout 1s' },
  { name: 'refused-peer', args: `download data.torrent -o out ${NOBODY} --peer {refused} --no-peers-timeout 1s` },
  { name: 'time-is-up', args: 'download data.torrent -o out --no-dht --no-trackers --timeout 1s' },
  { name: 'name-taken', args: `download data.torrent -o other --overwrite never ${NOBODY} --peer 127.0.0.1:9` },
  { name: 'no-torrent', args: 'download none.torrent' },
  { name: 'bad-torrent', args: 'info bad.torrent' },
  { name: 'bad-magnet', args: 'download magnet:?xt=urn:btih:1234' },
  { name: 'unknown-option', args: 'download data.torrent --otput here' },
  { name: 'unknown-command', args: 'dowload data' },
  { name: 'bad-value', args: 'download data.torrent --timeout soon' },
  { name: 'nobody-left', args: `download data.torrent ${NOBODY}` },
  { name: 'info', args: 'info data.torrent' },
  { name: 'verify', args: 'verify data.torrent seed' },
  { name: 'verify-bad', args: 'verify data.torrent other' },
  { name: 'verify-missing', args: 'verify data.torrent empty' },
  { name: 'create', args: 'create seed/data.bin -o new.torrent --tracker https://tracker.example/announce' },
  { name: 'create-exists', args: 'create seed/data.bin -o data.torrent' },
  { name: 'seed-content', args: 'seed other --no-trackers --no-dht --seed-time 1s' },
  { name: 'seed-private', args: 'seed other --private' },
  { name: 'seed-link', args: `seed ${LINK}` },
  { name: 'stream-no-player', args: 'stream data.torrent --open no-such-player' },
  { name: 'seed-missing', args: 'seed data.torrent --data empty' },
  { name: 'download-repairs', args: `download data.torrent -o nearly ${NOBODY} --peer {peer}`, needs: 'seeder' },
  { name: 'only-liars', args: `download data.torrent -o out ${NOBODY} --peer {peer}`, needs: 'liar' },
  { name: 'stalled', args: `download data.torrent -o out ${NOBODY} --peer {peer} --stall-timeout 1s`, needs: 'miser' },
  { name: 'no-such-file', args: 'download data.torrent --files data.bim' },
  { name: 'checksum-wrong', args: `verify data.torrent seed --checksum sha256:${'0'.repeat(64)}` },
  { name: 'hook-fails', args: `download data.torrent -o seed ${NOBODY} --peer 127.0.0.1:9 --exec false` },
  { name: 'all-files', args: 'files data.torrent' },
  { name: 'magnet', args: 'magnet data.torrent' },
  { name: 'edit', args: 'edit data.torrent -o new.torrent --comment hello --add-tracker https://tracker.example/announce' },
  { name: 'edit-new-hash', args: 'edit data.torrent -o new.torrent --private' },
  { name: 'no-metadata', args: `metadata ${LINK} --no-dht --no-trackers --peer {peer} --metadata-timeout 1s` },
  { name: 'config', args: 'config magnet --no-config' },
  { name: 'cat-nothing', args: 'cat data.torrent --range 30000-' },
  { name: 'swarm-of-nothing', args: 'swarm none' },
];

test.each(SITUATIONS)('$name', async (situation) => {
  const place = await prepare(situation);
  const parts: string[] = [`$ effusion ${situation.args}`];
  const [piped, ...drawn] = await Promise.all([
    cli.run(argumentsOf(situation, place), { cwd: await copyOf(place) }),
    ...WIDTHS.map(async (columns) =>
      cli.terminal(`stty cols ${columns} rows ${ROWS} -onlcr; `, quoted(argumentsOf(situation, place)), {
        cwd: await copyOf(place),
      }),
    ),
  ]);
  for (const control of ['\u001B', '\r']) expect(`${piped.stdout}${piped.stderr}`).not.toContain(control);
  parts.push(`=== stdout, piped\n${plain(piped.stdout)}=== stderr, piped\n${plain(piped.stderr)}=== exit ${piped.code}`);
  for (const [at, columns] of WIDTHS.entries()) {
    const screen = new Screen(columns, ROWS);
    await screen.write(drawn[at].stdout);
    expect(drawn[at].code).toBe(piped.code);
    parts.push(`=== terminal, ${columns} columns\n${wrap(plain(screen.paragraphs().join('\n')), columns)}`);
  }
  await expect(`${parts.join('\n').trimEnd()}\n`).toMatchFileSnapshot(`golden/${situation.name}.txt`);
});

const HELPS = ['', ...COMMAND_NAMES];

/** Commands in examples are there to be copied: these stay whole, and a terminal of 80 columns breaks them. Every other line fits. */
const LONGER_THAN_80 = [
  '  effusion create data --tracker http://a.example/a,http://b.example/a --tracker http://c.example/a',
  "  effusion edit ubuntu.torrent --in-place --replace-tracker 'http://old.example/*=http://new.example/a'",
  "  effusion peers 'magnet:?xt=urn:btih:…' --json | jq -r 'select(.progress == 1).address'",
  '  effusion doctor ubuntu.torrent --json | jq -r \'.checks[] | select(.status != "ok").text\'',
];

test.each(HELPS)('the help of %s fits 80 columns', async (command) => {
  const { stdout, code } = await cli.terminal('stty cols 80 rows 300; ', `${command} --help`, { cwd: await makeTempFolder() });
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

/** `data.torrent` and its data in seed/, nearly that in nearly/, other data of that name in other/, an empty folder, a torrent that is none. */
async function prepare({ needs }: Situation): Promise<Place> {
  const cwd = await makeTempFolder();
  for (const folder of ['seed', 'nearly', 'other', 'empty']) await mkdir(path.join(cwd, folder));
  await writeFile(path.join(cwd, 'seed/data.bin'), fixturePayload(3, 20_000));
  await writeFile(path.join(cwd, 'nearly/data.bin'), fixturePayload(3, 20_000).fill(0, 17_000));
  await writeFile(path.join(cwd, 'other/data.bin'), fixturePayload(4, 20_000));
  await writeFile(path.join(cwd, 'bad.torrent'), 'd4:infod6:lengthi-1e4:name1:x12:piece lengthi16384e6:pieces0:ee');
  const made = await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent'], { cwd });
  expect(made.code, made.stderr).toBe(0);
  const tracker = (await startStaticTracker([])).url;
  const deadTracker = `http://127.0.0.1:${await freePort()}/announce`;
  if (needs === undefined) return { cwd, peer: `127.0.0.1:${await freePort()}`, tracker, deadTracker };
  if (needs !== 'seeder') return { cwd, peer: await openFaulty(cwd, needs), tracker, deadTracker };
  const seeder = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers', '--no-dht'], { cwd });
  const [, port] = await seeder.outputMatching(/on port (\d+)/);
  return { cwd, peer: `127.0.0.1:${port}`, tracker, deadTracker };
}

/** The address of a seeder that does wrong. */
async function openFaulty(cwd: string, kind: 'liar' | 'miser'): Promise<string> {
  const metainfo = parseTorrentFile(new Uint8Array(await readFile(path.join(cwd, 'data.torrent'))));
  const content = new Uint8Array(await readFile(path.join(cwd, 'seed/data.bin')));
  const faults = kind === 'liar' ? { corruptShare: 1 } : { neverUnchokes: true };
  const seeder = await FaultySeeder.open({ metainfo, content, faults });
  onTestFinished(() => seeder.close());
  return seeder.address;
}

/** Each run has the folder as it was. */
async function copyOf({ cwd }: Place): Promise<string> {
  const copy = await makeTempFolder();
  await cp(cwd, copy, { recursive: true });
  return copy;
}

function argumentsOf({ args }: Situation, { peer, tracker, deadTracker }: Place): string[] {
  const filled = args
    .replace('{peer}', peer)
    .replace('{refused}', peer)
    .replace('{tracker}', tracker)
    .replace('{dead}', deadTracker);
  return filled.split(' ');
}

function quoted(args: readonly string[]): string {
  return args.map((arg) => `'${arg}'`).join(' ');
}

/** Without what differs from run to run. */
function plain(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:PORT')
    .replaceAll(/\bon port \d+/g, 'on port PORT')
    .replaceAll(/\bpiece \d+/g, 'piece N')
    .replaceAll(/\bin \d[\d.]*(?:ms|s)\b/g, 'in TIME')
    .replaceAll(/\b\d+(?:\.\d+)? (?:ms|s)\b/g, 'TIME')
    .replaceAll(/\b\d+(?:\.\d+)? (?:B|KiB|MiB|GiB)\/s/g, 'RATE')
    .replaceAll(/effusion\/\d+\.\d+\.\d+/g, 'effusion/VERSION');
}

/** As the terminal breaks it. */
function wrap(text: string, columns: number): string {
  const lines = text.split('\n').flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']);
  return lines.join('\n');
}
