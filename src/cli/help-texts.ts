// The prose of the help: examples of every command, and topics of `effusion help`. Kept apart from the command tree, so
// that each can be read on its own.

import { EVENTS_TOPIC } from './events/help-text.js';
import { formatExitCodes } from './exit-codes.js';

export const OVERVIEW = `
Examples:
  effusion ubuntu.torrent                     download into the current folder; the same as effusion download
  effusion download ubuntu.torrent -o ~/iso   download into another folder
  effusion verify ubuntu.torrent ~/iso        check what is there
  effusion create photos --tracker https://tracker.example/announce

Exit codes: 0 is whole and verified, anything else is not; effusion help exit-codes lists them.
Durations are written 30s, 5m or 1h (a bare number is seconds, 0 is off), sizes and rates 50K or 1.5M (by 1024).`;

export const EXAMPLES = {
  download: `
Run it again after any interruption: only what is missing is fetched. ^C ends in order, a second ^C at once.
On a terminal keys work meanwhile: p pauses, q stops in order, v shows more or less, + and - change the rate.
The path of each result, the torrent's own file or folder, goes to stdout, everything else to stderr; --json lists the
files too. Of several torrents one that fails does not stop the others: the run ends with 14, or with the code of the failure where all failed alike.

Examples:
  effusion download ubuntu.torrent
  effusion download ubuntu.torrent -o ~/iso --timeout 1h
  effusion download ubuntu.torrent --seed=2x --checksums SHA256SUMS
  effusion download 'magnet:?xt=urn:btih:…&tr=…'
  effusion download https://example.org/ubuntu.torrent
  effusion download *.torrent -i more.txt -j 3 -o ~/iso
  effusion download photos.torrent --files '*.jpg' --files '!drafts/**'
  effusion download ci.torrent --no-trackers --peer 10.0.0.7:6881
  effusion download photos.torrent --incomplete-dir /var/tmp/incomplete
  effusion download photos.torrent --reuse ~/old --dry-run
  effusion download ubuntu.torrent --proxy socks5h://127.0.0.1:9050
  effusion download ubuntu.torrent --events=3 3>events.jsonl
  effusion download ubuntu.torrent --exec 'notify-send done'
  path=$(effusion -q download data.torrent) && tar -xf "$path"`,
  cat: `
Each byte is verified before it is written, nothing is kept on the disk, and no more is fetched ahead than 32 MiB.
Whoever stops reading ends it, with 0. A terminal is refused: a file may hold anything. Into a pipe it draws no bar, as
a pager may have the terminal: --progress bar shows it all the same.

Examples:
  effusion cat ubuntu.torrent > ubuntu.iso
  effusion cat logs.torrent --files 'app.log.gz' | zcat | grep ERROR
  effusion cat data.torrent -s 3 --range 0-1023 | xxd
  effusion cat 'magnet:?xt=urn:btih:…' -s '*.tar' | tar -x`,
  stream: `
The URL goes to stdout: of the file, or of a page that lists them. Only this machine reaches it. It runs until ^C, or
until the player of --open ends.

Examples:
  effusion stream film.torrent
  effusion stream series.torrent -s 'S01E02*' --open mpv
  effusion stream film.torrent --open 'mpv -fs' --port 8000`,
  seed: `
Serves until it is stopped, or as long as it is told. The line "seeding NAME on port N" on stderr says that it is ready.
Of a file or folder a torrent is made in memory, as effusion create makes it, and its magnet link goes to stdout when it
is served. A file is a torrent by what is in it, or by a name that ends in .torrent.

Examples:
  effusion seed ubuntu.torrent --data ~/iso
  effusion seed photos.torrent --data /srv --port 6881 --max-upload 5M
  effusion seed *.torrent --data /srv
  effusion seed ubuntu.torrent --seed-ratio 2 --seed-time 12h
  effusion seed album.torrent --partial       the pieces that are there, where some are not
  effusion seed photos                        the magnet link leads others to it
  effusion seed photos --tracker https://tracker.example/a --save photos.torrent
  effusion seed new.torrent --super-seeding   from a slow line, to be passed on`,
  create: `
The same input makes the same bytes each time. The path of the torrent goes to stdout. Hidden files are files like any other;
what operating systems leave in folders is left out, and a line says so.

Examples:
  effusion create photos --tracker https://tracker.example/announce
  effusion create movie.mkv -o /tmp/movie.torrent --comment 'first cut'
  effusion create data --tracker http://a.example/a,http://b.example/a --tracker http://c.example/a
                                              two in one tier, and one for when both fail`,
  info: `
Of a hybrid torrent that came from peers --save keeps the v1 half only: they do not send its v2 hashes, and a line says so.

Examples:
  effusion info ubuntu.torrent
  effusion info ubuntu.torrent --json | jq -r .infoHash
  effusion info *.torrent --json | jq -r .name
  effusion info ubuntu.torrent --scrape       what each tracker knows
  effusion info 'magnet:?xt=urn:btih:…&tr=…' --save ubuntu.torrent`,
  config: `
A flag comes before a variable, a variable before the file, the file before the default; effusion help config has more.

Examples:
  effusion config                             of every command
  effusion config download -o ~/iso           what that command would see
  effusion config --path                      where the file is looked for
  effusion config --json | jq '.settings[] | select(.source != "default")'`,
  completion: `
Examples:
  source <(effusion completion bash)          in ~/.bashrc
  source <(effusion completion zsh)           in ~/.zshrc, behind compinit
  effusion completion fish > ~/.config/fish/completions/effusion.fish
  effusion completion powershell | Out-String | Invoke-Expression`,
  peers: `
Ends with 5 where no peer answers. Each peer is left as soon as it has said who it is; nothing is downloaded.

Examples:
  effusion peers ubuntu.torrent
  effusion peers 'magnet:?xt=urn:btih:…' --json | jq -r 'select(.progress == 1).address'`,
  doctor: `
Each line is ok, warn or fail, with what to do below it. Ends with 0 where the data could be had and stored; else with the code of the main cause:
5 (nobody who was reached has all of it), 6 (neither a tracker nor the DHT answers), 9 (it cannot be written, or does not fit), 3, 8.

Examples:
  effusion doctor ubuntu.torrent
  effusion doctor ubuntu.torrent -o ~/iso --portmap --timeout 60
  effusion doctor ubuntu.torrent --json | jq -r '.checks[] | select(.status != "ok").text'`,
  swarm: `
Prints one line of JSON when all is ready: torrent (a file that is gone at the end), magnet, tracker, infoHash, peers, name, totalBytes,
randomSeed, pid; in a pipe one with the error where it comes to nothing. Ends when it is stopped, when whoever started it is gone, or as --exit-after says.

Examples:
  effusion swarm photos
  effusion swarm data.bin --exit-after 1 > swarm.json &
  effusion swarm ubuntu.torrent --seeders 3 --honest 1 --corrupt 5%
  effusion swarm data.bin --slow 50K --drop 10% --flaky-tracker --random-seed 7`,
  files: `
A file's number counts from 1 in the torrent's own order; padding files are not shown and have none.
Where stdout is no terminal each line is NUMBER, bytes and path with tabs between them. Paths are as download writes them:
control characters in names are _ there, and so are line feeds and tabs.

Examples:
  effusion files ubuntu.torrent
  effusion files photos.torrent --tree
  effusion ls photos.torrent | sort -t "$(printf '\\t')" -k2n | tail -n 3   the three largest
  effusion files photos.torrent -0 | xargs -0 ls -l
  effusion files 'magnet:?xt=urn:btih:…' --json | jq -r '.files[].path'`,
  magnet: `
The link has the hashes (both of a hybrid torrent), the name, the size, all trackers and web seeds. Nobody is asked for it: a link
that is given is written anew, and an info hash becomes a link. A tracker's address may have a passkey in it: then a line says so.

Examples:
  effusion magnet ubuntu.torrent
  effusion magnet *.torrent --no-trackers
  effusion magnet photos.torrent --files 1,3-5 --peer 192.0.2.7:6881`,
  metadata: `
The path of the file goes to stdout. It has the info dictionary as peers send it, checked against the hash, and the trackers and web
seeds of the link; where the link says where its torrent file is (xs, as), that file as it is. Peers do not send the v2 hashes
of a hybrid torrent: a file made from them serves its v1 half only, and a line says so.

Examples:
  effusion metadata 'magnet:?xt=urn:btih:…&tr=…'
  effusion metadata 'magnet:?xt=urn:btih:…' -o ubuntu.torrent`,
  edit: `
What is not changed stays byte for byte, unknown keys too, and with it the info hash. Trackers are changed in this order: all taken
out (--clear-trackers) or set (--tracker), replaced, removed, added. The path of the file goes to stdout, what changed
to stderr. Where all is so already, a file that is changed in place is not touched.

Examples:
  effusion edit ubuntu.torrent -o my.torrent --add-tracker udp://t.example:80/a
  effusion edit ubuntu.torrent --in-place --remove-tracker 'http://*'
  effusion edit ubuntu.torrent --in-place --replace-tracker 'http://old.example/*=http://new.example/a'
  effusion edit photos.torrent -o private.torrent --private --allow-new-hash`,
  verify: `
Each file that is missing or bad is named on stdout, a line each. Ends with 10 where there is one, with 14 where some of several
torrents could not be read. Where every piece is right and a checksum is not it ends with 11. The last of several arguments is the
folder where there is a folder of that name, or where it does not look like a torrent; --data says it without doubt.

Examples:
  effusion verify ubuntu.torrent              the data is in the current folder
  effusion verify *.torrent --data /srv
  effusion verify photos.torrent /srv --json
  effusion verify photos.torrent --files '*.jpg'
  effusion verify ubuntu.torrent --checksums SHA256SUMS`,
} as const;

