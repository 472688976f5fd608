// How wide help is written. In a pipe it is mostly on its way to a pager, on the terminal that stderr still is: lines wider than that
// would be broken in the middle of words. COLUMNS says it where no stream does, as it does for git and man.

/** Help is wrapped at the width of the terminal, and at this where that is wider or unknown. */
const MAX_HELP_WIDTH = 140;
/** Narrower than this nothing is wrapped that could still be read. */
const MIN_HELP_WIDTH = 20;

/** What is asked of a stream. */
export interface HelpStream {
  readonly isTerminal: boolean;
  readonly columns: number;
}

/** In columns. `columnsText`: the variable COLUMNS, which may be anything. */
export function helpWidth(stdout: HelpStream, stderr: HelpStream, columnsText: string | undefined): number {
  const named = /^[1-9][0-9]{0,5}$/.test(columnsText ?? '') ? Number(columnsText) : null;
  const besides = named ?? (stderr.isTerminal ? stderr.columns : MAX_HELP_WIDTH);
  const columns = stdout.isTerminal ? stdout.columns : besides;
  return Math.min(MAX_HELP_WIDTH, Math.max(MIN_HELP_WIDTH, columns));
}
