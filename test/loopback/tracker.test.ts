// TrackerSource over real HTTP: our own tracker, and answers no tracker should give.

import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { DiscoveryNotice } from '../../src/discovery/peer-source.js';
import { createHttpTracker } from '../../src/discovery/tracker/http-tracker.js';
import type { TrackerLimits } from '../../src/discovery/tracker/protocol/tracker-messages.js';
import { TrackerSource, type TransferNumbers } from '../../src/discovery/tracker/tracker-source.js';
import { formatAddress } from '../../src/model/address.js';
import { toHex } from '../../src/model/ids.js';
import { createRandom } from '../../src/model/random.js';
import { startTrackerServer, type TrackerServer, type TrackerServerOptions } from '../../src/swarm/tracker-server.js';
import { TRACKER_LIMITS } from '../support/scripted-trackers.js';

const INFO_HASH = Uint8Array.from({ length: 20 }, (_, index) => index * 13);
const fixture = (name: string): URL => new URL(`../../fixtures/tracker/${name}`, import.meta.url);

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function tracker(options: TrackerServerOptions = {}): Promise<TrackerServer> {
  const server = await startTrackerServer(options);
  closers.push(() => server.close());
  return server;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`;
}

test('an answer knows from where it came, so that what it names can be judged', async () => {
  const peers = Buffer.of(127, 0, 0, 1, 26, 225, 8, 8, 8, 8, 1, 187);
  const body = Buffer.concat([Buffer.from('d8:intervali9e5:peers12:'), peers, Buffer.from('e')]);
  const url = await serve((_, response) => response.end(body));
  const transport = createHttpTracker({ userAgent: 'effusion/0', maxResponseBytes: 1000, maxRedirects: 0 });
  const parameters = { port: 6881, uploaded: 0, downloaded: 0, left: 1, numwant: 9, event: null };
  const peerId = new TextEncoder().encode('-EF0100-000000000000');
  const answer = await transport.announce({
    url,
    parameters: { ...parameters, infoHash: INFO_HASH, peerId },
    timeoutMs: 5000,
    signal: new AbortController().signal,
    onSent: () => undefined,
  });
  expect(answer).toMatchObject({ source: { host: '127.0.0.1', port: Number(new URL(url).port) }, outOfScope: 0 });
  expect(answer.addresses.map(({ host }) => host)).toEqual(['127.0.0.1', '8.8.8.8']);
});

/** A source whose news can be waited for. */
class Client {
  readonly source: TrackerSource;
  readonly addresses: string[] = [];
  readonly notices: DiscoveryNotice[] = [];
  numbers: TransferNumbers = { uploaded: 0, downloaded: 0, left: 1000 };
  #waiting: { test: () => boolean; resolve: () => void }[] = [];

  constructor(
    tiers: string[][],
    options: { port?: number; certificateAuthority?: string; limits?: Partial<TrackerLimits> } = {},
  ) {
    const { port = 6881, certificateAuthority } = options;
    this.source = new TrackerSource({
      key: '0123abcd',
      tiers,
      origin: null,
      infoHash: INFO_HASH,
      peerId: new TextEncoder().encode(`-EF0100-${String(port).padStart(12, '0')}`),
      port,
      limits: { ...TRACKER_LIMITS, ...options.limits },
      transport: createHttpTracker({
        userAgent: 'effusion/0',
        maxResponseBytes: 100_000,
        maxRedirects: 5,
        ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
      }),
      resolver: { resolve: (host) => Promise.resolve(host === 'seed.example' ? ['10.0.0.5', '::ffff:10.0.0.5', 'odd'] : []) },
      random: createRandom(port),
      now: () => performance.now(),
      numbers: () => this.numbers,
      listener: {
        onAddresses: (addresses) => {
          this.addresses.push(...addresses.map(formatAddress));
          this.#wake();
        },
        onNotice: (notice) => {
          this.notices.push(notice);
          this.#wake();
        },
      },
    });
    closers.push(() => this.source.stop());
    this.source.start();
  }

  until(test: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ test, resolve });
      this.#wake();
    });
  }

  answers(count: number): Promise<void> {
    return this.until(() => this.notices.filter(({ type }) => type === 'tracker-answered').length >= count);
  }

  async failure(): Promise<DiscoveryNotice> {
    await this.until(() => this.notices.some(({ type }) => type === 'tracker-failed'));
    return this.notices.find(({ type }) => type === 'tracker-failed') as DiscoveryNotice;
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (test()) resolve();
      return !test();
    });
  }
}

describe('with our own tracker', () => {
  test('started, completed, stopped, with the numbers of the moment', async () => {
    const server = await tracker();
    const client = new Client([[server.url]]);
    await client.answers(1);
    client.numbers = { uploaded: 5, downloaded: 1000, left: 0 };
    client.source.complete();
    await client.answers(2);
    client.numbers = { uploaded: 7, downloaded: 1000, left: 0 };
    await client.source.stop();
    expect(
      server.announces.map(({ event, uploaded, downloaded, left, numwant }) => [event, uploaded, downloaded, left, numwant]),
    ).toEqual([
      ['started', 0, 0, 1000, 200],
      ['completed', 5, 1000, 0, 0],
      ['stopped', 7, 1000, 0, 0],
    ]);
    expect(new Set(server.announces.map(({ key }) => key)).size).toBe(1);
    expect(server.announces[0].key).toMatch(/^[0-9a-f]{8}$/);
    expect(server.peersOf(toHex(INFO_HASH))).toEqual([]);
  });

  test('two clients find each other; the tracker id comes back; re-announces carry no event', async () => {
    const server = await tracker({ intervalSeconds: 1, trackerId: '463286' });
    const first = new Client([[server.url]], { port: 7001, limits: { minIntervalMs: 10 } });
    await first.answers(1);
    const second = new Client([[server.url]], { port: 7002, limits: { minIntervalMs: 10 } });
    await second.until(() => second.addresses.includes('127.0.0.1:7001'));
    await first.until(() => first.addresses.includes('127.0.0.1:7002'));
    const ofFirst = server.announces.filter(({ address }) => address.port === 7001);
    expect(ofFirst.slice(0, 2).map(({ event, trackerId }) => [event, trackerId])).toEqual([
      ['started', null],
      [null, '463286'],
    ]);
  });

  test('over IPv6', async () => {
    const server = await tracker({ host: '::1' });
    const first = new Client([[server.url]], { port: 7001 });
    await first.answers(1);
    const second = new Client([[server.url]], { port: 7002 });
    await second.until(() => second.addresses.includes('[::1]:7001'));
  });

  test('a failure reason and a warning reach the listener', async () => {
    const refusing = await tracker({ faults: { failWith: 'torrent not registered' } });
    const warning = await tracker({ faults: { warning: 'be nice' } });
    const client = new Client([[refusing.url], [warning.url]]);
    await client.until(() => client.notices.length === 3);
    expect(client.notices).toMatchObject([
      { type: 'tracker-failed', code: 'failure_reason', message: 'torrent not registered', retryInMs: 15_000 },
      { type: 'tracker-answered', url: warning.url, peers: 0, seeds: 0, leechers: 1, intervalMs: 1_800_000, event: 'started' },
      { type: 'tracker-warning', message: 'be nice' },
    ]);
    expect(client.source.snapshot().map(({ state, lastError }) => [state, lastError])).toEqual([
      ['failed', 'torrent not registered'],
      ['working', null],
    ]);
  });

  test('stop ends in bounded time although the tracker hangs', async () => {
    const server = await tracker();
    const client = new Client([[server.url]], { limits: { stoppedTimeoutMs: 300 } });
    await client.answers(1);
    server.faults.delayMs = 1_000_000;
    await client.source.stop();
    expect(server.announces.map(({ event }) => event)).toEqual(['started', 'stopped']);
  });
});

describe('an answer', () => {
  test('in gzip, as the original system had it recorded', async () => {
    const recorded = readFileSync(fixture('tracker_response'));
    const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(recorded)));
    const client = new Client([[url]]);
    await client.answers(1);
    expect(client.addresses).toHaveLength(50);
    expect(client.notices[0]).toMatchObject({ peers: 50, intervalMs: 1_800_000 });
  });

  test('with host names, which are resolved', async () => {
    const peers = ['seed.example', 'gone.example'].map((ip) => `d2:ip12:${ip}4:porti51413ee`).join('');
    const url = await serve((_, response) => response.end(`d8:intervali60e5:peersl${peers}ee`));
    const client = new Client([[url]]);
    await client.until(() => client.addresses.length > 0);
    expect(client.addresses).toEqual(['10.0.0.5:51413']);
  });

  test('over https, with its own authority', async () => {
    const certificateAuthority = readFileSync(fixture('test-only-certificate.pem'), 'utf8');
    const server = createSecureServer(
      { key: readFileSync(fixture('test-only-key.pem')), cert: certificateAuthority },
      (_, response) => {
        response.end('d8:intervali60e5:peers6:\u007F\u0000\u0000\u0001\u001A\u001Be');
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(resolve)));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/announce`;
    const client = new Client([[url]], { certificateAuthority });
    await client.answers(1);
    expect(client.addresses).toEqual(['127.0.0.1:6683']);
    expect(await new Client([[url]]).failure()).toMatchObject({ code: 'certificate' });
  });

  test.each<[string, RequestListener, object]>([
    ['a status', (_, response) => response.writeHead(503).end('<html>'), { code: 'http_status', message: 'HTTP status 503' }],
    [
      'a failure reason under a status',
      (_, response) => response.writeHead(403).end('d14:failure reason6:bannede'),
      { code: 'failure_reason', message: 'banned' },
    ],
    ['a good answer under a status', (_, response) => response.writeHead(500).end('d8:intervali9ee'), { code: 'http_status' }],
    ['a page', (_, response) => response.end('<html>hello</html>'), { code: 'malformed_answer' }],
    ['nothing', (_, response) => response.end(), { code: 'malformed_answer' }],
    ['too much', (_, response) => response.end('x'.repeat(200_000)), { code: 'too_large' }],
    [
      'a redirect loop',
      (_, response) => response.writeHead(302, { location: '/announce' }).end(),
      { code: 'too_many_redirects' },
    ],
    ['a cut connection', (request) => request.socket.destroy(), { code: 'reset' }],
  ])('that is %s is a failure with backoff, and the next tracker is asked', async (_, listener, expected) => {
    const good = await tracker();
    const client = new Client([[await serve(listener)], [good.url]]);
    expect(await client.failure()).toMatchObject({ type: 'tracker-failed', retryInMs: 15_000, ...expected });
    await client.answers(1);
  });

  test('of a port where nobody listens', async () => {
    const gone = await startTrackerServer();
    await gone.close();
    expect(await new Client([[gone.url]]).failure()).toMatchObject({ code: 'refused' });
  });

  test('names no passkey', async () => {
    const secret = '0123456789abcdef0123456789abcdef';
    const url = await serve((_, response) => response.end(`d14:failure reason${secret.length + 4}:bad ${secret}e`));
    const client = new Client([[`${url}?passkey=${secret}`]]);
    await client.failure();
    expect(JSON.stringify([client.notices, client.source.snapshot()])).not.toContain(secret);
  });
});
