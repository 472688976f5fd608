// The command of `--exec` as words, cut as a shell would cut them and without a shell: quotes and backslashes mean what they mean there,
// and nothing else does. So no name of a torrent can ever become a command.

import { UsageError } from '../usage-error.js';

/** At least one. `option`: for the message. Throws UsageError. */
export function splitWords(text: string, option: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\0') throw new UsageError(`${option}: there is a NUL in it`, 'No command can have one: leave it out.');
    if (quote === null && /[ \t\n\r]/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === quote) {
      quote = null;
    } else if (char === '\\' && quote !== "'") {
      if (++at === text.length) throw unfinished(option, text, 'ends with a backslash');
      // Between double quotes it stands for itself before most characters (POSIX shell, 2.2.3).
      const isKept = quote === '"' && !/["\\$`\n]/.test(text[at]);
      // A line is joined with the next one.
      const taken = text[at] === '\n' ? '' : text[at];
      word = `${word ?? ''}${isKept ? '\\' : ''}${taken}`;
    } else {
      word = `${word ?? ''}${char}`;
    }
  }
  if (quote !== null) throw unfinished(option, text, `has no second ${quote}`);
  if (word !== null) words.push(word);
  if (words.length === 0 || words[0] === '')
    throw new UsageError(`${option} names no command`, 'Give it one, such as --exec notify-send.');
  return words;
}

function unfinished(option: string, text: string, why: string): UsageError {
  return new UsageError(`${option}: '${text}' ${why}`, 'Quote it as for a shell.');
}
