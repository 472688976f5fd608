// Who is believed to name whom: the rule is that of the model, here it is the tracker's.

import { expect, test } from 'vitest';
import { keepBelievable } from '../../../../../src/discovery/tracker/protocol/believable-peers.js';
import { formatAddress } from '../../../../../src/model/address.js';
import { addressAt, goodAnswer } from '../../../../support/scripted-trackers.js';

const NAMED = ['127.0.0.1', '169.254.169.254', '192.168.1.1', '100.64.0.1', '8.8.8.8', '::1', 'fe80::1', 'fd00::1', '2a00::1'];
const NEVER = ['255.255.255.255', '224.0.0.1', '0.0.0.0', 'ff02::1'];

test.each([
  ['8.8.8.8', ['8.8.8.8', '2a00::1']],
  ['2a00::5', ['8.8.8.8', '2a00::1']],
  ['10.0.0.1', ['192.168.1.1', '100.64.0.1', '8.8.8.8', 'fd00::1', '2a00::1']],
  ['169.254.0.7', ['169.254.169.254', '192.168.1.1', '100.64.0.1', '8.8.8.8', 'fe80::1', 'fd00::1', '2a00::1']],
  ['127.0.0.1', NAMED],
  ['::1', NAMED],
])('a tracker at %s', (source, believed) => {
  const addresses = [...NAMED, ...NEVER].map((host) => addressAt(host, 6881));
  const kept = keepBelievable(goodAnswer({ addresses, warning: 'w' }), addressAt(source, 80));
  expect(kept.addresses.map(({ host }) => host)).toEqual(believed);
  expect(kept).toMatchObject({
    outOfScope: NAMED.length + NEVER.length - believed.length,
    warning: 'w',
    source: { host: source },
  });
});

test('of a tracker whose place is not known nothing is left out', () => {
  const answer = goodAnswer({ addresses: [addressAt('127.0.0.1', 1)] });
  expect(keepBelievable(answer, null).addresses.map(formatAddress)).toEqual(['127.0.0.1:1']);
});
