// Text from outside (names in torrents, answers of trackers, client names) before a person sees it: a name must not
// move the cursor, change the title, reverse the line or hide its ending. Nothing here is for file paths that are used.

/** Stands where something was taken out. */
const MARK = '\uFFFD';

/** As nearly every text is. It is looked at first: to make ready for all of Unicode would cost every start a third of a millisecond. */
const PLAIN = /^[ -~]*$/;

const HIDDEN = [
  '[\\u0000-\\u001F\\u007F-\\u009F]', // C0 (ESC, newline, tab …), DEL and C1
  '[\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F]', // soft hyphen, joiners and fillers
  '[\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F]', // zero-width, line separators, bidi marks, overrides and isolates
  '[\\u3164\\uFEFF\\uFFA0\\uFFF9-\\uFFFB]', // fillers, byte order mark, annotations
  '[\\u{1D173}-\\u{1D17A}\\u{E0000}-\\u{E0FFF}]', // invisible music and tag characters
  '\\p{Surrogate}', // half a character
].join('|');

let hidden: RegExp | null = null;

function replaceHidden(text: string, by: (character: string) => string): string {
  return PLAIN.test(text) ? text : text.replace((hidden ??= new RegExp(HIDDEN, 'gu')), by);
}

/** One line of visible characters, at most `maxLength` of them; a longer text loses its middle, so that an ending stays to be seen. */
export function sanitise(text: string, maxLength = 200): string {
  // The cut comes first: work stays bounded whatever the length. Twice the limit leaves room for surrogate pairs.
  const shortened = text.length > maxLength * 4 ? text.slice(0, maxLength * 2) + text.slice(-maxLength * 2) : text;
  const characters = Array.from(replaceHidden(shortened, () => MARK));
  if (characters.length <= maxLength) return characters.join('');
  const tail = Math.floor((maxLength - 1) / 3);
  const head = maxLength - 1 - tail;
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`;
}

/** The same for text of several lines of ours (a stack): line feeds stay. */
export function sanitiseLines(text: string, maxLength = 20_000): string {
  return text
    .slice(0, maxLength)
    .split('\n')
    .map((line) => sanitise(line, 2000))
    .join('\n');
}

/** JSON that is safe to print: what is hidden or moves the cursor stands as an escape, which means the same. `indent` 0: one line. */
export function formatJson(value: unknown, indent = 2): string {
  return replaceHidden(JSON.stringify(value, null, indent), (character) =>
    character === '\n' ? character : character.replace(/[^]/g, (unit) => escapeUnit(unit.charCodeAt(0))),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
