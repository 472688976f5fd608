// `effusion info FILE.torrent`: what is in a torrent file, for a person or as JSON. Both go to stdout: they are what was
// asked for.

import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { formatJson } from '../render/sanitise.js';
import { formatTorrent, toTorrentJson } from '../render/torrent-text.js';
import { loadTorrent } from '../torrent-argument.js';

export interface InfoOptions {
  readonly json?: boolean;
}

export async function info(file: string, options: InfoOptions, context: CommandContext): Promise<number> {
  const metainfo = await loadTorrent(file);
  const text =
    options.json === true ? formatJson(toTorrentJson(metainfo)) : formatTorrent(metainfo, context.resultStyle).join('\n');
  context.stdout.line(text);
  return EXIT.ok;
}
