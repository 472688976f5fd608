// The terminal around the picker: the other screen while files are chosen, the keys, and everything as it was at the end, also where the
// process is ended or stopped meanwhile. Draws on stderr: stdout is for results.

import type { CommandContext } from '../command-context.js';
import { isInForeground } from '../foreground.js';
import { sanitise } from '../render/sanitise.js';
import { loadWidthFor } from '../render/text-width.js';
import { UsageError } from '../usage-error.js';
import { FilePicker, type PickedFile } from './file-picker.js';
import { decodeKeys } from './picker-keys.js';
import { formatPicker, roomFor } from './picker-screen.js';

const ENTER_SCREEN = '\u001B[?1049h\u001B[?25l';
const LEAVE_SCREEN = '\u001B[?25h\u001B[?1049l';
const HOME_AND_CLEAR = '\u001B[H\u001B[2J';
const SUSPEND = 0x1a;
const MAX_NAME = 200;

/** Refuses where nobody can choose. */
export function expectChooser({ stderr, keyInput }: CommandContext): void {
  if (stderr.canDraw && keyInput() !== null && isInForeground()) return;
  throw new UsageError('-I needs a terminal to choose files on', 'Name them with --files: effusion files lists what there is.');
}

/**
 * Positions in `files` that were chosen; null where it was given up. `chosen`: those that are chosen at the start. `signal` gives up too.
 */
export async function pickFiles(
  name: string,
  files: readonly PickedFile[],
  chosen: Iterable<number>,
  signal: AbortSignal,
  context: CommandContext,
): Promise<number[] | null> {
  const { stderr, style, interruption, suspension, keyInput } = context;
  const input = keyInput();
  if (input === null) return null;
  const widthOf = await loadWidthFor(files.map((file) => file.path).join(''));
  const picker = new FilePicker(files, chosen);
  const title = `Choose files of ${sanitise(name, MAX_NAME)}`;
  let isDrawn = false;
  const draw = (): void => {
    if (!isDrawn) return;
    const lines = formatPicker(picker, title, { columns: stderr.columns, rows: stderr.rows, style, widthOf });
    stderr.write(HOME_AND_CLEAR + lines.join('\r\n'));
  };
  const screen = {
    suspend: (): void => {
      if (!isDrawn) return;
      isDrawn = false;
      input.setRawMode(false);
      input.pause();
      stderr.write(LEAVE_SCREEN);
    },
    resume: (): void => {
      if (isDrawn || !isInForeground()) return;
      isDrawn = true;
      input.setRawMode(true);
      input.resume();
      stderr.write(ENTER_SCREEN);
      draw();
    },
  };
  const forgetExit = interruption.onExit(screen.suspend);
  const forgetSuspension = suspension.add(screen);
  const stopListening = stderr.onResize(draw);
  const decoder = new TextDecoder();
  let onEnd: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  const read = (chunk: Uint8Array): void => {
    // ^Z is a key here, and is to stop the process as ever.
    if (chunk.includes(SUSPEND)) process.kill(process.pid, 'SIGTSTP');
    for (const key of decodeKeys(decoder.decode(chunk, { stream: true }))) {
      picker.press(key, roomFor(stderr.rows));
      if (picker.end !== null) {
        onEnd();
        return;
      }
    }
    draw();
  };
  input.on('data', read);
  signal.addEventListener('abort', onEnd, { once: true });
  try {
    screen.resume();
    if (!signal.aborted) await ended;
  } finally {
    input.removeListener('data', read);
    signal.removeEventListener('abort', onEnd);
    stopListening();
    forgetSuspension();
    forgetExit();
    screen.suspend();
  }
  return picker.end === 'done' ? picker.chosen : null;
}
