// The options on torrents, peers, trackers, ports and limits that several commands take, each written down once. What they do is the same
// wherever they stand.

import { Option } from 'commander';
import { UsageError } from './usage-error.js';
import { CONFIG } from '../engine/config.js';
import {
  type HostPort,
  parseCount,
  parseDuration,
  parseHostPort,
  parseJobs,
  parseMinSpeed,
  parsePieceLength,
  parsePortRange,
  parseProxy,
  parseRate,
  parseTier,
  parseUrl,
} from './options.js';

const collectFiles = (file: string, previous: readonly string[] = []): string[] => [...previous, file];

export const inputFileOption = (): Option =>
  new Option(
    '-i, --input-file <LIST>',
    'a file that names torrents, one a line, # for comments, - for stdin (repeatable)',
  ).argParser(collectFiles);

export const jobsOption = (): Option =>
  new Option('-j, --jobs <N>', `of several torrents so many at a time (default: ${CONFIG.cli.jobs})`).argParser((text) =>
    parseJobs(text, '--jobs'),
  );

const collectPeers = (text: string, previous: readonly HostPort[] = []): HostPort[] => [
  ...previous,
  parseHostPort(text, '--peer'),
];

export const peerOption = (): Option =>
  new Option('--peer <HOST:PORT>', 'a peer to connect to, besides those of trackers (repeatable)').argParser(collectPeers);

export const portOption = (): Option =>
  new Option('-p, --port <N|A-B>', 'listen for peers on this port, or on the first free one of a range (default: any)').argParser(
    (text) => parsePortRange(text, '--port'),
  );

export const portmapOption = (): Option =>
  new Option('--portmap', 'ask the router to lead peers to our port (UPnP, NAT-PMP, PCP), until the end of the run');

export const listenOption = (): Option => new Option('--no-listen', 'accept no connections from peers');

export const proxyOption = (): Option =>
  new Option(
    '--proxy <URL>',
    'everything goes through this proxy, names are looked up by it: socks5h://[user:password@]host:port or http://…',
  ).argParser((text) => parseProxy(text, '--proxy'));

export const interfaceOption = (): Option =>
  new Option(
    '--interface <NAME|IP>',
    'bind everything to this network interface, or to this address of one, and end when it vanishes (exit 6)',
  );

export const onlyPeersOption = (): Option =>
  new Option('--only-peers', 'find nobody and be found by nobody: connect to the peers of --peer and of the link only');

export const durationOption = (flags: string, description: string): Option => {
  const name = /--[a-z-]+/.exec(flags)?.[0] ?? flags;
  const option = new Option(flags, description).argParser((text) => parseDuration(text, name));
  // `--no-peers-timeout` has a value of its own: it is not the opposite of a `--peers-timeout`.
  option.negate = false;
  return option;
};

export const minSpeedOption = (): Option =>
  new Option(
    '--min-speed <RATE[:TIME]>',
    'give up when less useful data a second than this, such as 100K, came over this time (60s where none is given; exit 7)',
  ).argParser((text) => parseMinSpeed(text, '--min-speed'));

const collectTiers = (text: string, previous: readonly string[][] = []): string[][] => [
  ...previous,
  parseTier(text, '--tracker'),
];

/** Of a torrent that is made, or that others have made. */
export const servedTrackerOption = (): Option =>
  new Option(
    '--tracker <URL>',
    'a tracker to announce to, before those of a torrent file; each --tracker is a tier, commas join URLs in one (repeatable)',
  ).argParser(collectTiers);

/** Of a torrent that is made. */
export const tiersOption = (): Option =>
  new Option('--tracker <URL>', 'a tracker; each --tracker is a tier, commas join URLs in one (repeatable)').argParser(
    collectTiers,
  );

export const pieceLengthOption = (): Option =>
  new Option('--piece-length <SIZE>', 'bytes of a piece, a power of two (default: by the size of the data)').argParser((text) =>
    parsePieceLength(text, '--piece-length'),
  );

