// The messages that stand in the source as literals, found without running it: what is thrown at the user, and what is told on stderr. A message
// that is computed elsewhere is not seen, so this is a net with holes, and a test that uses it says no more than what it caught.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface MessageLiteral {
  /** From the root of the project. */
  readonly file: string;
  /** As it stands there, with … in the place of what is filled in. */
  readonly text: string;
  /** Matches it in one line of output. */
  readonly pattern: RegExp;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where a message begins: behind the code of a CommandError. */
const BEGINS = /new UsageError\(\s*|new CommandError\(\s*'\w+',\s*|\bboard\.(?:log|always)\(\s*/g;

export function readSources(folder: string): Map<string, string> {
  const names = readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name.split(path.sep).join('/')}`);
  return new Map(files.toSorted().map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));
}

export function findMessages(sources: ReadonlyMap<string, string>): MessageLiteral[] {
  const found: MessageLiteral[] = [];
  for (const [file, source] of sources) {
    for (const { 0: begin, index } of source.matchAll(BEGINS)) {
      const parts = readLiteral(source, index + begin.length);
      // One that is only filled in would match anything.
      if (parts === null || !/\w{3}/.test(parts.join(''))) continue;
      const pattern = new RegExp(parts.map((part) => escape(part)).join('[^\\n]{0,300}?'));
      found.push({ file, text: parts.join('…'), pattern });
    }
  }
  return found;
}

/** The fixed parts of a string or template that begins there, what is filled in between them; null where none does. */
function readLiteral(source: string, start: number): string[] | null {
  const quote = source.charAt(start);
  if (!'\'"`'.includes(quote)) return null;
  const parts = [''];
  for (let at = start + 1; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === quote) return parts;
    if (char === '\\') parts[parts.length - 1] += source.charAt(++at);
    else if (quote === '`' && source.startsWith('${', at)) {
      at = endOfHole(source, at + 2);
      parts.push('');
    } else parts[parts.length - 1] += char;
  }
  return null;
}

/** The place of the brace that closes what is filled in. */
function endOfHole(source: string, start: number): number {
  let depth = 1;
  let at = start;
  for (; depth > 0 && at < source.length; at++) {
    if (source.charAt(at) === '{') depth++;
    else if (source.charAt(at) === '}') depth--;
  }
  return at - 1;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
