// The exit codes, once: scripts branch on them, so a number never changes its meaning. Help and README are made from
// this table (a test compares), and every error of effusion finds its number here by the name of its cause.

export interface ExitCode {
  readonly code: number;
  readonly name: string;
  readonly meaning: string;
}

export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  torrent: 3,
  metadata: 4,
  noPeers: 5,
  network: 6,
  stalled: 7,
  portTaken: 8,
  disk: 9,
  verification: 10,
  checksum: 11,
  hook: 12,
  someFailed: 14,
  timeout: 124,
  hangup: 129,
  interrupt: 130,
  terminate: 143,
} as const;

export const EXIT_CODES: readonly ExitCode[] = [
  { code: EXIT.ok, name: 'ok', meaning: 'everything asked for is there, whole and verified' },
  { code: EXIT.bug, name: 'bug', meaning: 'a fault of effusion itself; the stack on stderr is worth a report' },
  { code: EXIT.usage, name: 'usage', meaning: 'wrong command, option or argument, or a Node.js that is too old' },
  { code: EXIT.torrent, name: 'torrent', meaning: 'the torrent file, or a blocklist, is missing, unreadable or invalid' },
  { code: EXIT.metadata, name: 'metadata', meaning: 'the metadata of a magnet link did not come within --metadata-timeout' },
  {
    code: EXIT.noPeers,
    name: 'no-peers',
    meaning: 'no peer ever answered within --no-peers-timeout, or peers and doctor found none with the data',
  },
  {
    code: EXIT.network,
    name: 'network',
    meaning:
      'the server of a torrent cannot be reached or has a fault of its own, the proxy of --proxy cannot be used, the interface of --interface is gone, no tracker answered --scrape, nobody who could name peers answered doctor, or another network failure that has no code of its own',
  },
  { code: EXIT.stalled, name: 'stalled', meaning: 'no data came for --stall-timeout, or less than --min-speed' },
  { code: EXIT.portTaken, name: 'port-taken', meaning: 'the port of --port is taken or may not be used' },
  {
    code: EXIT.disk,
    name: 'disk',
    meaning: 'reading or writing failed, there is too little space, or another run or torrent has the place',
  },
  {
    code: EXIT.verification,
    name: 'verification',
    meaning: 'verify or seed found missing or bad data, or every source of a piece was banned for bad data',
  },
  { code: EXIT.checksum, name: 'checksum', meaning: 'a checksum of --checksum or --checksums does not match' },
  { code: EXIT.hook, name: 'hook', meaning: 'the command of --exec failed; the data is whole' },
  { code: EXIT.someFailed, name: 'some-failed', meaning: 'some of several torrents failed, or all in different ways' },
  { code: EXIT.timeout, name: 'timeout', meaning: 'the time of --timeout was up' },
  { code: EXIT.hangup, name: 'hangup', meaning: 'ended by SIGHUP, in order, or the terminal that -I chooses on went away' },
  { code: EXIT.interrupt, name: 'interrupt', meaning: 'ended by SIGINT (^C), in order' },
  { code: EXIT.terminate, name: 'terminate', meaning: 'ended by SIGTERM, in order' },
];

/** The `code` of an error, e.g. `storage_failed`, to its exit code; anything unknown is a bug of ours. */
const BY_CAUSE: ReadonlyMap<string, number> = new Map([
  ['usage_error', EXIT.usage],
  ['bad_placement', EXIT.usage],
  ['torrent_unreadable', EXIT.torrent],
  ['invalid_metainfo', EXIT.torrent],
  ['invalid_blocklist', EXIT.torrent],
  ['no_metadata', EXIT.metadata],
  ['no_peers', EXIT.noPeers],
  ['network_failed', EXIT.network],
  ['torrent_unreachable', EXIT.network],
  ['interface_gone', EXIT.network],
  ['proxy_unreachable', EXIT.network],
  ['proxy_login', EXIT.network],
  ['proxy_protocol', EXIT.network],
  ['proxy_denied', EXIT.network],
  ['proxy_unsupported', EXIT.network],
  ['stalled', EXIT.stalled],
  ['port_taken', EXIT.portTaken],
  ['storage_failed', EXIT.disk],
  ['output_failed', EXIT.disk],
  ['name_taken', EXIT.disk],
  ['sources_exhausted', EXIT.verification],
  ['data_incomplete', EXIT.verification],
  ['checksum_mismatch', EXIT.checksum],
  ['hook_failed', EXIT.hook],
  ['timed_out', EXIT.timeout],
]);

/** The `code` of every error that has an exit code of its own. */
export function errorCauses(): string[] {
  return [...BY_CAUSE.keys()];
}

export function exitCodeOf(cause: string | undefined): number {
  return (cause === undefined ? undefined : BY_CAUSE.get(cause)) ?? EXIT.bug;
}

/** One line for each code, aligned, for the terminal. */
export function formatExitCodes(): string {
  const nameWidth = Math.max(...EXIT_CODES.map((entry) => entry.name.length));
  return EXIT_CODES.map(({ code, name, meaning }) => `  ${String(code).padStart(3)}  ${name.padEnd(nameWidth)}  ${meaning}`).join(
    '\n',
  );
}

/** The same as the table of the README. */
export function formatExitCodesMarkdown(): string {
  const rows = EXIT_CODES.map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`);
  return ['| code | name | meaning |', '|---:|---|---|', ...rows].join('\n');
}
