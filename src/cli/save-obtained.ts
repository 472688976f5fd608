// The torrent file of what was obtained: the bytes that came where it came as a file, else one made around the info dictionary that peers
// sent. What `info --save` and `metadata` have in common.

import { encodeMetainfo } from '../metainfo/torrent-encoder.js';
import type { CommandContext } from './command-context.js';
import type { ObtainedTorrent } from './obtain-torrent.js';
import { sanitise } from './render/sanitise.js';
import { type TorrentOutput, writeTorrent } from './torrent-output.js';

/** Throws as writeTorrent does. */
export async function saveObtained(
  target: string,
  { metainfo, bytes }: Pick<ObtainedTorrent, 'metainfo' | 'bytes'>,
  output: TorrentOutput,
  { board }: Pick<CommandContext, 'board'>,
): Promise<void> {
  await writeTorrent(target, bytes ?? encodeMetainfo(metainfo), output);
  // They stand beside the info dictionary (BEP 52, `piece layers`), so peers of BEP 9 don't send them.
  if (bytes === null && metainfo.isHybrid) {
    board.log(`${sanitise(metainfo.name)}: a hybrid torrent, saved without its v2 hashes: the file serves its v1 half only`);
  }
}
