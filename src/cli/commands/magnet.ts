// `effusion magnet TORRENT...`: the link of a torrent, one a line. Nobody is asked for it but the web server of a torrent that is named by its URL:
// a link that is given is written anew from what it says, and an info hash becomes a link.

import type { EgressOptions } from '../../engine/egress.js';
import { parseFileSelection, type FileRange } from '../../metainfo/magnet-selection.js';
import { formatMagnet, magnetOf, type MagnetParts } from '../../metainfo/magnet-format.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { MetainfoError } from '../../model/error.js';
import { toHex } from '../../model/ids.js';
import { redactUrl } from '../../model/redact-url.js';
import type { CommandContext } from '../command-context.js';
import { type ObtainRun, readAndClaim } from '../obtain-torrent.js';
import type { HostPort } from '../options.js';
import { listedFiles } from '../render/file-rows.js';
import { formatCount } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import { showTorrents, toJsonText } from '../show-torrents.js';
import { type TorrentJob, whoseLines } from '../torrent-jobs.js';
import { gatherTorrents } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';

export interface MagnetOptions extends EgressOptions {
  readonly inputFile?: readonly string[];
  readonly trackers: boolean;
  readonly peer?: readonly HostPort[];
  /** Numbers and ranges, from 1. */
  readonly files?: string;
  readonly json?: boolean;
}

export async function magnet(torrents: readonly string[], options: MagnetOptions, context: CommandContext): Promise<number> {
  const numbers = options.files === undefined ? null : parseNumbers(options.files);
  const items = await gatherTorrents(torrents, options.inputFile);
  const nobody = { trackers: false, pex: false, dht: false, lsd: false, encryption: 'prefer' } as const;
  return showTorrents(
    {
      items,
      options: { ...options, ...nobody },
      print: (text) => context.stdout.line(text),
      show: async (job, run) => {
        const known = await readParts(job, numbers, options, run);
        const peers = [...known.peers, ...(options.peer ?? [])];
        const parts = { ...known, peers };
        const link = formatMagnet(options.trackers ? parts : { ...parts, trackers: [] });
        // A link is made to be passed on.
        if (options.trackers && parts.trackers.some((url) => redactUrl(url) !== url)) {
          context.board.log(
            `${whoseLines(job)}the link has a secret of yours in a tracker's address: whoever gets it is you (--no-trackers leaves them out)`,
          );
        }
        if (options.json !== true) return { text: link };
        return { text: toJsonText({ name: parts.displayName, infoHash: toHex(parts.infoHash), magnet: link }, job) };
      },
    },
    context,
  );
}

async function readParts(
  job: TorrentJob,
  numbers: readonly FileRange[] | null,
  options: MagnetOptions,
  { claims, end }: ObtainRun,
): Promise<MagnetParts> {
  const { argument, label } = job.item;
  if (argument instanceof MetainfoError) throw argument;
  if (argument.kind === 'magnet') {
    if (numbers !== null) {
      throw new UsageError(
        '--files: which files a link has is not known without its torrent file',
        'Save it first: effusion metadata MAGNET.',
      );
    }
    await end.waitFor(claims.claimKnown(toHex(argument.magnet.infoHash), label));
    return argument.magnet;
  }
  const { metainfo } = await readAndClaim(argument, label, options, claims, end);
  const parts = magnetOf(metainfo);
  job.name = sanitise(metainfo.name);
  return numbers === null ? parts : { ...parts, selection: toSelection(numbers, metainfo) };
}

/** `1,3-5`: as `effusion files` counts. */
function parseNumbers(text: string): FileRange[] {
  const bad = (): UsageError =>
    new UsageError(
      `--files: '${text}' is no list of file numbers`,
      'Write numbers and ranges from 1, such as 1,3-5: a link knows no names.',
    );
  try {
    const ranges = parseFileSelection([text.trim()]);
    if (ranges.some(({ first }) => first < 1)) throw bad();
    return ranges;
  } catch (error) {
    throw error instanceof MetainfoError ? bad() : error;
  }
}

/** As BEP 53 counts: from 0, padding too. */
function toSelection(numbers: readonly FileRange[], metainfo: Metainfo): FileRange[] {
  const listed = listedFiles(metainfo);
  const beyond = numbers.find(({ last }) => last > listed.length);
  if (beyond !== undefined) {
    throw new UsageError(
      `--files: there is no file ${beyond.last} in ${sanitise(metainfo.name)}: it has ${formatCount(listed.length, 'file')}`,
      'See effusion files for their numbers.',
    );
  }
  const indices = numbers.flatMap(({ first, last }) => listed.slice(first - 1, last).map(({ index }) => index));
  const ranges: FileRange[] = [];
  for (const index of indices) {
    const before = ranges.at(-1);
    if (before !== undefined && before.last === index - 1) ranges[ranges.length - 1] = { first: before.first, last: index };
    else ranges.push({ first: index, last: index });
  }
  return ranges;
}
