// The real command against real web servers: nginx by ranges, Python's http.server by whole files, and both beside a peer.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runEffusion, startEffusion } from '../support/effusion-command.js';
import {
  awkwardPayload,
  leftovers,
  makePayload,
  payloadDifferences,
  writePayload,
  writeTorrent,
  type Payload,
  type Torrent,
} from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startNginx, startPythonServer, type WebProgram } from '../support/web-programs.js';

const awkward = awkwardPayload();
const large = makePayload('large', [
  ['first.bin', 23_000_000],
  ['second.bin', 9_000_001],
]);

interface Prepared {
  readonly torrent: Torrent;
  readonly root: string;
  readonly out: string;
}

async function prepare(payload: Payload): Promise<Prepared> {
  const folder = await makeTempFolder();
  const root = join(folder, 'www');
  await writePayload(payload, root);
  return { torrent: await writeTorrent(payload, folder), root, out: join(folder, 'out') };
}

async function expectDownload(payload: Payload, { torrent, out }: Prepared, web: WebProgram, ...more: string[]): Promise<void> {
  const args = [
    'download',
    torrent.path,
    '-o',
    out,
    '--webseed',
    web.url,
    '--no-trackers',
    '--no-listen',
    '--timeout',
    '50s',
    ...more,
  ];
  const end = await runEffusion(args);
  expect(end.code, end.stderr).toBe(0);
  expect(await payloadDifferences(payload, out)).toEqual([]);
  expect(await leftovers(out)).toEqual([]);
}

/** Paths that were asked for more than once without a range. */
function repeated(log: readonly string[]): string[] {
  const paths = log.map((line) => /"GET (\S+)/.exec(line)?.[1] ?? line);
  return paths.filter((path, index) => paths.indexOf(path) !== index);
}

describeWith(['nginx'], 'from nginx', () => {
  test('awkward names and sizes', { timeout: 60_000 }, async () => {
    const prepared = await prepare(awkward);
    const web = await startNginx(prepared.root);
    await expectDownload(awkward, prepared, web);
    const statuses = new Set((await web.log()).map((line) => /" (\d{3}) /.exec(line)?.[1]));
    expect([...statuses].every((status) => status === '200' || status === '206')).toBe(true);
  });

  test('large files, by long ranges', { timeout: 60_000 }, async () => {
    const prepared = await prepare(large);
    const web = await startNginx(prepared.root);
    await expectDownload(large, prepared, web, '--webseeds', 'only');
    const log = await web.log();
    expect(log.some((line) => line.includes('" 206 '))).toBe(true);
    expect(log.length).toBeLessThan(60);
  });

  test('beside a peer', { timeout: 60_000 }, async () => {
    const prepared = await prepare(large);
    const web = await startNginx(prepared.root);
    const seeder = startEffusion(['seed', prepared.torrent.path, '--data', prepared.root, '--no-trackers'], {
      timeoutMs: 60_000,
    });
    const [, port] = await seeder.outputMatching(/seeding .* on port (\d+)/);
    await expectDownload(large, prepared, web, '--peer', `127.0.0.1:${port}`);
  });

  test('what it has not got is told, with 404, and the rest is there', { timeout: 60_000 }, async () => {
    const prepared = await prepare(large);
    await rm(join(prepared.root, 'large', 'second.bin'));
    const web = await startNginx(prepared.root);
    const args = ['download', prepared.torrent.path, '-o', prepared.out, '--webseed', web.url, '--webseeds', 'only'];
    const end = await runEffusion(args);
    expect([5, 7], end.stderr).toContain(end.code);
    expect(end.stderr).toContain('lacks 1 of 2 files (HTTP status 404)');
    const asked = (await web.log()).filter((line) => line.includes('/large/second.bin'));
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  test('what it has not got comes of a peer', { timeout: 60_000 }, async () => {
    const prepared = await prepare(large);
    const whole = join(prepared.root, '..', 'whole');
    await writePayload(large, whole);
    await rm(join(prepared.root, 'large', 'second.bin'));
    const web = await startNginx(prepared.root);
    const seeder = startEffusion(['seed', prepared.torrent.path, '--data', whole, '--no-trackers', '--max-upload', '8M'], {
      timeoutMs: 60_000,
    });
    const [, port] = await seeder.outputMatching(/seeding .* on port (\d+)/);
    await expectDownload(large, prepared, web, '--peer', `127.0.0.1:${port}`);
    const statuses = (await web.log()).map((line) => /" (\d{3}) /.exec(line)?.[1]);
    expect(statuses).toContain('206');
  });
});

describeWith(['python'], "from Python's http.server", () => {
  test('awkward names and sizes', { timeout: 60_000 }, async () => {
    const prepared = await prepare(awkward);
    const web = await startPythonServer(prepared.root);
    await expectDownload(awkward, prepared, web);
    // A file that was asked for by a range in vain is asked for once more.
    expect(repeated(await web.log()).length).toBeLessThanOrEqual(2);
  });

  test('a file that is gone is skipped, and the next one comes', { timeout: 60_000 }, async () => {
    const prepared = await prepare(large);
    await rm(join(prepared.root, 'large', 'first.bin'));
    const web = await startPythonServer(prepared.root);
    const args = ['download', prepared.torrent.path, '-o', prepared.out, '--webseed', web.url, '--webseeds', 'only', '-v'];
    const end = await runEffusion(args);
    expect([5, 7], end.stderr).toContain(end.code);
    expect(end.stderr).toMatch(/sent 8\.\d MiB; .*lacks 1 of 2 files \(HTTP status 404\)/);
    expect((await web.log()).length).toBeLessThanOrEqual(4);
  });

  test('large files, each in one go', { timeout: 60_000 }, async () => {
    const prepared = await prepare(large);
    const web = await startPythonServer(prepared.root);
    await expectDownload(large, prepared, web, '--webseeds', 'only');
    expect((await web.log()).length).toBeLessThanOrEqual(4);
  });
});
