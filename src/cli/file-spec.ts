// What `--files` and its like say: numbers of files, globs, regular expressions, and what is left out. Parsed before anything is opened,
// matched against the files of a torrent when that is known. Pure; `effusion help select` is its description.

import { findNearestName } from './edit-distance.js';
import { sanitise } from './render/sanitise.js';
import { UsageError } from './usage-error.js';

/** One SPEC. Numbers count from 1. */
type Pattern =
  | { readonly kind: 'numbers'; readonly ranges: readonly { readonly first: number; readonly last: number }[] }
  /** `text`: the path or name itself, should there be one that is written like a pattern. */
  | { readonly kind: 'glob'; readonly text: string; readonly expression: RegExp; readonly isPath: boolean }
  | { readonly kind: 'regex'; readonly expression: RegExp };

export interface FileSpec {
  /** As it was written. */
  readonly text: string;
  readonly option: string;
  readonly isExcluded: boolean;
  readonly pattern: Pattern;
}

/** For `--priority`. */
export interface PrioritySpec {
  readonly spec: FileSpec;
  readonly level: 'high' | 'low';
}

/** What a selection needs of a torrent; a Metainfo is one. */
export interface SelectableTorrent {
  readonly files: readonly { readonly path: readonly string[]; readonly isPadding: boolean }[];
  readonly isSingleFile: boolean;
}

const MAX_SHOWN = 100;
const MAX_SPEC_CHARACTERS = 10_000;
const MAX_NUMBER_DIGITS = 9;
const HINT = 'See effusion help select.';

/** `3`, `1,3-5`, `7-`, `*.txt`, `docs/**`, `/^cover\.(jpg|png)$/i`, each after a `!` too. Throws UsageError. */
export function parseFileSpec(text: string, option: string): FileSpec {
  const isExcluded = text.startsWith('!');
  const body = isExcluded ? text.slice(1) : text;
  if (text.length > MAX_SPEC_CHARACTERS) throw new UsageError(`${option}: longer than ${MAX_SPEC_CHARACTERS} characters`, HINT);
  if (body.trim() === '') throw new UsageError(`${option}: '${sanitise(text, MAX_SHOWN)}' names no file`, HINT);
  return { text, option, isExcluded, pattern: parsePattern(body, option) };
}

function parsePattern(body: string, option: string): Pattern {
  if (/^[\d\s,-]+$/.test(body))
    return { kind: 'numbers', ranges: body.split(',').map((part) => parseRange(part.trim(), option)) };
  const regex = /^\/([^]+)\/([a-z]*)$/.exec(body);
  if (regex !== null) return { kind: 'regex', expression: parseRegex(regex[1], regex[2], option) };
  const glob = body.replace(/^\.?\/+/, '').replace(/\/+$/, '/**');
  return { kind: 'glob', text: body, expression: globExpression(glob), isPath: glob.includes('/') };
}

function parseRange(part: string, option: string): { first: number; last: number } {
  const match = /^(\d+)(?:\s*(-)\s*(\d*))?$/.exec(part);
  const refuse = (why: string): UsageError => new UsageError(`${option}: '${sanitise(part, MAX_SHOWN)}' ${why}`, HINT);
  if (match === null) throw refuse('is no number of a file, nor a range of them');
  const [, from, dash, to = ''] = match;
  if (from.length > MAX_NUMBER_DIGITS || to.length > MAX_NUMBER_DIGITS) throw refuse('is no number of a file');
  const first = Number(from);
  const last = dash === undefined ? first : to === '' ? Infinity : Number(to);
  if (first === 0) throw refuse('is no number of a file: they count from 1');
  if (last < first) throw refuse('is reversed');
  return { first, last };
}

function parseRegex(source: string, flags: string, option: string): RegExp {
  if (!/^[ius]*$/.test(flags)) throw new UsageError(`${option}: the flags '${flags}' are not known: i is for any case`, HINT);
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${option}: ${sanitise(reason, MAX_SHOWN)}`, HINT);
  }
}

/** `*` and `?` within one name, `**` across folders; everything else stands for itself, brackets too: many names have them. */
function globExpression(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*\/|\*\*|\*|\?|[^*?]+/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    return token === '?' ? '[^/]' : token.replaceAll(/[\\^$.+|()[\]{}/]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source}$`, 'su');
}

/** `SPEC=high` or `SPEC=low`. Throws UsageError. */
export function parsePrioritySpec(text: string, option: string): PrioritySpec {
  const at = text.lastIndexOf('=');
  const level = text.slice(at + 1);
  if (at <= 0 || (level !== 'high' && level !== 'low')) {
    throw new UsageError(
      `${option}: '${text}' does not end in =high or =low`,
      "Write it like '*.txt=high'; see effusion help select.",
    );
  }
  return { spec: parseFileSpec(text.slice(0, at), option), level };
}

