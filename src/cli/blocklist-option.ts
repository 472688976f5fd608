// What `--blocklist` names, read before anybody is dialled or let in, with a word on what is in it and on the lines that were skipped:
// a list that is half understood is not to pass for a whole one.

import { loadBlocklists, type BlocklistReport } from '../engine/blocklist-file.js';
import type { ClientOptions } from '../engine/client.js';
import type { CommandContext } from './command-context.js';
import { formatCount } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';

const MAX_PATH = 1000;
const MAX_LINE = 80;

/** For the options of a client; empty where no file is named. Rejects with BlocklistError. */
export async function loadBlocklistOption(
  paths: readonly string[] | undefined,
  { board }: CommandContext,
): Promise<Pick<ClientOptions, 'addressFilter'>> {
  if (paths === undefined || paths.length === 0) return {};
  const { filter, rangeCount, reports } = await loadBlocklists(paths);
  for (const report of reports) if (report.badLines > 0) board.log(describeBadLines(report));
  board.log(`blocklist: ${formatCount(rangeCount, 'range')} of addresses from ${formatCount(reports.length, 'file')}`);
  return { addressFilter: filter };
}

function describeBadLines({ path, goodLines, badLines, firstBad }: BlocklistReport): string {
  const share = `${badLines} of ${formatCount(goodLines + badLines, 'line')}`;
  const first = firstBad === null ? '' : `, the first is line ${firstBad.number}: ${sanitise(firstBad.text, MAX_LINE)}`;
  return `blocklist ${sanitise(path, MAX_PATH)}: ${share} not understood and skipped${first}`;
}
