import { describe, expect, test } from 'vitest';
import { addressScope, mayLead, mayName, type AddressScope } from '../../../src/model/address-scope.js';
import { createAddress, type Address } from '../../../src/model/address.js';

function at(host: string): Address {
  const address = createAddress(host, 6881);
  if (address === null) throw new Error(`no address: ${host}`);
  return address;
}

/** Both ends of each range, and what lies just beyond. */
const SCOPES: readonly (readonly [scope: AddressScope, hosts: readonly string[]])[] = [
  ['never', ['0.0.0.0', '0.255.255.255', '224.0.0.0', '239.255.255.250', '240.0.0.0', '255.255.255.254', '255.255.255.255']],
  ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255']],
  ['link-local', ['169.254.0.0', '169.254.169.254', '169.254.255.255']],
  ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255']],
  ['private', ['100.64.0.0', '100.127.255.255']],
  ['global', ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0']],
  ['global', ['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0']],
  ['global', ['223.255.255.255', '8.8.8.8']],
  ['never', ['::', '::2', '::100', '::127.0.0.1', '::8.8.8.8', 'ff00::', 'ff02::1', 'ff0e::1', 'ffff:ffff::ffff']],
  ['loopback', ['::1', '0:0:0:0:0:0:0:1']],
  ['link-local', ['fe80::', 'fe80::1', 'febf:ffff::1']],
  ['private', ['fc00::', 'fdff:ffff::1', 'fec0::1', 'feff::1']],
  ['global', ['2001:db8::1', '2a00::1', 'fe7f::1', 'fbff::1', 'fe00::1', '::1:0:0:1', '1::']],
  // Mapped, through a gateway, 6to4: as wide as the IPv4 address they stand for.
  ['never', ['::ffff:0.0.0.0', '::ffff:224.0.0.1', '::ffff:255.255.255.255', '64:ff9b::255.255.255.255', '2002:e000:1::']],
  ['loopback', ['::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::127.0.0.1', '2002:7f00:1::1', '::ffff:0:127.0.0.1']],
  ['link-local', ['::ffff:169.254.1.1', '64:ff9b::169.254.1.1', '2002:a9fe:101::1']],
  [
    'private',
    ['::ffff:10.0.0.1', '64:ff9b::192.168.0.1', '2002:c0a8:1::1', '64:ff9b:1::1', '64:ff9b:1::808:808', '::ffff:0:10.0.0.1'],
  ],
  ['global', ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1', '::ffff:0:8.8.8.8', '64:ff9b:2::1']],
];

describe('the scope of an address', () => {
  test.each(SCOPES.flatMap(([scope, hosts]) => hosts.map((host) => [host, scope] as const)))('%s is %s', (host, scope) => {
    expect(addressScope(at(host))).toBe(scope);
  });
});

test('where whoever named something may lead: to where he is and farther out; the user anywhere', () => {
  const [loopback, home, internet] = ['127.0.0.1', '192.168.1.1', '8.8.8.8'].map(at);
  const led = (namer: Address | null): boolean[] => [loopback, home, internet].map((address) => mayLead(namer, address));
  expect(led(null)).toEqual([true, true, true]);
  expect(led(internet)).toEqual([false, false, true]);
  expect(led(home)).toEqual([false, true, true]);
  expect(led(loopback)).toEqual([true, true, true]);
});

describe('who may name whom', () => {
  const ONE_OF_EACH: readonly (readonly [scope: AddressScope, v4: string, v6: string])[] = [
    ['loopback', '127.0.0.1', '::1'],
    ['link-local', '169.254.3.4', 'fe80::3'],
    ['private', '192.168.1.2', 'fd00::2'],
    ['global', '8.8.8.8', '2001:db8::8'],
  ];
  const cases = ONE_OF_EACH.flatMap(([source, ...sources], from) =>
    ONE_OF_EACH.map(([named, ...nameds], to) => [source, named, to >= from, sources, nameds] as const),
  );

  test.each(cases)('one on %s names one on %s: %s', (_source, _named, allowed, sources, nameds) => {
    for (const source of sources) for (const named of nameds) expect(mayName(at(source), at(named))).toBe(allowed);
  });

  test.each(['0.0.0.0', '224.0.0.1', '255.255.255.255', '::', 'ff02::1'])('nobody names %s', (named) => {
    for (const [, ...sources] of ONE_OF_EACH) for (const source of sources) expect(mayName(at(source), at(named))).toBe(false);
  });

  test('one on the internet does not get round it by writing IPv4 as IPv6', () => {
    expect(mayName(at('8.8.8.8'), at('::ffff:127.0.0.1'))).toBe(false);
    expect(mayName(at('::ffff:8.8.8.8'), at('10.0.0.1'))).toBe(false);
    expect(mayName(at('::ffff:127.0.0.1'), at('127.0.0.2'))).toBe(true);
  });
});
