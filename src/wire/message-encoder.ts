// Messages to bytes (BEP 3, 5, 6, 10). `encodeInto` appends to a buffer of the caller, so that a connection
// gathers all it says in one turn of the loop into one write; the head of a block goes there without its body.
// A number that does not fit its field is our own mistake, never the peer's.

import { InvariantError } from '../model/error.js';
import { LENGTH_BYTES, MESSAGE_ID, PIECE_HEAD_BYTES } from './message-id.js';
import type { Message } from './message.js';

const UINT8_MAX = 0xff;
const UINT16_MAX = 0xffff;
const UINT32_MAX = 0xffff_ffff;

function checkUint(value: number, max: number, field: string): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new InvariantError(`${field} does not fit the wire`, { field, value, max });
  }
}

function putUint32(target: Uint8Array, at: number, value: number, field: string): void {
  checkUint(value, UINT32_MAX, field);
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

/** Length and id. `payload` is the number of bytes after the id. */
function putHead(target: Uint8Array, at: number, payload: number, id: number): void {
  putUint32(target, at, payload + 1, 'length');
  target[at + LENGTH_BYTES] = id;
}

function unreachable(message: never): never {
  throw new InvariantError('a message without a wire form', { message });
}

/** Bytes that `encodeInto` will write. Throws InvariantError for a message we have no form of. */
export function encodedLength(message: Message): number {
  switch (message.type) {
    case 'keep-alive':
      return 4;
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      return 5;
    case 'port':
      return 7;
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return 9;
    case 'request':
    case 'cancel':
    case 'reject':
      return 17;
    case 'bitfield':
      return 5 + message.bytes.length;
    case 'piece':
      return PIECE_HEAD_BYTES + message.block.length;
    case 'extended':
      return 6 + message.payload.length;
    case 'unknown':
      throw new InvariantError('a message of unknown type cannot be encoded', { reason: 'unknown_message', id: message.id });
    default:
      return unreachable(message);
  }
}

/** The 13 bytes in front of a block of `length` bytes. Returns the position after them. */
export function encodePieceHead(target: Uint8Array, at: number, piece: number, begin: number, length: number): number {
  putHead(target, at, length + 8, MESSAGE_ID.piece);
  putUint32(target, at + 5, piece, 'piece');
  putUint32(target, at + 9, begin, 'begin');
  return at + PIECE_HEAD_BYTES;
}

function put(message: Message, target: Uint8Array, at: number): void {
  switch (message.type) {
    case 'keep-alive':
      putUint32(target, at, 0, 'length');
      break;
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      putHead(target, at, 0, MESSAGE_ID[message.type]);
      break;
    case 'port':
      checkUint(message.port, UINT16_MAX, 'port');
      putHead(target, at, 2, MESSAGE_ID.port);
      target[at + 5] = message.port >>> 8;
      target[at + 6] = message.port;
      break;
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      putHead(target, at, 4, MESSAGE_ID[message.type]);
      putUint32(target, at + 5, message.piece, 'piece');
      break;
    case 'request':
    case 'cancel':
    case 'reject':
      putHead(target, at, 12, MESSAGE_ID[message.type]);
      putUint32(target, at + 5, message.piece, 'piece');
      putUint32(target, at + 9, message.begin, 'begin');
      putUint32(target, at + 13, message.length, 'length');
      break;
    case 'bitfield':
      putHead(target, at, message.bytes.length, MESSAGE_ID.bitfield);
      target.set(message.bytes, at + 5);
      break;
    case 'piece':
      target.set(message.block, encodePieceHead(target, at, message.piece, message.begin, message.block.length));
      break;
    case 'extended':
      checkUint(message.id, UINT8_MAX, 'extended id');
      putHead(target, at, message.payload.length + 1, MESSAGE_ID.extended);
      target[at + 5] = message.id;
      target.set(message.payload, at + 6);
      break;
    default:
      // `encodedLength` has refused it.
      break;
  }
}

/**
 * Writes the message at `target[at …]`, which must have `encodedLength(message)` bytes of room, and returns the
 * position after it. Throws InvariantError where a number does not fit its field.
 */
export function encodeInto(message: Message, target: Uint8Array, at: number): number {
  const end = at + encodedLength(message);
  put(message, target, at);
  return end;
}

/** The message alone, in bytes of its own. */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = new Uint8Array(encodedLength(message));
  encodeInto(message, bytes, 0);
  return bytes;
}
