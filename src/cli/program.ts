// The command tree. Loads commander and nothing heavier: what a command needs is imported when it runs, so that
// `--version` and `--help` start as quickly as Node itself nearly does.

import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { CommandContext } from './command-context.js';
import type { CreateOptions } from './commands/create.js';
import type { DownloadOptions } from './commands/download.js';
import type { InfoOptions } from './commands/info.js';
import type { SeedOptions } from './commands/seed.js';
import type { VerifyOptions } from './commands/verify.js';
import { findNearest } from './edit-distance.js';
import { EXAMPLES, OVERVIEW, TOPICS } from './help-texts.js';
import {
  blocklistOption,
  bootstrapOption,
  collectTiers,
  durationOption,
  encryptionOption,
  excludeTrackerOption,
  inputFileOption,
  interfaceOption,
  jobsOption,
  listenOption,
  maxDownloadOption,
  maxPeersOption,
  maxUploadOption,
  maxUploadsOption,
  metadataTimeoutOption,
  noDhtOption,
  noLsdOption,
  onlyPeersOption,
  peerOption,
  pexOption,
  portmapOption,
  portOption,
  proxyOption,
  trackerOption,
} from './network-options.js';
import { applySwitches } from './network-switches.js';
import { type GlobalOptions, parsePieceLength, parseUrl } from './options.js';
import { UsageError } from './usage-error.js';

export interface ProgramHost {
  readonly version: string;
  readonly helpWidth: number;
  readonly writeOut: (text: string) => void;
  /** Makes the context from the options that every command takes, and keeps the exit code. */
  readonly run: (globals: GlobalOptions, command: (context: CommandContext) => Promise<number>) => Promise<void>;
}

