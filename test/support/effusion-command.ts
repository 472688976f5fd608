// The real command, as a user runs it: `node bin/effusion.js …`, built from dist where that exists.

import { fileURLToPath } from 'node:url';
import { startChild, type Child, type ChildEnd, type ChildOptions } from './child-process.js';

const COMMAND = fileURLToPath(new URL('../../bin/effusion.js', import.meta.url));

/** A DHT in which nobody answers, and no local network: no test leaves the machine, and none reads or writes the tester's nodes. */
const NOBODY_OUT_THERE = { EFFUSION_DHT_BOOTSTRAP: '127.0.0.1:9', EFFUSION_NO_LSD: '1' };

/** Starts it without a terminal; its settings and time-outs come from the arguments alone. */
export function startEffusion(args: readonly string[], options: ChildOptions = {}): Child {
  return startChild(process.execPath, [COMMAND, ...args], {
    ...options,
    env: { NO_COLOR: '1', ...NOBODY_OUT_THERE, ...options.env },
  });
}

/** Runs it to its end. */
export function runEffusion(args: readonly string[], options: ChildOptions = {}): Promise<ChildEnd> {
  return startEffusion(args, options).ended;
}
