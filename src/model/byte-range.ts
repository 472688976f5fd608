// Ranges of bytes as HTTP writes them (RFC 9110, section 14): `A-B` with both ends included, `A-` to the end, `-N` the last N. One parser for
// the option --range and for the Range header. What reaches beyond the end is cut, what lies beyond it altogether can't be had.

/** From `start` up to, but not with, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is asked for, before the length is known. */
export type RangeSpec = { readonly first: number; readonly last: number | null } | { readonly suffix: number };

/** Some players write the largest number that they know for the end; what is no longer exact lies beyond any torrent. */
const SPEC = /^(\d{1,30})?-(\d{1,30})?$/;

/** Null where it is no range; `B` before `A` is none. */
export function parseRangeSpec(text: string): RangeSpec | null {
  const match = SPEC.exec(text);
  const [, from, to] = match ?? [];
  if (match === null || (from === undefined && to === undefined)) return null;
  if (from === undefined) return { suffix: toCount(to) };
  const first = toCount(from);
  const last = to === undefined ? null : toCount(to);
  return last !== null && last < first ? null : { first, last };
}

function toCount(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/** The bytes of something so long that are meant; null where there is none of them. */
export function resolveRange(spec: RangeSpec, length: number): ByteRange | null {
  if ('suffix' in spec)
    return spec.suffix === 0 || length === 0 ? null : { start: Math.max(0, length - spec.suffix), end: length };
  if (spec.first >= length) return null;
  return { start: spec.first, end: spec.last === null ? length : Math.min(length, spec.last + 1) };
}

/**
 * The Range header of a request: a single range, `unsatisfiable` where none of it is there (416), null where the whole is to be sent: it is
 * no range of bytes, or several, which a server may ignore.
 */
export function parseRangeHeader(header: string | undefined, length: number): ByteRange | 'unsatisfiable' | null {
  const text = /^bytes=[ \t]*([^,]*?)[ \t]*$/i.exec(header ?? '')?.[1];
  const spec = text === undefined ? null : parseRangeSpec(text);
  return spec === null ? null : (resolveRange(spec, length) ?? 'unsatisfiable');
}
