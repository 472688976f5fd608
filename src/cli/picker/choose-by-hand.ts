// `-I`: the files of a torrent are chosen on the terminal before anything of it is fetched. What `--files` or the link names is chosen
// already; who gives up gives up the run, as by ^C; a terminal that goes away hangs up.

import type { Metainfo } from '../../metainfo/metainfo.js';
import type { ChosenFiles } from '../chosen-files.js';
import type { CommandContext } from '../command-context.js';
import { sanitise } from '../render/sanitise.js';
import { RunEndedError, type RunEnd } from '../run-end.js';
import { pickFiles } from './pick-files.js';

const MAX_PATH = 1000;

/** Whoever was to choose files ended the run instead. */
export class GaveUpError extends RunEndedError {}

/** Of one file there is nothing to choose. */
export function hasChoice({ files }: Pick<Metainfo, 'files'>): boolean {
  return files.filter((file) => !file.isPadding).length > 1;
}

/** Indices of `metainfo.files`. Rejects with RunEndedError. */
export async function chooseByHand(
  metainfo: Metainfo,
  { session }: ChosenFiles,
  end: RunEnd,
  context: CommandContext,
): Promise<number[]> {
  const indices = [...metainfo.files.keys()].filter((index) => !metainfo.files[index].isPadding);
  const files = indices.map((index, position) => {
    const { path, length } = metainfo.files[index];
    return { index: position + 1, path: sanitise((path.length > 1 ? path.slice(1) : path).join('/'), MAX_PATH), bytes: length };
  });
  const chosen = [...indices.keys()].filter((position) => session.files?.includes(indices[position]) !== false);
  const showAgain = context.suspension.hide();
  let picked: number[] | 'given-up' | 'gone';
  try {
    picked = await pickFiles(metainfo.name, files, chosen, end.signal, context);
  } finally {
    showAgain();
  }
  if (typeof picked === 'object') return picked.map((position) => indices[position]);
  // Where the system says it too, either of them may come first.
  if (!end.signal.aborted) context.interruption.request(picked === 'gone' ? 'SIGHUP' : 'SIGINT');
  throw new GaveUpError('given up');
}
