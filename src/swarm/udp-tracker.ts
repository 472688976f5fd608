// A small UDP tracker in this process (BEP 15, IPv6 by BEP 7 in its way), for `effusion swarm --udp`: the same peers and the same failures as
// the HTTP one has, by datagrams. It keeps nothing of those who only connect: their ids are digests of their addresses.

import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { sha1 } from '../hash/digest.js';
import { addressKey, encodeCompactAddress } from '../model/address.js';
import { toHex } from '../model/ids.js';
import type { ParsedAnnounce } from './announce-query.js';
import type { AnnounceFailure } from './flaky-announces.js';
import { TrackerRegistry } from './tracker-registry.js';
import type { TrackerServer, TrackerServerOptions } from './tracker-server.js';
import { MAX_UDP_PEERS, readUdpAnnounce } from './udp-announce.js';

const PROTOCOL_ID = 0x41727101980n;
const ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
const HEAD_BYTES = 16;
const INTERVAL_S = 1800;
const MAX_SCRAPED = 70;

type UdpTrackerOptions = Pick<TrackerServerOptions, 'host' | 'port' | 'onAnnounce' | 'failureOf'>;

/** Resolves once it listens; rejects with the system's error where the port is taken. */
export async function startUdpTracker(options: UdpTrackerOptions): Promise<Pick<TrackerServer, 'url' | 'port' | 'close'>> {
  const { host = '127.0.0.1' } = options;
  const registry = new TrackerRegistry();
  const secret = new Uint8Array(randomBytes(16));
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  let completed = 0;

  const connectionId = (from: RemoteInfo): bigint => {
    const place = new TextEncoder().encode(`${from.address} ${from.port}`);
    const digest = sha1(Uint8Array.from([...secret, ...place]));
    return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
  };
  const counts = (infoHash: string): { seeds: number; leechers: number } => {
    const peers = registry.peersOf(infoHash);
    const seeds = peers.filter(({ isSeed }) => isSeed).length;
    return { seeds, leechers: peers.length - seeds };
  };

  const answerAnnounce = (announce: ParsedAnnounce): Uint8Array[] => {
    registry.note(announce);
    if (announce.event === 'completed') completed++;
    options.onAnnounce?.(announce);
    const own = addressKey(announce.address);
    const others = registry
      .peersOf(announce.infoHash)
      .map(({ address }) => address)
      .filter((address) => address.family === announce.address.family && addressKey(address) !== own);
    const wanted = announce.event === 'stopped' ? 0 : Math.min(announce.numwant, MAX_UDP_PEERS);
    const { seeds, leechers } = counts(announce.infoHash);
    return [words(INTERVAL_S, leechers, seeds), ...(wanted === 0 ? [] : others.slice(-wanted).map(encodeCompactAddress))];
  };

  /** Null: nothing is said. */
  const answer = (packet: Uint8Array, from: RemoteInfo): Uint8Array | null => {
    if (packet.length < HEAD_BYTES) return null;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const [action, transaction] = [view.getUint32(8), view.getUint32(12)];
    const reply = (kind: number, ...parts: readonly Uint8Array[]): Uint8Array => joined([words(kind, transaction), ...parts]);
    const refuse = (why: string): Uint8Array => reply(ACTION.error, new TextEncoder().encode(why));
    if (action === ACTION.connect && view.getBigUint64(0) === PROTOCOL_ID) {
      const id = new Uint8Array(8);
      new DataView(id.buffer).setBigUint64(0, connectionId(from));
      return reply(ACTION.connect, id);
    }
    if (view.getBigUint64(0) !== connectionId(from)) return refuse('connect first');
    if (action === ACTION.scrape) {
      const hashes = Array.from({ length: Math.min(MAX_SCRAPED, Math.floor((packet.length - HEAD_BYTES) / 20)) }, (_, i) =>
        counts(toHex(packet.subarray(HEAD_BYTES + i * 20, HEAD_BYTES + (i + 1) * 20))),
      );
      return reply(ACTION.scrape, ...hashes.map(({ seeds, leechers }) => words(seeds, completed, leechers)));
    }
    const announce = action === ACTION.announce ? readUdpAnnounce(packet, from.address) : null;
    if (announce === null) return refuse('not understood');
    const failure: AnnounceFailure | null = options.failureOf?.(announce) ?? null;
    if (failure === null) return reply(ACTION.announce, ...answerAnnounce(announce));
    // There is no status here.
    return failure === 'no-answer' ? null : refuse('out of order');
  };

  socket.on('message', (packet, from) => {
    const reply = answer(new Uint8Array(packet), from);
    // Whoever is gone by then misses it.
    if (reply !== null) socket.send(reply, from.port, from.address, () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: host, port: options.port ?? 0, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.on('error', () => undefined);
  const { port } = socket.address();
  return {
    url: `udp://${host.includes(':') ? `[${host}]` : host}:${port}/announce`,
    port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function words(...numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  for (const [i, number] of numbers.entries()) new DataView(bytes.buffer).setUint32(i * 4, number);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
