// Where nobody looks, no byte moves a cursor: each command, read from by `cat` and with nothing on stdin, writes lines and no escape.
// A command that has no line here fails the test.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { COMMAND_NAMES } from '../support/command-names.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { fixturePayload } from '../support/torrent-fixtures.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** What each command does there, after its name; PEER is a seeder. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  download: [
    'data.torrent -o out --no-trackers --peer PEER',
    'data.torrent -v -o none --no-trackers --no-peers-timeout 300ms',
    '--help',
  ],
  seed: ['data.torrent --data seed --no-trackers --seed-time 300ms', 'data.torrent --data elsewhere'],
  create: ['seed/data.bin -o again.torrent', 'seed/nothing'],
  info: ['data.torrent', 'data.torrent --json', 'seed/data.bin'],
  verify: ['data.torrent seed', 'data.torrent elsewhere', `data.torrent seed --checksum md5:${'0'.repeat(32)}`],
  peers: ['data.torrent --no-trackers --no-dht --peer PEER --timeout 1s'],
  doctor: ['data.torrent --no-trackers --no-dht --peer PEER --timeout 1s'],
  swarm: ['seed/data.bin --timeout 300ms'],
  files: ['data.torrent', 'data.torrent --tree', 'nothing.torrent'],
  magnet: ['data.torrent', 'nothing.torrent'],
  metadata: ['data.torrent -o kept.torrent', 'nothing.torrent'],
  edit: ['data.torrent -o other.torrent --comment text', 'data.torrent'],
  // What it delivers may hold any byte: what it says may not.
  cat: ['data.torrent --no-trackers --no-peers-timeout 300ms', 'nothing.torrent', '--help'],
  stream: ['data.torrent --no-trackers --peer PEER --timeout 1s', 'nothing.torrent'],
  completion: ['bash', 'nothing'],
  config: [''],
  help: ['', 'exit-codes', 'nothing'],
};

test('every command has its lines', () => expect(Object.keys(LINES).toSorted()).toEqual(COMMAND_NAMES.toSorted()));

test.each(Object.keys(LINES))('%s </dev/null | cat', async (name) => {
  const cwd = await makeTempFolder();
  await mkdir(path.join(cwd, 'seed'));
  await writeFile(path.join(cwd, 'seed/data.bin'), fixturePayload(3, 500_000));
  expect((await cli.run(['create', 'seed/data.bin', '-o', 'data.torrent'], { cwd })).code).toBe(0);
  const seeder = cli.start(['seed', 'data.torrent', '--data', 'seed', '--no-trackers'], { cwd });
  const [, port] = await seeder.outputMatching(/seeding data\.bin on port (\d+)/);
  for (const line of LINES[name]) {
    const args = line.replace('PEER', `127.0.0.1:${port}`);
    // The terminal that a person would have: what keeps escapes away is that this is none.
    const env = { ...cliEnvironment, EFFUSION_DHT_BOOTSTRAP: '127.0.0.1:9', EFFUSION_NO_LSD: '1' };
    const command = `"$0" "$1" ${name} ${args} </dev/null 2>&1 | cat`;
    const end = await startChild('/bin/bash', ['-c', command, process.execPath, cli.script], { cwd, env }).ended;
    expect(end.stdout, line).not.toBe('');
    for (const byte of ['\u001B', '\u009B', '\r']) expect(end.stdout, line).not.toContain(byte);
  }
});

const cliEnvironment = { NO_COLOR: '', TERM: 'xterm-256color', COLORTERM: 'truecolor', LC_ALL: 'C.UTF-8' };
