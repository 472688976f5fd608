// What a terminal sends for each key while files are chosen, as the names of keys. Sequences that mean nothing here are skipped whole, so
// that none of their characters is taken for a command.

import type { PickerKey } from './file-picker.js';

const NAMED: ReadonlyMap<string, PickerKey> = new Map<string, PickerKey>([
  ['\u001B[A', 'up'],
  ['\u001BOA', 'up'],
  ['\u001B[B', 'down'],
  ['\u001BOB', 'down'],
  ['\u001B[5~', 'page-up'],
  ['\u001B[6~', 'page-down'],
  ['\u001B[H', 'home'],
  ['\u001BOH', 'home'],
  ['\u001B[1~', 'home'],
  ['\u001B[F', 'end'],
  ['\u001BOF', 'end'],
  ['\u001B[4~', 'end'],
  ['\u001B', 'escape'],
  ['\r', 'enter'],
  ['\n', 'enter'],
  ['\u007F', 'backspace'],
  ['\b', 'backspace'],
  ['\u0003', 'interrupt'],
  ['\u0004', 'interrupt'],
]);

const ESCAPE = '\u001B';

/** The keys of what came at once, in their order. */
export function decodeKeys(text: string): PickerKey[] {
  const keys: PickerKey[] = [];
  for (const token of split(text)) {
    const named = NAMED.get(token);
    if (named !== undefined) keys.push(named);
    else if (!token.startsWith(ESCAPE) && isPrintable(token)) keys.push({ text: token });
  }
  return keys;
}

/** Characters, and sequences that begin with an escape: `ESC [ … letter or ~`, `ESC O letter`, or ESC alone. */
function* split(text: string): Generator<string> {
  const characters = Array.from(text);
  for (let at = 0; at < characters.length;) {
    if (characters[at] !== ESCAPE) {
      yield characters[at++];
      continue;
    }
    let end = at + 1;
    if (characters[end] === 'O') end += 2;
    else if (characters[end] === '[') {
      end++;
      while (end < characters.length && !/[A-Za-z~]/.test(characters[end])) end++;
      end++;
    }
    yield characters.slice(at, end).join('');
    at = end;
  }
}

function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code >= 0x20 && (code < 0x7f || code >= 0xa0);
}
