import { expect, test } from 'vitest';
import { mayName } from '../../../src/model/address-scope.js';
import { createAddress, type Address } from '../../../src/model/address.js';
import { isStandIn, standInHost } from '../../../src/model/stand-in.js';

const address = (host: string): Address => {
  const made = createAddress(host, 6881);
  if (made === null) throw new Error(host);
  return made;
};

test.each([1, 15, 4096, 65_535])('number %i stands for a name, in the form that addresses have', (index) => {
  const host = standInHost(index);
  expect(address(host).host).toBe(host);
  expect(isStandIn(address(host))).toBe(true);
});

test.each(['::1', '100:0:0:1::', '200::1', '1.0.0.0', '2001:db8::1'])('%s stands for itself', (host) =>
  expect(isStandIn(address(host))).toBe(false),
);

test('nobody may name one, and who is known by it may name what is on the internet', () => {
  const standIn = address(standInHost(1));
  for (const source of ['127.0.0.1', '10.0.0.1', '1.2.3.4', standInHost(2)])
    expect(mayName(address(source), standIn)).toBe(false);
  expect(mayName(standIn, address('1.2.3.4'))).toBe(true);
  for (const named of ['127.0.0.1', '10.0.0.1', 'fe80::1', '::1']) expect(mayName(standIn, address(named))).toBe(false);
});
