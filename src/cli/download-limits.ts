// When a download gives up: by its options, and by defaults where nobody sits in front of it, who would wait and could stop it. And the line
// at the start that says so.

import { CONFIG } from '../engine/config.js';
import type { MinSpeed } from '../engine/speed-floor.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { ChosenFiles } from './chosen-files.js';
import { formatBytes, formatLimit, formatRate } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';

const MAX_PATH = 1000;

/** Milliseconds; 0 is off. */
interface LimitOptions {
  readonly timeout?: number;
  readonly noPeersTimeout?: number;
  readonly stallTimeout?: number;
  /** Null is off. */
  readonly minSpeed?: MinSpeed | null;
}

export interface DownloadLimits {
  /** 0 is off, as everywhere. */
  readonly timeoutMs: number;
  readonly noPeersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly minSpeed?: MinSpeed | null;
}

export function chooseLimits(options: LimitOptions, isAttended: boolean): DownloadLimits {
  return {
    timeoutMs: options.timeout ?? 0,
    noPeersTimeoutMs: options.noPeersTimeout ?? (isAttended ? 0 : CONFIG.cli.unattendedNoPeersMs),
    stallTimeoutMs: options.stallTimeout ?? (isAttended ? 0 : CONFIG.cli.unattendedStallMs),
    minSpeed: options.minSpeed ?? null,
  };
}

/** The plain line at the start: what, where, and when it gives up. */
export function formatStart(
  metainfo: Pick<Metainfo, 'name'>,
  folder: string,
  limits: DownloadLimits,
  { bytes, count }: Pick<ChosenFiles, 'bytes' | 'count'>,
): string {
  const what = `${sanitise(metainfo.name)}: ${formatBytes(bytes)} in ${count} to ${sanitise(folder, MAX_PATH)}`;
  const ends = describeEnds(limits);
  return `${what}; ${ends.length === 0 ? 'waits without a limit' : `gives up ${ends.join(', ')}`}`;
}

function describeEnds({ minSpeed, ...limits }: DownloadLimits): string[] {
  return [
    ...(limits.noPeersTimeoutMs > 0 ? [`after ${formatLimit(limits.noPeersTimeoutMs)} without a peer (--no-peers-timeout)`] : []),
    ...(limits.stallTimeoutMs > 0 ? [`after ${formatLimit(limits.stallTimeoutMs)} without data (--stall-timeout)`] : []),
    ...(limits.timeoutMs > 0 ? [`after ${formatLimit(limits.timeoutMs)} in all (--timeout)`] : []),
    ...(minSpeed == null
      ? []
      : [`when it is slower than ${formatRate(minSpeed.bytesPerSecond)} over ${formatLimit(minSpeed.overMs)} (--min-speed)`]),
  ];
}
