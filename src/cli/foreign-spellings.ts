// What other programs call an option of ours: curl, wget, aria2, transmission-cli, webtorrent and the like. Where theirs means the same it is
// understood (an alias); where its value or its sense differs, the error names ours. One line is all that a spelling takes.

/** Their flags, and the long option of ours that means the same, value and all. */
export const ALIASES: readonly (readonly [theirs: string, ours: string])[] = [
  // curl
  ['-m, --max-time', '--timeout'],
  ['--output-dir', '--output'],
  // wget; -c, to go on with what is there, is what always happens.
  ['-P, --directory-prefix', '--output'],
  ['--bind-address', '--interface'],
  // aria2
  ['-d, --dir', '--output'],
  ['--select-file', '--files'],
  ['--max-download-limit', '--max-download-each'],
  ['--max-overall-download-limit', '--max-download'],
  ['--max-upload-limit', '--max-upload-each'],
  ['--max-overall-upload-limit', '--max-upload'],
  ['--max-concurrent-downloads', '--jobs'],
  ['--listen-port', '--port'],
  ['--bt-tracker', '--tracker'],
  ['--bt-max-peers', '--max-peers'],
  ['--bt-stop-timeout', '--stall-timeout'],
  ['--stop', '--timeout'],
  ['--index-out', '--rename'],
  ['--dht-entry-point', '--dht-bootstrap'],
  ['--all-proxy', '--proxy'],
  ['--conf-path', '--config'],
  ['--no-conf', '--no-config'],
  ['-l, --log', '--log-file'],
  // transmission-cli, qbittorrent, webtorrent
  ['--download-dir', '--output'],
  ['--save-path', '--output'],
  ['--out', '--output'],
  ['--torrent-port', '--port'],
  ['--silent', '--quiet'],
];

/** Accepted without a word: what they ask for is always so. */
export const ALWAYS_SO: readonly string[] = ['-c, --continue'];

/** Their flags, how ours is written instead, and our long option, so that none is named that a command lacks. */
export const NOT_THE_SAME: ReadonlyMap<string, readonly [advice: string, ours: string]> = new Map([
  ['--bt-exclude-tracker', ['--exclude-tracker', '--exclude-tracker']],
  ['--bt-force-encryption', ['--encryption require', '--encryption']],
  ['--bt-require-crypto', ['--encryption require', '--encryption']],
  ['--bt-min-crypto-level', ['--encryption require', '--encryption']],
  ['--encryption-required', ['--encryption require', '--encryption']],
  ['--encryption-preferred', ['--encryption prefer', '--encryption']],
  ['--encryption-tolerated', ['--encryption prefer', '--encryption']],
  ['--enable-dht', ['--no-dht (it is on without it)', '--no-dht']],
  ['--enable-dht6', ['--no-dht (it is on without it)', '--no-dht']],
  ['--enable-peer-exchange', ['--no-pex (it is on without it)', '--no-pex']],
  ['--bt-enable-lpd', ['--no-lsd (it is on without it)', '--no-lsd']],
  ['--on-download-complete', ['--exec', '--exec']],
  ['--on-bt-download-complete', ['--exec', '--exec']],
  ['--finish', ['--exec', '--exec']],
  ['--on-done', ['--exec', '--exec']],
  ['--file-allocation', ['--allocate', '--allocate']],
  ['--lowest-speed-limit', ['--min-speed', '--min-speed']],
  ['--speed-limit', ['--min-speed', '--min-speed']],
  ['--speed-time', ['--min-speed', '--min-speed']],
  ['--allow-overwrite', ['--overwrite', '--overwrite']],
  ['--no-clobber', ['--overwrite never', '--overwrite']],
  ['--bt-prioritize-piece', ['--first-last', '--first-last']],
  ['--bt-metadata-only', ['effusion metadata', '--overwrite']],
  ['--bt-save-metadata', ['effusion metadata', '--overwrite']],
  ['--hash-check-only', ['effusion verify', '--overwrite']],
  ['--check-integrity', ['effusion verify', '--overwrite']],
  ['--verify', ['effusion verify', '--overwrite']],
  ['--show-files', ['effusion info', '--overwrite']],
  ['--keep-seeding', ['effusion seed', '--overwrite']],
  ['--downlimit', ['--max-download (5M is 5 MiB/s)', '--max-download']],
  ['--uplimit', ['--max-upload (5M is 5 MiB/s)', '--max-upload']],
  ['--max-filesize', ['--files', '--files']],
  ['--select', ['--files', '--files']],
  ['--summary-interval', ['--progress', '--progress']],
  ['--show-console-readout', ['--progress', '--progress']],
  ['--enable-color', ['--color', '--color']],
  ['--http-proxy', ['--proxy http://…', '--proxy']],
  ['--https-proxy', ['--proxy http://…', '--proxy']],
  ['--socks5', ['--proxy socks5h://…', '--proxy']],
  ['--socks5-hostname', ['--proxy socks5h://…', '--proxy']],
  ['--retry', ['--timeout (tries go on until then)', '--timeout']],
  ['--tries', ['--timeout (tries go on until then)', '--timeout']],
  ['--max-tries', ['--timeout (tries go on until then)', '--timeout']],
]);

/** Options of ours that a command lacks, and what of its own does for them: said where it has that one. */
export const INSTEAD: ReadonlyMap<string, readonly [advice: string, ours: string]> = new Map([
  ['--json', ['Use --events=FILE: stdout is for what is read.', '--events']],
]);
