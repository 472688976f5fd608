import { expect, test } from 'vitest';
import { parseDefaultGateway } from '../../../../../src/net/port-mapping/protocol/route-table.js';

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const route = (destination: string, gateway: string, flags: string, metric: number, mask = '00000000'): string =>
  `eth0\t${destination}\t${gateway}\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0   \n`;

test('the default route with the lowest metric', () => {
  const text =
    HEAD +
    route('0001A8C0', '00000000', '0001', 0, '00FFFFFF') +
    route('00000000', '0201A8C0', '0003', 600) +
    route('00000000', '0101A8C0', '0003', 100);
  expect(parseDefaultGateway(text, true)).toBe('192.168.1.1');
  expect(parseDefaultGateway(text.replaceAll('0101A8C0', 'C0A80103'), false)).toBe('192.168.1.3');
});

test.each([
  ['no route', HEAD],
  ['nothing', ''],
  ['a route without a gateway, such as that of a tunnel', HEAD + route('00000000', '00000000', '0001', 0)],
  ['a route that is down', HEAD + route('00000000', '0101A8C0', '0002', 0)],
  ['half of everything', HEAD + route('00000000', '0101A8C0', '0003', 0, '00000080')],
  ['nonsense', `${HEAD}eth0 0 1 2\n\u0000\nx\t00000000\tzzzzzzzz\t0003\t0\t0\t0\t00000000\n`],
])('none: %s', (_name, text) => expect(parseDefaultGateway(text, true)).toBeNull());
