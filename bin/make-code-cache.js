// The last step of a build: the command downloads a small torrent from a seeder in this process, and the code that V8 has compiled
// for it is kept beside the bundle. It only saves time: where it cannot be made (no loopback), the build is as good without.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleMark, CODE_CACHE, runBundle } from './load-bundle.js';

/** Enough for every function of the way of a block to have run. */
const BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

let folder = null;
let script = null;

/** The command ends the process when it is through: the code is kept on the way out. */
function keepCode(code) {
  process.exitCode = 0;
  try {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
    if (code !== 0 || script === null) throw new Error('the download of the build failed');
    // Under another name first: nobody is to meet half of it.
    writeFileSync(`${CODE_CACHE}.part`, Buffer.concat([bundleMark(), script.createCachedData()]));
    renameSync(`${CODE_CACHE}.part`, CODE_CACHE);
  } catch (error) {
    process.stderr.write(`effusion will start without compiled code: ${String(error)}\n`);
  }
}

/** The path that a download prints is of no interest here. */
function silence(stream) {
  stream.write = (_, ...rest) => {
    const done = rest.at(-1);
    if (typeof done === 'function') queueMicrotask(done);
    return true;
  };
}

process.on('exit', keepCode);
setTimeout(() => process.exit(1), TIMEOUT_MS).unref();
try {
  folder = mkdtempSync(path.join(tmpdir(), 'effusion-build-'));
  const { Client, createTorrent, SessionServer } = await import('../dist/index.js');
  writeFileSync(path.join(folder, 'payload'), Buffer.alloc(BYTES, 1));
  const { bytes, metainfo } = await createTorrent(path.join(folder, 'payload'), { threads: 0, pieceLength: 262_144 });
  const torrent = path.join(folder, 'payload.torrent');
  writeFileSync(torrent, bytes);
  const bundle = runBundle(undefined);
  script = bundle.script;
  const client = await Client.open({ host: '127.0.0.1' });
  const seeder = await SessionServer.start(metainfo, {}, folder, { client, seed: true, isReadOnly: true });
  seeder.done().catch(() => undefined);
  silence(process.stdout);
  const options = ['--no-trackers', '--no-dht', '--no-listen', '--peer', `127.0.0.1:${client.port}`];
  await bundle.exports.main({
    argv: ['-q', '--no-config', 'download', torrent, '--output', path.join(folder, 'out'), ...options],
    version: '',
  });
} catch {
  process.exit(1);
}
