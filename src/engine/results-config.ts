// Limits of what machines read of a run: its events, receipts and hooks, each with its unit and its reason. Part of the configuration
// (config.ts), in a file of its own for its length.

const MIB = 1024 * 1024;

export const EVENTS = {
  /** Between two progress events of a torrent: what a script can use. */
  progressMs: 1000,
  /** Lines that wait for a slow reader of events: some seconds of a busy swarm. */
  maxQueuedBytes: MIB,
  /** Between two tries at a pipe that is full. */
  retryMs: 25,
  /** At the end a reader that is behind is waited for so long; */
  flushMs: 30_000,
  /** and so long where the end is at once. */
  flushNowMs: 500,
  /** Sources of one bad piece that are named. */
  maxNamedSources: 100,
} as const;

export const RESULTS = {
  /** Peers that a receipt names, those that sent the most first; the others are summed up. */
  maxReceiptPeers: 1000,
  /** Different addresses that are counted for it: more than a swarm shows in days, and a few MiB. */
  maxCountedPeers: 20_000,
  /** A hook that was asked to end, by a signal or as its time is up, is killed after this. */
  hookKillMs: 5000,
  /** What a hook left behind may hold its output open: it is read for so long after its end. */
  hookOutputMs: 500,
  /** A line that a hook writes without an end is shown in parts. */
  maxHookLine: 8192,
} as const;
