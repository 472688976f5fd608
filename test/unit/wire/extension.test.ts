// The extended handshake: byte vectors, and everything a stranger may put into it.

import { describe, expect, test } from 'vitest';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../../src/wire/extension.js';
import { WireError } from '../../../src/wire/wire-error.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

describe('decodeExtendedHandshake', () => {
  test('the example of BEP 10', () => {
    expect(decodeExtendedHandshake(utf8('d1:md11:LT_metadatai1e6:ut_PEXi2ee1:pi6881e1:v13:µTorrent 1.2e'))).toEqual({
      extensions: new Map([
        ['LT_metadata', 1],
        ['ut_PEX', 2],
      ]),
      port: 6881,
      client: 'µTorrent 1.2',
    });
  });

  test('every fact', () => {
    const bytes = latin1(
      'd4:ipv44:\x0a\x01\x02\x034:ipv616:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x011:md11:ut_metadatai3ee' +
        '13:metadata_sizei31235e1:pi51413e4:reqqi500e11:upload_onlyi1e1:v8:a client6:yourip4:\x7f\0\0\x01e',
    );
    const decoded = decodeExtendedHandshake(bytes);
    bytes.fill(0);
    expect(decoded).toEqual({
      extensions: new Map([['ut_metadata', 3]]),
      client: 'a client',
      port: 51_413,
      requestLimit: 500,
      yourIp: '127.0.0.1',
      ipv4: '10.1.2.3',
      ipv6: '2001:db8::1',
      metadataSize: 31_235,
      isUploadOnly: true,
    });
  });

  test('facts of the wrong type or size are no facts', () => {
    const decoded = decodeExtendedHandshake(
      utf8('d4:ipv43:abc1:mle13:metadata_sizei-1e1:pi65536e4:reqq3:abc11:upload_onlyle1:vi7e6:yourip5:abcdee'),
    );
    expect(decoded).toEqual({ extensions: new Map() });
    expect(decodeExtendedHandshake(utf8('d1:md1:ai256e1:bi-1e1:c1:x1:di0eee')).extensions).toEqual(new Map([['d', 0]]));
    expect(decodeExtendedHandshake(utf8('d1:pi0e4:reqqi0ee'))).toEqual({ extensions: new Map() });
    expect(decodeExtendedHandshake(utf8('d4:reqqi99999999999999999999ee'))).toEqual({ extensions: new Map() });
  });

  test('the name of the client is cleaned and cut', () => {
    const named = (name: string): string | undefined => {
      const bytes = utf8(name);
      const head = utf8(`d1:v${bytes.length}:`);
      return decodeExtendedHandshake(Uint8Array.of(...head, ...bytes, 0x65)).client;
    };
    expect(named('\u001b[31mred\u0007\n\u202e')).toBe('[31mred');
    expect(named('x'.repeat(5000))).toBe('x'.repeat(80));
    expect(named('\u0000')).toBeUndefined();
  });

  test.each(['', 'hello', 'i1e', 'le', 'd1:m', 'd1:v99999999999:xe', 'd'.repeat(1000), `d1:m${'l'.repeat(50)}${'e'.repeat(51)}`])(
    'garbage is refused: %.20s',
    (text) => {
      try {
        decodeExtendedHandshake(utf8(text));
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        expect((error as WireError).code).toBe('bad_extended_handshake');
      }
    },
  );

  test('no more than 100 extensions are kept', () => {
    const many = Array.from({ length: 300 }, (_, i) => `4:${String(i).padStart(4, '0')}i1e`).join('');
    expect(decodeExtendedHandshake(utf8(`d1:md${many}ee`)).extensions.size).toBe(100);
  });
});

describe('encodeExtendedHandshake', () => {
  test('bytes', () => {
    expect(
      encodeExtendedHandshake({
        extensions: new Map([['ut_pex', 1]]),
        client: 'effusion 0.1.0',
        port: 6881,
        requestLimit: 500,
        yourIp: '127.0.0.1',
      }),
    ).toEqual(latin1('d1:md6:ut_pexi1ee1:pi6881e4:reqqi500e1:v14:effusion 0.1.06:yourip4:\x7f\0\0\x01e'));
  });

  test('round trip', () => {
    const handshake = {
      extensions: new Map([['ut_metadata', 2]]),
      client: 'c',
      port: 1,
      requestLimit: 250,
      yourIp: '::1',
      ipv4: '1.2.3.4',
      ipv6: 'fe80::1',
      metadataSize: 10,
      isUploadOnly: false,
    };
    expect(decodeExtendedHandshake(encodeExtendedHandshake(handshake))).toEqual(handshake);
  });
});
