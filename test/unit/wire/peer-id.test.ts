// Our own peer id, and the names behind others'.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/model/error.js';
import { clientName, makePeerId } from '../../../src/wire/peer-id.js';

const id = (text: string): Uint8Array => Uint8Array.from(text.padEnd(20, 'x'), (c) => c.charCodeAt(0));

describe('makePeerId', () => {
  test('prefix, version and the random bytes', () => {
    const random = Uint8Array.from({ length: 12 }, (_, i) => 240 + i);
    const made = makePeerId(random, '0.1.0');
    expect(made).toEqual(Uint8Array.of(...id('-EF0100-').subarray(0, 8), ...random));
    expect(clientName(made)).toBe('effusion 0.1');
  });

  test('numbers of the version are one digit each', () => {
    expect(clientName(makePeerId(new Uint8Array(12), '1.12.3-beta'))).toBe('effusion 1.12.3');
    expect(makePeerId(new Uint8Array(12), '99.99.99').length).toBe(20);
  });

  test('wants 12 random bytes', () => {
    expect(() => makePeerId(new Uint8Array(11), '0.1.0')).toThrow(InvariantError);
  });
});

describe('clientName', () => {
  test.each([
    ['-qB4630-', 'qBittorrent 4.6.3'],
    ['-TR4050-', 'Transmission 4.0.5'],
    ['-LT20B0-', 'libtorrent 2.0.11'],
    ['-lt0D80-', 'libTorrent (rTorrent) 0.13.8'],
    ['-DE211s-', 'Deluge 2.1.1.28'],
    ['-UT3550-', 'µTorrent 3.5.5'],
    ['-WW0208-', 'WebTorrent 0.2.0.8'],
    ['A2-1-36-0-', 'aria2 1.36.0'],
    ['M7-11-0--', 'Mainline 7.11.0'],
    ['-ZZ1234-', 'ZZ1234'],
    ['\x1b[31m\x07abc', '[31m.ab'],
    ['', 'xxxxxxxx'],
  ])('%j is %s', (text, name) => {
    expect(clientName(id(text))).toBe(name);
  });

  test('nothing printable', () => {
    expect(clientName(new Uint8Array(20))).toBe('unknown');
  });
});
