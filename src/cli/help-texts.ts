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
The path of each result goes to stdout, everything else to stderr. Of several torrents one that fails does not stop
the others: the run ends with 14, or with the code of the failure where all failed alike.

Examples:
  effusion download ubuntu.torrent
  effusion download ubuntu.torrent -o ~/iso --timeout 1h
  effusion download 'magnet:?xt=urn:btih:…&tr=…'
  effusion download https://example.org/ubuntu.torrent
  effusion download *.torrent -i more.txt -j 3 -o ~/iso
  effusion download photos.torrent --files '*.jpg' --files '!drafts/**'
  effusion download ci.torrent --no-trackers --peer 10.0.0.7:6881 --peer '[2001:db8::1]:6881'
  effusion download ubuntu.torrent --proxy socks5h://127.0.0.1:9050
  effusion download ubuntu.torrent --events=3 3>events.jsonl
  effusion download ubuntu.torrent --exec 'notify-send done'
  path=$(effusion -q download data.torrent) && tar -xf "$path"`,
  cat: `
Each byte is verified before it is written, nothing is kept on the disk, and no more is fetched ahead than 32 MiB.
Whoever stops reading ends it, with 0. A terminal is refused: a file may hold anything.

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
Serves until it is stopped. The line "seeding NAME on port N" on stderr says that it is ready.

Examples:
  effusion seed ubuntu.torrent --data ~/iso
  effusion seed photos.torrent --data /srv --port 6881 --max-upload 5M
  effusion seed *.torrent --data /srv
  effusion seed new.torrent --super-seeding   nobody else has it yet, and the line is slow`,
  create: `
The same input makes the same bytes each time. The path of the torrent goes to stdout.

Examples:
  effusion create photos --tracker https://tracker.example/announce
  effusion create movie.mkv -o /tmp/movie.torrent --piece-length 1M --private --comment 'first cut'
  effusion create data --tracker https://a.example/announce,https://b.example/announce --tracker https://c.example/announce
                                              the first two in one tier, the third is asked when both fail`,
  info: `
Examples:
  effusion info ubuntu.torrent
  effusion info ubuntu.torrent --json | jq -r .infoHash
  effusion info *.torrent --json | jq -r .name
  effusion info ubuntu.torrent --scrape       how many seeds each tracker knows of
  effusion info 'magnet:?xt=urn:btih:…&tr=…' --save ubuntu.torrent`,
  verify: `
Names each file that is missing or bad on stdout, a line each, and ends with 10 where there is one.

Examples:
  effusion verify ubuntu.torrent              the data is in the current folder
  effusion verify photos.torrent /srv --json
  effusion verify photos.torrent --files '*.jpg'`,
} as const;

const SELECT = `--files SPEC chooses files of a torrent; all others are never made. Given several times, the choices are joined.
SPEC is one of these, and ! before it leaves out what it names (alone: everything but that):

  3   1,3-5   7-     files by their number, from 1, in the order of effusion info
  *.txt              a glob without a slash: any file of that name, in whatever folder
  docs/*.md          with a slash: the path inside the torrent; * and ? stay within a name
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
  select: SELECT,
};