export function createProgram(host: ProgramHost): Command {
  const program = new Command('effusion')
    .description('Downloads, serves, makes and checks torrents.')
    .version(host.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .option('-q, --quiet', 'print results and errors only')
    .option('-v, --verbose', 'tell what came of each source of peers, at the end and where no data comes')
    .option('--color', 'use colour even where it is no terminal')
    .option('--no-color', 'use no colour')
    .addHelpText('after', OVERVIEW)
    .configureHelp({ helpWidth: host.helpWidth, showGlobalOptions: true })
    // What is wrong is thrown and reported by report-error.ts: commander itself stays silent.
    .configureOutput({ writeOut: host.writeOut, writeErr: host.writeOut, outputError: () => {} })
    .exitOverride();
  const globals = (): GlobalOptions => program.opts<GlobalOptions>();

  addDownload(program, host, globals);
  addSeed(program, host, globals);
  addCreate(program, host, globals);
  addInfo(program, host, globals);
  addVerify(program, host, globals);
  addHelp(program, host);
  return program;
}

type Globals = () => GlobalOptions;

const TORRENT = 'a torrent file, its URL, a magnet link, an info hash, or - for stdin';

const collectWebSeeds = (text: string, previous: readonly string[] = []): string[] => [
  ...previous,
  parseUrl(text, '--webseed', ['http:', 'https:']),
];

function addDownload(program: Command, host: ProgramHost, globals: Globals): void {
  program
    .command('download', { isDefault: true })
    .description('download what a torrent names, verify it, and end')
    .argument('[TORRENT...]', TORRENT)
    .addOption(inputFileOption())
    .addOption(jobsOption())
    .option('-o, --output <DIR>', 'the folder to put it in', '.')
    .addOption(peerOption())
    .addOption(trackerOption())
    .addOption(excludeTrackerOption())
    .addOption(portOption())
    .addOption(portmapOption())
    .addOption(listenOption())
    .option('--no-trackers', 'ask no tracker: use --peer')
    .addOption(pexOption())
    .addOption(noLsdOption())
    .addOption(noDhtOption())
    .addOption(bootstrapOption())
    .addOption(onlyPeersOption())
    .addOption(proxyOption())
    .addOption(interfaceOption())
    .addOption(maxDownloadOption())
    .addOption(maxUploadOption())
    .addOption(maxPeersOption())
    .addOption(maxUploadsOption())
    .addOption(encryptionOption())
    .addOption(blocklistOption())
    .addOption(new Option('--webseed <URL>', 'a web server that has the files (repeatable)').argParser(collectWebSeeds))
    .addOption(
      new Option('--webseeds <MODE>', 'use web servers beside peers, alone, or not at all')
        .choices(['auto', 'only', 'never'])
        .default('auto'),
    )
    .option('--fsync', 'flush each file to the disk before it gets its name')
    .addOption(
      new Option('--overwrite <MODE>', 'existing files of that name: keep what matches and repair the rest, or refuse (exit 9)')
        .choices(['verify', 'never'])
        .default('verify'),
    )
    .addOption(durationOption('--timeout <TIME>', 'give up after this time in all (exit 124)'))
    .addOption(
      durationOption('--no-peers-timeout <TIME>', 'give up when no peer answered for so long (exit 5; without a terminal 2m)'),
    )
    .addOption(metadataTimeoutOption())
    .addOption(durationOption('--stall-timeout <TIME>', 'give up when no data came for so long (exit 7; without a terminal 5m)'))
    .addHelpText('after', EXAMPLES.download)
    .action(async (torrents: string[], options: DownloadOptions) => {
      if (program.args[0] !== 'download' && torrents.length > 0) refuseMistypedCommand(torrents[0], program);
      await host.run(globals(), async (context) =>
        (await import('./commands/download.js')).download(torrents, applySwitches(options), context),
      );
    });
}

function addSeed(program: Command, host: ProgramHost, globals: Globals): void {
  program
    .command('seed')
    .description('check data and serve it until stopped')
    .argument('<FILE.torrent...>', 'the torrent file, or several')
    .option('--data <DIR>', 'the folder that holds the data, as download wrote it', '.')
    .addOption(portOption())
    .addOption(portmapOption())
    .addOption(maxUploadOption())
    .addOption(maxPeersOption())
    .addOption(maxUploadsOption())
    .option('--super-seeding', 'as the first seed: reveal pieces one by one, so that about one copy is sent')
    .addOption(peerOption())
    .addOption(listenOption())
    .option('--no-trackers', 'announce to no tracker')
    .addOption(excludeTrackerOption())
    .addOption(pexOption())
    .addOption(noLsdOption())
    .addOption(noDhtOption())
    .addOption(bootstrapOption())
    .addOption(onlyPeersOption())
    .addOption(proxyOption())
    .addOption(interfaceOption())
    .addOption(encryptionOption())
    .addOption(blocklistOption())
    .addHelpText('after', EXAMPLES.seed)
    .action(async (files: string[], options: SeedOptions) => {
      await host.run(globals(), async (context) =>
        (await import('./commands/seed.js')).seed(files, applySwitches(options), context),
      );
    });
}

function addCreate(program: Command, host: ProgramHost, globals: Globals): void {
  const collectSeeds = (text: string, previous: readonly string[] = []): string[] => [
    ...previous,
    parseUrl(text, '--web-seed', ['http:', 'https:', 'ftp:']),
  ];
  program
    .command('create')
    .description('make a torrent of a file or a folder')
    .argument('<PATH>', 'the file or folder')
    .option('-o, --output <FILE>', 'the torrent file to write (default: NAME.torrent in the current folder)')
    .addOption(
      new Option('--piece-length <SIZE>', 'bytes of a piece, a power of two (default: by the size of the data)').argParser(
        (text) => parsePieceLength(text, '--piece-length'),
      ),
    )
    .addOption(
      new Option('--tracker <URL>', 'a tracker; each --tracker is a tier, commas join URLs in one (repeatable)').argParser(
        collectTiers,
      ),
    )
    .addOption(new Option('--web-seed <URL>', 'a web server that has the data (repeatable)').argParser(collectSeeds))
    .option('--private', 'peers are to come from the trackers only (BEP 27)')
    .option('--comment <TEXT>', 'a comment for people')
    .option('--name <NAME>', 'the name in the torrent (default: the name of PATH)')
    .option('--force', 'replace the torrent file where it exists')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES.create)
    .action(async (source: string, options: CreateOptions) => {
      await host.run(globals(), async (context) => (await import('./commands/create.js')).create(source, options, context));
    });
}