/** A file as the patterns see it: `index` into the torrent's files. */
interface Candidate {
  readonly index: number;
  /** Below the torrent's own name. */
  readonly path: string;
  readonly name: string;
  /** With the torrent's own name, as `effusion files` shows it. */
  readonly place: string;
}

function candidatesOf({ files, isSingleFile }: SelectableTorrent): Candidate[] {
  const candidates: Candidate[] = [];
  for (const [index, { path, isPadding }] of files.entries()) {
    if (isPadding) continue;
    candidates.push({
      index,
      path: (isSingleFile ? path : path.slice(1)).join('/'),
      name: path.at(-1) ?? '',
      place: path.join('/'),
    });
  }
  return candidates;
}

/** Indices of the files that one spec names, whether it excludes them or not. Throws UsageError where there is no file of a number. */
function matching(spec: FileSpec, candidates: readonly Candidate[]): number[] {
  const { pattern, option, text } = spec;
  if (pattern.kind === 'numbers') {
    const numbers = new Set<number>();
    for (const { first, last } of pattern.ranges) {
      const beyond = first > candidates.length ? first : last !== Infinity && last > candidates.length ? last : null;
      if (beyond !== null) {
        const count = candidates.length === 1 ? '1 file' : `${candidates.length} files`;
        throw new UsageError(
          `${option} ${sanitise(text, MAX_SHOWN)}: there is no file ${beyond}: the torrent has ${count}`,
          HINT,
        );
      }
      for (let number = first; number <= Math.min(last, candidates.length); number++) numbers.add(number);
    }
    return [...numbers].map((number) => candidates[number - 1].index);
  }
  const isNamed = ({ path, name }: Candidate): boolean => {
    if (pattern.kind === 'regex') return pattern.expression.test(path);
    return pattern.text === path || pattern.text === name || pattern.expression.test(pattern.isPath ? path : name);
  };
  const named = candidates.filter((candidate) => isNamed(candidate));
  // As it lies on the disk, where nothing inside is called so.
  const isPlaced = ({ place }: Candidate): boolean =>
    pattern.kind === 'glob' && pattern.isPath && (pattern.text === place || pattern.expression.test(place));
  return (named.length > 0 ? named : candidates.filter((candidate) => isPlaced(candidate))).map(({ index }) => index);
}

/** The same, and a UsageError with the nearest name where there is none. */
export function filesOfSpec(spec: FileSpec, torrent: SelectableTorrent): number[] {
  const candidates = candidatesOf(torrent);
  const files = matching(spec, candidates);
  const all = spec.isExcluded ? candidates.map(({ index }) => index).filter((index) => !files.includes(index)) : files;
  if (all.length === 0) throw nothingNamed(spec, candidates);
  return all;
}

/**
 * The files that these specs choose together, ascending: what one of them names, or everything where all exclude, without what is
 * excluded. Throws UsageError where one names nothing, or nothing is left. An exclusion may find nothing to leave out.
 */
export function selectFiles(specs: readonly FileSpec[], torrent: SelectableTorrent): number[] {
  const candidates = candidatesOf(torrent);
  const chosen = new Set<number>();
  const including = specs.filter((spec) => !spec.isExcluded);
  if (including.length === 0) for (const { index } of candidates) chosen.add(index);
  for (const spec of including) {
    const files = matching(spec, candidates);
    if (files.length === 0) throw nothingNamed(spec, candidates);
    for (const index of files) chosen.add(index);
  }
  for (const spec of specs) if (spec.isExcluded) for (const index of matching(spec, candidates)) chosen.delete(index);
  if (chosen.size === 0) {
    const written = specs.map(({ option, text }) => `${option} ${sanitise(text, MAX_SHOWN)}`).join(' ');
    throw new UsageError(`${written}: no file is left`, HINT);
  }
  return [...chosen].toSorted((a, b) => a - b);
}

function nothingNamed({ option, text, pattern }: FileSpec, candidates: readonly Candidate[]): UsageError {
  const typed = pattern.kind === 'glob' ? pattern.text : '';
  const near =
    typed === '' ? null : findNearestName(typed, typed.includes('/') ? candidates.map(({ path }) => path) : namesOf(candidates));
  const hint =
    near !== null
      ? `Did you mean ${sanitise(near, MAX_SHOWN)}?`
      : typed.includes(',')
        ? `Give ${option} once for each pattern: a comma is part of it.`
        : HINT;
  return new UsageError(`${option} ${sanitise(text, MAX_SHOWN)}: no file of the torrent is called so`, hint);
}

function namesOf(candidates: readonly Candidate[]): string[] {
  return candidates.flatMap(({ path, name }) => (path === name ? [name] : [name, path]));
}
