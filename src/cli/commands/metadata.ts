// `effusion metadata MAGNET...`: what a magnet link names, kept as a torrent file. Its path goes to stdout, so that the next command can take
// it. Without --force nothing that is there is touched, which is known before anybody is asked where the name is given.

import path from 'node:path';
import { safeComponent } from '../../metainfo/safe-path.js';
import type { CommandContext } from '../command-context.js';
import { sanitise } from '../render/sanitise.js';
import { toTorrentJson } from '../render/torrent-text.js';
import { saveObtained } from '../save-obtained.js';
import { obtainForShow, type ShowOptions, showTorrents, toJsonText } from '../show-torrents.js';
import { gatherTorrents } from '../torrent-list.js';
import { refuseExistingTarget } from '../torrent-output.js';
import { UsageError } from '../usage-error.js';

export interface MetadataOptions extends ShowOptions {
  readonly output?: string;
  readonly force?: boolean;
}

const EXISTS_HINT = 'Name another file with --output, or replace it with --force.';

export async function metadata(torrents: readonly string[], options: MetadataOptions, context: CommandContext): Promise<number> {
  const items = await gatherTorrents(torrents, options.inputFile);
  const { output, force = false } = options;
  if (items.length > 1 && output !== undefined) {
    throw new UsageError(`--output names one file: ${items.length} torrents were named`, 'Leave it out: each gets its own name.');
  }
  if (output !== undefined && !force) await refuseExistingTarget(output, EXISTS_HINT);
  return showTorrents(
    {
      items,
      options,
      print: (text) => context.stdout.line(text),
      show: async (job, run) => {
        const obtained = await obtainForShow(job, options, run, context);
        const { metainfo } = obtained;
        job.name = sanitise(metainfo.name);
        // The name is safe, and may be as long as a name can be.
        const target = output ?? safeComponent(`${metainfo.name}.torrent`, 'info.name', { windows: false });
        await saveObtained(target, obtained, { isForced: force, hint: EXISTS_HINT }, context);
        if (options.json !== true) return { text: target };
        return { text: toJsonText({ torrent: path.resolve(target), ...toTorrentJson(metainfo) }, job) };
      },
    },
    context,
  );
}
