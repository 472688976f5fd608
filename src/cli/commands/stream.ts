// `effusion stream TORRENT`: the files of a torrent over HTTP on this machine, for players, which jump where they like: what they are about to
// read is fetched first. stdout gets the URL. Ends with ^C, or with the player that it started.

import { setTimeout } from 'node:timers/promises';
import { CONFIG } from '../../engine/config.js';
import { type OpenedFileServer, serveTorrentFiles } from '../../engine/torrent-file-server.js';
import { describeFiles, type ListedFile } from '../listed-files.js';
import { CommandError } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { expectPlayer, startPlayer } from '../player.js';
import { type Reading, type ReadingOptions, runReading } from '../reading-run.js';
import { formatBytes, formatCount } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import { UsageError } from '../usage-error.js';

/** Characters of a path on the page. */
const MAX_PATH = 1000;

export interface StreamOptions extends Omit<ReadingOptions, 'port'> {
  /** Of HTTP; left out: any free one. */
  readonly port?: number;
  /** A player and its arguments. */
  readonly open?: readonly string[];
}

export async function stream(torrent: string, options: StreamOptions, context: CommandContext): Promise<number> {
  const { port = 0, ...reading } = options;
  if (options.open !== undefined) await expectPlayer(options.open, context.environment['PATH']);
  let files: readonly ListedFile[] = [];
  return runReading(
    torrent,
    reading,
    {
      name: 'stream',
      lingerMs: CONFIG.reading.lingerMs,
      showsProgress: false,
      choose: (chosen) => {
        files = chosen;
        if (options.open !== undefined) refuseSeveral(files, context);
        return files.map(({ index, length }) => ({ index, start: 0, end: length }));
      },
      read: (opened) => serve(opened, files, port, options.open ?? null, context),
    },
    context,
  );
}

function refuseSeveral(files: readonly ListedFile[], { board }: CommandContext): void {
  if (files.length === 1) return;
  // Also when quiet: it is part of the error.
  for (const line of describeFiles(files)) board.always(line);
  throw new UsageError(`--open plays one file, and there are ${formatCount(files.length, 'file')}`, 'Choose one with --files.');
}

/** Until its player has ended; without one until the run ends, and then rejects. */
async function serve(
  reading: Reading,
  files: readonly ListedFile[],
  port: number,
  player: readonly string[] | null,
  context: CommandContext,
): Promise<void> {
  const { stdout, stderr, board } = context;
  const { metainfo, reader, end, torrent } = reading;
  const shown = files.map((file) => ({
    ...file,
    shown: { path: sanitise(file.path, MAX_PATH), size: formatBytes(file.length) },
  }));
  const bytes = files.reduce((sum, { length }) => sum + length, 0);
  const page = { title: sanitise(metainfo.name), summary: `${formatCount(files.length, 'file')}, ${formatBytes(bytes)}` };
  const server = await open(() => serveTorrentFiles(metainfo, reader, shown, page, port), port);
  try {
    torrent.serving(server.url);
    if (torrent.leavesStdout) stdout.line(server.url);
    if (player !== null) {
      await play(player, server.url, reading, bytes > 0, context);
      return;
    }
    if (stderr.isTerminal) board.log('open it in a player or a browser; ^C ends');
    await end.waitFor(reader.closed());
  } finally {
    await server.close();
  }
}

/**
 * Until the player has ended. Where the run or its session ends first the player is asked to end, and is waited for before its server goes: else
 * it would say that it was cut off, and try again. `isReadable`: there is a byte to be read.
 */
async function play(
  words: readonly string[],
  url: string,
  { reader, end }: Pick<Reading, 'reader' | 'end'>,
  isReadable: boolean,
  { board, isQuiet }: CommandContext,
): Promise<void> {
  end.signal.throwIfAborted();
  const player = startPlayer(words, url, isQuiet);
  let stopping: Promise<void> | null = null;
  const askToEnd = async (): Promise<void> => {
    const notice = end.takeNotice();
    if (notice !== null) board.log(notice);
    if (!(await player.stop(CONFIG.reading.playerEndMs))) board.log(`${sanitise(words[0])} does not end, and is left to itself`);
  };
  const stop = (): Promise<void> => (stopping ??= askToEnd());
  const forget = end.before(stop);
  try {
    const trouble = await Promise.race([player.ended, reader.closed()]);
    // What ends the run may be for the player too, and its end be seen first.
    if (trouble !== null && end.cause === null) await end.waitFor(setTimeout(CONFIG.cli.sharedSignalMs, null, { ref: false }));
    // It was asked to: that is how the run ends, and not its player.
    if (end.cause !== null) await end.waitFor(reader.closed());
    // One such as xdg-open leaves the URL to another program, which finds nobody there any more.
    const hint = ' without having read anything. Without --open the URL is served until ^C';
    const isUseless = isReadable && reader.deliveredBytes === 0;
    // Also when quiet: what it said itself was dropped then.
    if (isUseless) board.always(`${sanitise(trouble ?? `${words[0]} has ended`)}${hint}`);
    else if (trouble !== null) board.always(sanitise(trouble));
  } finally {
    forget();
    await stop();
  }
}

async function open(start: () => Promise<OpenedFileServer>, port: number): Promise<OpenedFileServer> {
  try {
    return await start();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EACCES' ? 'may not be used' : 'is taken';
    throw new CommandError(
      'port_taken',
      `port ${port} ${why}`,
      'Choose another one with --port, or leave it out for a free one.',
      {
        cause: error,
      },
    );
  }
}
