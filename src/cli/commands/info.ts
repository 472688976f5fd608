// `effusion info TORRENT`: what is in a torrent, for a person or as JSON. Both go to stdout: they are what was asked for. A magnet link is
// followed to its metadata, which `--save` keeps as a torrent file.

import { open, rm } from 'node:fs/promises';
import { Client } from '../../engine/client.js';
import { encodeMetainfo } from '../../metainfo/torrent-encoder.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { type DhtCommandOptions, dhtOptions } from '../dht-options.js';
import { FetchStoppedError } from '../magnet-metadata.js';
import { type DiscoveryOptions, obtainTorrent } from '../obtain-torrent.js';
import { formatJson } from '../render/sanitise.js';
import { formatTorrent, toTorrentJson } from '../render/torrent-text.js';

export interface InfoOptions extends DiscoveryOptions, DhtCommandOptions {
  /** Where the torrent file goes. */
  readonly save?: string;
  readonly json?: boolean;
}

export async function info(argument: string, options: InfoOptions, context: CommandContext): Promise<number> {
  const openClient = (): Promise<Client> => Client.open({ listen: false, ...dhtOptions(options, context.environment, true) });
  try {
    const { metainfo, bytes } = await obtainTorrent(argument, options, openClient, context);
    if (options.save !== undefined) await saveTorrent(options.save, bytes ?? encodeMetainfo(metainfo));
    const isJson = options.json === true;
    const text = isJson ? formatJson(toTorrentJson(metainfo)) : formatTorrent(metainfo, context.resultStyle).join('\n');
    context.stdout.line(text);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof FetchStoppedError)) throw error;
    if (!context.isQuiet) context.stderr.line('stopped: no metadata came yet');
    return context.interruption.exitCode ?? EXIT.interrupt;
  }
}

/** Whole or not at all; a file that is there already is refused. */
async function saveTorrent(file: string, bytes: Uint8Array): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(bytes);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    const reason = errno === 'EEXIST' ? 'it exists' : 'it cannot be written';
    throw new CommandError('output_failed', `${file}: ${reason} (${errno})`, 'Name another file with --save.', { cause: error });
  }
}
