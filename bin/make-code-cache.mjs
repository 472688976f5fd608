// The last step of a build: the command downloads a small torrent of several files, with a tracker and a seeder in this process, and the
// code that V8 has compiled for it is kept beside the bundle. It only saves time: where it cannot be made (no loopback), the build is as good without.

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleMark, CODE_CACHE, runBundle } from './start.js';

/** Enough for every function of the way of a block, and of a file, to have run. */
const FILES = 64;
const FILE_BYTES = 65_000;
const TIMEOUT_MS = 20_000;

const say = process.stderr.write.bind(process.stderr);
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
    say(`effusion will start without compiled code: ${String(error)}\n`);
  }
}

/** What a download prints is of no interest here. */
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
  mkdirSync(path.join(folder, 'payload/of'), { recursive: true });
  for (let index = 0; index < FILES; index++)
    writeFileSync(path.join(folder, 'payload/of', `${index}.bin`), Buffer.alloc(FILE_BYTES, index));
  const client = await Client.open({ host: '127.0.0.1' });
  const peer = [127, 0, 0, 1, client.port >> 8, client.port & 0xff];
  const tracker = createServer((_, response) =>
    response.end(Buffer.from([...Buffer.from('d8:intervali1800e5:peers6:'), ...peer, ...Buffer.from('e')])),
  );
  await once(tracker.listen(0, '127.0.0.1'), 'listening');
  const announce = `http://127.0.0.1:${tracker.address().port}/announce`;
  const { bytes, metainfo } = await createTorrent(path.join(folder, 'payload'), {
    threads: 0,
    pieceLength: 131_072,
    trackers: [[announce]],
  });
  const torrent = path.join(folder, 'payload.torrent');
  writeFileSync(torrent, bytes);
  const bundle = runBundle(false);
  script = bundle.script;
  const seeder = await SessionServer.start(metainfo, {}, folder, { client, seed: true, isReadOnly: true });
  seeder.done().catch(() => undefined);
  silence(process.stdout);
  silence(process.stderr);
  await bundle.exports.main({
    argv: [
      '--no-config',
      'download',
      torrent,
      '--output',
      path.join(folder, 'out'),
      '--no-dht',
      '--no-lsd',
      '--interface',
      '127.0.0.1',
    ],
  });
} catch {
  process.exit(1);
}
