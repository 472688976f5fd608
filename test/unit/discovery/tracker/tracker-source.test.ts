// The shell around the machine, with a transport that answers when the test says so.

import { describe, expect, test } from 'vitest';
import type { DiscoveryNotice } from '../../../../src/discovery/peer-source.js';
import type { AnnounceCall, AnnounceTransport } from '../../../../src/discovery/tracker/announce-transport.js';
import type { AnnounceResponse } from '../../../../src/discovery/tracker/protocol/announce-response.js';
import { TrackerError } from '../../../../src/discovery/tracker/protocol/tracker-error.js';
import { TrackerSource } from '../../../../src/discovery/tracker/tracker-source.js';
import { formatAddress } from '../../../../src/model/address.js';
import { createRandom } from '../../../../src/model/random.js';
import { torrentOrigin, type TorrentOrigin } from '../../../../src/model/torrent-origin.js';
import { addressAt, goodAnswer, TRACKER_LIMITS } from '../../../support/scripted-trackers.js';

interface PendingCall extends AnnounceCall {
  answer(response?: AnnounceResponse): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** Lets everything run that waits for promises alone. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function create(tiers: string[][], left = 1000, origin: TorrentOrigin | null = null) {
  const calls: PendingCall[] = [];
  const addresses: string[] = [];
  const notices: DiscoveryNotice[] = [];
  const seenAs: string[] = [];
  const lookups: string[] = [];
  const resolvers: ((hosts: string[]) => void)[] = [];
  const numbers = { uploaded: 0, downloaded: 0, left };
  const log: string[] = [];
  const transport: AnnounceTransport = {
    schemes: ['http'],
    close: () => log.push('closed'),
    announce: (call) =>
      new Promise((resolve, reject) => {
        call.signal.addEventListener('abort', () => reject(new Error('aborted')));
        calls.push({
          ...call,
          answer: (response = goodAnswer()) => {
            resolve(response);
            return settled();
          },
          fail: (error) => {
            reject(error);
            return settled();
          },
        });
      }),
  };
  const source = new TrackerSource({
    key: '0123abcd',
    tiers,
    origin,
    infoHash: new Uint8Array(20).fill(1),
    peerId: new Uint8Array(20).fill(2),
    port: 6881,
    limits: TRACKER_LIMITS,
    transport,
    resolver: {
      resolve: (host) => {
        lookups.push(host);
        return new Promise((resolve) => resolvers.push(resolve));
      },
    },
    random: createRandom(7),
    now: () => performance.now(),
    numbers: () => numbers,
    listener: {
      onAddresses: (found) => addresses.push(...found.map(formatAddress)),
      onNotice: (notice) => notices.push(notice),
      onSeenAs: (host, tracker) => seenAs.push(`${host} by ${tracker}`),
    },
  });
  return { source, log, calls, addresses, notices, seenAs, lookups, resolvers, numbers };
}

const URL_A = 'http://a.example/announce';

describe('a run', () => {
  test('tells where the tracker sees us (BEP 24), also without peers', async () => {
    const { source, calls, seenAs } = create([[URL_A]]);
    source.start();
    await calls[0].answer(goodAnswer({ externalHost: '203.0.113.5', addresses: [] }));
    expect(seenAs).toEqual(['203.0.113.5 by a.example']);
    void source.stop();
    source.abandon();
  });

  test('says who named each tracker, where that was not the user', async () => {
    const server = addressAt('203.0.113.9', 80);
    const own = 'http://own.example/announce';
    const { source, calls } = create([[own], [URL_A]], 1000, torrentOrigin(server, [` ${own}`]));
    source.start();
    await calls[0].fail(new TrackerError('refused', 'connection refused'));
    expect(calls.map(({ url, origin }) => [url, origin])).toEqual([
      [own, undefined],
      [URL_A, server],
    ]);
    source.abandon();
  });

  test('announces with what the torrent and the moment say', async () => {
    const { source, calls, numbers, addresses } = create([[URL_A]]);
    expect(calls).toHaveLength(0);
    source.start();
    source.start();
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      url: URL_A,
      timeoutMs: TRACKER_LIMITS.requestTimeoutMs,
      parameters: { port: 6881, uploaded: 0, downloaded: 0, left: 1000, numwant: 200, event: 'started' },
    });
    await calls[0].answer(goodAnswer({ trackerId: Uint8Array.of(9) }));
    expect(addresses).toEqual(['10.0.0.1:51413']);
    Object.assign(numbers, { uploaded: 3, downloaded: 1000, left: 0 });
    source.complete();
    expect(calls[1].parameters).toMatchObject({ ...numbers, event: 'completed', trackerId: Uint8Array.of(9) });
    expect(calls[1].parameters.key).toBe(calls[0].parameters.key);
    await calls[1].answer();
    const stopped = source.stop();
    expect(source.stop()).toBe(stopped);
    expect(calls[2].parameters.event).toBe('stopped');
    await calls[2].answer();
    await stopped;
    expect(calls).toHaveLength(3);
  });