const SELECT = `--files SPEC chooses files of a torrent; all others are never made. Given several times, the choices are joined; of
several torrents it chooses in each of them.
SPEC is one of these, and ! before it leaves out what it names (alone: everything but that):

  3   1,3-5   7-     files by their number, from 1, as effusion files shows it
  *.txt              a glob without a slash: any file of that name, in whatever folder
  docs/*.md          with a slash: the path inside the torrent, with or without its own folder; * and ? stay within a name
  docs/**   docs/    everything below docs; **/x is any file or folder x
  '/^cover\\.(jpg|png)$/i'   a regular expression on the path inside the torrent; i: upper and lower case alike

Globs tell upper from lower case. Brackets and commas stand for themselves, as many names have them. Padding files have no
number. A SPEC that names no file ends with 2 before anything is fetched; one that only leaves out may name none.
A magnet link may choose files itself (so=); --files goes before it.

--priority SPEC=high and SPEC=low say what comes first and last; --sequential goes from the beginning to the end, --first-last
begins with both ends of each file. Pieces that a chosen file shares with others are fetched whole: what belongs to others lies
in one hidden file, .effusion-….parts, until the choice is complete, and serves a later run that chooses otherwise.

Examples:
  effusion download photos.torrent --files '*.jpg' --files '!drafts/**'
  effusion download show.torrent -s 2-4 --priority '2=high'
  effusion download big.torrent -s readme.txt
`;

