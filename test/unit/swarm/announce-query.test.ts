// Queries that clients send to our tracker, and those it refuses, with the reason it gives.

import { describe, expect, test } from 'vitest';
import { parseAnnounceQuery } from '../../../src/swarm/announce-query.js';

const HASH = '%01%23Eg%89%ab%CD%EF%0123456789abcdef'.replace('%0123456789abcdef', 'abcdefghijkl');
const GOOD = `info_hash=${HASH}&peer_id=-EF0100-abcdefghijkl&port=6881&uploaded=1&downloaded=2&left=3`;

describe('a query', () => {
  test('with the least that is needed', () => {
    expect(parseAnnounceQuery(GOOD, '::ffff:127.0.0.1')).toEqual({
      infoHash: '0123456789abcdef6162636465666768696a6b6c',
      peerId: new TextEncoder().encode('-EF0100-abcdefghijkl'),
      address: { host: '127.0.0.1', port: 6881, family: 4 },
      event: null,
      uploaded: 1,
      downloaded: 2,
      left: 3,
      numwant: 50,
      isCompact: false,
      wantsPeerIds: true,
      key: null,
      trackerId: null,
    });
  });

  test('with everything', () => {
    const query = `${GOOD}&event=completed&numwant=0&compact=1&no_peer_id=1&key=ab&trackerid=4%206&ip=2001:db8::1&left=9`;
    expect(parseAnnounceQuery(query, '127.0.0.1')).toMatchObject({
      address: { host: '2001:db8::1', port: 6881, family: 6 },
      event: 'completed',
      left: 3,
      numwant: 0,
      isCompact: true,
      wantsPeerIds: false,
      key: 'ab',
      trackerId: '4 6',
    });
  });

  test.each([
    ['', 'info_hash'],
    [GOOD.replace('%01', ''), 'info_hash'],
    [GOOD.replace('%01', '%0'), 'percent'],
    [GOOD.replace('%01', '%zz'), 'percent'],
    [GOOD.replace('-EF0100-', ''), 'peer_id'],
    [GOOD.replace('6881', '0'), 'port'],
    [GOOD.replace('6881', '65536'), 'port'],
    [GOOD.replace('left=3', 'left=-3'), 'left'],
    [GOOD.replace('&left=3', ''), 'left'],
    [`${GOOD}&event=begun`, 'event'],
    [`${GOOD}&ip=localhost`, 'ip'],
  ])('%s is refused', (query, word) => {
    expect(parseAnnounceQuery(query, '127.0.0.1')).toEqual({ failure: expect.stringContaining(word) });
  });
});