  test('of a torrent that is whole completes nothing', async () => {
    const { source, calls } = create([[URL_A]], 0);
    source.start();
    await calls[0].answer();
    source.complete();
    expect(calls).toHaveLength(1);
    void source.stop();
    await calls[1].answer();
  });

  test('ends with what the transport keeps open, after the last good-bye', async () => {
    const { source, log, calls } = create([[URL_A]]);
    source.start();
    await calls[0].answer();
    void source.stop().then(() => log.push('stopped'));
    expect(log).toEqual([]);
    await calls[1].answer();
    expect(log).toEqual(['closed', 'stopped']);
  });

  test('may follow another; stopping what never ran is nothing', async () => {
    const { source, calls } = create([[URL_A]]);
    await source.stop();
    source.start();
    await calls[0].answer();
    const stopped = source.stop();
    source.start();
    expect(calls).toHaveLength(2);
    await calls[1].answer();
    await stopped;
    source.start();
    expect(calls[2].parameters.event).toBe('started');
    await source.stop();
  });
});

describe('silence after the stop', () => {
  test('open requests are aborted and late answers heard by nobody', async () => {
    const { source, calls, notices, addresses } = create([[URL_A]]);
    source.start();
    await source.stop();
    expect(calls[0].signal.aborted).toBe(true);
    await calls[0].answer();
    expect([notices, addresses]).toEqual([[], []]);
  });

  test('names are looked up one by one, and no further', async () => {
    const { source, calls, addresses, lookups, resolvers } = create([[URL_A]]);
    source.start();
    const names = ['a.example', 'b.example', 'c.example'].map((host) => ({ host, port: 5 }));
    await calls[0].answer(goodAnswer({ addresses: [], names }));
    expect(lookups).toEqual(['a.example']);
    resolvers[0](['10.0.0.1', '::ffff:10.0.0.1', 'not numeric', '2001:db8::1', '10.0.0.9']);
    await settled();
    expect(addresses).toEqual(['10.0.0.1:5', '[2001:db8::1]:5']);
    const stopped = source.stop();
    await calls[1].answer();
    await stopped;
    resolvers[1](['10.0.0.2']);
    await settled();
    expect(lookups).toEqual(['a.example', 'b.example']);
    expect(addresses).toHaveLength(2);
  });
});

test('a name is believed as far as the tracker reaches', async () => {
  const { source, calls, addresses, resolvers } = create([[URL_A]]);
  source.start();
  const names = [{ host: 'a.example', port: 5 }];
  await calls[0].answer(goodAnswer({ addresses: [], names, source: addressAt('8.8.8.8', 80) }));
  resolvers[0](['127.0.0.1', '10.0.0.1', '9.9.9.9', '::1']);
  await settled();
  expect(addresses).toEqual(['9.9.9.9:5']);
});

describe('failures', () => {
  test('of a transport that throws anything are failures of that tracker', async () => {
    const { source, calls, notices } = create([[URL_A], ['http://b.example/announce']]);
    source.start();
    await calls[0].fail(new RangeError('a bug'));
    expect(notices).toMatchObject([{ type: 'tracker-failed', code: 'failed', url: URL_A, retryInMs: 15_000 }]);
    await calls[1].fail(new TrackerError('failure_reason', 'busy', { retryInMs: 60_000 }));
    expect(notices[1]).toMatchObject({ code: 'failure_reason', message: 'busy', retryInMs: 60_000 });
    await source.stop();
  });

  test('and everything else are shown without secrets', async () => {
    const secret = '0123456789abcdef';
    const { source, calls, notices } = create([[`http://user:word@a.example/${secret}/announce`]]);
    source.start();
    expect(calls[0].url).toContain(secret);
    await calls[0].fail(new TrackerError('failure_reason', `who is ${secret}?`));
    expect(notices).toMatchObject([{ url: 'http://a.example/***/announce', message: 'who is ***?' }]);
    expect(source.snapshot()).toMatchObject([
      { url: 'http://a.example/***/announce', lastError: 'who is ***?', state: 'failed' },
    ]);
    await source.stop();
  });
});
