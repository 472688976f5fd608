// `effusion stream TORRENT`: the files of a torrent over HTTP on this machine, for players, which jump where they like: what they are about to
// read is fetched first. stdout gets the URL. Ends with ^C, or with the player that it started.

import { CONFIG } from '../../engine/config.js';
import { type OpenedFileServer, serveTorrentFiles } from '../../engine/torrent-file-server.js';
import { describeFiles, type ListedFile } from '../listed-files.js';
import { CommandError } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { expectPlayer, runPlayer } from '../player.js';
import { type Reading, type ReadingOptions, runReading } from '../reading-run.js';
import { formatCount } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import { UsageError } from '../usage-error.js';

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
  { metainfo, reader, end, torrent }: Reading,
  files: readonly ListedFile[],
  port: number,
  player: readonly string[] | null,
  { stdout, stderr, board, isQuiet }: CommandContext,
): Promise<void> {
  const server = await open(() => serveTorrentFiles(metainfo, reader, files, port), port);
  try {
    torrent.serving(server.url);
    if (torrent.leavesStdout) stdout.line(server.url);
    if (player !== null) {
      const trouble = await runPlayer(player, server.url, isQuiet, end.signal);
      end.signal.throwIfAborted();
      if (trouble !== null) board.log(sanitise(trouble));
      return;
    }
    if (stderr.isTerminal) board.log('open it in a player or a browser; ^C ends');
    await end.waitFor(reader.closed());
  } finally {
    await server.close();
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
