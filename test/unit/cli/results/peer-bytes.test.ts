// Who sent how much: over several connections of one peer, and of more peers than are counted or named.

import { expect, test } from 'vitest';
import { PeerBytes } from '../../../../src/cli/results/peer-bytes.js';
import { createAddress, type Address } from '../../../../src/model/address.js';

function note(bytes: PeerBytes, host: number, payloadBytes: number): void {
  const address = createAddress(`192.0.2.${host}`, 6881) as Address;
  bytes.note({ type: 'peer-closed', address, reason: 'stopping', payloadBytes });
}

test('connections of one address are one peer, those who sent most first, and nobody who sent nothing', () => {
  const bytes = new PeerBytes(10);
  note(bytes, 1, 5);
  note(bytes, 2, 7);
  note(bytes, 3, 0);
  note(bytes, 1, 6);
  bytes.note({ type: 'idle' });
  expect(bytes.shares(10)).toEqual({
    peers: [
      { address: '192.0.2.1:6881', bytes: 11 },
      { address: '192.0.2.2:6881', bytes: 7 },
    ],
    otherBytes: 0,
  });
});

test('beyond the bounds there is a sum, and nothing is lost', () => {
  const bytes = new PeerBytes(3);
  for (let host = 1; host <= 5; host++) note(bytes, host, host);
  expect(bytes.shares(2)).toEqual({
    peers: [
      { address: '192.0.2.3:6881', bytes: 3 },
      { address: '192.0.2.2:6881', bytes: 2 },
    ],
    otherBytes: 1 + 4 + 5,
  });
});
