// `effusion swarm PATH`: a tracker and seeders of it in this process, for a smoke test of any client, with faults on demand. One line of
// JSON on stdout says that all is ready and where; it ends when it is stopped, with its parent, or after so many downloads.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Deferred } from '../../engine/deferred.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import { EffusionError } from '../../model/error.js';
import { serveSwarm, type ServedSwarm } from '../../swarm/served-swarm.js';
import type { WireFaults } from '../../swarm/wire-faults.js';
import { openCheckProgress } from '../check-progress.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import type { PortRange } from '../options.js';
import { watchParent } from '../parent-watch.js';
import { formatBytes, formatCount, formatLimit } from '../render/human-numbers.js';
import { formatJson } from '../render/sanitise.js';
import { dataBytes } from '../render/torrent-text.js';
import { RunEnd, RunEndedError } from '../run-end.js';
import { nameWithHash } from '../torrent-names.js';
import { loadTorrent } from '../torrent-file-argument.js';
import { UsageError } from '../usage-error.js';

export interface SwarmCommandOptions {
  readonly seeders: number;
  /** Downloads; undefined: it stays. */
  readonly exitAfter?: number;
  /** Milliseconds; 0 is off. */
  readonly timeout?: number;
  readonly port?: PortRange;
  readonly trackerPort?: number;
  /** Numeric. */
  readonly bind: string;
  /** Shares, 0 … 1. */
  readonly corrupt?: number;
  readonly choke?: number;
  readonly drop?: number;
  /** Bytes per second of each seeder. */
  readonly slow?: number;
  readonly udp?: boolean;
  readonly flakyTracker?: boolean;
  readonly honest: number;
  readonly randomSeed?: number;
}

/** The seed that is told where none was named fits a line and is easy to type again. */
const MAX_RANDOM_SEED = 1_000_000;

export async function swarm(location: string, options: SwarmCommandOptions, context: CommandContext): Promise<number> {
  const { seeders, honest, exitAfter, timeout = 0 } = options;
  const { board, interruption } = context;
  if (honest > seeders) {
    throw new UsageError(`--honest ${honest} is more than there are seeders (${seeders})`, 'Ask for more with --seeders N.');
  }
  expectPorts(options);
  const randomSeed = options.randomSeed ?? Math.floor(Math.random() * MAX_RANDOM_SEED);
  const end = new RunEnd(interruption, timeout);
  const over = new Deferred<void>();
  const forgetParent = watchParent(() => {
    board.log('stopping: whoever started this is gone');
    over.resolve();
  });
  const onCompleted = (completed: number): void => {
    board.log(`${formatCount(completed, 'download')} completed${exitAfter === undefined ? '' : ` of ${exitAfter}`}`);
    if (exitAfter !== undefined && completed >= exitAfter) over.resolve();
  };
  let served: ServedSwarm | null = null;
  const forgetExit = interruption.onExit(() => served?.abandon());
  try {
    served = await open(location, options, randomSeed, onCompleted, end, context);
    const { torrent, magnet, tracker, infoHash, peers, metainfo } = served;
    const { name } = metainfo;
    const totalBytes = dataBytes(metainfo);
    context.stdout.line(
      formatJson({ torrent, magnet, tracker, infoHash, peers, name, totalBytes, randomSeed, pid: process.pid }, 0),
    );
    const until = exitAfter === undefined ? 'until it is stopped' : `until ${formatCount(exitAfter, 'download')} completed`;
    board.log(
      `serving ${nameWithHash(metainfo)} by ${formatCount(peers.length, 'seeder')}, ${until}; ${describeFaults(options)}--random-seed ${randomSeed}`,
    );
    await end.waitFor(Promise.race([over.promise, served.seeders.failed]));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof RunEndedError)) throw error;
    if (end.isTimedOut) {
      const so = served === null ? 'it was not ready' : `${formatCount(served.completed, 'download')} completed`;
      throw new CommandError('timed_out', `the ${formatLimit(timeout)} of --timeout are up: ${so}`);
    }
    return interruption.exitCode ?? EXIT.ok;
  } finally {
    forgetParent();
    if (served !== null) {
      const sent = served.seeders.uploadedBytes().reduce((sum, bytes) => sum + bytes, 0);
      const { completed } = served;
      await served.close();
      board.log(`stopped: ${formatBytes(sent)} sent, ${formatCount(completed, 'download')} completed`);
    }
    forgetExit();
    end.close();
  }
}

