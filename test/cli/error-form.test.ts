// Every failure is one line: `effusion: error: WHAT: WHY. WHAT TO DO. (exit N)`. The lines of those whose cause is outside of us, and which
// would be the system's words or none at all, word for word.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { freePort } from '../support/free-port.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** A web server that answers with the status that is asked for, and with a page. */
async function serve(): Promise<string> {
  const server = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    response.end('<!doctype html><title>no torrent</title>');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** `whole.torrent` and its data, `page.torrent`, `link.torrent` and a folder. */
async function prepare(): Promise<string> {
  const cwd = await makeTempFolder();
  await writeFile(path.join(cwd, 'whole'), 'whole');
  expect((await cli.run(['create', 'whole'], { cwd })).code).toBe(0);
  await writeFile(path.join(cwd, 'page.torrent'), '<html>');
  await writeFile(path.join(cwd, 'link.torrent'), 'magnet:?xt=urn:btih:00');
  await mkdir(path.join(cwd, 'folder'));
  return cwd;
}

const ELSEWHERE = 'fetch the file in a browser, and name that file';

test.each([
  ['{web}/404', 'cannot fetch {web}/404: HTTP status 404. Check the URL: there is no file there. (exit 3)'],
  ['{web}/403', `cannot fetch {web}/403: HTTP status 403. It may want a login: ${ELSEWHERE}. (exit 3)`],
  ['{web}/408', 'cannot fetch {web}/408: HTTP status 408. Try again later. (exit 6)'],
  ['{web}/429', 'cannot fetch {web}/429: HTTP status 429. Try again later. (exit 6)'],
  ['{web}/503', 'cannot fetch {web}/503: HTTP status 503. Try again later. (exit 6)'],
  [
    '{web}/200',
    '{web}/200: not a usable torrent: it is a web page. Open it in a browser, and name the torrent file that it leads to. (exit 3)',
  ],
  [
    '{dead}/x',
    'cannot fetch {dead}/x: connection refused. Check the host and the port in the URL: no web server listens there. (exit 6)',
  ],
  [
    'http://nowhere.invalid/x',
    'cannot fetch http://nowhere.invalid/x: host name {not found}. Check the name of the host in the URL, and that you are online. (exit 6)',
  ],
  [
    'page.torrent',
    'page.torrent: not a usable torrent: it is a web page. Open it in a browser, and name the torrent file that it leads to. (exit 3)',
  ],
  [
    'link.torrent',
    'link.torrent: not a usable torrent: it holds a magnet link. Name the link itself, or read it as a list with --input-file. (exit 3)',
  ],
  ['folder', 'cannot read folder: it is a folder (EISDIR). Name a torrent file; effusion create makes one of a folder. (exit 3)'],
  [
    'whole.torrent --exec no-such-command',
    "--exec: no-such-command could not be started: there is no such command (ENOENT). Name one that is installed, or its path; a line for a shell is written sh -c '…'. (exit 12)",
  ],
  [
    'whole.torrent --exec ./whole',
    '--exec: ./whole could not be started: permission denied (EACCES). Name another, or make it one that can be run. (exit 12)',
  ],
  ['whole.torrent --exec false', '--exec: false ended with 1. The data is whole. Look at what the command wrote. (exit 12)'],
  [
    'whole.torrent --log-file none/x',
    '--log-file: cannot write none/x: there is no folder none (ENOENT). Name another with --log-file. (exit 9)',
  ],
  [
    'whole.torrent --receipt none/x',
    '--receipt: cannot write none/x: there is no folder none. Name another with --receipt. (exit 9)',
  ],
  [
    'whole.torrent --events=none/x',
    '--events: cannot write none/x: there is no folder none (ENOENT). Name another with --events=FILE. (exit 9)',
  ],
  ['-i none', '--input-file: cannot read none: there is no such file (ENOENT). Check the path. (exit 2)'],
  [
    'whole.torrent -o whole',
    'cannot create the folder whole: a part of the path is a file, not a folder (ENOTDIR). Move it away, or choose another folder with --output. (exit 9)',
  ],
])('%s', async (args, line) => {
  const cwd = await prepare();
  const places: Record<string, string> = { web: await serve(), dead: `http://127.0.0.1:${await freePort()}` };
  const fill = (text: string): string => text.replaceAll(/\{(web|dead)\}/g, (_, name: string) => places[name]);
  const words = fill(args).split(' ');
  const end = await cli.run([...words, '--no-trackers', '--no-listen', '--timeout', '10s'], { cwd });
  // A machine without a network can't look it up, and says so otherwise.
  const last = end.stderr
    .trimEnd()
    .split('\n')
    .at(-1)
    ?.replace(/host name (?:not found|could not be looked up)/, 'host name {not found}');
  expect(last).toBe(`effusion: error: ${fill(line)}`);
  expect(end.code).toBe(Number(/\d+(?=\)$)/.exec(line)?.[0]));
});

test('a stdin that cannot be read', async () => {
  const cwd = await prepare();
  const end = await cli.shell('info - 0> written', { cwd });
  expect(end).toMatchObject({ code: 3, stdout: '' });
  expect(end.stderr).toMatch(/^effusion: error: cannot read stdin: EBADF.*\. Name the torrent file instead\. \(exit 3\)\n$/);
});
