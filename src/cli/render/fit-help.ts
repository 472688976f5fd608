// Help at the width of the terminal. commander wraps its own part of it; what we add behind is written for wide ones, and would be broken
// in the middle of words on a narrow one. Commands in examples stay whole: they are there to be copied.

/** Less room than this for the right column, and it goes below. */
const MIN_COLUMN = 24;

/** A command or a name, a gap of two spaces and more, and what is said of it. */
const TWO_COLUMNS = /^( +\S.*? {2,}| {8,})(\S(?:(?! {2}).)*)$/;

/** Lines of at most `width` characters, where the words are no longer. Text that fits stays as it is. */
export function fitHelp(text: string, width: number): string {
  const fitted: string[] = [];
  let prose: string[] = [];
  const flush = (): void => {
    fitted.push(...(prose.some((line) => line.length > width) ? wrapWords(prose.join(' '), width) : prose));
    prose = [];
  };
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) {
      prose.push(line);
    } else {
      flush();
      fitted.push(...fitColumns(line, width));
    }
  }
  flush();
  return fitted.join('\n');
}

function fitColumns(line: string, width: number): string[] {
  const columns = TWO_COLUMNS.exec(line);
  if (line.length <= width || columns === null) return [line];
  const [, left, right] = columns;
  const room = width - left.length;
  if (room < MIN_COLUMN) return [left.trimEnd(), ...wrapWords(right, width - 8).map((part) => `        ${part}`)];
  return wrapWords(right, room).map((part, at) => (at === 0 ? left : ' '.repeat(left.length)) + part);
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
