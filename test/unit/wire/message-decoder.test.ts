// Every message and every refusal, whole and byte by byte; skipping, stopping, and what callbacks may do meanwhile.

import { describe, expect, test } from 'vitest';
import { encodeMessage } from '../../../src/wire/message-encoder.js';
import type { Message } from '../../../src/wire/message.js';
import { WireError } from '../../../src/wire/wire-error.js';
import { fromHex, readFixture, reviveMessage, WIRE_LIMITS, WireRecorder } from '../../support/wire-recorder.js';

const vectors = readFixture('wire/messages.json') as { name: string; hex: string; message: Record<string, unknown> }[];
const refused = readFixture('wire/refused.json') as { name: string; hex: string; code: string }[];

function join(...messages: Message[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...encodeMessage(message)]));
}

function codeOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

const block = (piece: number, length: number): Message => ({
  type: 'piece',
  piece,
  begin: 0,
  block: Uint8Array.from({ length }, (_, i) => (i * 7 + piece) & 255),
});

describe('MessageDecoder', () => {
  test.each(vectors)('$name', ({ hex, message }) => {
    const whole = new WireRecorder();
    whole.push(fromHex(hex));
    expect(whole.messages).toEqual([reviveMessage(message)]);

    const inBytes = new WireRecorder();
    inBytes.push(
      fromHex(hex),
      fromHex(hex).reduce<number[]>((lengths) => [...lengths, 1], []),
    );
    expect(inBytes.messages).toEqual(whole.messages);
  });

  test.each(refused)('refused: $name', ({ hex, code }) => {
    const bytes = fromHex(hex);
    expect(codeOf(() => new WireRecorder().push(bytes))).toBe(code);
    expect(
      codeOf(() =>
        new WireRecorder().push(
          bytes,
          Array.from(bytes, () => 1),
        ),
      ),
    ).toBe(code);
  });

  test('is stopped after an error', () => {
    const recorder = new WireRecorder();
    expect(codeOf(() => recorder.push(fromHex('00000002 00 00')))).toBe('bad_length');
    recorder.push(join({ type: 'choke' }));
    expect(recorder.messages).toEqual([]);
  });

  test('all messages in one stream', () => {
    const messages = vectors.map(({ message }) => reviveMessage(message));
    const recorder = new WireRecorder();
    recorder.push(join(...messages));
    expect(recorder.messages).toEqual(messages);
  });

  test('the largest block, message and extension pass, one byte more does not', () => {
    const limits = { maxMessageBytes: 100, maxBlockBytes: 64, maxExtendedBytes: 32 };
    const sized = (bytes: number): Message[] => [
      { type: 'bitfield', bytes: new Uint8Array(99 + bytes) },
      { type: 'piece', piece: 0, begin: 0, block: new Uint8Array(64 + bytes) },
      { type: 'extended', id: 1, payload: new Uint8Array(32 + bytes) },
    ];
    for (const message of sized(0)) {
      const recorder = new WireRecorder(limits);
      recorder.push(encodeMessage(message));
      expect(recorder.messages).toEqual([message]);
    }
    for (const message of sized(1)) {
      expect(codeOf(() => new WireRecorder(limits).push(encodeMessage(message)))).toBe('message_too_long');
    }
  });

  test('an unknown id is reported and its body skipped', () => {
    const recorder = new WireRecorder();
    const bytes = new Uint8Array([...fromHex('00000006 63 0102030405'), ...fromHex('00000001 15'), ...fromHex('00000001 01')]);
    recorder.push(bytes, [7, 1, 1]);
    expect(recorder.messages).toEqual([
      { type: 'unknown', id: 0x63, length: 5 },
      { type: 'unknown', id: 0x15, length: 0 },
      { type: 'unchoke' },
    ]);
  });

  test('a block that the sink refuses is skipped', () => {
    const recorder = new WireRecorder();
    recorder.accepts = (piece) => piece !== 1;
    recorder.push(join(block(0, 40), block(1, 50), block(2, 60)), [30, 30, 30, 30, 30]);
    expect(recorder.messages).toEqual([block(0, 40), block(2, 60)]);
    expect(recorder.refused).toEqual([{ piece: 1, begin: 0, length: 50 }]);
  });

  test('an empty block begins and ends', () => {
    const recorder = new WireRecorder();
    recorder.push(join(block(4, 0), { type: 'choke' }));
    expect(recorder.messages).toEqual([block(4, 0), { type: 'choke' }]);
  });

  test('the rest of a block is skipped when its owner gives it up between two chunks', () => {
    const recorder = new WireRecorder();
    const bytes = join(block(0, 100), block(1, 20));
    recorder.push(bytes.subarray(0, 50));
    expect(recorder.decoder.isInBlock).toBe(true);
    recorder.abandonBlock();
    expect(recorder.decoder.isInBlock).toBe(false);
    recorder.push(bytes.subarray(50), [10, 10]);
    expect(recorder.messages).toEqual([block(1, 20)]);
  });

  test('the rest of a block is skipped when its owner gives it up during a write, even the last', () => {
    for (const cut of [50, 113]) {
      const recorder = new WireRecorder();
      recorder.onWrite = () => {
        recorder.onWrite = () => undefined;
        recorder.abandonBlock();
      };
      recorder.push(join(block(0, 100), block(1, 20)), [cut]);
      expect(recorder.messages).toEqual([block(1, 20)]);
    }
  });

  test('skipping outside a block concerns no later block', () => {
    const recorder = new WireRecorder();
    recorder.onMessage = () => recorder.decoder.skipBlock();
    recorder.push(join({ type: 'unchoke' }, block(0, 10)));
    expect(recorder.messages).toEqual([{ type: 'unchoke' }, block(0, 10)]);
  });

  test('stops in the middle of a chunk when a message ends the connection', () => {
    const recorder = new WireRecorder();
    recorder.onMessage = () => recorder.decoder.stop();
    recorder.push(join({ type: 'unchoke' }, { type: 'choke' }, block(0, 10)));
    recorder.push(join({ type: 'choke' }));
    expect(recorder.messages).toEqual([{ type: 'unchoke' }]);
  });

  test('a block whose last write stops the decoder does not end', () => {
    const recorder = new WireRecorder();
    recorder.onWrite = () => recorder.decoder.stop();
    recorder.push(join(block(0, 10), { type: 'choke' }));
    expect(recorder.messages).toEqual([]);
  });

  test('what a callback throws passes through', () => {
    const recorder = new WireRecorder();
    recorder.onMessage = () => {
      throw new RangeError('ours');
    };
    expect(() => recorder.push(join({ type: 'choke' }))).toThrow(RangeError);
  });

  test('the refusal of a message names it, and has its first bytes (row W11)', () => {
    const recorder = new WireRecorder(WIRE_LIMITS);
    try {
      recorder.push(fromHex('00000004 04 000000'));
      expect.unreachable();
    } catch (error) {
      expect((error as WireError).detail).toEqual({ reason: 'bad_length', id: 4, length: 4, bytes: '0000000404000000' });
    }
    const long = Uint8Array.of(0, 1, 0, 0, 5, ...Array.from({ length: 100 }, (_, i) => i));
    for (const lengths of [[], [1, 1, 1]]) {
      try {
        new WireRecorder({ ...WIRE_LIMITS, maxMessageBytes: 100 }).push(long, lengths);
        expect.unreachable();
      } catch (error) {
        expect((error as WireError).code).toBe('message_too_long');
        expect((error as WireError).detail.bytes).toMatch(/^0001000005(?:000102)?/);
        expect(String((error as WireError).detail.bytes).length).toBeLessThanOrEqual(64);
      }
    }
  });
});
