// Vectors laid out by hand from RFC 6886 (section 3) and RFC 6887 (sections 7 and 11).

import { describe, expect, test } from 'vitest';
import { NAT_PMP } from '../../../../../src/net/port-mapping/protocol/nat-pmp-codec.js';
import { createPcpCodec } from '../../../../../src/net/port-mapping/protocol/pcp-codec.js';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const asHex = (hex: string): string => hex.replaceAll(/\s/g, '');

describe('NAT-PMP', () => {
  test('asks for the address, maps and deletes', () => {
    expect(hexOf(NAT_PMP.encodeProbe())).toBe('0000');
    const request = { internalPort: 6881, externalPort: 6882, lifetimeS: 7200 };
    expect(hexOf(NAT_PMP.encodeMap({ kind: 'tcp', ...request }))).toBe(asHex('00 02 0000 1ae1 1ae2 00001c20'));
    expect(hexOf(NAT_PMP.encodeMap({ kind: 'udp', ...request }))).toBe(asHex('00 01 0000 1ae1 1ae2 00001c20'));
    expect(hexOf(NAT_PMP.encodeMap({ kind: 'tcp', ...request, lifetimeS: 0 }))).toBe(asHex('00 02 0000 1ae1 0000 00000000'));
  });

  test('reads the answers', () => {
    expect(NAT_PMP.decode(bytesOf('00 80 0000 00000010 cb007105'))).toEqual({ type: 'present', externalHost: '203.0.113.5' });
    expect(NAT_PMP.decode(bytesOf('00 82 0000 00000010 1ae1 1ae2 00000e10'))).toEqual({
      type: 'mapped',
      kind: 'tcp',
      internalPort: 6881,
      externalPort: 6882,
      lifetimeS: 3600,
      externalHost: null,
    });
    expect(NAT_PMP.decode(bytesOf('00 81 0000 00000010 1ae1 0000 00000000'))).toMatchObject({ kind: 'udp', lifetimeS: 0 });
  });

  test.each([
    ['00 80 0003 00000010 00000000', 'probe', 'the gateway has no address itself'],
    ['00 82 0002 00000010 1ae1 0000 00000000', 'tcp', 'the gateway does not allow it'],
    ['00 81 0004', 'udp', 'the gateway is out of ports'],
    ['00 80 0001 00000010', 'probe', 'the gateway speaks another version'],
    ['00 82 0063 00000010 1ae1 0000 00000000', 'tcp', 'the gateway answers 99'],
  ])('a refusal: %s', (hex, of, reason) => expect(NAT_PMP.decode(bytesOf(hex))).toEqual({ type: 'refused', of, reason }));

  test.each([
    ['nothing', ''],
    ['a request', '00 02 0000 1ae1 1ae2 00001c20'],
    ['another version', '02 80 0000 00000010 cb007105'],
    ['an unknown operation', '00 83 0000 00000010 1ae1 1ae2 00000e10'],
    ['an address cut short', '00 80 0000 00000010 cb0071'],
    ['a mapping cut short', '00 82 0000 00000010 1ae1 1ae2 00000e'],
  ])('%s is no answer', (_name, hex) => expect(NAT_PMP.decode(bytesOf(hex))).toBeNull());
});

describe('PCP', () => {
  const nonce = bytesOf('0102030405060708090a0b0c');
  const codec = createPcpCodec({ clientHost: '192.168.1.7', nonce });
  const client = '00000000000000000000ffff c0a80107';

  test('announces, maps and deletes', () => {
    expect(hexOf(codec.encodeProbe())).toBe(asHex(`02 00 0000 00000000 ${client}`));
    const request = { internalPort: 6881, externalPort: 6882, lifetimeS: 3600 };
    const any = '00000000000000000000ffff 00000000';
    expect(hexOf(codec.encodeMap({ kind: 'tcp', ...request }))).toBe(
      asHex(`02 01 0000 00000e10 ${client} ${hexOf(nonce)} 06 000000 1ae1 1ae2 ${any}`),
    );
    expect(hexOf(codec.encodeMap({ kind: 'udp', ...request, lifetimeS: 0 }))).toBe(
      asHex(`02 01 0000 00000000 ${client} ${hexOf(nonce)} 11 000000 1ae1 0000 ${any}`),
    );
  });

  const header = (op: string, result: string, lifetime = '00000e10'): string =>
    `02 ${op} 00 ${result} ${lifetime} 00000010 000000000000000000000000`;
  const mapping = (protocol = '06', external = '00000000000000000000ffff cb007105'): string =>
    `${hexOf(nonce)} ${protocol} 000000 1ae1 1ae2 ${external}`;

  test('reads the answers', () => {
    expect(codec.decode(bytesOf(header('80', '00')))).toEqual({ type: 'present', externalHost: null });
    expect(codec.decode(bytesOf(header('80', '04'))), 'it speaks PCP').toEqual({ type: 'present', externalHost: null });
    const mapped = { type: 'mapped', kind: 'tcp', internalPort: 6881, externalPort: 6882, lifetimeS: 3600 };
    expect(codec.decode(bytesOf(header('81', '00') + mapping()))).toEqual({ ...mapped, externalHost: '203.0.113.5' });
    const overIpv6 = codec.decode(bytesOf(header('81', '00') + mapping('11', '20010db8000000000000000000000005')));
    expect(overIpv6).toEqual({ ...mapped, kind: 'udp', externalHost: '2001:db8::5' });
    expect(codec.decode(bytesOf(`${header('81', '00') + mapping()} 01000004 00000000`)), 'with an option').toMatchObject(mapped);
  });

  test.each([
    [header('81', '02') + mapping(), 'tcp', 'the gateway does not allow it'],
    [header('81', '0b') + mapping('11'), 'udp', 'the gateway cannot give this port'],
    [header('80', '07'), 'probe', 'the gateway has no network itself'],
    [header('81', '63') + mapping(), 'tcp', 'the gateway answers 99'],
    [header('81', '04'), null, 'the gateway does not map ports'],
    // A gateway of NAT-PMP alone answers so to every version but its own (RFC 6886, section 3.5).
    ['00 80 0001 00000010', null, 'the gateway speaks another version'],
    [header('81', '01').replace('02', '03'), null, 'the gateway speaks another version'],
  ])('a refusal: %s', (hex, of, reason) => expect(codec.decode(bytesOf(hex))).toEqual({ type: 'refused', of, reason }));

  test.each([
    ['nothing', ''],
    ['a request', header('01', '00') + mapping()],
    ['another nonce', header('81', '00') + mapping().replace('0c', '0d')],
    ['another protocol', header('81', '00') + mapping('2f')],
    ['another version', header('80', '00').replace('02', '03')],
    ['an unknown operation', header('82', '00') + mapping()],
    ['no whole words', `${header('80', '00')} 00`],
    ['a mapping cut short', header('81', '00') + mapping().slice(0, -8)],
    ['more than 1100 bytes', header('80', '00') + '00'.repeat(1100)],
  ])('%s is no answer', (_name, hex) => expect(codec.decode(bytesOf(hex))).toBeNull());
});
