// What a user installs: the packed package, alone in an empty folder, downloads a torrent, and its types say what its code does.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startChild } from '../support/child-process.js';
import { startEffusion } from '../support/effusion-command.js';
import { makePayload, payloadDifferences, writePayload, writeTorrent } from '../support/payload.js';
import { makeTempFolder } from '../support/temp-folder.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Uses the library the way a reader of its types would; compiled, and then run. */
const USER_CODE = `
import { readFile } from 'node:fs/promises';
import { parseTorrentFile, SessionServer } from 'effusion';
import type { DownloadResult } from 'effusion';

const [torrent, folder, port] = process.argv.slice(2) as [string, string, string];
const server = await SessionServer.start(parseTorrentFile(await readFile(torrent)), { host: '127.0.0.1' }, folder, {
  useTrackers: false,
  peers: [{ host: '127.0.0.1', port: Number(port) }],
});
if (server === null) throw new Error('not started');
const result: DownloadResult = await server.done();
console.log(result.status === 'complete' ? \`complete \${result.totalBytes}\` : result.reason);
`;

test('the packed package installs into an empty folder, downloads, and is typed', { timeout: 240_000 }, async () => {
  const folder = await makeTempFolder();
  const app = join(folder, 'app');
  await mkdir(app);
  const run = async (command: string, args: readonly string[]): Promise<string> => {
    const end = await startChild(command, args, { cwd: app, timeoutMs: 120_000 }).ended;
    expect(end.code, `${command} ${args.join(' ')}\n${end.stdout}${end.stderr}`).toBe(0);
    return end.stdout;
  };

  await run('npm', ['pack', project, '--pack-destination', folder, '--ignore-scripts']);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  await run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, String(tarball))]);

  const payload = makePayload('small', [
    ['one.bin', 100_000],
    ['two.bin', 50_001],
  ]);
  await writePayload(payload, join(folder, 'seed'));
  const torrent = await writeTorrent(payload, folder, 32_768);
  const seeder = startEffusion(['seed', torrent.path, '--data', join(folder, 'seed'), '--no-trackers'], { timeoutMs: 240_000 });
  const [, port] = await seeder.outputMatching(/seeding .* on port (\d+)/);

  // What "man" in package.json names.
  expect(await readdir(join(app, 'node_modules/effusion/dist'))).toContain('effusion.1');

  const command = join(app, 'node_modules/.bin/effusion');
  await run(command, [
    'download',
    torrent.path,
    '--output',
    'by-command',
    '--no-trackers',
    '--no-dht',
    '--peer',
    `127.0.0.1:${port}`,
  ]);
  expect(await payloadDifferences(payload, join(app, 'by-command'))).toEqual([]);

  await writeFile(join(app, 'use.ts'), USER_CODE);
  const compile = [
    '--target',
    'ES2022',
    '--module',
    'NodeNext',
    '--strict',
    '--typeRoots',
    join(project, 'node_modules/@types'),
    '--types',
    'node',
  ];
  await run(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), ...compile, 'use.ts']);
  const said = await run(process.execPath, ['use.js', torrent.path, 'by-library', port]);
  expect(said.trim()).toBe(`complete ${payload.totalBytes}`);
  expect(await payloadDifferences(payload, join(app, 'by-library'))).toEqual([]);
});
