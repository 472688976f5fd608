import { expect, test } from 'vitest';
import { describePortMapping, reachableAddress } from '../../../../src/cli/render/port-text.js';
import type { PortMappingNotice } from '../../../../src/engine/client.js';

function mapped(mapping: object, isPublic = true): PortMappingNotice {
  const whole = { externalHost: '203.0.113.5', tcpPort: 6881, udpPort: 6881, ...mapping };
  return { type: 'port-mapped', protocol: 'NAT-PMP', port: 6881, isPublic, mapping: whole };
}

test.each<[PortMappingNotice, string, string | null]>([
  [mapped({}), 'port 6881 is reachable as 203.0.113.5:6881 by NAT-PMP', '203.0.113.5:6881'],
  [mapped({ udpPort: null }), 'port 6881 is reachable as 203.0.113.5:6881 by NAT-PMP, TCP alone', '203.0.113.5:6881'],
  [
    mapped({ externalHost: '2001:db8::5', tcpPort: 7000 }),
    'port 6881 is reachable as [2001:db8::5]:7000 by NAT-PMP',
    '[2001:db8::5]:7000',
  ],
  [mapped({ externalHost: null }), 'port 6881 is mapped to port 6881 of the gateway by NAT-PMP', null],
  [
    mapped({ externalHost: '100.64.0.7' }, false),
    'port 6881 is mapped to port 6881 of the gateway by NAT-PMP, whose own address 100.64.0.7 is not public: another gateway keeps peers out',
    null,
  ],
  [
    {
      type: 'port-not-mapped',
      port: 6881,
      reasons: [
        { protocol: 'PCP', reason: 'no answer' },
        { protocol: 'UPnP', reason: 'bad\u001B[31m' },
      ],
    },
    'port 6881 could not be mapped, peers may not reach it: PCP: no answer; UPnP: bad\uFFFD[31m',
    null,
  ],
])('%o', (notice, line, address) => {
  expect(describePortMapping(notice)).toBe(line);
  expect(reachableAddress(notice)).toBe(address);
});

test('nothing yet', () => expect(reachableAddress(null)).toBeNull());
