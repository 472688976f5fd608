// Where a web seed has the files of a torrent (BEP 19): a URL that ends in a slash is a folder, to which the torrent's name and the path of
// each file are appended, percent-encoded; any other URL is the file itself. Names are taken from the info dictionary as they
// stand: what was changed for our disk is still called by its own name on the server.

import { BencodeDict } from '../bencode/bencode-dict.js';
import type { BencodeValue } from '../bencode/bencode-dict.js';
import { decode } from '../bencode/decode.js';
import { INFO_DEFAULTS } from './info-dict.js';
import type { Metainfo } from './metainfo.js';

const UNRESERVED = /[A-Za-z0-9._~-]/;

/** Null: the name can't be said in a URL, which takes dots alone for a step up or none. */
function encodeComponent(name: Uint8Array): string | null {
  let text = '';
  let isDots = true;
  for (const byte of name) {
    const character = String.fromCharCode(byte);
    if (character !== '.') isDots = false;
    text += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return name.length === 0 || (isDots && name.length <= 2) ? null : text;
}

function bytesOf(value: BencodeValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function pathOf(entry: BencodeValue): Uint8Array[] {
  if (!(entry instanceof BencodeDict)) return [];
  const twin = entry.get('path.utf-8');
  const parts = Array.isArray(twin) && twin.length > 0 ? twin : entry.get('path');
  return Array.isArray(parts) ? parts.map(bytesOf) : [];
}

/** Null where a metainfo that was not parsed carries no info dictionary: then nothing has a name. */
function readInfo(bytes: Uint8Array): BencodeDict | null {
  if (bytes.length === 0) return null;
  const info = decode(bytes, { maxNodes: INFO_DEFAULTS.maxNodes });
  return info instanceof BencodeDict ? info : null;
}

export class WebSeedPaths {
  readonly #isSingleFile: boolean;
  readonly #name: Uint8Array;
  readonly #entries: readonly BencodeValue[];

  constructor(metainfo: Pick<Metainfo, 'infoBytes' | 'isSingleFile'>) {
    const dict = readInfo(metainfo.infoBytes);
    const twin = bytesOf(dict?.get('name.utf-8'));
    const entries = dict?.get('files');
    this.#isSingleFile = metainfo.isSingleFile;
    this.#name = twin.length > 0 ? twin : bytesOf(dict?.get('name'));
    this.#entries = Array.isArray(entries) ? entries : [];
  }

  /** The URL of a file (an index into the metainfo's files) on the web seed at `base`; null where it can't have one. */
  urlOf(base: string, file: number): string | null {
    const [, stem, query] = /^([^?#]*)(\?[^#]*)?/.exec(base) ?? [];
    if (stem === undefined) return null;
    if (this.#isSingleFile && !stem.endsWith('/')) return `${stem}${query ?? ''}`;
    const path = this.#isSingleFile ? [this.#name] : [this.#name, ...pathOf(this.#entries[file])];
    const parts = path.map(encodeComponent);
    if (parts.includes(null) || path.length < (this.#isSingleFile ? 1 : 2)) return null;
    return `${stem.endsWith('/') ? stem : `${stem}/`}${parts.join('/')}${query ?? ''}`;
  }
}
