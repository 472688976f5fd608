// Progress of work that reads data from the disk without a session: verify, create, the check before seeding. On a
// terminal a spinner with the percentage, elsewhere a line now and then when it takes long.

import { CONFIG } from '../engine/config.js';
import { monotonicNow } from '../engine/monotonic-clock.js';
import type { CommandContext } from './command-context.js';
import { formatBytes, formatCount } from './render/human-numbers.js';
import { NO_DATA } from './render/progress.js';
import { SpeedMeter } from './render/speed-meter.js';
import { sanitise } from './render/sanitise.js';

export interface CheckProgress {
  /** Called as often as the work likes. */
  readonly update: (doneBytes: number, totalBytes: number) => void;
  /** Files and bytes that were found, before it is known how many there are. */
  readonly found: (files: number, bytes: number) => void;
  readonly close: () => void;
}

export function openCheckProgress(name: string, context: CommandContext): CheckProgress {
  const view = context.board.open();
  const startedAt = monotonicNow();
  const rate = new SpeedMeter(startedAt, CONFIG.cli.speedWindowMs);
  const shownName = sanitise(name, 80);
  let lastBytes = 0;
  let lastAt = startedAt;
  return {
    update: (doneBytes, totalBytes) => {
      const now = monotonicNow();
      if (now - lastAt < CONFIG.cli.drawIntervalMs) return;
      rate.add(doneBytes - lastBytes, now);
      lastBytes = doneBytes;
      lastAt = now;
      const timeLeftMs = rate.timeLeftMs(totalBytes - doneBytes, now);
      view.update({ ...NO_DATA, phase: 'checking', name: shownName, totalBytes, checkedBytes: doneBytes, timeLeftMs });
    },
    found: (files, bytes) => {
      const now = monotonicNow();
      if (now - lastAt < CONFIG.cli.drawIntervalMs) return;
      lastAt = now;
      const found = `${formatCount(files, 'file')}, ${formatBytes(bytes)}`;
      view.update({ ...NO_DATA, phase: 'listing', name: shownName, found });
    },
    close: () => view.close(),
  };
}
