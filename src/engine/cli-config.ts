// What the command line takes of the configuration (config.ts): how much it shows, how often it looks, when it gives up where nobody watches.
// Each with its unit and its reason.

const KIB = 1024;
const MIB = 1024 * KIB;

export const CLI_CONFIG = {
  /** Torrents of one run under way at a time: enough to fill a link while one waits for peers, few enough for 55 connections each. */
  jobs: 5,
  /** The most that may be asked for: beyond that they share connections and memory so thinly that none gets on. */
  maxJobs: 100,
  /** Torrents of one run: each has a line at the end. */
  maxTorrents: 10_000,
  /** A list of torrents: as many lines with a magnet link of 1.6 KiB each. */
  maxListBytes: 16 * MIB,
  /** Where nobody watches (no terminal), a run must end by itself: so long without a peer, */
  unattendedNoPeersMs: 120_000,
  /** or without data, */
  unattendedStallMs: 300_000,
  /** or, of a magnet link, without metadata. */
  unattendedMetadataMs: 120_000,
  /** A bare rate of `--min-speed`: the mean of so long, in which a swarm may catch its breath. */
  minSpeedMs: 60_000,
  /** No payload for this long: one line says why. Longer than a tracker and a dial take when all is well. */
  silenceMs: 8000,
  /** And not again sooner than this. */
  silenceRepeatMs: 60_000,
  /** Lines about the same kind of event: a swarm of liars must not fill the screen. */
  maxLinesAKind: 20,
  /** Between two looks at a session for a report: its speeds are means of this. */
  reportLookMs: 500,
  /** Bytes of a configuration file: far more than every option of every command takes. */
  configFileBytes: 262_144,
  /** Names of a torrent's files that completion offers: more than anybody reads. */
  completedFiles: 2000,
  /** How often a process in the background looks whether the terminal is its own again: as soon as a hand reaches for a key. */
  foregroundLookMs: 500,
  /** Peers below a torrent's line, where more is shown: as many as one reads. */
  maxPeerLines: 8,
  /** Nothing is drawn before this: a small download ends before, and need not load what draws. */
  quietStartMs: 200,
  /** Between two looks at the session, or at a check, where bars are drawn: as many as the eye takes. */
  drawIntervalMs: 100,
  /** The same where lines are written. */
  plainIntervalMs: 250,
  /** Without a terminal a line comes at each tenth, or after so long. */
  lineIntervalMs: 10_000,
  /** A seed says so much less often: nobody waits for it. */
  seedLineIntervalMs: 60_000,
  /** The speed shown is the mean of so long: one slow moment must not make it jump. */
  speedWindowMs: 20_000,
  /** A process that did not stop on ^Z (no shell above it could wake it) draws again after this. */
  unstoppedMs: 200,
  /** A player or hook that ended badly: it may be by a signal that is for the run too (^C on a terminal), which sees it within this. */
  sharedSignalMs: 500,
} as const;
