// `effusion peers TORRENT`: who is in the swarm, by every source, looked at for some seconds: a table, or with `--json` an object a peer.
// Nothing is downloaded.

import { Client } from '../../engine/client.js';
import { CONFIG } from '../../engine/config.js';
import { SwarmProbe, type SwarmReport } from '../../engine/swarm-probe.js';
import { loadBlocklistOption } from '../blocklist-option.js';
import { CommandError } from '../command-error.js';
import type { CommandContext } from '../command-context.js';
import { dhtOptions } from '../dht-options.js';
import { EXIT } from '../exit-codes.js';
import { wayOut } from '../network-switches.js';
import { listenOn } from '../options.js';
import { choosePortMapping } from '../port-mapping-option.js';
import { openProbeProgress } from '../probe-progress.js';
import { type ProbeCommandOptions, type ProbeTarget, expectSources, loadTarget, probeOf } from '../probe-target.js';
import { formatCount, formatLimit } from '../render/human-numbers.js';
import { countFailures, formatPeers, sortPeers, type PeerJson } from '../render/peer-text.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { RunEnd } from '../run-end.js';

const MAX_NAME = 100;
const MAX_REASON = 200;

export async function peers(torrent: string, options: ProbeCommandOptions, context: CommandContext): Promise<number> {
  const { board, interruption, stdout, resultStyle } = context;
  const end = new RunEnd(interruption);
  try {
    const target = await loadTarget(torrent, options, end);
    expectSources(target, options);
    const report = await look(target, options, end, context);
    const found = sortPeers(report.peers);
    if (options.json === true) for (const peer of found) stdout.line(formatJson(peer, 0));
    else if (found.length > 0) for (const line of formatPeers(found, resultStyle)) stdout.line(line);
    const answered = found.filter(({ client }) => client !== null);
    if (answered.length > 0) board.log(describe(found, answered));
    if (end.isSignalled) board.log('stopped before its time');
    const stopCode = interruption.exitCode;
    if (stopCode !== null) return stopCode;
    if (answered.length === 0) throw noPeers(found, report);
    return EXIT.ok;
  } finally {
    end.close();
  }
}

async function look(
  target: ProbeTarget,
  options: ProbeCommandOptions,
  end: RunEnd,
  context: CommandContext,
): Promise<SwarmReport> {
  const { board } = context;
  const { timeout = 0 } = options;
  const timeoutMs = timeout > 0 ? timeout : CONFIG.probe.peersMs;
  const client = await Client.open({
    listen: options.listen,
    encryption: options.encryption,
    ...wayOut(options),
    ...(await loadBlocklistOption(options.blocklist, context)),
    ...listenOn(options.port),
    portMapping: choosePortMapping(options),
    lsd: options.lsd,
    ...dhtOptions(options, context.environment, true),
  });
  const { maxDials } = CONFIG.probe;
  const maxPeers = options.maxPeers ?? maxDials;
  const probe = new SwarmProbe(
    probeOf(target, options, client, {
      maxDials: maxPeers === 0 ? Number.POSITIVE_INFINITY : maxPeers,
      timeoutMs,
      signal: end.signal,
    }),
  );
  board.log(`${sanitise(target.name, MAX_NAME)}: looking for peers; takes ${formatLimit(timeoutMs)} at most (--timeout)`);
  const closeProgress = openProbeProgress(target.name, probe, context);
  try {
    return await probe.run();
  } finally {
    closeProgress();
    await client.close();
  }
}

function describe(found: readonly PeerJson[], answered: readonly PeerJson[]): string {
  const whole = answered.filter(({ progress }) => progress === 1).length;
  const failures = countFailures(found.filter(({ client }) => client === null));
  const others = failures === '' ? '' : `; the others: ${failures}`;
  return `${formatCount(found.length, 'peer')} found, ${answered.length} answered, ${whole} with everything${others}`;
}

/** Of trackers that named nobody: whether they answered, and why not. */
function describeTrackers(trackers: SwarmReport['trackers']): string {
  const silent = trackers.filter(({ latencyMs }) => latencyMs === null);
  const count = formatCount(trackers.length, 'tracker');
  if (silent.length === 0) return `${count} answered and ${trackers.length === 1 ? 'knows' : 'know'} of nobody`;
  const [first] = silent;
  const why = sanitise(first.error ?? 'no answer in time', MAX_REASON);
  return `${silent.length} of ${count} failed, ${trackers.length === 1 ? why : `${sanitise(first.url, MAX_NAME)}: ${why}`}`;
}

function noPeers(found: readonly PeerJson[], { trackers, dht }: SwarmReport): CommandError {
  const asked = [
    ...(trackers.length > 0 ? [describeTrackers(trackers)] : []),
    ...(dht === null ? [] : [dht.state === 'running' ? 'the DHT names none' : 'no node of the DHT answers']),
  ];
  const why =
    found.length > 0
      ? `none of ${found.length} answered: ${countFailures(found)}`
      : `nobody names one${asked.length > 0 ? ` (${asked.join(', ')})` : ''}`;
  return new CommandError('no_peers', `no peers: ${why}`, 'effusion doctor looks for the reason; --timeout TIME looks longer.');
}
