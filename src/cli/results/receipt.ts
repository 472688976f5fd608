// The receipt of a download: what is on the disk, and where it came from. Made when the data is whole, as plain data of a stable shape
// that scripts read.

import { CONFIG } from '../../engine/config.js';
import type { ServerSnapshot } from '../../engine/server-snapshot.js';
import { VERSION } from '../../engine/version.js';
import type { FileDigest } from './file-digests.js';
import type { PeerBytes, PeerShare } from './peer-bytes.js';
import type { TorrentResult } from './torrent-result.js';

export interface Receipt {
  readonly v: 1;
  /** The version of effusion. */
  readonly effusion: string;
  readonly infoHash: string;
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly alreadyComplete: boolean;
  /** `path`: below the output folder. */
  readonly files: readonly FileDigest[];
  /** Payload by source, waste included. */
  readonly sources: {
    readonly peers: readonly PeerShare[];
    readonly otherPeersBytes: number;
    readonly webSeeds: readonly { readonly url: string; readonly bytes: number }[];
  };
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Thrown away: unexpected, duplicate, or of a piece that failed its hash. */
  readonly waste: { readonly bytes: number; readonly hashFailures: number };
  /** ISO 8601. */
  readonly startedAt: string;
  readonly firstByteAt: string | null;
  readonly endedAt: string;
  readonly elapsedMs: number;
  readonly meanBytesPerSecond: number;
}

export interface ReceiptFacts {
  readonly result: TorrentResult;
  readonly snapshot: ServerSnapshot;
  readonly files: readonly FileDigest[];
  readonly peers: PeerBytes;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly firstByteAt: number | null;
  readonly endedAt: number;
}

export function makeReceipt({ result, snapshot, files, peers, startedAt, firstByteAt, endedAt }: ReceiptFacts): Receipt {
  const { peers: named, otherBytes } = peers.shares(CONFIG.results.maxReceiptPeers);
  const { downloadedBytes, uploadedBytes, wastedBytes, hashFailures, elapsedMs } = result;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    v: 1,
    effusion: VERSION,
    infoHash: result.infoHash ?? '',
    name: result.name ?? '',
    path: result.path ?? '',
    size: result.size ?? 0,
    alreadyComplete: result.alreadyComplete === true,
    files,
    sources: {
      peers: named,
      otherPeersBytes: otherBytes,
      webSeeds: snapshot.webSeeds.map((seed) => ({ url: seed.name, bytes: seed.downloadedBytes })),
    },
    downloadedBytes,
    uploadedBytes,
    waste: { bytes: wastedBytes, hashFailures },
    startedAt: iso(startedAt),
    firstByteAt: firstByteAt === null ? null : iso(firstByteAt),
    endedAt: iso(endedAt),
    elapsedMs,
    meanBytesPerSecond: elapsedMs > 0 ? Math.round((downloadedBytes * 1000) / elapsedMs) : 0,
  };
}

/** One is written out for people too; of several each has a line. */
export function formatReceipts(receipts: readonly Receipt[], isOneOfOne: boolean): string {
  return isOneOfOne ? `${JSON.stringify(receipts[0], null, 2)}\n` : receipts.map((one) => `${JSON.stringify(one)}\n`).join('');
}
