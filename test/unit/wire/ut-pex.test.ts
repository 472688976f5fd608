import { describe, expect, test } from 'vitest';
import { createAddress, type Address } from '../../../src/model/address.js';
import { decodePexMessage, encodePexMessage, MAX_PEX_ADDRESSES, PEX_FLAGS } from '../../../src/wire/ut-pex.js';
import { WireError } from '../../../src/wire/wire-error.js';

function at(host: string, port: number): Address {
  const address = createAddress(host, port);
  if (address === null) throw new Error(`no address: ${host}`);
  return address;
}

/** One byte a character. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const V4 = '\x0a\x00\x00\x01\x1a\xe1';
const V6 = ' \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1a\xe2';

describe('a ut_pex message', () => {
  test('as others send it', () => {
    const text = `d5:added12:${V4}\x7f\x00\x00\x01\x00\x507:added.f2:\x12\x046:added618:${V6}8:added6.f1:\x017:dropped6:${V4}8:dropped618:${V6}e`;
    expect(decodePexMessage(latin1(text))).toEqual({
      added: [
        { address: at('10.0.0.1', 6881), flags: PEX_FLAGS.isSeed | PEX_FLAGS.isReachable },
        { address: at('127.0.0.1', 80), flags: PEX_FLAGS.supportsUtp },
        { address: at('2001:db8::1', 6882), flags: PEX_FLAGS.prefersEncryption },
      ],
      dropped: [at('10.0.0.1', 6881), at('2001:db8::1', 6882)],
    });
  });

  test('as we send it', () => {
    const message = {
      added: [
        { address: at('10.0.0.1', 6881), flags: 0x12 },
        { address: at('2001:db8::1', 6882), flags: 0 },
      ],
      dropped: [at('10.0.0.1', 6881)],
    };
    const text = `d5:added6:${V4}7:added.f1:\x126:added618:${V6}8:added6.f1:\x007:dropped6:${V4}8:dropped60:e`;
    expect(encodePexMessage(message)).toEqual(latin1(text));
    expect(decodePexMessage(encodePexMessage(message))).toEqual(message);
  });

  test('without anything', () => {
    expect(decodePexMessage(latin1('de'))).toEqual({ added: [], dropped: [] });
    expect(decodePexMessage(encodePexMessage({ added: [], dropped: [] }))).toEqual({ added: [], dropped: [] });
  });

  test('what is of another type is no news', () => {
    expect(decodePexMessage(latin1('d5:addedi7e7:added.fle8:dropped6dee'))).toEqual({ added: [], dropped: [] });
  });

  test('port 0 is nobody, and the flags of the others stay theirs', () => {
    const message = decodePexMessage(latin1(`d5:added12:\x01\x02\x03\x04\x00\x00${V4}7:added.f2:\x01\x02e`));
    expect(message.added).toEqual([{ address: at('10.0.0.1', 6881), flags: 2 }]);
  });

  test.each([
    ['missing', ''],
    ['too few', '7:added.f0:'],
    ['too many', '7:added.f3:\x00\x02\x02'],
  ])('flags: %s', (_name, flags) => {
    expect(decodePexMessage(latin1(`d5:added6:${V4}${flags}e`)).added).toEqual([{ address: at('10.0.0.1', 6881), flags: 0 }]);
  });

  test('no more than so many addresses are taken of one', () => {
    const most = V4.repeat(MAX_PEX_ADDRESSES - 1);
    const message = decodePexMessage(
      latin1(`d5:added${most.length}:${most}6:added6${V6.length * 3}:${V6.repeat(3)}7:dropped6:${V4}e`),
    );
    expect(message.added).toHaveLength(MAX_PEX_ADDRESSES);
    expect(message.added.at(-1)?.address).toEqual(at('2001:db8::1', 6882));
    expect(message.dropped).toEqual([]);
  });

  test.each([
    '',
    'hello',
    'i0e',
    'le',
    'd5:added6:12345e',
    'd5:added5:12345e',
    'd5:added7:1234567e',
    'd6:added617:12345678901234567e',
    'd7:dropped1:xe',
    'd8:dropped66:123456e',
    'd5:added0:5:added0:e',
    `d1:x${'l'.repeat(9)}${'e'.repeat(10)}`,
    `d1:xl${'le'.repeat(300)}ee`,
  ])('is refused: %.60s', (text) => {
    try {
      decodePexMessage(latin1(text));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
      expect((error as WireError).code).toBe('bad_pex_message');
    }
  });
});
