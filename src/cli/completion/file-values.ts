// Values that name files inside the torrent on the line: what --files, --priority, --rename and --checksum are written like, with its names in
// their places. A press of the key is to lead to something that the option takes.

import { DIGEST_DIGITS } from '../../model/digest-kind.js';

/** `names`: of all files, in the order of their numbers. Answers whole values. */
type FileValues = (typed: string, names: readonly string[]) => string[];

/** What `--files` would read as numbers, an exclusion or a regular expression, is no name to it. */
const isName = (name: string): boolean => !/^(?:[!/]|[\d,-]+$)/.test(name);

/** Paths, and names of files in folders by their own beginning: a SPEC without a slash means them wherever they are. */
function specsFor(typed: string, names: readonly string[]): string[] {
  const sign = typed.startsWith('!') ? '!' : '';
  const word = typed.slice(sign.length);
  const own = word === '' || word.includes('/') ? [] : names.map((name) => name.slice(name.lastIndexOf('/') + 1));
  const beginning = [...names, ...own].filter((name) => isName(name) && name.startsWith(word));
  return [...new Set(beginning)].map((name) => sign + name);
}

function checksumsFor(typed: string, names: readonly string[]): string[] {
  const [, digest] = /^([^:]+:[0-9a-f]+:)/i.exec(typed) ?? [];
  return digest === undefined ? Object.keys(DIGEST_DIGITS).map((kind) => `${kind}:`) : names.map((name) => digest + name);
}

/** By the long option; a placeholder that is not that of the SPEC means something else there. */
const VALUES: Readonly<Record<string, readonly [placeholder: string, values: FileValues]>> = {
  '--files': ['SPEC', specsFor],
  '--priority': ['SPEC', (typed, names) => specsFor(typed, names).flatMap((spec) => [`${spec}=high`, `${spec}=low`])],
  '--rename': ['IDX', (_, names) => names.map((name, index) => `${index + 1}=${name}`)],
  '--checksum': ['KIND', checksumsFor],
};

/** Null for options whose value is none of these; `flags`: as commander has them. */
export function fileValuesOf(long: string | undefined, flags: string): FileValues | null {
  const [placeholder, values] = VALUES[long ?? ''] ?? [];
  return placeholder !== undefined && flags.includes(`<${placeholder}`) ? (values ?? null) : null;
}
