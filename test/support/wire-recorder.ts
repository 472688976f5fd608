// What a decoder says, written down: for tests that compare runs. Blocks are recorded as `piece` messages, and every
// pushed chunk is overwritten afterwards, so that a decoder that keeps a reference is caught.

import { readFileSync } from 'node:fs';
import type { BlockSink } from '../../src/wire/block-sink.js';
import { MessageDecoder, type DecoderLimits } from '../../src/wire/message-decoder.js';
import type { Message } from '../../src/wire/message.js';

export const WIRE_LIMITS: DecoderLimits = { maxMessageBytes: 1 << 20, maxBlockBytes: 128 << 10, maxExtendedBytes: 64 << 10 };

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function readFixture(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')) as unknown;
}

/** A message of a fixture, whose byte strings are hexadecimal. */
export function reviveMessage(json: Record<string, unknown>): Message {
  const revived = Object.entries(json).map(([key, value]): [string, unknown] =>
    key !== 'type' && typeof value === 'string' ? [key, fromHex(value)] : [key, value],
  );
  return Object.fromEntries(revived) as unknown as Message;
}

export class WireRecorder implements BlockSink {
  readonly messages: Message[] = [];
  readonly decoder: MessageDecoder;
  /** Heads of the blocks that `accepts` refused. */
  readonly refused: { piece: number; begin: number; length: number }[] = [];
  accepts: (piece: number) => boolean = () => true;
  onMessage: (message: Message) => void = () => undefined;
  onWrite: () => void = () => undefined;
  #block: { piece: number; begin: number; bytes: Uint8Array; filled: number } | null = null;

  constructor(limits: DecoderLimits = WIRE_LIMITS) {
    this.decoder = new MessageDecoder(limits, this, (message) => {
      this.messages.push(message);
      this.onMessage(message);
    });
  }

  begin(piece: number, begin: number, length: number): boolean {
    if (this.#block !== null) throw new Error('a block began within a block');
    if (!this.accepts(piece)) {
      this.refused.push({ piece, begin, length });
      return false;
    }
    this.#block = { piece, begin, bytes: new Uint8Array(length), filled: 0 };
    return true;
  }

  write(chunk: Uint8Array, from: number, to: number): void {
    if (this.#block === null || to <= from) throw new Error('an empty write, or one outside a block');
    this.#block.bytes.set(chunk.subarray(from, to), this.#block.filled);
    this.#block.filled += to - from;
    this.onWrite();
  }

  end(): void {
    const block = this.#block;
    if (block === null || block.filled !== block.bytes.length) throw new Error('the end of a block that is not whole');
    this.#block = null;
    this.messages.push({ type: 'piece', piece: block.piece, begin: block.begin, block: block.bytes });
  }

  /** The owner gave the block up and told the decoder so. */
  abandonBlock(): void {
    this.#block = null;
    this.decoder.skipBlock();
  }

  /** Pushes `bytes` in slices of these lengths (the rest at once), each at an odd place of a chunk that is then overwritten. */
  push(bytes: Uint8Array, lengths: readonly number[] = []): void {
    let at = 0;
    for (const length of [...lengths, bytes.length]) {
      const end = Math.min(bytes.length, at + length);
      const chunk = new Uint8Array(end - at + 8).fill(0xa5);
      chunk.set(bytes.subarray(at, end), 3);
      this.decoder.push(chunk, 3, 3 + end - at);
      chunk.fill(0xdb);
      at = end;
    }
  }
}