export const trackerOption = (): Option =>
  new Option(
    '--tracker <URL>',
    'a tracker to ask before those of the torrent, commas join URLs in one tier (repeatable)',
  ).argParser(collectTiers);

const collectGlobs = (text: string, previous: readonly string[] = []): string[] => {
  if (text.trim() === '') throw new UsageError('--exclude-tracker names no tracker', 'Give it a URL, with * for any characters.');
  return [...previous, text];
};

export const excludeTrackerOption = (): Option =>
  new Option(
    '--exclude-tracker <GLOB>',
    "a tracker of the torrent not to ask: its URL, * for any characters; '*' leaves those of --tracker (repeatable)",
  ).argParser(collectGlobs);

export const metadataTimeoutOption = (): Option =>
  durationOption(
    '--metadata-timeout <TIME>',
    'give up on a magnet link without metadata for so long (exit 4; without a terminal 2m)',
  );

export const pexOption = (): Option => new Option('--no-pex', 'neither ask peers for other peers nor name any to them');

export const encryptionOption = (): Option =>
  new Option('--encryption <MODE>', 'encrypt connections where peers want it, always (take no others), or never')
    .choices(['prefer', 'require', 'off'])
    .default('prefer');

export const blocklistOption = (): Option =>
  new Option(
    '--blocklist <FILE>',
    'neither dial nor let in the addresses it lists: p2p, .dat or CIDR, also gzip (repeatable)',
  ).argParser(collectFiles);

/** commander calls it by its last name, `maxDownload`. */
export const maxDownloadOption = (): Option =>
  new Option('--limit-rate, --max-download <RATE>', 'receive at most so much payload a second (0: no limit)').argParser((text) =>
    parseRate(text, '--max-download'),
  );

export const maxUploadOption = (): Option =>
  new Option('--max-upload <RATE>', 'send at most so much payload a second (0: no limit)').argParser((text) =>
    parseRate(text, '--max-upload'),
  );

/** Besides that of the run as a whole. */
export const maxDownloadEachOption = (): Option =>
  new Option('--max-download-each <RATE>', 'the same for each torrent').argParser((text) =>
    parseRate(text, '--max-download-each'),
  );

export const maxUploadEachOption = (): Option =>
  new Option('--max-upload-each <RATE>', 'the same for each torrent').argParser((text) => parseRate(text, '--max-upload-each'));

export const maxPeersOption = (): Option =>
  new Option('--max-peers <N>', 'connected peers at most, in and out (default: 55; 0: no limit)').argParser((text) =>
    parseCount(text, '--max-peers'),
  );

export const maxUploadsOption = (): Option =>
  new Option('--max-uploads <N>', 'peers uploaded to at a time at most (default: 5; 0: no limit)').argParser((text) =>
    parseCount(text, '--max-uploads'),
  );

const collectWebSeeds = (text: string, previous: readonly string[] = []): string[] => [
  ...previous,
  parseUrl(text, '--webseed', ['http:', 'https:']),
];

export const webseedOption = (): Option =>
  new Option('--webseed <URL>', 'a web server that has the files (repeatable)').argParser(collectWebSeeds);

export const webseedsOption = (): Option =>
  new Option('--webseeds <MODE>', 'use web servers beside peers, alone, or not at all')
    .choices(['auto', 'only', 'never'])
    .default('auto');

export const noLsdOption = (): Option =>
  new Option('--no-lsd', 'look for no peers on the local network, and announce nothing there');
export const noDhtOption = (): Option => new Option('--no-dht', 'look for no peers in the DHT, and take no part in it');

const collectNodes = (text: string, previous: readonly HostPort[] = []): HostPort[] => [
  ...previous,
  ...text.split(',').map((node) => parseHostPort(node, '--dht-bootstrap')),
];

export const bootstrapOption = (): Option =>
  new Option('--dht-bootstrap <HOST:PORT>', 'a node to enter the DHT by, instead of the well-known ones (repeatable)').argParser(
    collectNodes,
  );