function addInfo(program: Command, host: ProgramHost, globals: Globals): void {
  program
    .command('info')
    .description('show what is in a torrent')
    .argument('[TORRENT...]', TORRENT)
    .addOption(inputFileOption())
    .option('--json', 'print a JSON object, of several torrents one a line')
    .option('--scrape', 'ask every tracker and the DHT for seeds, leechers and completed downloads (exit 6 where none answers)')
    .addOption(durationOption('--timeout <TIME>', 'of --scrape, for all of them together (default: 15s)'))
    .option('--save <FILE>', 'keep it as a torrent file, such as the metadata of a magnet link')
    .addOption(peerOption())
    .addOption(trackerOption())
    .addOption(excludeTrackerOption())
    .option('--no-trackers', 'ask no tracker for the metadata of a magnet link: use --peer')
    .addOption(pexOption())
    .addOption(noLsdOption())
    .addOption(noDhtOption())
    .addOption(bootstrapOption())
    .addOption(onlyPeersOption())
    .addOption(proxyOption())
    .addOption(interfaceOption())
    .addOption(encryptionOption())
    .addOption(blocklistOption())
    .addOption(metadataTimeoutOption())
    .addHelpText('after', EXAMPLES.info)
    .action(async (torrents: string[], options: InfoOptions) => {
      await host.run(globals(), async (context) =>
        (await import('./commands/info.js')).info(torrents, applySwitches(options), context),
      );
    });
}

function addVerify(program: Command, host: ProgramHost, globals: Globals): void {
  program
    .command('verify')
    .description('check data on the disk against a torrent')
    .argument('<FILE.torrent>', 'the torrent file')
    .argument('[DIR]', 'the folder that holds the data', '.')
    .addOption(proxyOption())
    .addOption(interfaceOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES.verify)
    .action(async (file: string, folder: string, options: VerifyOptions) => {
      await host.run(globals(), async (context) => (await import('./commands/verify.js')).verify(file, folder, options, context));
    });
}

function addHelp(program: Command, host: ProgramHost): void {
  program
    .command('help')
    .description(`help for a command, or one of these topics: ${Object.keys(TOPICS).join(', ')}`)
    .argument('[TOPIC]', 'a command or a topic')
    .action((topic: string | undefined) => {
      const command = topic === undefined ? program : program.commands.find((candidate) => candidate.name() === topic);
      if (command !== undefined) {
        command.outputHelp();
        return;
      }
      const name = topic ?? '';
      if (Object.hasOwn(TOPICS, name)) {
        host.writeOut(TOPICS[name]);
        return;
      }
      const names = [...commandNames(program), ...Object.keys(TOPICS)];
      const near = findNearest(name, names);
      throw new UsageError(
        `there is no help on '${name}'`,
        near === null ? `Topics are: ${names.join(', ')}.` : `Did you mean effusion help ${near}?`,
      );
    });
}

function commandNames(program: Command): string[] {
  return program.commands.map((command) => command.name());
}

/** `effusion inof x.torrent` runs the default command: a bare word that is no file is more likely a slip of the keyboard. */
function refuseMistypedCommand(word: string, program: Command): void {
  if (/[/\\:]|\.torrent$|^-$|^[0-9a-f]{40}$|^[a-z2-7]{32}$/i.test(word) || existsSync(word)) return;
  const near = findNearest(word, commandNames(program));
  throw new UsageError(
    `'${word}' is neither a command nor a file`,
    near === null ? 'See effusion --help for the commands.' : `Did you mean effusion ${near}?`,
  );
}
