// Whether a value is a message of the peer protocol: library users hand them in, and plain JavaScript proves nothing. Only
// the shape is looked at; whether a number fits the torrent is the session's question, and its answer ends the peer.

import type { Message, MessageType } from '../wire/message.js';

type Shape = Readonly<Record<string, 'integer' | 'bytes'>>;

const NOTHING: Shape = {};
const RANGE: Shape = { piece: 'integer', begin: 'integer', length: 'integer' };
const PIECE_ONLY: Shape = { piece: 'integer' };

const SHAPES: Readonly<Record<MessageType, Shape>> = {
  'keep-alive': NOTHING,
  choke: NOTHING,
  unchoke: NOTHING,
  interested: NOTHING,
  'not-interested': NOTHING,
  have: PIECE_ONLY,
  bitfield: { bytes: 'bytes' },
  request: RANGE,
  piece: { piece: 'integer', begin: 'integer', block: 'bytes' },
  cancel: RANGE,
  port: { port: 'integer' },
  suggest: PIECE_ONLY,
  'have-all': NOTHING,
  'have-none': NOTHING,
  reject: RANGE,
  'allowed-fast': PIECE_ONLY,
  extended: { id: 'integer', payload: 'bytes' },
  unknown: { id: 'integer', length: 'integer' },
};

export function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') return false;
  if (!Object.hasOwn(SHAPES, value.type)) return false;
  const fields = value as Record<string, unknown>;
  return Object.entries(SHAPES[value.type as MessageType]).every(([name, kind]) => {
    const field = fields[name];
    return kind === 'bytes' ? field instanceof Uint8Array : Number.isSafeInteger(field);
  });
}
