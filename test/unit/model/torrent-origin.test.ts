import { describe, expect, test } from 'vitest';
import { createAddress, type Address } from '../../../src/model/address.js';
import { mayTorrentLead, namerOf, torrentOrigin } from '../../../src/model/torrent-origin.js';

const at = (host: string): Address => createAddress(host, 80) as Address;
const [LOOPBACK, HOME, INTERNET, NOWHERE] = ['127.0.0.1', '192.168.1.1', '8.8.8.8', '224.0.0.1'].map(at);

describe('who answers for a URL', () => {
  test('of the user: he himself', () => expect(namerOf(null, 'http://t.example/')).toBeNull());

  test('of a torrent that a server sent: the server, unless the user has named it too', () => {
    const origin = torrentOrigin(INTERNET, ['http://own.example/ ']);
    expect(namerOf(origin, 'http://t.example/')).toBe(INTERNET);
    expect(namerOf(origin, 'http://own.example/')).toBeNull();
    expect(namerOf(origin, ' http://own.example/')).toBeNull();
    expect(namerOf(origin, 'http://own.example/?x')).toBe(INTERNET);
  });
});

test('nodes: those of a server lead to where it is and farther out, those of the user anywhere', () => {
  const led = (server: Address | null): boolean[] =>
    [LOOPBACK, HOME, INTERNET, NOWHERE].map((address) =>
      mayTorrentLead(server === null ? null : torrentOrigin(server, []), address),
    );
  expect(led(null)).toEqual([true, true, true, true]);
  expect(led(INTERNET)).toEqual([false, false, true, false]);
  expect(led(HOME)).toEqual([false, true, true, false]);
  expect(led(LOOPBACK)).toEqual([true, true, true, false]);
});
