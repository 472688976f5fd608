// What `--json` prints of a failure where the command's own object is not about how a torrent ended: of `info`, `create` and the like. The
// error is the one that events and the results of download have, so that a script asks for `.error` wherever it is.

import { formatJson } from '../render/sanitise.js';
import { errorFacts } from '../report-error.js';

/** One line. `input`: the torrent as it was named, where it is the failure of one torrent and not of the run. */
export function failureJson(error: unknown, input?: string): string {
  return formatJson({ ...(input === undefined ? {} : { input }), error: errorFacts(error) }, 0);
}
