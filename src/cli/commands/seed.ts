// `effusion seed FILE.torrent`: checks the data, then serves it until stopped. Nothing on the disk is changed, and data that
// is not whole is refused: who wants the rest should download it.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Client, type EncryptionPolicy } from '../../engine/client.js';
import type { EgressOptions } from '../../engine/egress.js';
import { IncompleteDataError } from '../../engine/session-error.js';
import { verifyFolder } from '../../engine/torrent-files.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { CommandError } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { describeProxy, listenSwitch, wayOut } from '../network-switches.js';
import { listenOn, type HostPort, type PortRange } from '../options.js';
import { chosenCounts, withoutTrackers } from '../obtain-torrent.js';
import { formatBytes } from '../render/human-numbers.js';
import { sanitise } from '../render/sanitise.js';
import { runSession } from '../run-session.js';
import { loadTorrent } from '../torrent-file-argument.js';
import { UsageError } from '../usage-error.js';
import { describeStatus } from './verify.js';

export interface SeedOptions extends EgressOptions {
  readonly data: string;
  readonly port?: PortRange;
  readonly listen: boolean;
  /** Bytes per second. */
  readonly maxUpload?: number;
  /** 0 is no limit. */
  readonly maxPeers?: number;
  readonly maxUploads?: number;
  readonly peer?: readonly HostPort[];
  readonly trackers: boolean;
  readonly excludeTracker?: readonly string[];
  readonly pex: boolean;
  readonly onlyPeers?: boolean;
  readonly encryption: EncryptionPolicy;
}

const MAX_NAMED_FILES = 10;

export async function seed(file: string, options: SeedOptions, context: CommandContext): Promise<number> {
  refuseNobody(options);
  const { proxy } = options;
  if (proxy !== undefined && !context.isQuiet) context.stderr.line(describeProxy(proxy));
  const loaded = await loadTorrent(file, wayOut(options));
  const metainfo = { ...loaded, announceTiers: withoutTrackers(loaded.announceTiers, options.excludeTracker ?? []) };
  await expectData(metainfo, options.data);
  const client = await Client.open({
    listen: options.listen,
    encryption: options.encryption,
    ...wayOut(options),
    ...listenOn(options.port),
    ...(options.maxUpload === undefined ? {} : { maxUploadBytesPerSecond: options.maxUpload }),
  });
  const run = runSession(
    {
      metainfo,
      folder: options.data,
      client,
      session: {
        peers: options.peer ?? [],
        useTrackers: options.trackers,
        usePex: options.pex,
        ...chosenCounts(options),
        seed: true,
        isReadOnly: true,
        command: 'effusion seed',
      },
      timeoutMs: 0,
      readyLine: (_, port) => `seeding ${sanitise(metainfo.name)} on port ${port ?? 'none'}`,
    },
    context,
  );
  const { snapshot } = await run.catch(async (error: unknown) => {
    throw error instanceof IncompleteDataError ? await describeMissing(metainfo, options.data, error) : error;
  });
  if (!context.isQuiet) context.stderr.line(`stopped: ${formatBytes(snapshot.uploadedBytes)} sent`);
  return context.interruption.exitCode ?? EXIT.ok;
}

function refuseNobody({ listen, trackers, peer, onlyPeers, proxy }: SeedOptions): void {
  if (listen || trackers || (peer ?? []).length > 0) return;
  const cause =
    onlyPeers === true ? '--only-peers leaves' : `--no-trackers and ${listenSwitch(proxy === undefined ? {} : { proxy })} leave`;
  throw new UsageError(`${cause} nobody to serve`, 'Name a peer with --peer HOST:PORT.');
}

/** Is there something of that name at all? Said at once, and better than by a list of everything that is missing. */
async function expectData(metainfo: Metainfo, folder: string): Promise<void> {
  try {
    await stat(path.join(folder, metainfo.name));
  } catch (error) {
    throw new CommandError(
      'data_incomplete',
      `there is no ${JSON.stringify(metainfo.name)} in ${folder}`,
      'Name the folder that holds it with --data DIR, or download it first.',
      { cause: error },
    );
  }
}

async function describeMissing(metainfo: Metainfo, folder: string, cause: IncompleteDataError): Promise<CommandError> {
  const report = await verifyFolder(metainfo, folder);
  const bad = report.files.filter((item) => item.status !== 'ok' && item.status !== 'unsure');
  const named = bad.slice(0, MAX_NAMED_FILES).map((item) => `${item.path.join('/')} (${describeStatus(item)})`);
  const more = bad.length > MAX_NAMED_FILES ? ` and ${bad.length - MAX_NAMED_FILES} more` : '';
  return new CommandError(
    'data_incomplete',
    `${metainfo.name}: the data is not whole: ${named.join(', ')}${more}`,
    'Run effusion download with the same torrent and folder: it fetches what is missing.',
    { cause },
  );
}
