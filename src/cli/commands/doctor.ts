// `effusion doctor TORRENT`: why does it not download, or would it? Looks at everything at once, in bounded time, and prints a checklist, or
// one JSON object. Nothing is downloaded, and what it writes to try the disk is gone again.

import { stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { Client } from '../../engine/client.js';
import { CONFIG } from '../../engine/config.js';
import { checkDisk } from '../../engine/disk-check.js';
import { monotonicNow } from '../../engine/monotonic-clock.js';
import { routesOf } from '../../engine/route-facts.js';
import { SwarmProbe } from '../../engine/swarm-probe.js';
import { checkWebSeed } from '../../engine/web-seed-check.js';
import { toHex } from '../../model/ids.js';
import { loadBlocklistOption } from '../blocklist-option.js';
import type { CommandContext } from '../command-context.js';
import { dhtOptions } from '../dht-options.js';
import { type Check, type DoctorFindings, judge, makeChecks } from '../doctor-checks.js';
import { EXIT } from '../exit-codes.js';
import { wayOut } from '../network-switches.js';
import { listenOn } from '../options.js';
import { choosePortMapping } from '../port-mapping-option.js';
import { openProbeProgress } from '../probe-progress.js';
import { expectSources, loadTarget, type ProbeCommandOptions, type ProbeTarget, probeOf } from '../probe-target.js';
import { formatBytes, formatCount, formatLimit } from '../render/human-numbers.js';
import { formatPeers, sortPeers } from '../render/peer-text.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { dataBytes } from '../render/torrent-text.js';
import { RunEnd } from '../run-end.js';

export interface DoctorOptions extends ProbeCommandOptions {
  /** The folder that the data would go to. */
  readonly output: string;
}

const MAX_NAME = 100;
/** Of the table below the checklist. */
const MAX_PEER_LINES = 20;
const PROXY_VARIABLES = ['ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'all_proxy', 'https_proxy', 'http_proxy'];

export async function doctor(torrent: string, options: DoctorOptions, context: CommandContext): Promise<number> {
  const { board, interruption, stdout } = context;
  const end = new RunEnd(interruption);
  try {
    const target = await loadTarget(torrent, options, end);
    expectSources(target, options);
    const startedAt = monotonicNow();
    const findings = await examine(target, options, end, context);
    const stopCode = interruption.exitCode;
    if (stopCode !== null) {
      board.log('stopped before its time: nothing is known yet');
      return stopCode;
    }
    const checks = [checkTorrent(target), ...makeChecks(findings)];
    const verdict = judge(findings);
    const elapsedMs = Math.round(monotonicNow() - startedAt);
    if (options.json === true) stdout.line(formatJson(toJson(target, findings, checks, { ...verdict, elapsedMs })));
    else print(checks, findings, verdict, context);
    return verdict.exitCode;
  } finally {
    end.close();
  }
}

async function examine(
  target: ProbeTarget,
  options: DoctorOptions,
  end: RunEnd,
  context: CommandContext,
): Promise<DoctorFindings> {
  const { board, environment } = context;
  const { timeout = 0, maxPeers = CONFIG.probe.maxDials, output } = options;
  const timeoutMs = timeout > 0 ? timeout : CONFIG.probe.doctorMs;
  const isMappingAsked = choosePortMapping(options);
  const client = await Client.open({
    listen: options.listen,
    encryption: options.encryption,
    ...wayOut(options),
    ...(await loadBlocklistOption(options.blocklist, context)),
    ...listenOn(options.port),
    portMapping: isMappingAsked,
    lsd: options.lsd,
    ...dhtOptions(options, environment, true),
  });
  const limits = { maxDials: maxPeers === 0 ? Number.POSITIVE_INFINITY : maxPeers, timeoutMs, signal: end.signal };
  const probe = new SwarmProbe(probeOf(target, options, client, limits));
  board.log(`${sanitise(target.name, MAX_NAME)}: looking at everything; takes ${formatLimit(timeoutMs)} at most (--timeout)`);
  const closeProgress = openProbeProgress(target.name, probe, context);
  try {
    const { metainfo, webSeeds } = target;
    const time = AbortSignal.any([AbortSignal.timeout(timeoutMs), end.signal]);
    const names = metainfo === null ? [] : metainfo.files.filter(({ isPadding }) => !isPadding).flatMap((file) => file.path);
    const [swarm, routes, disk, isBegun, served] = await Promise.all([
      probe.run(),
      routesOf(client.egress),
      checkDisk(output, names).catch((error: unknown) => ({ folder: path.resolve(output), errno: errnoOf(error) })),
      metainfo === null
        ? false
        : stat(path.join(output, metainfo.name)).then(
            () => true,
            () => false,
          ),
      metainfo === null ? [] : Promise.all(webSeeds.map((source) => checkWebSeed(source, metainfo, client, time))),
    ]);
    const own = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
    const { port, portMapping: mapping, externalAddresses } = client;
    return {
      totalBytes: metainfo === null ? null : dataBytes(metainfo),
      swarm,
      peers: sortPeers(swarm.peers),
      webSeeds: served,
      port: { port, seenAs: externalAddresses.hosts, own, mapping, isMappingAsked, incoming: swarm.incoming },
      routes,
      disk,
      isBegun,
      usesProxy: options.proxy !== undefined,
      isDhtOff: !options.dht && metainfo?.isPrivate !== true,
      proxyVariables: PROXY_VARIABLES.filter((name) => (environment[name] ?? '') !== ''),
    };
  } finally {
    closeProgress();
    await client.close();
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
}

function checkTorrent({ name, metainfo, announceTiers }: ProbeTarget): Check {
  const shown = sanitise(name, MAX_NAME);
  const trackers = formatCount(announceTiers.flat().length, 'tracker');
  if (metainfo === null) {
    return { id: 'torrent', status: 'ok', text: `${shown}: a link, ${trackers}; its metadata is with the peers`, hint: '' };
  }
  const files = formatCount(metainfo.files.filter(({ isPadding }) => !isPadding).length, 'file');
  const pieces = formatCount(metainfo.geometry.pieceCount, 'piece');
  const kind = metainfo.isPrivate ? ', private: its trackers alone name peers' : '';
  return {
    id: 'torrent',
    status: 'ok',
    text: `${shown}: ${formatBytes(dataBytes(metainfo))} in ${files}, ${pieces}, ${trackers}${kind}`,
    hint: '',
  };
}

function print(
  checks: readonly Check[],
  { peers }: DoctorFindings,
  verdict: { exitCode: number; text: string },
  context: CommandContext,
): void {
  const { stdout, resultStyle: style } = context;
  const marks = { ok: style.success('ok  '), warn: style.warning('warn'), fail: style.error('fail') };
  for (const { status, text, hint } of checks) {
    stdout.line(`${marks[status]}  ${text}`);
    if (hint !== '') stdout.line(`      ${style.faint(hint)}`);
  }
  if (peers.length > 0) {
    stdout.line('');
    for (const line of formatPeers(peers.slice(0, MAX_PEER_LINES), style)) stdout.line(`      ${line}`);
    if (peers.length > MAX_PEER_LINES) stdout.line(`      and ${peers.length - MAX_PEER_LINES} more: effusion peers lists them`);
  }
  stdout.line('');
  const isGood = verdict.exitCode === EXIT.ok;
  stdout.line(isGood ? style.success(verdict.text) : style.error(`${verdict.text} (exit ${verdict.exitCode})`));
}

function toJson(
  { name, infoHash, metainfo }: ProbeTarget,
  findings: DoctorFindings,
  checks: readonly Check[],
  { exitCode, text, elapsedMs }: { exitCode: number; text: string; elapsedMs: number },
): unknown {
  const { swarm, peers, webSeeds, port, routes, disk, totalBytes } = findings;
  const { mapping, own: _, isMappingAsked: __, ...reachable } = port;
  return {
    ok: exitCode === EXIT.ok,
    exit: exitCode,
    cause: text,
    torrent: {
      name,
      infoHash: toHex(infoHash),
      totalBytes,
      pieceCount: metainfo?.geometry.pieceCount ?? null,
      isPrivate: metainfo?.isPrivate ?? null,
    },
    checks,
    trackers: swarm.trackers,
    dht: swarm.dht,
    peers,
    availablePieces: swarm.available?.count ?? null,
    webSeeds,
    port: { ...reachable, mapped: mapping?.type === 'port-mapped' ? mapping.mapping : null },
    routes: { ipv4: routes.v4 ?? null, ipv6: routes.v6 ?? null },
    disk,
    elapsedMs,
  };
}
