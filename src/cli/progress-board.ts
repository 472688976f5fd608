// Which way progress is shown here: nothing when quiet, drawn where stderr can be drawn on, whole lines elsewhere. Commands
// ask here and never look at the terminal themselves.

import { performance } from 'node:perf_hooks';
import type { CommandContext } from './command-context.js';
import { PlainView } from './render/plain-view.js';
import type { ProgressView } from './render/progress.js';
import { isUnicodeLocale, TerminalView } from './render/terminal-view.js';

const now = (): number => performance.now();

/** The terminal is put back as it was on `close`, when the process has to end at once, and while it is stopped by ^Z. */
export function openView(context: CommandContext): ProgressView {
  const { stderr, style, environment, interruption, suspension, isQuiet } = context;
  if (isQuiet) return { update: () => {}, log: () => {}, close: () => {} };
  if (!stderr.canDraw) return new PlainView(stderr, now);
  const view = new TerminalView({ output: stderr, style, now, isUnicode: isUnicodeLocale(environment) });
  const forgetExit = interruption.onExit(() => view.close());
  const forgetSuspension = suspension.add(view);
  return {
    update: (progress) => view.update(progress),
    log: (line) => view.log(line),
    close: () => {
      forgetExit();
      forgetSuspension();
      view.close();
    },
  };
}
