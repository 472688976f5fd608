// ut_metadata (BEP 9): the info dictionary, asked for and sent in pieces of 16 KiB as extended messages (BEP 10). A message is a small
// dictionary; in a data message the raw bytes of the piece follow it. Which pieces there are, and whether a piece has the length that
// its place and the total size ask for, is the session's business.

import { BencodeDict, type BencodeValue } from '../bencode/bencode-dict.js';
import { BencodeError } from '../bencode/bencode-error.js';
import { decodePrefix } from '../bencode/decode.js';
import { encode } from '../bencode/encode.js';
import { WireError } from './wire-error.js';

/** Its name in the extended handshake. */
export const UT_METADATA = 'ut_metadata';

/** Bytes of each piece of the metadata but the last, which may be shorter. */
export const METADATA_PIECE_BYTES = 16_384;

export type MetadataMessage =
  | { readonly type: 'request'; readonly piece: number }
  | {
      readonly type: 'data';
      readonly piece: number;
      /** Bytes of the whole info dictionary, as the sender has it. */
      readonly totalSize: number;
      /** 16 KiB at most; in memory of its own where it was decoded. */
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'reject'; readonly piece: number }
  /** Of a kind that BEP 9 doesn't know: to be ignored. */
  | { readonly type: 'unknown' };

const REQUEST = 0;
const DATA = 1;
const REJECT = 2;

const MAX_DEPTH = 8;
const MAX_NODES = 2000;
/** Of a piece's index and of the total size. */
const MAX_NUMBER = 2 ** 31 - 1;

function refuse(problem: string, detail: Record<string, unknown> = {}): WireError {
  return new WireError('bad_metadata_message', `the ut_metadata message ${problem}`, detail);
}

function count(value: BencodeValue | undefined, name: string): number {
  if (typeof value === 'number' && value >= 0 && value <= MAX_NUMBER) return value;
  throw refuse(`has no valid ${name}`);
}

function decodeDictionary(payload: Uint8Array): { dictionary: BencodeDict; end: number } {
  let decoded;
  try {
    decoded = decodePrefix(payload, { maxDepth: MAX_DEPTH, maxNodes: MAX_NODES });
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw refuse('is no bencode', { offset: error.detail.offset });
  }
  if (!(decoded.value instanceof BencodeDict)) throw refuse('is no dictionary');
  return { dictionary: decoded.value, end: decoded.end };
}

/** `payload` is what follows the extended id; the caller may reuse it. Throws WireError `bad_metadata_message`. */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage {
  const { dictionary, end } = decodeDictionary(payload);
  const kind = dictionary.get('msg_type');
  if (typeof kind !== 'number' && typeof kind !== 'bigint') throw refuse('has no valid msg_type');
  if (kind !== REQUEST && kind !== DATA && kind !== REJECT) return { type: 'unknown' };
  const piece = count(dictionary.get('piece'), 'piece');
  if (kind === REQUEST) return { type: 'request', piece };
  if (kind === REJECT) return { type: 'reject', piece };
  const totalSize = count(dictionary.get('total_size'), 'total_size');
  const length = payload.length - end;
  if (length > METADATA_PIECE_BYTES) throw refuse(`has ${length} bytes of data`, { length });
  return { type: 'data', piece, totalSize, bytes: new Uint8Array(payload.subarray(end)) };
}

/** The payload after the extended id, in memory of its own. */
export function encodeMetadataMessage(message: Exclude<MetadataMessage, { type: 'unknown' }>): Uint8Array {
  const { type, piece } = message;
  if (type !== 'data') return encode({ msg_type: type === 'request' ? REQUEST : REJECT, piece });
  const head = encode({ msg_type: DATA, piece, total_size: message.totalSize });
  const payload = new Uint8Array(head.length + message.bytes.length);
  payload.set(head);
  payload.set(message.bytes, head.length);
  return payload;
}
