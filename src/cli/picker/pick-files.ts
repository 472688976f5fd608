// The terminal around the picker: the other screen while files are chosen, the keys, and everything as it was at the end, also where the
// process is ended or stopped meanwhile. Draws on stderr: stdout is for results.

import type { CommandContext } from '../command-context.js';
import { isInForeground } from '../foreground.js';
import type { KeyInput } from '../keys.js';
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
/** Nothing comes from the terminal any more. */
const GONE = ['end', 'close', 'error'] as const;

/** Refuses where nobody can choose. */
export function expectChooser({ stderr, keyInput }: CommandContext): void {
  if (stderr.canDraw && keyInput() !== null && isInForeground()) return;
  throw new UsageError('-I needs a terminal to choose files on', 'Name them with --files: effusion files lists what there is.');
}

/**
 * Positions in `files` that were chosen, or how it ended without a choice. `chosen`: those that are chosen at the start. `signal` gives up
 * too; where the terminal is gone nobody is there who could choose.
 */
export async function pickFiles(
  name: string,
  files: readonly PickedFile[],
  chosen: Iterable<number>,
  signal: AbortSignal,
  context: CommandContext,
): Promise<number[] | 'given-up' | 'gone'> {
  const { stderr, style, interruption, suspension, keyInput } = context;
  const input = keyInput();
  if (input === null || input.readableEnded || input.destroyed) return 'gone';
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
      setRaw(input, false);
      input.pause();
      stderr.write(LEAVE_SCREEN);
    },
    resume: (): void => {
      if (isDrawn || !isInForeground()) return;
      isDrawn = true;
      setRaw(input, true);
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
  let isGone = false;
  const onGone = (): void => {
    isGone = true;
    onEnd();
  };
  input.on('data', read);
  for (const event of GONE) input.on(event, onGone);
  signal.addEventListener('abort', onEnd, { once: true });
  try {
    screen.resume();
    if (!signal.aborted) await ended;
  } finally {
    input.removeListener('data', read);
    for (const event of GONE) input.removeListener(event, onGone);
    signal.removeEventListener('abort', onEnd);
    stopListening();
    forgetSuspension();
    forgetExit();
    screen.suspend();
  }
  if (picker.end === 'done') return picker.chosen;
  return isGone ? 'gone' : 'given-up';
}

/** A terminal that is gone has no modes. */
function setRaw(input: KeyInput, isRaw: boolean): void {
  try {
    input.setRawMode(isRaw);
  } catch {
    // It is told by the end of its input.
  }
}
