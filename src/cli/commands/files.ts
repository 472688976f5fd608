// `effusion files TORRENT...`: the files of torrents, with the numbers by which they are chosen. Columns for a person, a line with tabs for a
// script: which of the two is decided by what stdout is, and never by what is in the torrent.

import type { CommandContext } from '../command-context.js';
import { formatFileRows, formatFileTree, formatHeading, formatPlainRows, listedFiles } from '../render/file-rows.js';
import { isUnicodeLocale } from '../render/terminal-view.js';
import { sanitise } from '../render/sanitise.js';
import { dataBytes, infoHashText } from '../render/torrent-text.js';
import { obtainForShow, type ShowOptions, showTorrents, toJsonText } from '../show-torrents.js';
import type { TorrentJob } from '../torrent-jobs.js';
import { gatherTorrents } from '../torrent-list.js';
import { UsageError } from '../usage-error.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { symlinksOf } from '../../metainfo/symlinks.js';

export interface FilesOptions extends ShowOptions {
  /** Paths alone, each with a zero byte behind it. */
  readonly null?: boolean;
  readonly tree?: boolean;
}

export async function files(torrents: readonly string[], options: FilesOptions, context: CommandContext): Promise<number> {
  const forms = [options.json === true && '--json', options.null === true && '--null', options.tree === true && '--tree'];
  const chosen = forms.filter((form) => form !== false);
  if (chosen.length > 1) throw new UsageError(`${chosen.join(' and ')} are two forms of the same list`, 'Choose one of them.');
  const { stdout } = context;
  const isForPeople = options.tree === true || (stdout.isTerminal && chosen.length === 0);
  const items = await gatherTorrents(torrents, options.inputFile);
  return showTorrents(
    {
      items,
      options,
      print: (text, isFirst) => {
        if (options.null === true) stdout.write(text);
        else stdout.line(isForPeople && !isFirst ? `\n${text}` : text);
      },
      show: async (job, run) => {
        const { metainfo } = await obtainForShow(job, options, run, context);
        job.name = sanitise(metainfo.name);
        return { text: await format(metainfo, job, options, isForPeople, context) };
      },
    },
    context,
  );
}

async function format(
  metainfo: Metainfo,
  job: TorrentJob,
  options: FilesOptions,
  isForPeople: boolean,
  { stdout, resultStyle, environment }: CommandContext,
): Promise<string> {
  if (options.json === true) return toJsonText(toFilesJson(metainfo), job);
  if (options.null === true) {
    return listedFiles(metainfo)
      .map(({ file }) => `${file.path.join('/')}\0`)
      .join('');
  }
  if (!isForPeople) return formatPlainRows(metainfo).join('\n');
  const columns = stdout.isTerminal ? stdout.columns : null;
  const rowOptions = { style: resultStyle, columns, isUnicode: isUnicodeLocale(environment) };
  const rows = await (options.tree === true ? formatFileTree(metainfo, rowOptions) : formatFileRows(metainfo, rowOptions));
  return [formatHeading(metainfo, resultStyle), ...rows].join('\n');
}

/** A stable shape; `index` from 1, sizes in bytes. */
function toFilesJson(metainfo: Metainfo): unknown {
  const links = symlinksOf(metainfo);
  return {
    name: metainfo.name,
    infoHash: infoHashText(metainfo),
    totalBytes: dataBytes(metainfo),
    files: listedFiles(metainfo).map(({ number, file }) => ({
      index: number,
      length: file.length,
      path: file.path.join('/'),
      ...(file.attributes === undefined ? {} : { attributes: file.attributes }),
    })),
    ...(links.length === 0 ? {} : { symlinks: links.map(({ path, target }) => ({ path, target })) }),
  };
}
