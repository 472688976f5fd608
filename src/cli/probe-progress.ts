// How far a look at a swarm is, for a person who waits for `effusion peers` and `effusion doctor`: a line that changes on a terminal, and one
// now and then elsewhere.

import { CONFIG } from '../engine/config.js';
import type { SwarmProbe } from '../engine/swarm-probe.js';
import type { CommandContext } from './command-context.js';
import { formatCount } from './render/human-numbers.js';
import { NO_DATA } from './render/progress.js';
import { sanitise } from './render/sanitise.js';

const MAX_NAME = 80;

/** Answers how to take it away again. */
export function openProbeProgress(name: string, probe: SwarmProbe, { board }: CommandContext): () => void {
  const view = board.open();
  const shown = sanitise(name, MAX_NAME);
  const drawing = setInterval(() => {
    const { addresses, connected, answered, trackers } = probe.progress;
    const asked = trackers === 0 ? [] : [`${answered} of ${formatCount(trackers, 'tracker')} answered`];
    const found = [...asked, `${formatCount(addresses, 'peer')} found`, `${connected} met`].join(', ');
    view.update({ ...NO_DATA, phase: 'looking', name: shown, peers: connected, found });
  }, CONFIG.cli.drawIntervalMs);
  return () => {
    clearInterval(drawing);
    view.close();
  };
}