export const TOPICS: Readonly<Record<string, string>> = {
  events: EVENTS_TOPIC,
  'exit-codes': `Exit codes:\n${formatExitCodes()}\n`,
  units: `Sizes and rates count by 1024: 50K is 50 KiB or 51200 bytes, 1.5M is 1.5 MiB. K, M, G and T are known, in upper or lower case;
KB, KiB and the like mean the same. Without a letter they are bytes. A rate is a size a second, also written 5M/s; 0 is no limit.

Durations are written 500ms, 30s, 5m, 1h or 2d, also joined as 1h30m. A bare number is seconds. 0 is off: the limit does not hold. The
longest is 24 days.

What is printed counts by 1024 too, with its unit in full: KiB, MiB, GiB, and MiB/s for rates.
`,
  config: `Most options can be set for every run. What is said later in this list gives way to what is said before:
  1. the flag on the command line
  2. the variable, such as EFFUSION_MAX_DOWNLOAD=2M for --max-download
  3. the configuration file
  4. the default

The file is $XDG_CONFIG_HOME/effusion/config.toml, ~/.config/effusion/config.toml where that is not set, and
%APPDATA%\\effusion\\config.toml on Windows. --config FILE or EFFUSION_CONFIG names another, --no-config or
EFFUSION_NO_CONFIG=1 reads none. Keys are the long options without their dashes, in TOML:

  max-download = "2M"        # for every command that has it
  no-lsd = true              # or lsd = false
  blocklist = ["~/bad.p2p", "~/more.dat"]

  [download]                 # for this one, before what is above
  output = "~/Downloads"
  port = 6881

Above the tables an option is meant as effusion download means it: output is a folder, so it is not the file of
effusion create. A variable that is empty is not set; for a switch it is 1 or 0, and of several values each is a line.
A flag takes a switch back as well: --lsd where the file has no-lsd. What belongs to one torrent (--name and the like)
stands on the command line only. Values go through the same checks as flags, and a slip ends with 2 and its line.

effusion config shows each value and where it comes from; effusion config --help says how it is asked.
`,
  select: SELECT,
};
