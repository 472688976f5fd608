// The last step of a build: the command downloads a small torrent from a seeder in this process, and the code that V8 has compiled
// for it is kept beside the bundle. It only saves time: where it cannot be made (no loopback), the build is as good without.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CODE_CACHE, runBundle } from './load-bundle.js';

/** Enough for every function of the way of a block to have run. */
const BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

const folder = await mkdtemp(path.join(tmpdir(), 'effusion-build-'));
const { Client, createTorrent, SessionServer } = await import('../dist/index.js');
await writeFile(path.join(folder, 'payload'), Buffer.alloc(BYTES, 1));
const { bytes, metainfo } = await createTorrent(path.join(folder, 'payload'), { threads: 0, pieceLength: 262_144 });
const torrent = path.join(folder, 'payload.torrent');
await writeFile(torrent, bytes);

const { exports, script } = runBundle(undefined);
process.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true });
  if (code === 0) writeFileSync(CODE_CACHE, script.createCachedData());
  else process.stderr.write('effusion starts without compiled code: the loopback download of the build failed\n');
  process.exitCode = 0;
});
setTimeout(() => process.exit(1), TIMEOUT_MS).unref();
try {
  const client = await Client.open({ host: '127.0.0.1' });
  const seeder = await SessionServer.start(metainfo, {}, folder, { client, seed: true, isReadOnly: true });
  seeder.done().catch(() => undefined);
  const options = ['--no-trackers', '--no-listen', '--peer', `127.0.0.1:${client.port}`];
  await exports.main({ argv: ['-q', 'download', torrent, '--output', path.join(folder, 'out'), ...options], version: '' });
} catch {
  process.exit(1);
}
