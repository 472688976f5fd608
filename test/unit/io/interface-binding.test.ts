import { describe, expect, test } from 'vitest';
import { InterfaceBinding, InterfaceError } from '../../../src/io/interface-binding.js';

type Interfaces = Record<string, { address: string }[] | undefined>;

const of = (...hosts: string[]): { address: string }[] => hosts.map((address) => ({ address }));
const all = (): Interfaces => ({
  lo: of('127.0.0.1', '::1'),
  eth0: of('10.0.0.5', '10.0.0.6', 'fe80::1', '2001:db8::5'),
  tun0: of('10.8.0.2'),
  idle: of('fe80::2'),
});

test.each([
  ['eth0', '10.0.0.5', '2001:db8::5'],
  ['tun0', '10.8.0.2', null],
  ['10.0.0.6', '10.0.0.6', null],
  ['2001:DB8:0::5', null, '2001:db8::5'],
])('%s binds to %s and %s', (name, v4, v6) => {
  const { localAddress } = InterfaceBinding.open(name, all);
  expect([localAddress(4), localAddress(6)]).toEqual([v4, v6]);
});

test.each(['eth1', '10.9.9.9', 'idle', '', '__proto__'])('%j is none, and says which there are', (name) => {
  expect(() => InterfaceBinding.open(name, all)).toThrow(InterfaceError);
  expect(() => InterfaceBinding.open(name, all)).toThrow(/lo, eth0, tun0/);
});

describe('watched', () => {
  test.each<[string, string, (now: Interfaces) => void, RegExp | null]>([
    ['nothing changes', 'tun0', () => undefined, null],
    ['another one goes', 'tun0', (now) => delete now['eth0'], null],
    ['a second address goes', 'eth0', (now) => void (now['eth0'] = of('10.0.0.5', '2001:db8::5')), null],
    ['it goes', 'tun0', (now) => delete now['tun0'], /tun0 has gone/],
    ['its address goes', 'tun0', (now) => void (now['tun0'] = []), /tun0 has gone/],
    ['its address changes', 'tun0', (now) => void (now['tun0'] = of('10.8.0.3')), /tun0 has another address/],
    ['one of its families goes', 'eth0', (now) => void (now['eth0'] = of('10.0.0.5')), /eth0 has another address/],
    ['the address goes', '10.8.0.2', (now) => delete now['tun0'], /10\.8\.0\.2 has gone/],
    ['the address moves', '10.8.0.2', (now) => void ([now['tun1'], now['tun0']] = [now['tun0'], undefined]), null],
  ])('%s', (_, name, change, words) => {
    const now = all();
    const binding = InterfaceBinding.open(name, () => now);
    change(now);
    const error = binding.check();
    if (words === null) expect(error).toBeNull();
    else expect(error).toMatchObject({ code: 'interface_gone', message: expect.stringMatching(words) as string });
  });
});
