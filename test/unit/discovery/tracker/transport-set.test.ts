// Which transport carries an announce.

import { expect, test } from 'vitest';
import type { AnnounceCall, AnnounceTransport } from '../../../../src/discovery/tracker/announce-transport.js';
import type { AnnounceResponse } from '../../../../src/discovery/tracker/protocol/announce-response.js';
import { joinTransports } from '../../../../src/discovery/tracker/transport-set.js';
import { goodAnswer } from '../../../support/scripted-trackers.js';

function call(url: string): AnnounceCall {
  return {
    url,
    parameters: {
      infoHash: new Uint8Array(20),
      peerId: new Uint8Array(20),
      port: 1,
      uploaded: 0,
      downloaded: 0,
      left: 0,
      numwant: 0,
      event: null,
    },
    timeoutMs: 1000,
    signal: new AbortController().signal,
    onSent: () => undefined,
  };
}

test('each announce goes to the one that speaks its scheme, and closing closes all', async () => {
  const log: string[] = [];
  const answer = (name: string, url: string): Promise<AnnounceResponse> => {
    log.push(`${name} ${url}`);
    return Promise.resolve(goodAnswer());
  };
  const speaking = (name: string, ...schemes: string[]): AnnounceTransport => ({
    schemes,
    announce: ({ url }) => answer(name, url),
    close: () => log.push(`${name} closed`),
  });
  const keepsNothing = { schemes: ['udp', 'http'], announce: ({ url }: AnnounceCall) => answer('b', url) };
  const joined = joinTransports(speaking('a', 'http', 'https'), keepsNothing, speaking('c', 'ws'));
  expect(joined.schemes).toEqual(['http', 'https', 'udp', 'http', 'ws']);
  expect(await joined.announce(call('HTTP://x'))).toEqual(goodAnswer());
  await joined.announce(call('udp://y:1'));
  joined.close?.();
  expect(log).toEqual(['a HTTP://x', 'b udp://y:1', 'a closed', 'c closed']);
  for (const url of ['wss://z', 'nonsense']) {
    await expect(joined.announce(call(url))).rejects.toMatchObject({ code: 'unsupported_scheme' });
  }
});
