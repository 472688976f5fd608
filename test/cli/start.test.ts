// What comes before the command: a Node that is too old, how it was called, and what Node loads for it; and what must not come after it: an end that is none.

import { once } from 'node:events';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { availableParallelism, getPriority } from 'node:os';
import path from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Child, startChild, type ChildEnd } from '../support/child-process.js';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makePayload, writeTorrent } from '../support/payload.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

/** Runs the command after a script of its own in the same process. */
async function runAfter(script: string, args: readonly string[]): Promise<ChildEnd> {
  const before = path.join(await makeTempFolder(), 'before.cjs');
  await writeFile(before, script);
  const env = { EFFUSION_NO_CONFIG: '1' };
  return startChild(process.execPath, ['--require', before, cli.script, ...args], { cwd: path.dirname(before), env }).ended;
}

/** Node 12, the one of Ubuntu 22.04, knows no `node:` in front of its modules. */
const NODE_12 = `
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '12.22.9' } });
const { _load } = require('module');
require('module')._load = function (name, ...rest) {
  if (name.startsWith('node:')) throw new Error("Cannot find module '" + name + "'");
  return _load.call(this, name, ...rest);
};`;

test('a Node that is too old is told so in a line', async () => {
  expect(await runAfter(NODE_12, ['--version'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^effusion: error: Node\.js 12\.22\.9 is too old: effusion needs 20\.19 .* \(exit 2\)\n$/),
  });
});

test('and can read that far: nothing in the first file is newer than 2015', async () => {
  const source = await readFile(cli.script, 'utf8');
  const to = async (target: string): Promise<string> => (await transform(source, { target, format: 'cjs' })).code;
  expect(await to('es2015')).toBe(await to('esnext'));
});

test('is found by the link that npm makes', async () => {
  const link = path.join(await makeTempFolder(), 'effusion');
  await symlink(cli.script, link);
  const { code, stdout } = await startChild(process.execPath, [link, '--version'], { cwd: path.dirname(link), env: {} }).ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test('a run that waits for what never comes is no success', async () => {
  const never = `
const never = () => new Promise(() => {});
require('node:fs/promises').readdir = never;`;
  expect(await runAfter(never, ['info', 'x.torrent'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/this is a bug: .*nothing is left to wait for/),
  });
});

/** Into `loaded.json`, for each connection that is begun: the modules of Node that were not there at the start. */
const TELL_LOADED = `
const { writeFileSync } = require('node:fs');
const { Socket } = require('node:net');
const atStart = new Set(process.moduleLoadList);
const { connect } = Socket.prototype;
const loaded = [];
Socket.prototype.connect = function (...args) {
  loaded.push(process.moduleLoadList.filter((name) => !atStart.has(name)));
  writeFileSync('loaded.json', JSON.stringify(loaded));
  return connect.apply(this, args);
};`;

/** Starts a download whose one peer says nothing, and answers when that has been dialled. */
async function dialSilentPeer(folder: string, nodeArgs: readonly string[] = []): Promise<Child> {
  const peer = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  onTestFinished(() => void peer.close());
  await once(peer, 'listening');
  const tracker = await startStaticTracker([{ host: '127.0.0.1', port: (peer.address() as AddressInfo).port }]);
  await writeTorrent(makePayload('data', [['a.bin', 100_000]]), folder, 65_536, [tracker.url]);
  const args = [...nodeArgs, cli.script, 'download', 'data.torrent', '--no-dht', '--no-lsd', '--interface', '127.0.0.1'];
  const run = startChild(process.execPath, args, { cwd: folder });
  onTestFinished(() => run.kill('SIGKILL'));
  await once(peer, 'connection');
  return run;
}

test('a download has dialled its first peer before Node loads what only others need', async () => {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'tell.cjs'), TELL_LOADED);
  const run = await dialSilentPeer(folder, ['--require', './tell.cjs']);
  run.kill('SIGKILL');
  await run.ended;

  const [atTracker, atPeer] = JSON.parse(await readFile(path.join(folder, 'loaded.json'), 'utf8')) as string[][];
  expect(atTracker).toContain('NativeModule http');
  // Not so node:child_process: whoever listens gets it with node:cluster.
  const late = /^NativeModule (fs\/promises|perf_hooks|internal\/(fs\/promises|readline\/interface|perf\/performance))$/;
  expect(atPeer.filter((name) => late.test(name))).toEqual([]);
});

/** Nice of each thread of a process: field 19 of its line, counted from behind the name, which may hold anything. */
async function threadPriorities(pid: number): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const line = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    found.set(Number(thread), Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[16]));
  }
  return found;
}

/** Before the command: how many threads of the machine run, whenever it looks; the last of these from then on. It notes that it was asked. */
async function fakeRunning(folder: string, ...running: readonly (number | string)[]): Promise<string[]> {
  const script = `const fs = require('node:fs'), read = fs.readFileSync, answers = ${JSON.stringify(running)};
    fs.readFileSync = (file, ...rest) => {
      if (file !== '/proc/loadavg') return read(file, ...rest);
      fs.appendFileSync('asked', '.');
      return '0.10 0.20 0.30 ' + (answers.length > 1 ? answers.shift() : answers[0]) + '/500 1234\\n';
    };`;
  await writeFile(path.join(folder, 'load.cjs'), script);
  return ['--require', './load.cjs'];
}

const ofLinux = test.runIf(process.platform === 'linux');

/** How much more nice each of V8's threads is than the command's own, when so many threads ran. */
async function steps(...running: readonly (number | string)[]): Promise<number[]> {
  const folder = await makeTempFolder();
  const { pid } = await dialSilentPeer(folder, await fakeRunning(folder, ...running));
  const priorities = await threadPriorities(pid);
  expect(await readFile(path.join(folder, 'asked'), 'utf8')).toBe('..');
  expect(priorities.get(pid)).toBe(getPriority());
  priorities.delete(pid);
  return [...priorities.values()].map((nice) => nice - getPriority());
}

const ALL = availableParallelism();

ofLinux.each([
  ['are fewer than there are cores', [ALL]],
  ['were as many only for a moment', [ALL, ALL + 1]],
  ['were as many only as it began', [ALL + 1, ALL]],
])("V8's threads leave the cores to the loop where others that run %s", async (_, running) => {
  const held = (await steps(...running)).filter((nice) => nice === Math.min(10, 19 - getPriority()));
  expect(held.length).toBeGreaterThanOrEqual(4);
});

ofLinux.each([
  ['others keep all cores busy: the loop would wait for them', ALL + 1],
  ['nothing says who runs', 'some'],
])("V8's threads share as they did where %s", async (_, running) => {
  expect(new Set(await steps(running))).toEqual(new Set([0]));
});
