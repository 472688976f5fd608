// What came of each source of peers, as lines for `-v`: plain, sanitised, on stderr. A list of trackers may be long: what does not fit is
// counted.

import { reportSources, type SourceFacts } from '../../engine/source-report.js';
import { formatCount } from './human-numbers.js';
import { sanitise } from './sanitise.js';

const MAX_LINES = 50;
const MAX_TEXT = 600;

/** Lines without line feeds. `whose`: what each begins with, such as the torrent's name. */
export function describeSources(facts: SourceFacts, whose: string): string[] {
  const lines = reportSources(facts).map(
    ({ name, text }) => `  ${whose}${sanitise(name, MAX_TEXT)}: ${sanitise(text, MAX_TEXT)}`,
  );
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `  ${whose}and ${formatCount(lines.length - MAX_LINES, 'more source')}`];
}
