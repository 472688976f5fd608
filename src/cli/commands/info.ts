// `effusion info TORRENT`: what is in a torrent, for a person or as JSON. Both go to stdout: they are what was asked for. A magnet link is
// followed to its metadata, which `--save` keeps as a torrent file.

import { open, rm } from 'node:fs/promises';
import { Client } from '../../engine/client.js';
import { encodeMetainfo } from '../../metainfo/torrent-encoder.js';
import { toHex } from '../../model/ids.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { FetchStoppedError } from '../magnet-metadata.js';
import { wayOut } from '../network-switches.js';
import { type DiscoveryOptions, obtainTorrent, withoutTrackers } from '../obtain-torrent.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { formatScrape, toScrapeJson } from '../render/scrape-text.js';
import { formatTorrent, toTorrentJson } from '../render/torrent-text.js';
import { expectAnswer, ScrapeStoppedError, scrapeSwarm } from '../swarm-scrape.js';
import { parseTorrentArgument, type TorrentArgument } from '../torrent-argument.js';
import { UsageError } from '../usage-error.js';

export interface InfoOptions extends DiscoveryOptions {
  /** Asks the trackers for the numbers of the swarm. */
  readonly scrape?: boolean;
  /** Where the torrent file goes. */
  readonly save?: string;
  readonly json?: boolean;
}

type MagnetArgument = Extract<TorrentArgument, { kind: 'magnet' }>;

const MAX_NAME = 400;

export async function info(argument: string, options: InfoOptions, context: CommandContext): Promise<number> {
  if (options.scrape === true && !options.trackers) {
    const cause = options.onlyPeers === true ? '--only-peers' : '--no-trackers';
    throw new UsageError(`${cause} leaves nobody for --scrape to ask`, 'Leave out the one or the other.');
  }
  const parsed = parseTorrentArgument(argument);
  try {
    // The numbers of a link need no metadata.
    if (parsed.kind === 'magnet' && options.scrape === true && options.save === undefined)
      await scrapeMagnet(parsed, options, context);
    else await showTorrent(argument, options, context);
    return EXIT.ok;
  } catch (error) {
    const isFetch = error instanceof FetchStoppedError;
    if (!isFetch && !(error instanceof ScrapeStoppedError)) throw error;
    if (!context.isQuiet) context.stderr.line(`stopped: ${isFetch ? 'no metadata came yet' : 'the trackers were being asked'}`);
    return context.interruption.exitCode ?? EXIT.interrupt;
  }
}

async function showTorrent(argument: string, options: InfoOptions, context: CommandContext): Promise<void> {
  const openClient = (): Promise<Client> => Client.open({ listen: false, encryption: options.encryption, ...wayOut(options) });
  const { stdout, resultStyle } = context;
  const { timeout = 0, ...discovery } = options;
  const { metainfo, bytes } = await obtainTorrent(argument, discovery, openClient, context);
  if (options.save !== undefined) await saveTorrent(options.save, bytes ?? encodeMetainfo(metainfo));
  const infoHash = metainfo.infoHash.v1 ?? new Uint8Array();
  const outcomes =
    options.scrape === true
      ? await scrapeSwarm({ tiers: metainfo.announceTiers, infoHash, timeout, ...wayOut(options) }, context)
      : null;
  if (options.json === true) {
    const scrape = outcomes === null ? {} : { scrape: toScrapeJson(outcomes) };
    stdout.line(formatJson({ ...toTorrentJson(metainfo), ...scrape }));
  } else {
    const table = outcomes === null ? [] : formatScrape(outcomes, resultStyle);
    stdout.line([...formatTorrent(metainfo, resultStyle), ...table].join('\n'));
  }
  if (outcomes !== null) expectAnswer(outcomes);
}

async function scrapeMagnet({ magnet, text }: MagnetArgument, options: InfoOptions, context: CommandContext): Promise<void> {
  const { stdout, resultStyle } = context;
  const linked = magnet.trackers.map((url) => [url]);
  const tiers = [...(options.tracker ?? []), ...withoutTrackers(linked, options.excludeTracker ?? [])];
  const { infoHash } = magnet;
  const outcomes = await scrapeSwarm({ tiers, infoHash, timeout: options.timeout ?? 0, ...wayOut(options) }, context);
  if (options.json === true) {
    stdout.line(formatJson({ name: magnet.displayName, infoHash: toHex(infoHash), scrape: toScrapeJson(outcomes) }));
  } else {
    const row = (label: string, value: string): string => `${resultStyle.faint(label.padEnd(12))}${value}`;
    const name = magnet.displayName === null ? [] : [row('name', resultStyle.strong(sanitise(text, MAX_NAME)))];
    stdout.line([...name, row('info hash', toHex(infoHash)), ...formatScrape(outcomes, resultStyle)].join('\n'));
  }
  expectAnswer(outcomes);
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
