// `--events` in the arguments, found before commander reads them: whoever asked for events gets `done` even where an option is refused.
// The value is optional and must not be taken from the next word, which is a torrent, so the bare form is written out as `--events=-`.

export interface EventsArgument {
  /** For commander. */
  readonly argv: readonly string[];
  /** Null: no events. The last one counts. */
  readonly target: string | null;
  /** A number behind a bare `--events`: a descriptor was meant, unless there is a torrent file of that name. */
  readonly stray: string | null;
}

/** stdout. */
export const STDOUT_TARGET = '-';

export function findEventsArgument(argv: readonly string[]): EventsArgument {
  const end = argv.indexOf('--');
  let target: string | null = null;
  let stray: string | null = null;
  const rewritten = argv.map((word, index) => {
    if (end >= 0 && index > end) return word;
    if (word === '--events') {
      target = STDOUT_TARGET;
      const next = argv.at(index + 1) ?? '';
      if (/^[0-9]{1,3}$/.test(next)) stray = next;
      return `--events=${STDOUT_TARGET}`;
    }
    if (word.startsWith('--events=')) target = word.slice('--events='.length);
    return word;
  });
  return { argv: rewritten, target, stray };
}
