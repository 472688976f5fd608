// A small HTTP tracker in this process (BEP 3, 7, 23, 24, 48), for the demo and the tests: it remembers what it was told, and
// misbehaves where it is asked to.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BencodeDict } from '../bencode/bencode-dict.js';
import { decode } from '../bencode/decode.js';
import { encode, type Encodable } from '../bencode/encode.js';
import { addressKey, createAddress, encodeCompactAddress, type Address } from '../model/address.js';
import { toHex } from '../model/ids.js';
import { parseAnnounceQuery, parseScrapeQuery, type ParsedAnnounce } from './announce-query.js';
import type { AnnounceFailure } from './flaky-announces.js';
import { TrackerRegistry, type RegisteredPeer } from './tracker-registry.js';

/** May be changed while it runs; each announce obeys what stands then. */
interface TrackerFaults {
  /** Every announce gets this failure reason, and registers nobody. */
  failWith?: string | undefined;
  /** Every answer waits this long; the announce counts at once. */
  delayMs?: number | undefined;
  /** Sent as warning message beside a good answer. */
  warning?: string | undefined;
}

export interface TrackerServerOptions {
  /** Numeric; default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default 1800. */
  readonly intervalSeconds?: number;
  readonly minIntervalSeconds?: number;
  readonly trackerId?: string;
  readonly faults?: TrackerFaults;
  /** Called for each good announce, once it is in the log. */
  readonly onAnnounce?: (announce: ParsedAnnounce) => void;
  /** How a good announce is to fail, which then registers nobody; null: not at all. */
  readonly failureOf?: (announce: ParsedAnnounce) => AnnounceFailure | null;
}

export interface TrackerServer {
  /** The announce URL. */
  readonly url: string;
  readonly port: number;
  readonly faults: TrackerFaults;
  /** Good announces, oldest first; the last 1000. */
  readonly announces: readonly ParsedAnnounce[];
  /** `infoHash` in lower-case hexadecimal. */
  peersOf(infoHash: string): RegisteredPeer[];
  /** Open connections are cut. */
  close(): Promise<void>;
}

const DEFAULT_INTERVAL_SECONDS = 1800;
const MAX_LOG = 1000;
const MAX_PEERS_PER_ANSWER = 200;

function joined(addresses: readonly Address[]): Uint8Array {
  const parts = addresses.map(encodeCompactAddress);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encodePeers(announce: ParsedAnnounce, peers: readonly RegisteredPeer[]): { [key: string]: Encodable } {
  if (!announce.isCompact) {
    return {
      peers: peers.map(({ peerId, address }) => ({
        ip: address.host,
        port: address.port,
        ...(announce.wantsPeerIds ? { 'peer id': peerId } : {}),
      })),
    };
  }
  const addresses = peers.map(({ address }) => address);
  const v6 = addresses.filter(({ family }) => family === 6);
  return {
    peers: joined(addresses.filter(({ family }) => family === 4)),
    ...(v6.length === 0 ? {} : { peers6: joined(v6) }),
  };
}

/** Resolves once it listens; rejects with the system's error where the port is taken. */
export async function startTrackerServer(options: TrackerServerOptions = {}): Promise<TrackerServer> {
  const host = options.host ?? '127.0.0.1';
  const registry = new TrackerRegistry();
  const announces: ParsedAnnounce[] = [];
  const faults = options.faults ?? {};
  const timers = new Set<ReturnType<typeof setTimeout>>();

  const answer = (announce: ParsedAnnounce, remoteHost: string): { [key: string]: Encodable | undefined } => {
    announces.push(announce);
    if (announces.length > MAX_LOG) announces.shift();
    registry.note(announce);
    const all = registry.peersOf(announce.infoHash);
    const own = addressKey(announce.address);
    const limit = Math.min(announce.numwant, MAX_PEERS_PER_ANSWER);
    const others = all.filter(({ address }) => addressKey(address) !== own);
    const seeds = all.filter(({ isSeed }) => isSeed).length;
    const seenAt = createAddress(remoteHost, 1);
    return {
      interval: options.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS,
      'min interval': options.minIntervalSeconds,
      'tracker id': options.trackerId,
      'warning message': faults.warning,
      complete: seeds,
      incomplete: all.length - seeds,
      'external ip': seenAt === null ? undefined : encodeCompactAddress(seenAt).subarray(0, -2),
      ...encodePeers(announce, limit === 0 || announce.event === 'stopped' ? [] : others.slice(-limit)),
    };
  };

  const scrape = (query: string): { [key: string]: Encodable } => {
    // Its keys are no text, so it is put together from raw bytes.
    const files = new BencodeDict();
    for (const bytes of parseScrapeQuery(query)) {
      const peers = registry.peersOf(toHex(bytes));
      const complete = peers.filter(({ isSeed }) => isSeed).length;
      const completed = announces.filter(({ infoHash, event }) => infoHash === toHex(bytes) && event === 'completed').length;
      const incomplete = peers.length - complete;
      const downloaders = incomplete - peers.filter(({ isPartialSeed }) => isPartialSeed).length;
      const counts = decode(encode({ complete, downloaded: completed, downloaders, incomplete }));
      files.add(String.fromCodePoint(...bytes), counts, 0, 0);
    }
    return { files };
  };

  const send = (response: ServerResponse, body: { [key: string]: Encodable | undefined }): void => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(encode(body));
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const [path, query = ''] = (request.url ?? '').split('?', 2);
    if (request.method === 'GET' && path === '/scrape') {
      send(response, faults.failWith === undefined ? scrape(query) : { 'failure reason': faults.failWith });
      return;
    }
    if (request.method !== 'GET' || path !== '/announce') {
      response.writeHead(404);
      response.end();
      return;
    }
    const remoteHost = request.socket.remoteAddress ?? host;
    const announce = parseAnnounceQuery(query, remoteHost);
    const failure = 'failure' in announce ? null : (options.failureOf?.(announce) ?? null);
    if (failure === 'no-answer') return;
    if (failure === 'status-500') {
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('out of order\n');
      return;
    }
    let body: { [key: string]: Encodable | undefined };
    if (failure === 'failure-reason') body = { 'failure reason': 'out of order' };
    else if (faults.failWith !== undefined) body = { 'failure reason': faults.failWith };
    else if ('failure' in announce) body = { 'failure reason': announce.failure };
    else {
      body = answer(announce, remoteHost);
      options.onAnnounce?.(announce);
    }
    if (faults.delayMs === undefined) {
      send(response, body);
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      send(response, body);
    }, faults.delayMs);
    timers.add(timer);
  };

  const server = createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/announce`,
    port,
    faults,
    announces,
    peersOf: (infoHash) => registry.peersOf(infoHash),
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        timers.clear();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
