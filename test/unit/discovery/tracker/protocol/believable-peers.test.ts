// Who is believed to name whom: the rule is that of the model, here it is the tracker's.

import { expect, test } from 'vitest';
import { isBelievableName, keepBelievable } from '../../../../../src/discovery/tracker/protocol/believable-peers.js';
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

test('of a tracker whose place only a proxy knows, what is on the host and the link of the proxy is left out', () => {
  const addresses = [...NAMED, ...NEVER].map((host) => addressAt(host, 1));
  const kept = keepBelievable(goodAnswer({ addresses }), null);
  expect(kept.addresses.map(({ host }) => host)).toEqual(['192.168.1.1', '100.64.0.1', '8.8.8.8', 'fd00::1', '2a00::1']);
  expect(kept).not.toHaveProperty('source');
  expect(['localhost', 'peer.example', 'nas', '127.0.0.1'].map((host) => isBelievableName(host))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