/** One for each seeder. */
function expectPorts({ port, seeders }: SwarmCommandOptions): void {
  if (port === undefined || port.first === 0) return;
  const ports = port.last - port.first + 1;
  if (ports >= seeders) return;
  const range = `${port.first}-${Math.min(port.first + seeders - 1, 65_535)}`;
  throw new UsageError(`--port names ${formatCount(ports, 'port')} for ${seeders} seeders`, `Name a range, such as ${range}.`);
}

async function open(
  location: string,
  options: SwarmCommandOptions,
  randomSeed: number,
  onCompleted: (completed: number) => void,
  { signal }: RunEnd,
  context: CommandContext,
): Promise<ServedSwarm> {
  const content = await findContent(location);
  const progress = openCheckProgress(path.basename(path.resolve(location)), context);
  const { port, trackerPort, bind: host, seeders, honest, slow, flakyTracker, udp } = options;
  try {
    return await serveSwarm({
      content,
      host,
      seeders,
      honest,
      seed: randomSeed,
      faults: faultsOf(options),
      isTrackerUdp: udp === true,
      isTrackerFlaky: flakyTracker === true,
      onCompleted,
      onFound: progress.found,
      onProgress: progress.update,
      signal,
      ...(port === undefined ? {} : { port: port.first, lastPort: port.last }),
      ...(trackerPort === undefined ? {} : { trackerPort }),
      ...(slow === undefined ? {} : { maxUploadBytesPerSecond: slow }),
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRNOTAVAIL' || code === 'EINVAL') {
      throw new UsageError(`--bind: ${host} is no address of this machine`, 'Leave it out for 127.0.0.1.');
    }
    throw error instanceof EffusionError && error.code === 'invalid_option' ? new UsageError(error.message) : error;
  } finally {
    progress.close();
  }
}

function faultsOf({ corrupt = 0, drop = 0, choke = 0 }: SwarmCommandOptions): WireFaults {
  return { corruptShare: corrupt, dropShare: drop, chokeShare: choke };
}

/** A torrent is told from data by its name: of `X.torrent` itself nobody makes a torrent. */
async function findContent(location: string): Promise<string | { metainfo: Metainfo; folder: string }> {
  const isFile = await stat(location).then(
    (found) => found.isFile(),
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && !location.endsWith('.torrent'))
        throw new UsageError(`there is no file or folder ${location}`, 'Check the path.');
      return true;
    },
  );
  if (!isFile || !location.endsWith('.torrent')) return location;
  const metainfo = await loadTorrent(location);
  const folder = path.dirname(path.resolve(location));
  const data = path.join(folder, metainfo.name);
  await stat(data).catch((error: unknown) => {
    const what = `there is no ${JSON.stringify(metainfo.name)} beside ${location}`;
    throw new CommandError('data_incomplete', what, 'The data of a torrent is served from the folder it lies in.', {
      cause: error,
    });
  });
  return { metainfo, folder };
}

function describeFaults({ corrupt, drop, choke, slow, flakyTracker, honest }: SwarmCommandOptions): string {
  const share = (name: string, value: number | undefined): string[] =>
    value === undefined || value === 0 ? [] : [`${name} ${Number((value * 100).toFixed(2))}%`];
  const faults = [...share('corrupt', corrupt), ...share('drop', drop), ...share('choke', choke)];
  const but = faults.length > 0 && honest > 0 ? [`(but for ${honest})`] : [];
  const rest = [
    ...(slow === undefined || slow === 0 ? [] : [`slow ${formatBytes(slow)}/s`]),
    ...(flakyTracker === true ? ['flaky tracker'] : []),
  ];
  const all = [[...faults, ...but].join(' '), ...rest].filter((text) => text !== '').join(', ');
  return all === '' ? '' : `faults: ${all}; `;
}
