// Writes fixtures/torrents again: `node_modules/.bin/tsx test/support/make-fixtures.ts`. With `--payload DIR` it writes the
// files that the torrents are of instead, for making those that another program makes.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TORRENT_FIXTURES, TORRENTS_FOLDER } from './torrent-fixtures.js';

const [flag, folder] = process.argv.slice(2);

if (flag === '--payload' && folder !== undefined) {
  for (const file of TORRENT_FIXTURES.flatMap((fixture) => fixture.files)) {
    if (file.isPadding === true) continue;
    const target = path.join(folder, ...file.path);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, file.bytes);
  }
} else {
  mkdirSync(TORRENTS_FOLDER, { recursive: true });
  for (const { name, torrent } of TORRENT_FIXTURES) if (torrent !== null) writeFileSync(new URL(name, TORRENTS_FOLDER), torrent);
}
