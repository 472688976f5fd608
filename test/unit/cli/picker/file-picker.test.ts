// Choosing files by hand: keys in, what is chosen out.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilePicker, type PickerKey } from '../../../../src/cli/picker/file-picker.js';
import { decodeKeys } from '../../../../src/cli/picker/picker-keys.js';
import { formatPicker, roomFor } from '../../../../src/cli/picker/picker-screen.js';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import { roughWidth } from '../../../../src/cli/render/text-width.js';
import { Screen } from '../../../support/screen.js';

const FILES = Array.from({ length: 30 }, (_, at) => ({
  index: at + 1,
  path: `folder/${at % 2 === 0 ? 'video' : 'text'}-${at + 1}`,
  bytes: 1024 * (at + 1),
}));
const ROOM = 5;

function press(picker: FilePicker, typed: string): void {
  for (const key of decodeKeys(typed)) picker.press(key, ROOM);
}

const [UP, DOWN, PAGE_DOWN, END, HOME, ESCAPE] = ['\u001B[A', '\u001B[B', '\u001B[6~', '\u001B[F', '\u001BOH', '\u001B'];

test('space chooses and goes on, Enter is the end', () => {
  const picker = new FilePicker(FILES, []);
  press(picker, `  ${DOWN} ${UP}${UP} `);
  expect(picker.chosen).toEqual([0, 1, 2, 3]);
  press(picker, '\r');
  expect([picker.end, picker.chosenBytes]).toEqual(['done', 1024 * (1 + 2 + 3 + 4)]);
});

test('all, none and the others, of what is looked for only', () => {
  const picker = new FilePicker(FILES, []);
  press(picker, '/VIDEO\ra');
  expect(picker.chosen).toHaveLength(15);
  press(picker, `${ESCAPE}i`);
  expect(picker.chosen.every((at) => FILES[at].path.includes('text'))).toBe(true);
  press(picker, 'n');
  expect(picker.chosen).toEqual([]);
  press(picker, '\r');
  expect([picker.end, picker.notice]).toEqual([null, expect.stringContaining('nothing is chosen')]);
});

test('while typing, letters are what is looked for; Escape takes it back', () => {
  const picker = new FilePicker(FILES, []);
  press(picker, '/qaz');
  expect([picker.search, picker.end, picker.rows(ROOM)]).toEqual(['qaz', null, []]);
  press(picker, '\u007F\u007F\u007Ftext-2\r');
  expect(picker.rows(20).map((row) => row.file.index)).toEqual([2, 20, 22, 24, 26, 28]);
  press(picker, '/');
  press(picker, ESCAPE);
  expect(picker.rows(100)).toHaveLength(30);
});

test('q and ^C give up', () => {
  for (const key of ['q', '\u0003', '\u0004']) {
    const picker = new FilePicker(FILES, [0]);
    press(picker, key);
    expect(picker.end).toBe('given-up');
  }
});

test('the cursor is always on the screen, and pages are as long as it', () => {
  const picker = new FilePicker(FILES, []);
  const current = (): number => picker.rows(ROOM).find((row) => row.isCurrent)?.file.index ?? -1;
  press(picker, PAGE_DOWN);
  expect(current()).toBe(6);
  press(picker, END);
  expect(current()).toBe(30);
  press(picker, HOME);
  expect(current()).toBe(1);
});

test('whatever is pressed: rows fit, one is current, and what is chosen are files', () => {
  const keys: fc.Arbitrary<PickerKey> = fc.oneof(
    fc.constantFrom<PickerKey>('up', 'down', 'page-up', 'page-down', 'home', 'end', 'escape', 'backspace', 'enter'),
    fc.constantFrom(' ', 'a', 'n', 'i', '/', 'x', 'v', '2').map((text) => ({ text })),
  );
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (pressed, room) => {
      const picker = new FilePicker(FILES, []);
      for (const key of pressed) {
        picker.press(key, room);
        const rows = picker.rows(room);
        expect(rows.length).toBeLessThanOrEqual(room);
        expect(rows.filter((row) => row.isCurrent)).toHaveLength(rows.length === 0 ? 0 : 1);
        expect(picker.chosen.every((at) => at >= 0 && at < FILES.length)).toBe(true);
      }
    }),
  );
});

test('sequences that are no keys of ours are no commands either', () => {
  expect(decodeKeys('\u001B[1;5A\u001B[200~q')).toEqual([{ text: 'q' }]);
  expect(decodeKeys('\u001B[A\u001B')).toEqual(['up', 'escape']);
  expect(decodeKeys('é\u0000日')).toEqual([{ text: 'é' }, { text: '日' }]);
});

test.each([
  [40, 8],
  [80, 24],
  [200, 50],
])('at %i columns and %i rows it fits on the screen', async (columns, rows) => {
  const picker = new FilePicker(FILES, [0, 2]);
  const lines = formatPicker(picker, 'Choose files of data', { columns, rows, style: PLAIN_STYLE, widthOf: roughWidth });
  const screen = new Screen(columns, rows);
  await screen.write(lines.join('\r\n'));
  const shown = screen.lines();
  expect(shown).toHaveLength(Math.min(rows, 3 + FILES.length));
  expect(shown.slice(2, 4)).toEqual(['> [x]  1    1.0 KiB  folder/video-1', '  [ ]  2    2.0 KiB  folder/text-2']);
  // How to go on and how to give up are never cut off.
  expect(shown[1]).toMatch(/Enter go, q (?:give up|quit)$/);
  expect(shown.at(-1)).toBe('2 of 30 files, 4.0 KiB of 465.0 KiB');
  expect(roomFor(rows)).toBe(rows - 3);
});

test('a small choice of much is told in its own unit', () => {
  const files = [
    { index: 1, path: 'note', bytes: 13 },
    { index: 2, path: 'film', bytes: 2 ** 30 },
  ];
  const look = { columns: 80, rows: 24, style: PLAIN_STYLE, widthOf: roughWidth };
  expect(formatPicker(new FilePicker(files, [0]), 'Choose', look).at(-1)).toBe('1 of 2 files, 13 B of 1.0 GiB');
});
