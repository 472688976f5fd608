// What a file is that is no torrent, by its first bytes: a page that a web server sent in its place, a saved link, nothing at all. Where bencode
// breaks off is of use to nobody who named the wrong file.

import { MetainfoError } from '../model/error.js';

/** Exit 3, as everything that is no torrent. */
class NoTorrentError extends MetainfoError {
  /** What to do: a whole sentence. */
  readonly advice: string;

  constructor(message: string, advice: string, cause: unknown) {
    super(message, { path: '' }, { cause });
    this.advice = advice;
  }
}

const LOOKED_AT = 512;
/** Begins a dictionary, which every torrent is. */
const LETTER_D = 0x64;

/** Null where it begins like a torrent: then `cause` says it best. `where`: what it is called. */
export function describeForeignBytes(bytes: Uint8Array, where: string, cause: unknown): MetainfoError | null {
  if (bytes[0] === LETTER_D) return null;
  const [what, advice] = looksOf(new TextDecoder().decode(bytes.subarray(0, LOOKED_AT)).trim());
  return new NoTorrentError(`${where}: not a usable torrent: ${what}`, advice, cause);
}

function looksOf(text: string): readonly [what: string, advice: string] {
  if (text === '') return ['it is empty', 'Get it again from where it came from.'];
  if (text.startsWith('<')) return ['it is a web page', 'Open it in a browser, and name the torrent file that it leads to.'];
  if (/^magnet:/i.test(text)) return ['it holds a magnet link', 'Name the link itself, or read it as a list with --input-file.'];
  return ['it does not begin like one', 'Check the name: is it the torrent file, or the data?'];
}
