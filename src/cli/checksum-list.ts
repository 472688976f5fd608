// Checksums as they are written: one in an option (`sha256:HEX[:FILE]`), many in a list as sha256sum and its relatives make and read it
// (text and binary mode, BSD's lines, escaped names). Which kind a line of a list is, the length of its digest tells.

import { DIGEST_DIGITS, type DigestKind } from '../model/digest-kind.js';
import { sanitise } from './render/sanitise.js';
import { UsageError } from './usage-error.js';

export interface WantedChecksum {
  readonly algorithm: DigestKind;
  /** Lower-case hexadecimal digits. */
  readonly expected: string;
  /** As it was written; null: the torrent's only file. */
  readonly file: string | null;
}

export interface ChecksumList {
  /** The list's own name, for people. */
  readonly name: string;
  readonly checksums: readonly WantedChecksum[];
  /** Lines that are neither blank nor a comment, and could not be read. */
  readonly strangeLines: number;
}

const KINDS = 'sha256, sha512, sha1 or md5';
const BY_DIGITS: ReadonlyMap<number, DigestKind> = new Map(
  Object.entries(DIGEST_DIGITS).map(([algorithm, digits]) => [digits, algorithm as DigestKind]),
);

/** `sha256:HEX`, `sha512:HEX:dir/file`. Throws UsageError. */
export function parseChecksum(text: string, option: string): WantedChecksum {
  const match = /^([^:]*):([^:]*)(?::(.*))?$/s.exec(text.trim());
  const algorithm = match === null ? null : algorithmOf(match[1]);
  if (match === null || algorithm === null) {
    throw new UsageError(
      `${option}: '${text}' is no checksum that is understood`,
      `Write KIND:HEX or KIND:HEX:FILE, the kind ${KINDS}.`,
    );
  }
  const [, , digest, file] = match;
  const digits = DIGEST_DIGITS[algorithm];
  if (!isDigest(digest, digits)) {
    throw new UsageError(
      `${option}: '${digest}' is no ${algorithm}`,
      `It has ${digits} hexadecimal digits, and this has ${digest.length} characters.`,
    );
  }
  if (file === '')
    throw new UsageError(`${option}: '${text}' names no file`, 'Write KIND:HEX:FILE, or leave out the last colon.');
  return { algorithm, expected: digest.toLowerCase(), file: file ?? null };
}

/** Throws UsageError where no line of it can be read. `name`: of the list. */
export function parseChecksumList(bytes: Uint8Array, name: string): ChecksumList {
  const checksums: WantedChecksum[] = [];
  let strangeLines = 0;
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const text = line.replace(/\r$/, '');
    if (text.trim() === '' || text.startsWith('#')) continue;
    const checksum = parseLine(text);
    if (checksum === null) strangeLines++;
    else checksums.push(checksum);
  }
  if (checksums.length > 0) return { name, checksums, strangeLines };
  throw new UsageError(
    `--checksums: ${sanitise(name)} has no line with a checksum`,
    'A line is HEX and the name of a file, as sha256sum writes it, or SHA256 (FILE) = HEX.',
  );
}

/** Null where it is none. */
function parseLine(text: string): WantedChecksum | null {
  const bsd = /^(\\?)([A-Za-z0-9-]+) ?\((.+)\) ?= ([0-9A-Fa-f]+)$/s.exec(text);
  if (bsd !== null) {
    const algorithm = algorithmOf(bsd[2]);
    return algorithm !== null && isDigest(bsd[4], DIGEST_DIGITS[algorithm]) ? made(algorithm, bsd[4], bsd[3], bsd[1]) : null;
  }
  const plain = /^(\\?)([0-9A-Fa-f]+) [ *]?(.+)$/s.exec(text);
  const algorithm = plain === null ? undefined : BY_DIGITS.get(plain[2].length);
  return plain === null || algorithm === undefined ? null : made(algorithm, plain[2], plain[3], plain[1]);
}

function made(algorithm: DigestKind, digest: string, name: string, mark: string): WantedChecksum | null {
  const file = mark === '' ? name : unescapeName(name);
  return file === null ? null : { algorithm, expected: digest.toLowerCase(), file };
}

/** A name that holds a line feed, a carriage return or a backslash has these as `\n`, `\r` and `\\`; null where there is another. */
function unescapeName(name: string): string | null {
  const meanings: Readonly<Record<string, string>> = { n: '\n', r: '\r', '\\': '\\' };
  let isRight = true;
  const plain = name.replace(/\\(.?)/gs, (_, letter: string) => {
    isRight &&= letter in meanings;
    return meanings[letter] ?? '';
  });
  return isRight ? plain : null;
}

/** `SHA-256`, `sha256` and OpenSSL's `SHA2-256` are one. */
function algorithmOf(name: string): DigestKind | null {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/^sha2-/, 'sha')
    .replaceAll('-', '');
  return Object.hasOwn(DIGEST_DIGITS, plain) ? (plain as DigestKind) : null;
}

function isDigest(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-f]+$/i.test(text);
}
